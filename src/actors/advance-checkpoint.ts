import type { Checkpoint } from '../machines/checkpoint.ts';
import { advanceAll } from '../machines/ranges.ts';
import type { Whereabouts } from './whereabouts.ts';

/**
 * The machine hears of progress some ten times a second; what is noted is to hold
 * what pausing at this very moment would.
 */
export function advanceCheckpoint(
  checkpoint: Checkpoint | null,
  transfers: ReadonlyMap<string, Pick<Whereabouts, 'written'>>,
): Checkpoint | null {
  if (!checkpoint) return null;
  return { ...checkpoint, plan: advanceAll(checkpoint.plan, (id) => transfers.get(id)?.written) };
}
