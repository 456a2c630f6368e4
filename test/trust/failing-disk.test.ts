/** Each operation of a small download fails once, in each way: right, or a clear failure, and the next run ends right. */
import { describe, expect, it } from 'vitest';
import { loadPartial } from '../../src/adapters/storage/load-partial.ts';
import { workspaceOf } from '../../src/adapters/storage/workspace.ts';
import { writtenBytes } from '../../src/machines/ranges.ts';
import { someBytes } from '../support/fake-download.ts';
import { Random } from '../support/random.ts';
import { type Fault, SimulatedDisk } from '../support/simulated-disk.ts';
import { FOLDER, type Origin, simulateRun, TARGET } from '../support/simulated-run.ts';

const SIZE = 12_000;
const bytes = someBytes(SIZE);
const origin: Origin = { bytes, etag: '"v1"', lastModified: null, rate: 100 };
/** Slow enough for checkpoints on the way: one every three seconds. */
const slow: Origin = { ...origin, rate: 0.6 };
const existing = new TextEncoder().encode('what was here before');
/** What the server has sent of requests that were cut short, at most: a chunk of each connection. */
const CUT_OFF = 3_000;
const codes: readonly Fault[] = ['EIO', 'ENOSPC', 'EROFS', 'EMFILE', 'ENAMETOOLONG', 'EDQUOT', 'short'];

function newDisk(): SimulatedDisk {
  const disk = new SimulatedDisk();
  disk.seedFolder('/home');
  disk.seedFolder(FOLDER);
  return disk;
}

/** A disk on which a run was killed when half of the file was there. */
async function halfDone(): Promise<SimulatedDisk> {
  const disk = newDisk();
  const run = simulateRun(disk, { ...slow, rate: 2 });
  await run.run(() => run.clock.now() > 1_500);
  run.abandon();
  return disk.kill();
}

const situations: readonly (readonly [string, () => Promise<SimulatedDisk>, Origin])[] = [
  ['a first run', async () => newDisk(), origin],
  [
    'a run that replaces a file',
    async () => {
      const disk = newDisk();
      disk.seed(TARGET, existing);
      return disk;
    },
    origin,
  ],
  ['a run that goes on', halfDone, origin],
];

const same = (a: Uint8Array | null, b: Uint8Array) => a !== null && Buffer.compare(a, b) === 0;

/** What the next run believes is there. */
async function claimedBytes(disk: SimulatedDisk): Promise<number> {
  const partial = await loadPartial(disk.files, workspaceOf(TARGET));
  return partial === null ? 0 : writtenBytes(partial.plan);
}

/** Never anything but the whole file or what was there. */
function expectSafe(disk: SimulatedDisk, hadFile: boolean): void {
  const found = disk.read(TARGET);
  expect(found === null ? !hadFile : same(found, bytes) || (hadFile && same(found, existing))).toBe(true);
}

describe.each(situations)('145 %s whose disk fails', (_, prepare, from) => {
  it.each(codes)('with %s, at each operation', { timeout: 300_000 }, async (code) => {
    const whole = await prepare();
    await simulateRun(whole, from).run();
    const told = new Set<string>();
    for (let at = 1; at <= whole.operations; at += 1) {
      const disk = await prepare();
      const hadFile = disk.read(TARGET) !== null;
      const start = disk.operations;
      disk.fault = { at: start + at, code };
      const output = await simulateRun(disk, from).run();
      const where = `${code} at operation ${at}: ${disk.log[start + at - 1]}`;
      expectSafe(disk, hadFile);
      expect(disk.open, where).toBe(0);
      if (output?.status === 'done') expect(same(disk.read(TARGET), bytes), where).toBe(true);
      else {
        expect(output?.failure.code, where).not.toBe('unexpected');
        expect(output?.failure.message, where).toMatch(/^[A-Z/].*\.$/);
        told.add(output?.failure.code ?? '');
      }
      const after = disk.kill();
      const next = await simulateRun(after, origin).run();
      if (next?.status !== 'done') {
        // What cannot be believed is said, and only then begun anew.
        expect(next?.failure.code, where).toBe('checkpoint-damaged');
        expect((await simulateRun(after, origin, { restart: true }).run())?.status, where).toBe('done');
      }
      expect(same(after.read(TARGET), bytes), where).toBe(true);
      expect(after.open, where).toBe(0);
    }
    if (code === 'short') expect([...told]).toEqual([]);
    else expect(told.size).toBeGreaterThan(0);
  });
});

describe('146 a failed sync', () => {
  it('is not believed when it is tried again: what it was of is missing, also after a power cut', async () => {
    const recorded = newDisk();
    await simulateRun(recorded, slow).run();
    const syncs = recorded.log.flatMap((line, index) => (/^datasync .*data$/.test(line) ? [index + 1] : []));
    expect(syncs.length).toBeGreaterThan(2);
    for (const at of syncs) {
      const disk = newDisk();
      disk.fault = { at, code: 'EIO' };
      const output = await simulateRun(disk, slow).run();
      expect(output).toMatchObject({ status: 'failed', failure: { code: 'disk' } });
      for (let seed = 0; seed < 50; seed += 1) {
        const cut = disk.cut(new Random(seed));
        const partial = await loadPartial(cut.files, workspaceOf(TARGET)).catch(() => null);
        const data = cut.read(workspaceOf(TARGET).data) ?? new Uint8Array();
        for (const { start, written } of partial?.plan ?? [])
          expect(same(data.subarray(start, written), bytes.subarray(start, written))).toBe(true);
        const next = await simulateRun(cut, origin).run();
        if (next?.status === 'done') expect(same(cut.read(TARGET), bytes)).toBe(true);
        else expect(next?.failure.code).toBe('checkpoint-damaged');
      }
      // Nor is it believed by a process that comes at once.
      const partial = await loadPartial(disk.kill().files, workspaceOf(TARGET));
      expect(partial?.plan.every(({ written, durable }) => written === durable) ?? true).toBe(true);
    }
  });
});

describe('141 a process that is killed', () => {
  it.each(situations)(
    'at each operation of %s: the next run ends right, at once',
    { timeout: 300_000 },
    async (_name, prepare, from) => {
      const whole = await prepare();
      const before = whole.operations;
      await simulateRun(whole, from).run();
      for (let at = before + 1; at <= whole.operations; at += 1) {
        const disk = await prepare();
        const hadFile = disk.read(TARGET) !== null;
        disk.stopAt = at;
        const run = simulateRun(disk, from);
        await run.run(() => disk.operations >= at);
        run.abandon();
        const after = disk.kill();
        expectSafe(after, hadFile);
        const where = `killed at ${disk.log[at - 1]}`;
        const claimed = await claimedBytes(after);
        // Once the file has its name the notes go.
        if (!same(after.read(TARGET), bytes)) expect(claimed, where).toBeGreaterThanOrEqual(run.kept.durable ?? 0);
        const rest = simulateRun(after, origin);
        const next = await rest.run();
        expect(next?.status, where).toBe('done');
        expect(rest.source.bytesSent, where).toBeLessThanOrEqual(SIZE - claimed + CUT_OFF);
        expect(same(after.read(TARGET), bytes), where).toBe(true);
        expect(
          after.list().filter((path) => path.includes('.multidown')),
          where,
        ).toEqual([]);
      }
    },
  );
});
