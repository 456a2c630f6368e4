/**
 * Every event on the network of a small download meets each kind of trouble
 * once (a simulated network; `torture-network.test.ts` has a real one); then
 * two things go wrong, anywhere on the network or the disk. What comes out is
 * right, or a clear failure, within its time; the next run ends right.
 * `MULTIDOWN_PAIRS` sets how many pairs are tried, `MULTIDOWN_SEED` replays from
 * a seed that a failure has printed.
 */
import { describe, expect, it } from 'vitest';
import type { IfExists } from '../../src/machines/options.ts';
import { Budget } from '../support/budget.ts';
import { someBytes } from '../support/fake-download.ts';
import { type NetworkFault, networkFaults } from '../support/fake-source.ts';
import { Random } from '../support/random.ts';
import { type Fault, SimulatedDisk } from '../support/simulated-disk.ts';
import { FOLDER, type Origin, simulateRun, TARGET } from '../support/simulated-run.ts';

const isDeep = process.env.MULTIDOWN_TEST_DEEP === '1';
const PAIRS = Number(process.env.MULTIDOWN_PAIRS ?? (isDeep ? 30_000 : 1_500));
const SEED = Number(process.env.MULTIDOWN_SEED ?? 1);
/** With the two minutes of `torture-network.test.ts` that is ten. */
const budget = new Budget(isDeep ? 3_600_000 : 480_000);

const SIZE = 12_000;
const bytes = someBytes(SIZE);
/** A validator that proves, one that does not, none at all. */
const origins: readonly (readonly [string, Origin])[] = [
  ['an ETag', { bytes, etag: '"v1"', lastModified: null, rate: 20 }],
  ['no validator', { bytes, etag: null, lastModified: null, rate: 20 }],
];
const diskFaults: readonly Fault[] = ['EIO', 'ENOSPC', 'EROFS', 'EMFILE', 'ENAMETOOLONG', 'EDQUOT', 'ENOENT', 'short'];
/**
 * Simulated milliseconds that trouble may cost: no answer for 30 s, and a
 * back-off of half a second. Two things in a row may cost that twice.
 */
const MOST_MS = 32_000;

const same = (a: Uint8Array | null, b: Uint8Array) => a !== null && Buffer.compare(a, b) === 0;

function newDisk(): SimulatedDisk {
  const disk = new SimulatedDisk();
  disk.seedFolder('/home');
  disk.seedFolder(FOLDER);
  return disk;
}

interface Trouble {
  readonly network: readonly { readonly at: number; readonly kind: NetworkFault }[];
  readonly disk: readonly { readonly at: number; readonly code: Fault }[];
  readonly ifExists?: IfExists;
}

/** One run in trouble, judged; returns how it ended: `done` or the failure's code. */
async function suffer(
  origin: Origin,
  { network, disk: onDisk, ifExists = 'fail' }: Trouble,
  mostMs: number,
  where: string,
) {
  const disk = newDisk();
  disk.faults = onDisk.map(({ at, code }) => ({ at: disk.operations + at, code }));
  const run = simulateRun(disk, origin, { ifExists });
  run.source.faults = network;
  const output = await run.run();
  expect(run.clock.now(), where).toBeLessThan(mostMs);

  expect(disk.open, where).toBe(0);
  const file = disk.read(TARGET);
  expect(file === null || same(file, bytes), where).toBe(true);
  expect(file !== null || output?.status !== 'done', where).toBe(true);
  await run.source.close();
  expect(run.source.open_.size, where).toBe(0);
  const ended = output?.status === 'done' ? 'done' : output?.failure.code;
  if (output?.status !== 'done') {
    expect(ended, where).not.toBe('unexpected');
    expect(output?.failure.message, where).toMatch(/^[A-Z/].*\.$/);
  }
  // The trouble is over: whatever it has left, the same command ends right.
  const after = disk.kill();
  const wasThere = after.read(TARGET) !== null;
  const next = await simulateRun(after, origin, { ifExists }).run();
  if (next?.status !== 'done') {
    // Two things at once may leave the file, and nothing to tell whose it is.
    const { code } = next?.failure ?? {};
    expect(code, where).toBe(wasThere ? 'target-exists' : 'checkpoint-damaged');
    if (code === 'checkpoint-damaged')
      expect((await simulateRun(after, origin, { ifExists, restart: true }).run())?.status, where).toBe('done');
  }
  expect(same(after.read(TARGET), bytes), where).toBe(true);
  return ended;
}

/** What happens in a run without any trouble. */
async function countEvents(origin: Origin): Promise<{ network: number; disk: number; ms: number }> {
  const disk = newDisk();
  const before = disk.operations;
  const run = simulateRun(disk, origin, { ifExists: 'fail' });
  expect((await run.run())?.status).toBe('done');
  return { network: run.source.events, disk: disk.operations - before, ms: run.clock.now() };
}

describe.each(origins)('of a server with %s', (_, origin) => {
  it.each(networkFaults)('each event on the network meets %s once', { timeout: budget.ms }, async (kind) => {
    const usual = await countEvents(origin);
    expect(usual.network).toBeGreaterThan(20);
    const ends = new Set<string | undefined>();
    for (let at = 1; at <= usual.network; at += 1) {
      const where = `${kind} at network event ${at}`;
      const trouble = { network: [{ at, kind }], disk: [] };
      const ended = await budget.spend(() => suffer(origin, trouble, usual.ms + MOST_MS, where));
      ends.add(ended);
      // A refused first request is most often a typing error, and a part that is another one is the server's fault.
      const isFinal = (kind === 'refused' && at === 1) || kind === 'otherRange';
      if (!isFinal) expect(ended, where).toBe('done');
    }
    expect(ends).toContain('done');
    const others = [...ends].filter((end) => end !== 'done');
    expect(others).toEqual({ refused: ['connection-refused'], otherRange: ['protocol'] }[kind as string] ?? []);
  });
});

describe('two things go wrong', () => {
  it(`anywhere, ${PAIRS} times`, { timeout: budget.ms }, async () => {
    const usual = await Promise.all(origins.map(([, origin]) => countEvents(origin)));
    const ends = new Map<string, number>();
    for (let seed = SEED; seed < SEED + PAIRS; seed += 1) {
      const random = new Random(seed);
      const which = random.integer(origins.length);
      const [, origin] = origins[which] ?? origins[0] ?? ['', { bytes, etag: null, lastModified: null, rate: 1 }];
      const counts = usual[which] ?? { network: 1, disk: 1, ms: 0 };
      const onNetwork = random.integer(3);
      const trouble: Trouble = {
        ifExists: random.pick(['fail', 'fail', 'rename', 'overwrite'] as const),
        // What goes wrong makes more events follow: the second one may be among these.
        network: Array.from({ length: onNetwork }, () => ({
          at: 1 + random.integer(Math.ceil(counts.network * 1.2)),
          kind: random.pick(networkFaults),
        })),
        disk: Array.from({ length: 2 - onNetwork }, () => ({
          at: 1 + random.integer(Math.ceil(counts.disk * 1.2)),
          code: random.pick(diskFaults),
        })),
      };
      const where = `MULTIDOWN_SEED=${seed} MULTIDOWN_PAIRS=1: ${JSON.stringify(trouble)}`;
      const suffered = await budget.spend(() => suffer(origin, trouble, counts.ms + 2 * MOST_MS, where));
      const ended = String(suffered);
      ends.set(ended, (ends.get(ended) ?? 0) + 1);
    }
    console.log(`${PAIRS} pairs ended so: ${[...ends].map(([end, count]) => `${end} ${count}`).join(', ')}`);
    if (PAIRS > 100) expect(ends.get('done')).toBeGreaterThan(PAIRS / 10);
  });
});
