import type { Speeds } from './events.ts';

/** Bytes and times of a running download, enough for honest speeds. Plain JSON. */
export interface Meter {
  /** The last few seconds, oldest first: monotonic milliseconds and bytes on disk. */
  readonly samples: readonly Sample[];
  /** Milliseconds spent downloading, earlier runs included. */
  readonly activeMs: number;
  /** Milliseconds and bytes of this run: what the mean speed is made of. */
  readonly runMs: number;
  readonly runBytes: number;
  readonly least: number | null;
  readonly best: number | null;
}

interface Sample {
  readonly at: number;
  readonly bytes: number;
}

/** The present speed is over this many milliseconds. */
const WINDOW_MS = 3_000;
/** Less than this is too short to tell a speed. */
const SHORTEST_MS = 400;

export function startMeter(activeMs: number): Meter {
  return { samples: [], activeMs, runMs: 0, runBytes: 0, least: null, best: null };
}

/** A pause or a new attempt at the whole file begins: what comes next has no common time with what was. */
export function interruptMeter(meter: Meter): Meter {
  return { ...meter, samples: [] };
}

/** Notes that at monotonic time `at`, in milliseconds, `bytes` were on disk. */
export function measure(meter: Meter, at: number, bytes: number): Meter {
  const last = meter.samples.at(-1);
  if (!last || bytes < last.bytes) return { ...meter, samples: [{ at, bytes }] };
  if (at <= last.at) return meter;
  const samples = [...meter.samples.filter((sample) => sample.at > at - WINDOW_MS), { at, bytes }];
  const passed = at - last.at;
  const next = {
    ...meter,
    samples,
    activeMs: meter.activeMs + passed,
    runMs: meter.runMs + passed,
    runBytes: meter.runBytes + (bytes - last.bytes),
  };
  const now = windowSpeed(next);
  if (now === null) return next;
  return { ...next, least: Math.min(meter.least ?? now, now), best: Math.max(meter.best ?? now, now) };
}

export function speeds(meter: Meter): Speeds {
  return {
    now: windowSpeed(meter),
    least: meter.least,
    mean: meter.runMs >= SHORTEST_MS ? (meter.runBytes / meter.runMs) * 1_000 : null,
    best: meter.best,
  };
}

/** Bytes a second over what has been measured, however short; null before there is anything. Good for guesses only. */
export function roughSpeed({ samples }: Meter): number | null {
  const first = samples[0];
  const last = samples.at(-1);
  return first && last && last.at > first.at ? ((last.bytes - first.bytes) / (last.at - first.at)) * 1_000 : null;
}

/** Milliseconds to go; null when the size is unknown or nothing moves. */
export function timeLeft(meter: Meter, missing: number | null, limit: number | null = null): number | null {
  if (missing === 0) return 0;
  const { now, mean } = speeds(meter);
  if (missing === null || !now || !mean) return null;
  // Half present, half mean: a short stall does not make it jump.
  return (missing / Math.min((now + mean) / 2, limit ?? Number.POSITIVE_INFINITY)) * 1_000;
}

function windowSpeed({ samples }: Meter): number | null {
  const first = samples[0];
  const last = samples.at(-1);
  if (!first || !last || last.at - first.at < SHORTEST_MS) return null;
  return ((last.bytes - first.bytes) / (last.at - first.at)) * 1_000;
}
