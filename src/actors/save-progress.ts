import { fromPromise, type PromiseActorLogic } from 'xstate';
import type { SaveProgressInput, SaveProgressOutput } from '../machines/download.io.ts';
import { advanceCheckpoint } from './advance-checkpoint.ts';
import type { StoragePort } from './ports.ts';
import type { Whereabouts } from './whereabouts.ts';

/** Saves progress so that it outlives the power; resolves to the plan that was saved. */
export function defineSaveProgress({
  storage,
  transfers,
}: {
  storage: Pick<StoragePort, 'saveCheckpoint'>;
  /** Those that run, by segment. */
  transfers: ReadonlyMap<string, Pick<Whereabouts, 'written'>>;
}): PromiseActorLogic<SaveProgressOutput, SaveProgressInput> {
  return fromPromise(async ({ input }) => {
    const checkpoint = advanceCheckpoint(input.checkpoint, transfers);
    if (!checkpoint) return { plan: [] };
    await storage.saveCheckpoint(checkpoint);
    return { plan: checkpoint.plan };
  });
}
