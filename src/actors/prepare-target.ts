import { fromPromise, type PromiseActorLogic } from 'xstate';
import type { Target } from '../machines/claim.ts';
import type { PrepareTargetInput } from '../machines/download.io.ts';
import type { StoragePort } from './ports.ts';

/** Makes the state folder and the data file; first takes a numbered name, if that was the answer. */
export function definePrepareTarget({
  storage,
}: {
  storage: StoragePort;
}): PromiseActorLogic<Target, PrepareTargetInput> {
  return fromPromise(async ({ input }) => {
    const claim = input.rename && (await storage.claim(input.rename));
    const { size, fresh, digests, there } = input;
    const path = await storage.prepare({ size, fresh, digests, there });
    const target = claim && claim.kind !== 'unnamed' ? claim.target : input.target;
    // A number was free a moment ago.
    return path === target.path ? target : { path, existingSize: null };
  });
}
