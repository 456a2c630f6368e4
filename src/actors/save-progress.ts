import { fromPromise, type PromiseActorLogic } from 'xstate';
import type { SaveProgressInput } from '../machines/download.io.ts';
import { advance, type Plan } from '../machines/ranges.ts';
import type { StoragePort } from './ports.ts';

/** Notes progress on disk; resolves to the plan that was noted. */
export function defineSaveProgress({
  storage,
  landed,
}: {
  storage: StoragePort;
  /** How far each running transfer has written, by segment. */
  landed: ReadonlyMap<string, () => number>;
}): PromiseActorLogic<Plan, SaveProgressInput> {
  return fromPromise(async ({ input: { checkpoint, durable } }) => {
    if (!checkpoint) return [];
    // The machine hears of progress some ten times a second; a note is to hold
    // what pausing at this very moment would.
    const plan = checkpoint.plan
      .map(({ id }) => id)
      .reduce((sum, id) => advanceTo(sum, id, landed.get(id)), checkpoint.plan);
    const note = { ...checkpoint, plan };
    await (durable ? storage.saveCheckpoint(note) : storage.saveLive(note));
    return plan;
  });
}

function advanceTo(plan: Plan, id: string, landed: (() => number) | undefined): Plan {
  return landed ? advance(plan, id, landed()) : plan;
}
