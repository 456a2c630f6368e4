import { isComplete, missingBytes, nextId, type Plan, type Range, split } from './ranges.ts';

/** Half a range must take at least so long at its present speed, seconds, to be worth a request of its own. */
const LEAST_SECONDS = 0.5;

/** What the schedule must know of a segment at work. */
export interface Busy {
  /** Bytes a second, 0 while unknown or stalled. */
  readonly bytesPerSecond: number;
  /** Its request is on its way: to cut it now would waste all that is sent beyond the cut. */
  readonly isAsking?: boolean;
}

/** One free connection's next work. */
export type Assignment =
  /** Fetch a range that waits. */
  | { readonly kind: 'start'; readonly id: string }
  /** Cut `victim` at offset `at` and fetch the rest of it as `id`. */
  | { readonly kind: 'split'; readonly victim: string; readonly at: number; readonly id: string };

export interface Schedule {
  readonly plan: Plan;
  readonly assignments: readonly Assignment[];
}

/**
 * The one rule that fills connections, at the first split, when a connection
 * comes free and at a resume alike: take a waiting range; if none waits, halve
 * the range that will take longest, unless a half would be smaller than
 * `minSplit` bytes or there in a moment.
 *
 * @param busy the segments at work, by id; every other unfinished range waits
 * @param free connections to fill
 * @param guess bytes a second of a segment that has not been measured, while none has; 0 for no idea
 */
export function fillConnections(
  plan: Plan,
  busy: ReadonlyMap<string, Busy>,
  free: number,
  minSplit: number,
  guess = 0,
): Schedule {
  const working = new Map(busy);
  const assignments: Assignment[] = [];
  let current = plan;
  while (assignments.length < free) {
    const waiting = current.find((range) => !isComplete(range) && !working.has(range.id));
    if (waiting) {
      assignments.push({ kind: 'start', id: waiting.id });
      working.set(waiting.id, { bytesPerSecond: 0 });
      continue;
    }
    const victim = longest(current, working, minSplit, guess);
    if (!victim) break;
    const id = nextId(current);
    const at = victim.written + Math.ceil((missingBytes(victim) ?? 0) / 2);
    current = split(current, victim.id, at, id);
    assignments.push({ kind: 'split', victim: victim.id, at, id });
    working.set(id, { bytesPerSecond: 0 });
  }
  return { plan: current, assignments };
}

/**
 * The first split: parts the plan by the same rule for all the connections to
 * come, before the first of them asks. So each asks for what it will keep, and
 * the bytes of a request that is cut short are not sent for nothing.
 */
export function divide(plan: Plan, connections: number, minSplit: number): Plan {
  return fillConnections(plan, new Map(), connections, minSplit).plan;
}

/** The range with most time to go whose halves are both worth a request. */
function longest(plan: Plan, working: ReadonlyMap<string, Busy>, minSplit: number, guess: number): Range | undefined {
  const speeds = [...working.values()].map((segment) => segment.bytesPerSecond).filter((speed) => speed > 0);
  const usual = speeds.length > 0 ? speeds.reduce((sum, speed) => sum + speed, 0) / speeds.length : guess;
  let best: Range | undefined;
  let bestTime = 0;
  for (const range of plan) {
    const missing = missingBytes(range);
    if (missing === null || missing < 2 * minSplit || working.get(range.id)?.isAsking) continue;
    const speed = working.get(range.id)?.bytesPerSecond || usual;
    const time = missing / (speed || 1);
    // What is on its way when a request is cut comes for nothing.
    const isWorth = speed === 0 || time >= 2 * LEAST_SECONDS;
    if (isWorth && time > bestTime) {
      best = range;
      bestTime = time;
    }
  }
  return best;
}
