/** Each operation of a small download fails once, in each way: right, or a clear failure, and the next run ends right. */
import { describe, expect, it } from 'vitest';
import { loadPartial } from '../../src/adapters/storage/load-partial.ts';
import { workspaceOf } from '../../src/adapters/storage/workspace.ts';
import type { IfExists } from '../../src/machines/options.ts';
import { writtenBytes } from '../../src/machines/ranges.ts';
import { someBytes } from '../support/fake-download.ts';
import { Random } from '../support/random.ts';
import { type DiskKind, type Fault, SimulatedDisk } from '../support/simulated-disk.ts';
import { FOLDER, filesOf, NUMBERED, type Origin, simulateRun, TARGET, type User } from '../support/simulated-run.ts';

const SIZE = 12_000;
const bytes = someBytes(SIZE);
const origin: Origin = { bytes, etag: '"v1"', lastModified: null, rate: 100 };
/** Slow enough for checkpoints on the way: one every three seconds. */
const slow: Origin = { ...origin, rate: 0.6 };
const existing = new TextEncoder().encode('what was here before');
/** What the server has sent of requests that were cut short, at most: a chunk of each connection. */
const CUT_OFF = 3_000;
const codes: readonly Fault[] = ['EIO', 'ENOSPC', 'EROFS', 'EMFILE', 'ENAMETOOLONG', 'EDQUOT', 'ENOENT', 'short'];

function newDisk(kind?: DiskKind): SimulatedDisk {
  const disk = new SimulatedDisk(kind);
  disk.seedFolder('/home');
  disk.seedFolder(FOLDER);
  return disk;
}

function diskWithFile(kind?: DiskKind): SimulatedDisk {
  const disk = newDisk(kind);
  disk.seed(TARGET, existing);
  return disk;
}

let half: SimulatedDisk | null = null;

/** A disk on which a run was killed when half of the file was there. */
async function halfDone(): Promise<SimulatedDisk> {
  half ??= await killMidway();
  return half.kill();
}

async function killMidway(): Promise<SimulatedDisk> {
  const disk = newDisk();
  const run = simulateRun(disk, { ...slow, rate: 2 }, { ifExists: 'fail' });
  await run.run(() => run.clock.now() > 1_500);
  run.abandon();
  return disk;
}

let stopped: SimulatedDisk | null = null;

/** A disk on which a run has ended by itself when half of the file was there. */
async function halfStopped(): Promise<SimulatedDisk> {
  stopped ??= await stopMidway();
  return stopped.kill();
}

async function stopAt(disk: SimulatedDisk, ms: number): Promise<void> {
  const run = simulateRun(disk, { ...slow, rate: 2 }, { ifExists: 'fail' });
  run.clock.after(ms, () => run.actor.send({ type: 'download.stop' }));
  expect(await run.run()).toMatchObject({ status: 'stopped' });
}

async function stopMidway(): Promise<SimulatedDisk> {
  const disk = newDisk();
  await stopAt(disk, 1_500);
  expect(disk.list()).toContain(workspaceOf(TARGET).rest);
  return disk;
}

interface Situation {
  readonly disk: () => Promise<SimulatedDisk> | SimulatedDisk;
  readonly ifExists: IfExists;
  readonly user?: User;
  readonly rate?: number;
}

const linkless: DiskKind = { hasLinks: false };
const situations: readonly (readonly [string, Situation])[] = [
  ['a first run', { disk: newDisk, ifExists: 'fail' }],
  ['a run that replaces a file', { disk: diskWithFile, ifExists: 'overwrite' }],
  ['a run that keeps both files', { disk: diskWithFile, ifExists: 'rename' }],
  ['a run that asks, and keeps both', { disk: diskWithFile, ifExists: 'ask', user: { answer: 'rename' } }],
  ['a run that goes on', { disk: halfDone, ifExists: 'fail' }],
  ['a run that goes on where one was stopped', { disk: halfStopped, ifExists: 'fail' }],
  ['a run with a pause', { disk: newDisk, ifExists: 'fail', user: { pausesAfter: 30 }, rate: 60 }],
  ['a run without hard links', { disk: () => newDisk(linkless), ifExists: 'fail' }],
  ['a run that keeps both without hard links', { disk: () => diskWithFile(linkless), ifExists: 'rename' }],
];

const same = (a: Uint8Array | null, b: Uint8Array) => a !== null && Buffer.compare(a, b) === 0;

/** The whole file, under the name that it should have. */
function isRight(disk: SimulatedDisk, { ifExists, user }: Situation, hadFile: boolean): boolean {
  const keepsBoth = hadFile && (ifExists === 'rename' || user?.answer === 'rename');
  if (!keepsBoth) return same(disk.read(TARGET), bytes);
  return same(disk.read(TARGET), existing) && same(disk.read(NUMBERED), bytes);
}

/** What the next run believes is there. */
async function claimedBytes(disk: SimulatedDisk): Promise<number> {
  const partials = await Promise.all([TARGET, NUMBERED].map((target) => loadPartial(disk.files, workspaceOf(target))));
  // Nobody but us has written to it.
  for (const partial of partials) expect(partial?.standing ?? 'same').toBe('same');
  return Math.max(...partials.map((partial) => (partial === null ? 0 : writtenBytes(partial.checkpoint.plan))));
}

/** Never anything but the whole file or what was there; or a name that is held, and of which that is known. */
function expectSafe(disk: SimulatedDisk, hadFile: boolean, where: string): void {
  if (hadFile) expect(disk.read(TARGET), where).not.toBeNull();
  for (const path of filesOf(disk)) {
    const found = disk.read(path);
    const isHeld = found?.length === 0 && disk.list().some((name) => name.endsWith('/publication.json'));
    const isKept = hadFile && path === TARGET && same(found, existing);
    expect(same(found, bytes) || isKept || isHeld, `${where}: ${path}`).toBe(true);
  }
}

/** Whatever was left, the same command ends right, or says that the file is there already. */
async function expectGoesOn(after: SimulatedDisk, situation: Situation, hadFile: boolean, where: string) {
  const { ifExists, user } = situation;
  const run = simulateRun(after, origin, { ifExists }, user);
  const next = await run.run();
  if (next?.status !== 'done') {
    const { code } = next?.failure ?? {};
    // After the last trace is gone, the file is one like any other.
    const isThere = code === 'target-exists' && isRight(after, situation, hadFile);
    if (!isThere) {
      // What cannot be believed is said, and only then begun anew.
      expect(code, where).toBe('checkpoint-damaged');
      const anew = simulateRun(after, origin, { ifExists, restart: true }, user);
      expect((await anew.run())?.status, where).toBe('done');
    }
  }
  expect(isRight(after, situation, hadFile), `${where}: ${after.list()}`).toBe(true);
  expect(after.open, where).toBe(0);
  return { next, requests: run.source.requests.length, bytesSent: run.source.bytesSent };
}

/**
 * One run whose disk fails at one operation: right, or safe and a clear failure
 * after which the next run ends right.
 *
 * @returns the code of the failure; null where it ended well
 */
async function failAt(situation: Situation, at: number, code: Fault): Promise<string | null> {
  const { ifExists, user, rate = 100 } = situation;
  const disk = await situation.disk();
  const hadFile = disk.read(TARGET) !== null;
  disk.fault = { at, code };
  const output = await simulateRun(disk, { ...origin, rate }, { ifExists }, user).run();
  const where = `${code} at operation ${at}: ${disk.log[at - 1]}`;
  expectSafe(disk, hadFile, where);
  expect(disk.open, where).toBe(0);
  if (output?.status === 'done') {
    expect(isRight(disk, situation, hadFile), where).toBe(true);
    return null;
  }
  expect(output?.failure.code, where).not.toBe('unexpected');
  expect(output?.failure.message, where).toMatch(/^[A-Z/].*\.$/);
  await expectGoesOn(disk.kill(), situation, hadFile, where);
  return output?.failure.code ?? '';
}

describe.each(situations)('145 %s whose disk fails', (_, situation) => {
  it.each(codes)('with %s, at each operation', { timeout: 300_000 }, async (code) => {
    const { ifExists, user, rate = 100 } = situation;
    const from = { ...origin, rate };
    const whole = await situation.disk();
    const before = whole.operations;
    await simulateRun(whole, from, { ifExists }, user).run();
    const told = new Set<string | null>();
    for (let at = before + 1; at <= whole.operations; at += 1) told.add(await failAt(situation, at, code));
    told.delete(null);
    if (code === 'short') expect([...told]).toEqual([]);
    else expect(told.size).toBeGreaterThan(0);
  });
});

describe('145 a run of more than three seconds, so long that it makes a checkpoint', () => {
  const checkpointed: Situation = { disk: newDisk, ifExists: 'fail', rate: 1.2 };

  it('whose disk fails at any operation from then on, live notes and the finish included', {
    timeout: 900_000,
  }, async () => {
    const whole = newDisk();
    const run = simulateRun(whole, { ...origin, rate: checkpointed.rate ?? 100 }, { ifExists: 'fail' });
    await run.run(() => run.clock.now() >= 2_990);
    const first = whole.operations + 1;
    expect(await run.run()).toMatchObject({ status: 'done' });
    const after = whole.log.slice(first - 1).join('\n');
    // What is to be failed: all that such a run does.
    for (const kind of [/^write .*live/m, /^write .*data/m, /datasync .*data/, /rename .*checkpoint/, /link .*data/])
      expect(after).toMatch(kind);
    const told = new Set<string | null>();
    for (let at = first; at <= whole.operations; at += 1)
      told.add(await failAt(checkpointed, at, codes[at % codes.length] ?? 'EIO'));
    // Some of it can be done without, some cannot.
    expect([told.has(null), told.has('disk'), told.has('disk-full')]).toEqual([true, true, true]);
  });
});

describe('119, 145 a checkpoint on the way', () => {
  it.each(codes)('that meets %s at each of its operations: the download goes on, and ends right', async (code) => {
    const whole = newDisk();
    await simulateRun(whole, slow, { ifExists: 'fail' }).run();
    const during = whole.log.flatMap((line, index) => (line.includes('checkpoint.json.tmp') ? [index + 1] : []));
    // Its draft is opened, written, synced, closed and renamed.
    expect(during.length).toBeGreaterThan(9);
    for (const at of during) {
      const disk = newDisk();
      disk.fault = { at, code };
      const output = await simulateRun(disk, slow, { ifExists: 'fail' }).run();
      expect(output?.status, `${code} at ${disk.log[at - 1]}`).toBe('done');
      expect(same(disk.read(TARGET), bytes)).toBe(true);
    }
  });
});

describe('146 a failed sync', () => {
  it('is not believed when it is tried again: what it was of is missing, also after a power cut', async () => {
    const recorded = newDisk();
    await simulateRun(recorded, slow).run();
    const syncs = recorded.log.flatMap((line, index) => (/^(data)?sync .*data$/.test(line) ? [index + 1] : []));
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
        for (const { start, written } of partial?.checkpoint.plan ?? [])
          expect(same(data.subarray(start, written), bytes.subarray(start, written))).toBe(true);
        const next = await simulateRun(cut, origin).run();
        if (next?.status === 'done') expect(same(cut.read(TARGET), bytes)).toBe(true);
        else expect(next?.failure.code).toBe('checkpoint-damaged');
      }
      // Nor is it believed by a process that comes at once.
      const partial = await loadPartial(disk.kill().files, workspaceOf(TARGET));
      expect(partial?.checkpoint.plan.every(({ written, durable }) => written === durable) ?? true).toBe(true);
    }
  });
});

describe('146 a sync that fails when a run has ended by itself', () => {
  it('takes the live notes with it, and does not pass for rest: only what the checkpoint says is claimed', async () => {
    const whole = newDisk();
    await stopAt(whole, 300);
    const { live, rest } = workspaceOf(TARGET);
    expect(whole.list()).toEqual(expect.arrayContaining([live[0], rest]));
    const disk = newDisk();
    disk.fault = { at: whole.log.findIndex((line) => /^sync .*\/data$/.test(line)) + 1, code: 'EIO' };
    await stopAt(disk, 300);
    for (const note of [...live, rest]) expect(disk.list()).not.toContain(note);
    const partial = await loadPartial(disk.kill().files, workspaceOf(TARGET));
    expect(partial?.standing).toBe('same');
    expect(partial?.checkpoint.plan.every(({ written, durable }) => written === durable)).toBe(true);
  });
});

describe('141 a process that is killed', () => {
  it.each(situations)(
    'at each operation of %s: the next run ends right, at once',
    { timeout: 300_000 },
    async (_name, situation) => {
      const { ifExists, user, rate = 100 } = situation;
      const from = { ...origin, rate };
      const whole = await situation.disk();
      const before = whole.operations;
      await simulateRun(whole, from, { ifExists }, user).run();
      const placed = whole.log.findLastIndex((line) => /^(?:link|rename) .*\/data /.test(line)) + 1;
      expect(placed).toBeGreaterThan(before);
      for (let at = before + 1; at <= whole.operations; at += 1) {
        const disk = await situation.disk();
        const hadFile = disk.read(TARGET) !== null;
        disk.stopAt = at;
        const run = simulateRun(disk, from, { ifExists }, user);
        await run.run(() => disk.operations >= at);
        run.abandon();
        const after = disk.kill();
        const where = `killed at ${whole.log[at - 1]}`;
        expectSafe(after, hadFile, where);
        const isNoted = after.list().some((path) => path.endsWith('/publication.json'));
        const claimed = await claimedBytes(after);
        // Once the file has its name the notes go.
        if (at < placed) expect(claimed, where).toBeGreaterThanOrEqual(run.kept.durable ?? 0);
        const { next, requests, bytesSent } = await expectGoesOn(after, situation, hadFile, where);
        expect(bytesSent, where).toBeLessThanOrEqual(SIZE - claimed + CUT_OFF);
        if (next?.status !== 'done') expect(next?.failure.code, where).toBe('target-exists');
        // 148 Once it has its name, nothing is asked for any more; but for the moment before the empty folder goes.
        if (isNoted && at > placed)
          expect([requests, next?.status === 'done' && next.result.skipped], where).toEqual([0, true]);
        const left = after.list().filter((path) => path.includes('.multidown'));
        expect(left, where).toEqual([]);
      }
    },
  );
});
