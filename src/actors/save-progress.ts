import { fromPromise, type PromiseActorLogic } from 'xstate';
import type { SaveProgressInput } from '../machines/download.io.ts';
import type { Plan } from '../machines/ranges.ts';
import type { StoragePort } from './ports.ts';

/** Notes progress on disk; resolves to the plan that was noted. */
export function defineSaveProgress({ storage }: { storage: StoragePort }): PromiseActorLogic<Plan, SaveProgressInput> {
  return fromPromise(async ({ input: { checkpoint, durable } }) => {
    if (!checkpoint) return [];
    await (durable ? storage.saveCheckpoint(checkpoint) : storage.saveLive(checkpoint));
    return checkpoint.plan;
  });
}
