import { fromPromise, type PromiseActorLogic } from 'xstate';
import type { ClaimTargetInput, ClaimTargetOutput } from '../machines/download.io.ts';
import type { ClockPort, StoragePort } from './ports.ts';

/** Works out where the file goes, and whether a part of it is there already. */
export function defineClaimTarget({
  storage,
  clock,
}: {
  storage: StoragePort;
  clock: ClockPort;
}): PromiseActorLogic<ClaimTargetOutput, ClaimTargetInput> {
  return fromPromise(async ({ input }) => ({
    claim: await storage.claim({ ...input, rename: false }),
    at: clock.wall(),
  }));
}
