import { fromPromise, type PromiseActorLogic } from 'xstate';
import type { PublishTargetInput } from '../machines/download.io.ts';
import type { StoragePort } from './ports.ts';

/** Gives the file its name; resolves to its path. */
export function definePublishTarget({
  storage,
}: {
  storage: StoragePort;
}): PromiseActorLogic<string, PublishTargetInput> {
  return fromPromise(({ input }) => storage.publish(input));
}
