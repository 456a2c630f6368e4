import { inOrder, type NextWaiting } from './next-waiting.ts';
import { isComplete, missingBytes, nextId, type Plan, type Range, split } from './ranges.ts';

/** A request of its own must bring the end nearer by at least so long, seconds. */
const LEAST_GAIN_SECONDS = 0.1;
/** The more, the faster the connection that is cut, since more is on its way then for nothing: so much at this speed, bytes a second. */
const FAST_GAIN_SECONDS = 0.25;
const FAST_BYTES_PER_SECOND = 64 * 1024 * 1024;
/** What is left to a range that is cut, and given to the next, is at least this, whatever was measured, bytes. */
const LEAST_PART = 64 * 1024;
/** What comes at once is on its way already, and the next of it before another connection has brought anything: so much of it is left to a range that is cut. */
const BURSTS_KEPT = 2;
/** So many second tries are made for a range at most. */
export const MOST_HEDGES = 3;
/** Before anything has been measured, a range is not halved below this many bytes a half. */
export const FIRST_LEAST_PART = 1024 * 1024;

/** What the schedule must know of a segment at work. */
export interface Busy {
  /** Bytes a second, 0 while unknown or stalled. */
  readonly bytesPerSecond: number;
  /** What its server sends at once, bytes: to cut it nearer would ask again for what was sent already. */
  readonly burstBytes?: number;
  /** Its request is on its way: to cut it now would waste all that is sent beyond the cut, unless it is stuck. */
  readonly isAsking?: boolean;
  /** A second connection fetches the same bytes: its end must stay where it is. */
  readonly isHedged?: boolean;
  /** How often that was tried. */
  readonly hedges?: number;
  /** It has brought nothing for a while. */
  readonly isStuck?: boolean;
  /** So long it has brought nothing, whatever its speed was; 0 for no longer than usual. */
  readonly silentSeconds?: number;
}

/** What has been measured of the path, for guesses about a connection that is yet to be opened. */
export interface Path {
  /** Bytes a second of a usual connection; 0 for no idea. */
  readonly usual: number;
  /** From a request to its answer, seconds; 0 for no idea. */
  readonly roundTrip: number;
  /** The usual speed is guessed from what all bring together: it says nothing of who is slow. */
  readonly isGuess?: boolean;
}

const unknownPath: Path = { usual: 0, roundTrip: 0 };

/** A range that is missing, and that nobody fetches. */
export function isWaiting(range: Range, busy: { has(id: string): boolean }): boolean {
  return !isComplete(range) && !busy.has(range.id);
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
 * comes free and at a resume alike: take a waiting range; if none waits, part
 * the range that will take longest so that both parts end together, unless that
 * would bring the end no nearer than a request costs. Where many are about to
 * end at once, the parts of a few of them would help nobody.
 *
 * @param busy the segments at work, by id; every other unfinished range waits
 * @param free connections to fill
 * @param minSplit least size of a part, bytes; null lets round trip and speed decide
 * @param most of them to be filled now
 * @param nextWaiting which of several ranges that wait is taken first
 */
export function fillConnections(
  plan: Plan,
  busy: ReadonlyMap<string, Busy>,
  free: number,
  minSplit: number | null,
  path: Path = unknownPath,
  most = Number.POSITIVE_INFINITY,
  nextWaiting: NextWaiting = inOrder,
): Schedule {
  const working = new Map(busy);
  const assignments: Assignment[] = [];
  let current = plan;
  while (assignments.length < Math.min(free, most)) {
    const waiting = nextWaiting(current, (range) => isWaiting(range, working));
    if (waiting) {
      assignments.push({ kind: 'start', id: waiting.id });
      working.set(waiting.id, { bytesPerSecond: 0 });
      continue;
    }
    const gain = possibleGain(current, working, free - assignments.length, path);
    const cut = gain < LEAST_GAIN_SECONDS ? null : bestCut(current, working, minSplit, path);
    if (!cut) break;
    const id = nextId(current);
    current = split(current, cut.victim, cut.at, id);
    assignments.push({ kind: 'split', victim: cut.victim, at: cut.at, id });
    working.set(id, { bytesPerSecond: 0 });
  }
  return { plan: current, assignments };
}

/**
 * The first split: parts the plan by the same rule for all the connections to
 * come, before the first of them asks. So each asks for what it will keep, and
 * the bytes of a request that is cut short are not sent for nothing.
 */
export function divide(plan: Plan, connections: number, minSplit: number | null): Plan {
  return fillConnections(plan, new Map(), connections, minSplit).plan;
}

/**
 * The last ranges, for which nothing is left to be parted: those that a second
 * connection would have long before the first, slowest first. Whichever comes
 * first wins, the other is dropped.
 *
 * @param free connections that nothing else can be done with
 * @returns ids of ranges
 */
export function chooseHedges(
  plan: Plan,
  busy: ReadonlyMap<string, Busy>,
  free: number,
  { usual, roundTrip, isGuess = false }: Path,
): readonly string[] {
  if (free <= 0 || usual <= 0) return [];
  return plan
    .flatMap(({ id, written, end }) => {
      const segment = busy.get(id);
      if (!segment || segment.isHedged || end === null || written >= end) return [];
      if ((segment.hedges ?? 0) >= MOST_HEDGES) return [];
      // Who has been silent for so long is likely to stay so as long again.
      const { silentSeconds: silence = 0 } = segment;
      const isKnown = segment.isStuck || (!isGuess && segment.bytesPerSecond > 0);
      if (!isKnown) return [];
      const own = segment.isStuck ? Number.POSITIVE_INFINITY : (end - written) / segment.bytesPerSecond + silence;
      const rivals = roundTrip + (end - written) / usual;
      return own > 1.5 * rivals + LEAST_GAIN_SECONDS ? [{ id, own }] : [];
    })
    .sort((a, b) => b.own - a.own)
    .slice(0, free)
    .map(({ id }) => id);
}

interface Cut {
  readonly victim: string;
  readonly at: number;
}

/** How much nearer the end would be if the free connections took their share of all that is missing, seconds. */
function possibleGain(plan: Plan, working: ReadonlyMap<string, Busy>, free: number, path: Path): number {
  const usual = path.usual || meanSpeed(working);
  let missing = 0;
  let speed = free * usual;
  let longest = 0;
  for (const range of plan) {
    const left = missingBytes(range) ?? 0;
    if (left === 0) continue;
    const own = working.get(range.id)?.bytesPerSecond || usual;
    missing += left;
    speed += own;
    longest = Math.max(longest, left / own);
  }
  // Where nothing has been measured, nothing can be said against it.
  return usual === 0 ? Number.POSITIVE_INFINITY : longest - missing / speed - path.roundTrip;
}

/** The range with most time to go, and where to part it. */
function bestCut(plan: Plan, working: ReadonlyMap<string, Busy>, minSplit: number | null, path: Path): Cut | null {
  const usual = path.usual || meanSpeed(working);
  let best: Cut | null = null;
  let bestTime = 0;
  for (const range of plan) {
    const segment = working.get(range.id);
    const missing = missingBytes(range);
    if (missing === null || (segment?.isAsking && !segment.isStuck) || segment?.isHedged) continue;
    const own = segment?.bytesPerSecond || usual;
    const time = missing / (own || 1);
    if (time <= bestTime) continue;
    const at =
      own > 0
        ? fairCut(range, missing, own, segment?.burstBytes ?? 0, usual || own, minSplit, path)
        : halfCut(range, missing, minSplit);
    if (at === null) continue;
    best = { victim: range.id, at };
    bestTime = time;
  }
  return best;
}

/** Nothing has been measured: in the middle. */
function halfCut({ written }: Range, missing: number, minSplit: number | null): number | null {
  const kept = Math.ceil(missing / 2);
  return missing - kept >= (minSplit ?? FIRST_LEAST_PART) ? written + kept : null;
}

/** Where both parts end together: the new one begins a round trip later, at the usual speed. */
function fairCut(
  { written }: Range,
  missing: number,
  own: number,
  burst: number,
  usual: number,
  minSplit: number | null,
  { roundTrip }: Path,
): number | null {
  const least = minSplit ?? LEAST_PART;
  if (missing < 2 * least) return null;
  const together = (missing + usual * roundTrip) / (own + usual);
  const kept = Math.min(missing - least, Math.max(least, BURSTS_KEPT * Math.ceil(burst), Math.ceil(own * together)));
  const seconds = Math.max(kept / own, roundTrip + (missing - kept) / usual);
  const pace = Math.min(1, own / FAST_BYTES_PER_SECOND);
  const leastGain = LEAST_GAIN_SECONDS + pace * (FAST_GAIN_SECONDS - LEAST_GAIN_SECONDS);
  return missing / own - seconds >= Math.max(leastGain, 2 * roundTrip) ? written + kept : null;
}

function meanSpeed(working: ReadonlyMap<string, Busy>): number {
  const known = [...working.values()].map((segment) => segment.bytesPerSecond).filter((speed) => speed > 0);
  return known.length === 0 ? 0 : known.reduce((sum, speed) => sum + speed, 0) / known.length;
}
