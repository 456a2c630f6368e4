/**
 * How many connections pay, found by trying: the count doubles while the total
 * speed gains, and stays where it does not. Eight are for the asking, and
 * sixteen where eight are not at full speed: what a moment shows of eight is too
 * little to compare with. A trial that gained nothing is repeated later, less
 * and less often: paths and servers change.
 */
export interface Tuning {
  /** Connections that may be busy now. */
  readonly ceiling: number;
  /** The speed of the count before, which this one has to beat; null when there is none, or no more than a glance of it. */
  readonly before: { readonly connections: number; readonly bytesPerSecond: number } | null;
  /** What the first glance has shown, bytes a second; null before it, and once it is of no more use. */
  readonly glance: number | null;
  /** Since when the present count is measured, and what had been by then; null between measurements. */
  readonly window: { readonly at: number; readonly bytes: number; readonly activeMs: number } | null;
  /** Since when connections have had nothing to do, monotonic milliseconds; null while all have. */
  readonly idleSince: number | null;
  /** This process was the bottleneck when the last measurement ended. */
  readonly wasBusy: boolean;
  /** Nothing is to be learnt for so long, milliseconds; null while it is being measured. */
  readonly restMs: number | null;
  /** The next rest, milliseconds. */
  readonly nextRestMs: number;
}

/** What is measured: monotonic milliseconds, bytes that have arrived, and the connections behind them. */
export interface Traffic {
  readonly at: number;
  readonly bytes: number;
  /** Connections that bring bytes. */
  readonly receiving: number;
  /** Connections that have asked and wait. */
  readonly asking: number;
  /** Milliseconds that this process has been at work. */
  readonly activeMs: number;
  /** The rate limit, bytes a second; null for none. */
  readonly limit: number | null;
  /** From a request to its answer, milliseconds; 0 for no idea. */
  readonly roundTripMs: number;
}

/** More would help nobody. */
export const AUTO_MOST = 32;
/** Up to so many, good answers are reason enough: a speed cannot be told before connections have got going. */
const FREE_CONNECTIONS = 8;
/** A process as busy as this, with as many bytes a second, is the bottleneck itself: more connections would only cost it time. */
const FULL_LOAD = 0.8;
const FULL_SPEED = 200_000_000;
/** What it takes more than the first few connections to bring is more likely held back by them. */
const FULL_SPEED_OF_MANY = 300_000_000;
/** A process that has just begun is busy with less: from this part of full speed on it may be the bottleneck. */
const MAYBE_FULL = 0.75;
/** So busy it may be the bottleneck whatever it brings as yet: how fast it will be is no matter of a glance, but of two windows. */
const PEGGED_LOAD = 0.97;
/** A count is measured for so long, milliseconds. */
const WINDOW_MS = 100;
/** The same under a rate limit, where bytes come in steps, milliseconds. */
const LIMITED_WINDOW_MS = 1_000;
/** The limit is what holds it back, from this part of it on. */
const LIMIT_REACHED = 0.85;
/** Enough to see whether connections are slow, milliseconds. */
const GLANCE_MS = 40;
/** Enough where this process has time left, milliseconds; or some round trips, if that is more. */
const SHORT_GLANCE_MS = 10;
const GLANCE_ROUND_TRIPS = 3;
const HALF_LOAD = 0.5;
/** So much more than at the last glance needs no longer look. */
const CLEAR_GAIN = 1.6;
/** Of the connections so many may be on their way to their next part while the others are measured. */
const MOST_ASKING = 1 / 4;
/** Twice the connections must bring at least so much more. */
const LEAST_GAIN = 1.3;
/** With less than so much more, fewer do as well. */
const GAIN_TO_STAY = 1.1;
/**
 * That more connections gain nothing is believed after so long, milliseconds, but where this process is the
 * bottleneck: disks stand still for a moment, and servers that hold a rate send for a second at once.
 */
const DOUBT_MS = 1_000;
/** With nothing to do for connections for so long, there is nothing to find out, milliseconds. */
const IDLE_MS = 300;
const FIRST_REST_MS = 500;
const LONGEST_REST_MS = 16_000;

export const openingTuning: Tuning = {
  ceiling: 1,
  before: null,
  glance: null,
  window: null,
  idleSince: null,
  wasBusy: false,
  restMs: null,
  nextRestMs: FIRST_REST_MS,
};

/** All who asked were answered: the first few connections need no measurement. */
export function welcome(
  tuning: Tuning,
  { receiving, asking, limit }: Pick<Traffic, 'receiving' | 'asking' | 'limit'>,
): Tuning {
  const { ceiling, restMs } = tuning;
  const isFull = asking === 0 && receiving >= ceiling;
  if (restMs !== null || limit !== null || !isFull || ceiling >= FREE_CONNECTIONS) return tuning;
  return { ...tuning, ceiling: Math.min(FREE_CONNECTIONS, ceiling * 4), idleSince: null };
}

/** Takes a measurement in. */
export function tune(tuning: Tuning, traffic: Traffic): Tuning {
  const { at, bytes, receiving, asking, activeMs, limit } = traffic;
  const { ceiling, before, window } = tuning;
  if (tuning.restMs !== null) return tuning;
  // While many connections are on their way, or have nothing to do, nothing can be told.
  if (asking > ceiling * MOST_ASKING) return isFresh(tuning) ? tuning : { ...tuning, window: null, idleSince: null };
  if (receiving + asking < ceiling) {
    const idleSince = tuning.idleSince ?? at;
    return at - idleSince >= IDLE_MS ? rest(tuning, ceiling) : { ...tuning, window: null, idleSince };
  }
  const welcomed = welcome(tuning, { receiving, asking, limit });
  if (welcomed !== tuning) return welcomed;
  if (window === null) return { ...tuning, window: { at, bytes, activeMs }, idleSince: null };
  const passed = at - window.at;
  const bytesPerSecond = ((bytes - window.bytes) / passed) * 1_000;
  const load = (activeMs - window.activeMs) / passed;
  const isBusy = load >= FULL_LOAD && bytesPerSecond >= fullSpeedOf(ceiling);
  // Of a silence nothing is learnt; a long one is no time for more connections.
  if (bytesPerSecond === 0) return passed < DOUBT_MS ? tuning : rest(tuning, ceiling);
  // Where this process was the bottleneck, a moment in which it is not is a disk that stands still.
  if (tuning.wasBusy && !isBusy && passed < DOUBT_MS) return tuning;
  if (limit === null && before === null && passed >= glanceMsOf(load, traffic)) {
    const glanced = glanceAt(tuning, bytesPerSecond, load);
    if (glanced !== tuning) return glanced;
  }
  const windowMs = load >= PEGGED_LOAD && !isBusy ? WINDOW_MS * 2 : WINDOW_MS;
  if (passed < (limit === null ? windowMs : LIMITED_WINDOW_MS)) return tuning;
  // So many bring all that may come.
  if (limit !== null && bytesPerSecond >= limit * LIMIT_REACHED) return rest(tuning, ceiling);
  const gain = before === null ? Number.POSITIVE_INFINITY : bytesPerSecond / before.bytesPerSecond;
  if (gain >= LEAST_GAIN)
    return isBusy || ceiling === AUTO_MOST ? rest(tuning, ceiling, isBusy) : grow(tuning, bytesPerSecond);
  if (!isBusy && passed < DOUBT_MS) return tuning;
  return rest(tuning, gain >= GAIN_TO_STAY || before === null ? ceiling : before.connections, isBusy);
}

/** Connections that are slow cost nobody much: what they bring together is told by more of them sooner. */
function glanceAt(tuning: Tuning, bytesPerSecond: number, load: number): Tuning {
  const { ceiling, glance } = tuning;
  // However fast it is, who has time left is not what holds it back; before a gain has been seen, time for twice as much.
  const hasTime = load < (glance === null ? HALF_LOAD : FULL_LOAD);
  if (!hasTime && (bytesPerSecond >= fullSpeedOf(ceiling) || load >= PEGGED_LOAD)) return tuning;
  const mayBeBusy = load >= FULL_LOAD && bytesPerSecond >= FULL_SPEED * MAYBE_FULL;
  if (ceiling === FREE_CONNECTIONS && !mayBeBusy) {
    return { ...tuning, ceiling: ceiling * 2, glance: bytesPerSecond, window: null, wasBusy: false };
  }
  if (glance === null || bytesPerSecond < glance * CLEAR_GAIN) return tuning;
  // More than twice as much can only have been a burst.
  return grow(tuning, Math.min(bytesPerSecond, glance * 2));
}

function glanceMsOf(load: number, { roundTripMs }: Traffic): number {
  return load < FULL_LOAD
    ? Math.min(GLANCE_MS, Math.max(SHORT_GLANCE_MS, roundTripMs * GLANCE_ROUND_TRIPS))
    : GLANCE_MS;
}

function fullSpeedOf(connections: number): number {
  return connections > FREE_CONNECTIONS ? FULL_SPEED_OF_MANY : FULL_SPEED;
}

function grow(tuning: Tuning, bytesPerSecond: number): Tuning {
  const { ceiling } = tuning;
  return {
    ...tuning,
    ceiling: Math.min(AUTO_MOST, ceiling * 2),
    before: { connections: ceiling, bytesPerSecond },
    glance: null,
    window: null,
    wasBusy: false,
  };
}

function isFresh({ window, idleSince }: Tuning): boolean {
  return window === null && idleSince === null;
}

function rest({ nextRestMs, wasBusy }: Tuning, ceiling: number, isBusy = wasBusy): Tuning {
  return {
    ceiling,
    before: null,
    glance: null,
    window: null,
    idleSince: null,
    wasBusy: isBusy,
    restMs: nextRestMs,
    nextRestMs: Math.min(LONGEST_REST_MS, nextRestMs * 2),
  };
}

/** Circumstances have changed: what was found out counts no more, but for where it begins. */
export function tuneAnew({ ceiling }: Pick<Tuning, 'ceiling'>): Tuning {
  return { ...openingTuning, ceiling };
}

/** The rest is over. */
export function tuneAgain(tuning: Tuning): Tuning {
  return { ...tuning, restMs: null };
}
