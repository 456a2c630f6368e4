import { describe, expect, it } from 'vitest';
import {
  openingTuning,
  type Traffic,
  type Tuning,
  tune,
  tuneAgain,
  tuneAnew,
  welcome,
} from '../../src/machines/tuning.ts';

/** A path: what so many connections bring together, bytes a second, and how busy this process is with them. */
interface World {
  readonly speed: (connections: number) => number;
  readonly load?: number;
  readonly limit?: number;
  readonly roundTripMs?: number;
}

/** Between two looks, milliseconds. */
const TICK_MS = 10;

/** Lets a download run on a path for so long; all connections that may be there are, at once. */
function run(world: World, milliseconds: number, from: Tuning = openingTuning): { tuning: Tuning; counts: number[] } {
  const { limit = null, load = 0.1, roundTripMs = 50 } = world;
  let tuning = from;
  let bytes = 0;
  let activeMs = 0;
  let restUntil = Number.POSITIVE_INFINITY;
  const counts = [tuning.ceiling];
  for (let at = 0; at <= milliseconds; at += TICK_MS) {
    const traffic: Traffic = { at, bytes, activeMs, receiving: tuning.ceiling, asking: 0, limit, roundTripMs };
    tuning = tuning.restMs !== null && at >= restUntil ? tuneAgain(tuning) : tune(tuning, traffic);
    if (tuning.restMs === null) restUntil = Number.POSITIVE_INFINITY;
    else if (restUntil === Number.POSITIVE_INFINITY) restUntil = at + tuning.restMs;
    if (counts.at(-1) !== tuning.ceiling) counts.push(tuning.ceiling);
    bytes += (world.speed(tuning.ceiling) * TICK_MS) / 1_000;
    activeMs += TICK_MS * load;
  }
  return { tuning, counts };
}

const capped: World = { speed: (connections) => connections * 4_000_000 };
const narrow: World = { speed: () => 10_000_000 };
const loopback: World = { speed: () => 800_000_000, load: 0.9 };

describe('connections that pay', () => {
  it('are doubled up to 32 while each brings its own', () => {
    expect(run(capped, 2_000).counts).toEqual([1, 4, 8, 16, 32]);
  });

  it('are doubled at a second glance where they clearly gain, and after a longer look where they may', () => {
    expect(run(capped, 160).counts).toEqual([1, 4, 8, 16, 32]);
    const doubtful: World = { speed: (connections) => (connections > 8 ? connections * 3_000_000 : 32_000_000) };
    expect(run(doubtful, 160).counts).toEqual([1, 4, 8, 16]);
    expect(run(doubtful, 220).counts).toEqual([1, 4, 8, 16, 32]);
  });

  it('are seen to be slow sooner where the process has time left and the way is short', () => {
    const near: World = { ...capped, roundTripMs: 2 };
    expect(run(near, 20).counts).toEqual([1, 4, 8]);
    expect(run(near, 50).counts).toEqual([1, 4, 8, 16, 32]);
    // Three round trips belong to a glance, up to 40 ms.
    expect(run({ ...near, roundTripMs: 6 }, 60).counts).toEqual([1, 4, 8, 16]);
    expect(run({ ...near, roundTripMs: 6 }, 70).counts).toEqual([1, 4, 8, 16, 32]);
    for (const longer of [{ roundTripMs: 500 }, { load: 0.8 }]) {
      expect(run({ ...near, ...longer }, 50).counts).toEqual([1, 4, 8]);
      expect(run({ ...near, ...longer }, 110).counts).toEqual([1, 4, 8, 16, 32]);
    }
  });

  it('are doubled at a glance at full speed as well where the process has time left', () => {
    const fast = (load: number, speed: World['speed'] = (connections) => connections * 25_000_000): World => ({
      speed,
      load,
      roundTripMs: 2,
    });
    expect(run(fast(0.49), 50).counts).toEqual([1, 4, 8, 16, 32]);
    // Whether there would be time for twice as much cannot be told.
    expect(run(fast(0.5), 100).counts).toEqual([1, 4, 8]);
    // That eight are slow was seen; what 16 bring is a clear gain.
    const gaining: World['speed'] = (connections) => connections * (connections > 8 ? 20_000_000 : 18_000_000);
    expect(run(fast(0.79, gaining), 50).counts).toEqual([1, 4, 8, 16, 32]);
    expect(run(fast(0.8, gaining), 500).counts).toEqual([1, 4, 8, 16]);
  });

  it('are not taken back because a second glance saw a burst', () => {
    // Servers let some bytes go at once: 16 connections seem to bring what 60 do.
    const burst: World = { speed: (connections) => (connections === 16 ? 240_000_000 : connections * 4_000_000) };
    const slower: World = { speed: (connections) => burst.speed(connections) / 2 };
    expect(run(slower, 1_500).counts).toEqual([1, 4, 8, 16, 32]);
    const full: World = { speed: (connections) => Math.min(connections, 16) * 4_000_000 };
    expect(run(full, 1_400).counts).toEqual([1, 4, 8, 16, 32, 16]);
  });

  it('are looked at longer where the process may be too busy for more', () => {
    const cold: World = { speed: (connections) => Math.min(connections * 20_000_000, 260_000_000), load: 0.9 };
    expect(run(cold, 110).counts).toEqual([1, 4, 8]);
    expect(run({ ...cold, load: 0.7 }, 100).counts).toEqual([1, 4, 8, 16]);
    expect(run(cold, 500).counts).toEqual([1, 4, 8, 16, 32]);
  });

  it('are not judged at a glance, nor by one window, where the process has no moment left: it has just begun', () => {
    /** Bytes a second come so much quicker in each 20 ms. */
    const warming = (load: number): World => {
      let ticks = 0;
      return { speed: () => Math.min(ticks++ * 36_000_000, 900_000_000), load };
    };
    expect(run(warming(1), 1_000).counts).toEqual([1, 4, 8]);
    expect(run(warming(0.96), 1_000).counts.length).toBeGreaterThan(3);
    // Full speed is believed at once.
    expect(run({ ...loopback, load: 1 }, 160).tuning.restMs).toBe(500);
    // What 8 bring stays little, so that the process is not what holds it back.
    const slow: World = { ...capped, load: 1 };
    expect(run(slow, 200).counts).toEqual([1, 4, 8]);
    expect(run(slow, 700).counts).toEqual([1, 4, 8, 16, 32]);
  });

  it('are not taken back because a path stands still for a moment', () => {
    let looks = 0;
    const halting: World = {
      speed: (connections) => {
        looks += connections === 32 ? 1 : 0;
        return looks > 0 && looks < 15 ? 0 : connections * 2_000_000;
      },
    };
    expect(run(halting, 1_000).counts).toEqual([1, 4, 8, 16, 32]);
  });

  it('stay where more bring a little, and grow no more', () => {
    const bending: World = { speed: (connections) => (connections > 8 ? 100_000_000 : 84_000_000) };
    const before = { connections: 8, bytesPerSecond: 84_000_000 };
    const { counts, tuning } = run(bending, 1_100, { ...openingTuning, ceiling: 16, before });
    expect(counts).toEqual([16]);
    expect(tuning.restMs).not.toBeNull();
    const none: World = { speed: () => 92_000_000 };
    expect(run(none, 1_100, { ...openingTuning, ceiling: 16, before }).counts).toEqual([16, 8]);
  });

  it('stay where the path is full', () => {
    const { counts, tuning } = run(narrow, 1_500);
    expect(counts).toEqual([1, 4, 8, 16, 32, 16]);
    expect(tuning.restMs).toBe(500);
  });

  it('stay at eight where the process is the bottleneck', () => {
    const { counts, tuning } = run(loopback, 1_000);
    expect(counts).toEqual([1, 4, 8]);
    expect(tuning.restMs).not.toBeNull();
    // In the beginning it is slower, and still the bottleneck.
    expect(run({ speed: () => 210_000_000, load: 0.9 }, 500).counts).toEqual([1, 4, 8]);
  });

  it('stay there while a disk stands still for a moment, and grow when the path has become slower for good', () => {
    const rested = tuneAgain(run(loopback, 400).tuning);
    let looks = 0;
    const halting: World = { speed: () => (looks++ < 20 ? 50_000_000 : 800_000_000), load: 0.9 };
    const { counts, tuning } = run(halting, 900, rested);
    expect(counts).toEqual([8]);
    expect(tuning.restMs).toBe(1_000);
    expect(run(capped, 900, rested).counts).toEqual([8]);
    expect(run(capped, 1_500, rested).counts).toEqual([8, 16, 32]);
  });

  it('grow where a fast process has time left', () => {
    const fast: World = { speed: (count) => count * 40_000_000, load: 0.7 };
    expect(run(fast, 2_000).counts.at(-1)).toBe(32);
    // What is so fast already is not judged at a glance.
    expect(run(fast, 110).counts).toEqual([1, 4, 8]);
  });

  it('are tried again later, and ever more rarely', () => {
    const rests: number[] = [];
    let tuning = run(loopback, 400).tuning;
    for (let trial = 0; trial < 8; trial += 1) {
      rests.push(tuning.restMs ?? 0);
      tuning = run(loopback, 200, tuneAgain(tuning)).tuning;
    }
    expect(rests).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 16_000, 16_000]);
  });

  it('find a path that has become wider', () => {
    const rested = run({ speed: () => 1_000_000 }, 1_000).tuning;
    const found = run({ speed: (count) => count * 1_000_000 }, 3_000, tuneAgain(rested)).tuning;
    expect(found.ceiling).toBe(32);
  });
});

describe('an answer', () => {
  const grown = (tuning: Partial<Tuning>, seen: Partial<Parameters<typeof welcome>[1]> = {}) => {
    const ceiling = tuning.ceiling ?? 1;
    return welcome({ ...openingTuning, ...tuning }, { receiving: ceiling, asking: 0, limit: null, ...seen }).ceiling;
  };

  it('is welcomed with four times the connections, up to eight, and forgets that there was nothing to do', () => {
    expect([1, 2, 4, 7, 8, 9].map((ceiling) => grown({ ceiling }))).toEqual([4, 8, 8, 8, 8, 9]);
    const idle = { ...openingTuning, idleSince: 5 };
    expect(welcome(idle, { receiving: 1, asking: 0, limit: null }).idleSince).toBeNull();
    expect(welcome(idle, { receiving: 2, asking: 0, limit: null }).ceiling).toBe(4);
  });

  it.each([
    ['while others ask', { ceiling: 4 }, { receiving: 4, asking: 1 }],
    ['while not all are there', { ceiling: 4 }, { receiving: 3 }],
    ['under a rate limit', { ceiling: 4 }, { limit: 1_000_000 }],
    ['while nothing is to be found out', { ceiling: 4, restMs: 500 }, {}],
  ])('is not welcomed with more %s', (_, tuning, seen) => {
    expect(grown(tuning, seen)).toBe(4);
  });
});

describe('a measurement', () => {
  const traffic: Traffic = { at: 0, bytes: 0, receiving: 16, asking: 0, activeMs: 0, limit: null, roundTripMs: 50 };
  const measuring: Tuning = { ...openingTuning, ceiling: 16, window: { at: 0, bytes: 0, activeMs: 0 } };

  it('is begun anew when more than a quarter of the connections ask meanwhile', () => {
    const asking = (count: number) => ({ ...traffic, at: 50, asking: count, receiving: 16 - count });
    expect(tune(measuring, asking(5))).toMatchObject({ window: null, ceiling: 16 });
    expect(tune(measuring, asking(4))).toBe(measuring);
    const idle = { ...openingTuning, ceiling: 16 };
    expect(tune(idle, asking(5))).toBe(idle);
    expect(tune(idle, asking(4)).window).toMatchObject({ at: 50 });
  });

  it('is given up when connections have had nothing to do for 0.3 s', () => {
    const idle = tune(measuring, { ...traffic, at: 10, receiving: 3 });
    expect(idle).toMatchObject({ window: null, idleSince: 10, restMs: null });
    expect(tune(idle, { ...traffic, at: 309, receiving: 3 }).restMs).toBeNull();
    expect(tune(idle, { ...traffic, at: 310, receiving: 3 })).toMatchObject({
      restMs: 500,
      ceiling: 16,
      idleSince: null,
    });
    expect(tune(idle, { ...traffic, at: 300, receiving: 16 })).toMatchObject({ idleSince: null, window: { at: 300 } });
  });

  it('tells nothing while nothing comes, and is given up after a second of it', () => {
    for (const ceiling of [8, 16]) {
      const silent = { ...measuring, ceiling };
      for (const at of [40, 100, 999]) expect(tune(silent, { ...traffic, at, receiving: ceiling })).toBe(silent);
      expect(tune(silent, { ...traffic, at: 1_000, receiving: ceiling })).toMatchObject({ ceiling, restMs: 500 });
    }
  });

  it('tells nothing before four or five looks', () => {
    expect(tune(measuring, { ...traffic, at: 89, bytes: 1e6 })).toBe(measuring);
    expect(tune(measuring, { ...traffic, at: 100, bytes: 1e6 })).toMatchObject({
      ceiling: 32,
      before: { connections: 16, bytesPerSecond: 1e7 },
      window: null,
    });
  });

  it('wants three tenths more for twice the connections', () => {
    const before = { connections: 8, bytesPerSecond: 1e7 };
    const second = { ...measuring, before };
    expect(tune(second, { ...traffic, at: 1_000, bytes: 1.3e7 }).ceiling).toBe(32);
    expect(tune(second, { ...traffic, at: 1_000, bytes: 1.29e7 })).toMatchObject({ ceiling: 16, restMs: 500 });
    expect(tune(second, { ...traffic, at: 1_000, bytes: 1.09e7 })).toMatchObject({ ceiling: 8, restMs: 500 });
  });

  it('that shows no gain is believed after a second, or at once where the process is the bottleneck', () => {
    const second = { ...measuring, before: { connections: 8, bytesPerSecond: 4e8 } };
    const seen = { ...traffic, at: 500, bytes: 2e8 };
    expect(tune(second, { ...seen, activeMs: 390 })).toBe(second);
    expect(tune(second, { ...seen, activeMs: 400 })).toMatchObject({ ceiling: 8, restMs: 500 });
    expect(tune(second, { ...traffic, at: 1_000, bytes: 4e8 })).toMatchObject({ ceiling: 8, restMs: 500 });
  });

  it('under a rate limit begins with one connection, and takes more only while they bring too little', () => {
    const limited = (limit: number, each: number): World => ({
      speed: (count) => Math.min(limit, count * each),
      limit,
    });
    expect(run(limited(100_000, 4_000_000), 20_000).counts).toEqual([1]);
    expect(run(limited(10_000_000, 4_000_000), 20_000).counts).toEqual([1, 2, 4]);
    expect(run(limited(10_000_000, 100_000), 20_000).counts).toEqual([1, 2, 4, 8, 16, 32]);
  });

  it('begins where it was when the limit changes', () => {
    const rested: Tuning = { ...measuring, restMs: 8_000, nextRestMs: 16_000 };
    expect(tuneAnew(rested)).toEqual({ ...openingTuning, ceiling: 16 });
  });

  it('is not taken while it rests', () => {
    const resting = { ...measuring, restMs: 500 };
    expect(tune(resting, { ...traffic, at: 1_000 })).toBe(resting);
  });
});
