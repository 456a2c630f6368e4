/**
 * The power goes at any moment, and the disk has what was synced and anything
 * of the rest: the next run must end right, and may believe nothing that is not
 * there. `MULTIDOWN_STATES` sets how many states are built, `MULTIDOWN_SEED`
 * replays from a seed that a failure has printed.
 */
import { createHash } from 'node:crypto';
import { basename, dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadPartial } from '../../src/adapters/storage/load-partial.ts';
import { workspaceOf } from '../../src/adapters/storage/workspace.ts';
import type { DownloadOptions, IfExists } from '../../src/machines/options.ts';
import { writtenBytes } from '../../src/machines/ranges.ts';
import { someBytes } from '../support/fake-download.ts';
import { Random } from '../support/random.ts';
import { SimulatedDisk } from '../support/simulated-disk.ts';
import { FOLDER, filesOf, NUMBERED, type Origin, simulateRun, TARGET, type User } from '../support/simulated-run.ts';

const isDeep = process.env.MULTIDOWN_TEST_DEEP === '1';
const STATES = Number(process.env.MULTIDOWN_STATES ?? (isDeep ? 100_000 : 10_000));
const SEED = Number(process.env.MULTIDOWN_SEED ?? 1);
/** States that are built from one recorded run. */
const PER_RUN = 125;

const SIZE = 12_000;
const versions = [someBytes(SIZE), someBytes(SIZE * 2).slice(SIZE), someBytes(SIZE + 700).slice(600)] as const;
const existing = new TextEncoder().encode('what was here before');

function originOf(version: number, random: Random, rate: number): Origin {
  const validators = random.pick(['etag', 'date', 'none'] as const);
  return {
    bytes: versions[version] ?? versions[0],
    etag: validators === 'etag' ? `"v${version}"` : null,
    lastModified: validators === 'date' ? `Thu, 0${version + 1} Jan 2015 00:00:00 GMT` : null,
    rate,
  };
}

const same = (a: Uint8Array | null, b: Uint8Array) => a !== null && Buffer.compare(a, b) === 0;
const policies: readonly IfExists[] = ['fail', 'rename', 'overwrite', 'ask'];
const answers = ['overwrite', 'rename'] as const;

/** What stays the same from run to run. */
interface Command {
  readonly options: Partial<DownloadOptions>;
  readonly user: User;
  readonly hadFile: boolean;
}

const isWhole = (bytes: Uint8Array | null) => versions.some((version) => same(bytes, version));

/** What stands there is one whole version, or what stood there before, or a name that is held, and of which that is known. */
function checkFiles(disk: SimulatedDisk, hadFile: boolean): void {
  if (hadFile && disk.read(TARGET) === null) throw new Error('the file that was there is gone');
  for (const path of filesOf(disk)) {
    const found = disk.read(path);
    const isKept = hadFile && path === TARGET && same(found, existing);
    const isHeld = found?.length === 0 && disk.list().some((name) => name.endsWith('/publication.json'));
    if (!isWhole(found) && !isKept && !isHeld)
      throw new Error(`${path} holds ${found?.length} bytes that nobody wrote`);
  }
}

/** What a new run would believe is there: nothing that is not, and all that was said to be safe. */
async function checkClaims(disk: SimulatedDisk, durable: number): Promise<number> {
  const claims = await Promise.all([TARGET, NUMBERED].map((target) => claimedAt(disk, target)));
  const claimed = Math.max(...claims);
  // Once the file has its name the notes go.
  if (claimed < durable && ![TARGET, NUMBERED].some((target) => isWhole(disk.read(target))))
    throw new Error(`${durable} bytes were said to be safe, and ${claimed} are claimed`);
  return claimed;
}

async function claimedAt(disk: SimulatedDisk, target: string): Promise<number> {
  const workspace = workspaceOf(target);
  const partial = await loadPartial(disk.files, workspace).catch(() => null);
  const data = disk.read(workspace.data) ?? new Uint8Array();
  if ((partial?.standing ?? 'same') !== 'same') throw new Error(`a power cut passes for ${partial?.standing} data`);
  for (const { start, written } of partial?.checkpoint.plan ?? []) {
    const claimed = data.subarray(start, written);
    const isThere =
      claimed.length === written - start && versions.some((version) => same(claimed, version.subarray(start, written)));
    if (!isThere) throw new Error(`the bytes ${start} to ${written} are claimed, and not there`);
  }
  return partial === null ? 0 : writtenBytes(partial.checkpoint.plan);
}

/** One recorded run, cut in many places; each of the states is built once, told to `seen`, and gone on from. */
async function cutRun(seed: number, states: number, seen: Set<string>): Promise<void> {
  const random = new Random(seed);
  const hadFile = random.chance(0.3);
  const disk = new SimulatedDisk({ hasLinks: random.chance(0.7) });
  disk.seedFolder('/home');
  // Else it is made.
  if (hadFile || random.chance(0.7)) disk.seedFolder(FOLDER);
  if (hadFile) disk.seed(TARGET, existing);
  const first = originOf(0, random, random.pick([1, 1, 3, 20]));
  const ifExists = hadFile ? random.pick(policies.slice(1)) : random.pick(policies);
  const command: Command = {
    options: { connections: random.pick([1, 2, 3]), ifChanged: 'restart', ifExists },
    user: { answer: random.pick(answers), ...(random.chance(0.3) ? { pausesAfter: random.integer(300) } : {}) },
    hadFile,
  };
  // Some runs find out in the end that it is not what was wanted.
  const wanted = random.chance(0.2) ? { digests: [{ algorithm: 'md5', hex: '0'.repeat(32) } as const] } : {};
  const run = simulateRun(disk, first, { ...command.options, ...wanted }, command.user);
  const output = await run.run();
  if (output?.status === 'done') run.kept.history.push({ after: disk.operations, durable: first.bytes.length });
  for (let count = 0; count < states; count += 1) {
    // After any of its operations; when it is over as well.
    const after = random.chance(0.02) ? disk.operations : random.integer(disk.operations);
    const durable = run.kept.history.findLast((news) => news.after <= after)?.durable ?? 0;
    const state = disk.cut(random, after);
    seen.add(fingerprint(state));
    await goOn(state, random, { ...command, durable }, 2);
  }
}

/** What a disk holds, by names and bytes. What a lock is called and says is made up anew each time. */
function fingerprint(disk: SimulatedDisk): string {
  const hash = createHash('sha1');
  for (const path of disk.list()) {
    const isLock = basename(path).startsWith('lock');
    const bytes = isLock ? null : disk.read(path);
    hash.update(`${isLock ? dirname(path) : path}:${bytes?.length ?? 0}\n`).update(bytes ?? '');
  }
  return hash.digest('base64');
}

/** Runs anew from a state; some of these runs are cut as well. */
async function goOn(
  disk: SimulatedDisk,
  random: Random,
  past: Command & { readonly durable: number },
  moreCuts: number,
): Promise<void> {
  const { options, user, hadFile } = past;
  checkFiles(disk, hadFile);
  const claimed = await checkClaims(disk, past.durable);
  const wasThere = new Set(filesOf(disk));
  // The file may have changed while the power was away.
  const origin = originOf(random.pick([0, 0, 1, 2]), random, random.pick([100, 400]));
  const connections = random.pick([1, 2, 4]);
  const run = simulateRun(disk, origin, { ...options, connections }, user);
  const end = moreCuts > 0 && random.chance(0.5) ? disk.operations + random.integer(60) : Number.POSITIVE_INFINITY;
  const output = await run.run(() => disk.operations >= end);
  if (output === undefined) {
    run.abandon();
    const durable = run.kept.durable ?? past.durable;
    return await goOn(disk.cut(random), random, { ...past, durable }, moreCuts - 1);
  }
  checkFiles(disk, hadFile);
  if (output.status === 'done') {
    const found = disk.read(output.result.path);
    // What a former run has published is what the server had then.
    if (output.result.skipped ? !isWhole(found) : !same(found, origin.bytes))
      throw new Error('the run ended, and the file is not the right one');
  } else if (output.failure.code !== 'target-exists' || !wasThere.has(TARGET))
    throw new Error(`${output.failure.code}: ${output.failure.message}`);
  const { bytesSent, requests } = run.source;
  // A chunk of each connection is of a request that was cut short. Where the validator is not enough, what is there is fetched again to compare.
  const most = origin.bytes.length - claimed + connections * origin.rate * 10;
  const isSure = requests.every(({ ifRange }) => ifRange !== null);
  if (isSure && !run.kept.hasBegunAnew && bytesSent > most)
    throw new Error(`${bytesSent} bytes were asked for, at most ${most} were missing`);
  if (disk.list().some((path) => path.includes('.multidown'))) throw new Error(`something is left: ${disk.list()}`);
}

describe('143, 144 a power cut', () => {
  it(`leaves what the next run ends right from, in ${STATES} states`, { timeout: 1_200_000 }, async () => {
    const seen = new Set<string>();
    for (let seed = SEED, left = STATES; left > 0; seed += 1, left -= PER_RUN) {
      try {
        await cutRun(seed, Math.min(PER_RUN, left), seen);
      } catch (error) {
        throw new Error(`MULTIDOWN_SEED=${seed} MULTIDOWN_STATES=${PER_RUN} replays it`, { cause: error });
      }
    }
    console.log(`${seen.size} of ${STATES} states differ in names or bytes`);
    // A run that ends soon has few, so one that is replayed alone is not counted.
    if (STATES > PER_RUN) expect(seen.size).toBeGreaterThan(STATES * 0.5);
  });

  it('144 just after the file got its name: the same command knows it for its own', async () => {
    const origin = originOf(0, new Random(7), 100);
    let named = 0;
    for (const hasLinks of [true, false]) {
      const disk = new SimulatedDisk({ hasLinks });
      disk.seedFolder('/home');
      disk.seedFolder(FOLDER);
      // It has to make a checkpoint: else no note of the publication outlives the power.
      await simulateRun(disk, { ...origin, rate: 1 }, { connections: 1, ifExists: 'fail' }).run();
      // Without links it is tried, and then renamed.
      const after = disk.log.findLastIndex((line) => /^(link|rename) .*data /.test(line)) + 1;
      for (let seed = 0; seed < 40; seed += 1) {
        const cut = disk.cut(new Random(seed), after);
        if (!same(cut.read(TARGET), origin.bytes)) continue;
        named += 1;
        const output = await simulateRun(cut, origin, { ifExists: 'fail' }).run();
        expect(output).toMatchObject({ status: 'done', result: { skipped: true } });
        expect(cut.list()).toEqual(['/home/', `${FOLDER}/`, TARGET]);
      }
    }
    expect(named).toBeGreaterThan(20);
  });

  it('144 while a name that was only held is let go: no empty file is left that nobody knows', async () => {
    const origin = originOf(0, new Random(7), 100);
    const disk = new SimulatedDisk({ hasLinks: false });
    disk.seedFolder('/home');
    disk.seedFolder(FOLDER);
    const run = simulateRun(disk, origin, { connections: 1, ifExists: 'fail' });
    await run.run();
    const after = disk.log.findIndex((line) => line.startsWith(`open ${TARGET} `)) + 1;
    const note = `${TARGET}.multidown/publication.json`;
    const isHeld = (cut: SimulatedDisk) => cut.read(TARGET)?.length === 0;
    let held = 0;
    for (let seed = 0; seed < 40; seed += 1) {
      const cut = disk.cut(new Random(seed), after);
      if (!isHeld(cut) || cut.read(note) === null) continue;
      await simulateRun(cut, origin, { ifExists: 'fail' }).run();
      const free = cut.log.indexOf(`unlink ${note}`) + 1;
      for (let second = 0; second < 20; second += 1) {
        const again = cut.cut(new Random(1_000 * seed + second), free);
        expect(isHeld(again) && again.read(note) === null).toBe(false);
        held += 1;
      }
    }
    expect(held).toBeGreaterThan(100);
  });

  it('193 is replayed by its seed: the same states, and the same run from each', async () => {
    const logs: string[][] = [];
    for (let time = 0; time < 2; time += 1) {
      const disk = new SimulatedDisk();
      disk.seedFolder('/home');
      disk.seedFolder(FOLDER);
      const random = new Random(7);
      const run = simulateRun(disk, originOf(0, random, 3), { connections: 2 });
      await run.run(() => disk.operations > 40);
      run.abandon();
      const cut = disk.cut(random);
      await simulateRun(cut, originOf(0, new Random(7), 3)).run();
      // The lock's draft has a name of its own each time.
      logs.push(
        [...disk.log, ...cut.list(), ...cut.log].map((line) =>
          line.replaceAll(/lock\.[\w-]+\.tmp/g, 'lock.draft').replaceAll(/lock\.[0-9a-f]{16}/g, 'lock.ticket'),
        ),
      );
    }
    expect(logs[0]).toEqual(logs[1]);
  });
});
