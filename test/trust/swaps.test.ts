/**
 * The file on the server is replaced at a random moment, before, during or
 * between runs, by one that differs everywhere or in one place only; with every
 * kind of validator and without, by servers that honour If-Range and that do
 * not: what is published is one version, never a mixture. `MULTIDOWN_SEED`
 * replays from a seed.
 */
import { describe, expect, it } from 'vitest';
import { someBytes } from '../support/fake-download.ts';
import type { FakeSource } from '../support/fake-source.ts';
import { Random } from '../support/random.ts';
import { SimulatedDisk } from '../support/simulated-disk.ts';
import { FOLDER, simulateRun, TARGET } from '../support/simulated-run.ts';

const SWAPS = process.env.MULTIDOWN_TEST_DEEP === '1' ? 10_000 : 1_200;
const SEED = Number(process.env.MULTIDOWN_SEED ?? 1);
const SIZE = 60_000;
const one = someBytes(SIZE);

type Validators = Pick<FakeSource, 'etag' | 'lastModified' | 'conditions'>;
const nothing: Validators = { etag: null, lastModified: null, conditions: 'honoured' };
const day = (version: number) => `Thu, 0${version} Jan 2015 00:00:00 GMT`;
/** The moment that each answer is of: a file as new as that may change once more without a later date. */
const now = 'Thu, 01 Jan 2026 00:00:00 GMT';

/** What a server says of the version that it has. */
const servers: Readonly<Record<string, (version: 1 | 2) => Validators>> = {
  'an ETag': (version) => ({ ...nothing, etag: `"v${version}"` }),
  'an ETag, and If-Range ignored': (version) => ({ ...nothing, etag: `"v${version}"`, conditions: 'ignored' }),
  'an ETag, and 200 to every If-Range': (version) => ({ ...nothing, etag: `"v${version}"`, conditions: 'refused' }),
  'a date': (version) => ({ ...nothing, lastModified: day(version) }),
  'a date, and If-Range ignored': (version) => ({ ...nothing, lastModified: day(version), conditions: 'ignored' }),
  'another weak ETag and another date': (version) => ({
    ...nothing,
    etag: `W/"v${version}"`,
    lastModified: day(version),
  }),
  'an ETag that is missing later, and If-Range ignored': (version) => ({
    ...nothing,
    etag: version === 1 ? '"v1"' : null,
    conditions: 'ignored',
  }),
  'an ETag that becomes a weak one, and If-Range ignored': (version) => ({
    ...nothing,
    etag: version === 1 ? '"v1"' : 'W/"v1"',
    conditions: 'ignored',
  }),
  'another weak ETag': (version) => ({ ...nothing, etag: `W/"v${version}"` }),
  'the same weak ETag': () => ({ ...nothing, etag: 'W/"v"' }),
  'the same date, too new to tell': () => ({ ...nothing, lastModified: now }),
  nothing: () => nothing,
};
const kinds = Object.keys(servers);
/** Where each answer says which version it is of, no byte needs to be compared. */
const told = new Set(kinds.slice(0, 6));

/** Where the two versions differ. */
const differences: Readonly<Record<string, (random: Random) => Uint8Array>> = {
  everywhere: () => one.map((byte) => byte ^ 0x55),
  'in one place': (random) => differing(random, 1),
  /** Samples see it or do not: such a change is found where the server tells. */
  'in three places': (random) => differing(random, 3),
};

function differing(random: Random, places: number): Uint8Array {
  const bytes = one.slice();
  for (let place = 0; place < places; place += 1) {
    // Parts of two and of four connections begin here: where a mixture of two versions is most likely to be.
    const near = Math.max(0, (SIZE / 4) * random.integer(4) - random.integer(1_500));
    const start = random.chance(0.5) ? near : random.integer(SIZE - 1);
    const end = Math.min(SIZE, start + 1 + random.integer(random.pick([2, 2_000, 20_000])));
    for (let at = start; at < end; at += 1) bytes[at] = (one[at] ?? 0) ^ 0x55;
  }
  return bytes;
}

/** What was swapped, and whether that was noticed: told of, or refused. */
async function swapOnce(seed: number): Promise<{ readonly swap: string; readonly isNoticed: boolean }> {
  const random = new Random(seed);
  const kind = kinds[seed % kinds.length] ?? 'nothing';
  const difference = random.pick(told.has(kind) ? Object.keys(differences) : ['everywhere', 'in one place']);
  const two = differences[difference]?.(random) ?? one;
  const has = (version: 1 | 2) => ({ bytes: version === 1 ? one : two, ...servers[kind]?.(version) });
  const ifChanged = random.pick(['restart', 'fail'] as const);
  const disk = new SimulatedDisk();
  disk.seedFolder('/home');
  disk.seedFolder(FOLDER);
  const swapAt = random.integer(900);
  const stopAt = random.chance(0.5) ? random.integer(900) : Number.POSITIVE_INFINITY;
  let place = disk;
  let passed = 0;
  let isNoticed = false;
  for (let runs = 0; runs < 5; runs += 1) {
    const origin = { bytes: one, rate: 20, etag: null, lastModified: null };
    const run = simulateRun(place, origin, { connections: random.pick([1, 2, 4]), ifChanged, restart: runs > 2 });
    Object.assign(run.source, has(passed >= swapAt ? 2 : 1));
    run.actor.on('warning', ({ code }) => {
      isNoticed ||= code === 'restarted';
    });
    const begun = passed;
    const output = await run.run(() => {
      passed = begun + run.clock.now();
      if (passed >= swapAt && run.source.bytes !== two) Object.assign(run.source, has(2));
      return runs === 0 && passed >= stopAt;
    });
    if (output?.status === 'done') break;
    if (output === undefined) run.abandon();
    else if (output.failure.code === 'changed') isNoticed = true;
    else throw new Error(`${output.failure.code}: ${output.failure.message}`);
    place = place.kill();
    passed += 1;
  }
  const found = place.read(TARGET);
  if (found === null) throw new Error('five runs did not bring it');
  const isOne = [one, two].some((version) => Buffer.compare(version, found) === 0);
  if (!isOne) throw new Error(`${kind}, different ${difference}: a mixture of both versions was published`);
  return { swap: `${kind}, different ${difference}`, isNoticed };
}

describe('24, 26, 27, 28, 29, 31, 32, 34 a file that is replaced', () => {
  it(`${SWAPS} times, at random moments: no mixture, ever`, { timeout: 600_000 }, async () => {
    const noticed = new Map<string, number>();
    for (let seed = SEED; seed < SEED + SWAPS; seed += 1) {
      try {
        const { swap, isNoticed } = await swapOnce(seed);
        noticed.set(swap, (noticed.get(swap) ?? 0) + Number(isNoticed));
      } catch (error) {
        throw new Error(`MULTIDOWN_SEED=${seed} replays it`, { cause: error });
      }
    }
    // Of every kind of server and of difference some swaps came in the middle, and were seen.
    expect(noticed.size).toBe(told.size * 3 + (kinds.length - told.size) * 2);
    expect([...noticed].filter(([, times]) => times === 0)).toEqual([]);
  });
});
