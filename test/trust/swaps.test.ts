/**
 * The file on the server is replaced at random moments, before, during or
 * between runs: once, twice, or back again; by one that differs everywhere, in
 * one place or in three; with every kind of validator and without, by servers
 * that honour If-Range and that do not. What is published is one version, or
 * says that nothing proves it. `MULTIDOWN_SEED` replays from a seed.
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

type Version = 1 | 2 | 3;

/** What a server says of the version that it has. */
const servers: Readonly<Record<string, (version: Version) => Validators>> = {
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
  'another weak ETag': (version) => ({ ...nothing, etag: `W/"v${version}"` }),
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
  'the same weak ETag': () => ({ ...nothing, etag: 'W/"v"' }),
  'the same date, too new to tell': () => ({ ...nothing, lastModified: now }),
  nothing: () => nothing,
};
const kinds = Object.keys(servers);
/** Where each answer says which version it is of, no byte needs to be compared. */
const told = new Set(kinds.slice(0, 7));

/** Which version is there, one after the other. */
const histories: Readonly<Record<string, readonly Version[]>> = {
  once: [1, 2],
  'and back': [1, 2, 1],
  'and by a third': [1, 2, 3],
};

/** Where a version differs from the first, by these bits. */
const differences: Readonly<Record<string, (random: Random, bits: number) => Uint8Array>> = {
  everywhere: (_, bits) => one.map((byte) => byte ^ bits),
  'in one place': (random, bits) => differing(random, bits, 1),
  'in three places': (random, bits) => differing(random, bits, 3),
};

function differing(random: Random, bits: number, places: number): Uint8Array {
  const bytes = one.slice();
  for (let place = 0; place < places; place += 1) {
    // Parts of two and of four connections begin here: where a mixture of two versions is most likely to be.
    const near = Math.max(0, (SIZE / 4) * random.integer(4) - random.integer(1_500));
    const start = random.chance(0.5) ? near : random.integer(SIZE - 1);
    const end = Math.min(SIZE, start + 1 + random.integer(random.pick([2, 2_000, 20_000])));
    for (let at = start; at < end; at += 1) bytes[at] = (one[at] ?? 0) ^ bits;
  }
  return bytes;
}

/** The server tells, or some comparison of bytes must see it: two versions that differ in one stretch meet in it, or do not mix. */
function isSeen(kind: string, difference: string, history: string): boolean {
  const isOneStretch = difference === 'in one place' && history !== 'and by a third';
  return told.has(kind) || difference === 'everywhere' || isOneStretch;
}

interface Swap {
  readonly kind: string;
  readonly difference: string;
  readonly history: string;
  /** Told of, or refused. */
  readonly isNoticed: boolean;
  /** Published although it is no version, with the warning that nothing proves it. */
  readonly isMixture: boolean;
}

async function swapOnce(seed: number): Promise<Swap> {
  const random = new Random(seed);
  const kind = kinds[seed % kinds.length] ?? 'nothing';
  const difference = random.pick(Object.keys(differences));
  const history = random.pick(Object.keys(histories));
  const differ = (bits: number) => differences[difference]?.(random, bits) ?? one;
  const versions = { 1: one, 2: differ(0x55), 3: differ(0xaa) };
  const ifChanged = random.pick(['restart', 'fail'] as const);
  const disk = new SimulatedDisk();
  disk.seedFolder('/home');
  disk.seedFolder(FOLDER);
  const swapAt = random.integer(900);
  const againAt = swapAt + 10 + random.integer(600);
  const stopAt = random.chance(0.5) ? random.integer(900) : Number.POSITIVE_INFINITY;
  const versionAt = (passed: number): Version =>
    histories[history]?.[Number(passed >= swapAt) + Number(passed >= againAt)] ?? histories[history]?.[1] ?? 1;
  let place = disk;
  let passed = 0;
  let isNoticed = false;
  let isUnproved = false;
  for (let runs = 0; runs < 5; runs += 1) {
    const origin = { bytes: one, rate: 20, etag: null, lastModified: null };
    const run = simulateRun(place, origin, { connections: random.pick([1, 2, 4]), ifChanged, restart: runs > 2 });
    const serve = () => {
      const version = versionAt(passed);
      Object.assign(run.source, { bytes: versions[version], ...servers[kind]?.(version) });
    };
    serve();
    isUnproved = false;
    run.actor.on('warning', ({ code }) => {
      isNoticed ||= code === 'restarted';
      isUnproved ||= code === 'identity-unproved';
    });
    const begun = passed;
    const output = await run.run(() => {
      passed = begun + run.clock.now();
      serve();
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
  const isMixture = Object.values(versions).every((version) => Buffer.compare(version, found) !== 0);
  const swap = { kind, difference, history, isNoticed, isMixture };
  if (isMixture && (isSeen(kind, difference, history) || !isUnproved))
    throw new Error(`a mixture was published${isUnproved ? '' : ', and nothing said of it'}: ${JSON.stringify(swap)}`);
  return swap;
}

const count = (swaps: readonly Swap[], key: (swap: Swap) => string) =>
  swaps.reduce((times, swap) => times.set(key(swap), (times.get(key(swap)) ?? 0) + 1), new Map<string, number>());

describe('24, 26, 27, 28, 29, 31, 32, 34 a file that is replaced', () => {
  it(`${SWAPS} times, at random moments: no mixture where anything tells, and none without a word`, {
    timeout: 600_000,
  }, async () => {
    const swaps: Swap[] = [];
    for (let seed = SEED; seed < SEED + SWAPS; seed += 1) {
      try {
        swaps.push(await swapOnce(seed));
      } catch (error) {
        throw new Error(`MULTIDOWN_SEED=${seed} replays it`, { cause: error });
      }
    }
    const mixtures = swaps.filter(({ isMixture }) => isMixture);
    const among = swaps.filter(({ kind, difference, history }) => !isSeen(kind, difference, history)).length;
    console.log(`${mixtures.length} of ${among} swaps that nothing tells of: a mixture, with the warning`);
    for (const [what, times] of count(mixtures, (swap) => `${swap.kind}, ${swap.difference}, ${swap.history}`))
      console.log(`  ${what}: ${times}`);
    // Of every kind of server, of difference and of history some swaps came in the middle, and were seen.
    const noticed = swaps.filter(({ isNoticed }) => isNoticed);
    expect(count(noticed, ({ kind, difference }) => `${kind}, different ${difference}`).size).toBe(kinds.length * 3);
    expect(count(noticed, ({ history }) => history).size).toBe(3);
  });
});
