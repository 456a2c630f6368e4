import { type CallbackActorLogic, type EventObject, fromCallback } from 'xstate';
import type { KeepLiveNoteInput } from '../machines/download.io.ts';
import { LEAST_REST_MS, restAfterNote } from '../machines/note-rest.ts';
import { advanceCheckpoint } from './advance-checkpoint.ts';
import type { ClockPort, StoragePort } from './ports.ts';
import type { Running } from './running.ts';
import type { Whereabouts } from './whereabouts.ts';

/**
 * Notes progress for a killed process, over and over. It does so up to a hundred times a second, and so by
 * itself: three steps of the machine for each note took 3 % of the processor's time at full speed.
 */
export function defineKeepLiveNote({
  storage,
  clock,
  transfers,
  running,
}: {
  storage: Pick<StoragePort, 'saveLive'>;
  clock: Pick<ClockPort, 'now' | 'after'>;
  /** Those that run, by segment. */
  transfers: ReadonlyMap<string, Pick<Whereabouts, 'written'>>;
  running: Pick<Running, 'count'>;
}): CallbackActorLogic<EventObject, KeepLiveNoteInput> {
  /** Of the run, with all its pauses. */
  let first: number | null = null;
  return fromCallback(({ input }) => {
    let restMs = LEAST_REST_MS;
    let hasLeft = false;
    let cancel = rest();

    function rest(): () => void {
      return clock.after(restMs, () => void note());
    }

    async function note(): Promise<void> {
      const began = clock.now();
      first ??= began;
      try {
        const checkpoint = advanceCheckpoint(input.checkpoint(), transfers);
        if (checkpoint) await storage.saveLive(checkpoint);
        restMs = restAfterNote(clock.now() - began, began - first, running.count);
      } catch {
        // The data itself goes on; a full disk will be met there too, and said there.
      }
      if (!hasLeft) cancel = rest();
    }

    return () => {
      hasLeft = true;
      cancel();
    };
  });
}
