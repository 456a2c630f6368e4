import { fromPromise, type PromiseActorLogic } from 'xstate';
import type { SaveProgressInput, SaveProgressOutput } from '../machines/download.io.ts';
import { advanceAll } from '../machines/ranges.ts';
import type { ClockPort, StoragePort } from './ports.ts';
import type { Running } from './running.ts';
import type { Whereabouts } from './whereabouts.ts';

/** Notes progress on disk; resolves to the plan that was noted, what it took, and for how long there have been notes. */
export function defineSaveProgress({
  storage,
  clock,
  transfers,
  running,
}: {
  storage: StoragePort;
  clock: ClockPort;
  /** Those that run, by segment. */
  transfers: ReadonlyMap<string, Pick<Whereabouts, 'written'>>;
  running: Running;
}): PromiseActorLogic<SaveProgressOutput, SaveProgressInput> {
  let first: number | null = null;
  return fromPromise(async ({ input: { checkpoint, durable } }) => {
    const began = clock.now();
    first ??= began;
    const ageMs = began - first;
    if (!checkpoint) return { plan: [], tookMs: 0, ageMs, running: running.count };
    // The machine hears of progress some ten times a second; a note is to hold
    // what pausing at this very moment would.
    const plan = advanceAll(checkpoint.plan, (id) => transfers.get(id)?.written);
    const note = { ...checkpoint, plan };
    await (durable ? storage.saveCheckpoint(note) : storage.saveLive(note));
    return { plan, tookMs: clock.now() - began, ageMs, running: running.count };
  });
}
