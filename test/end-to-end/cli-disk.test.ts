import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { CLI, cleanEnv } from '../support/cli-command.ts';
import { startOrigin } from '../support/origin-server.ts';
import { runCli, spawnCli } from '../support/spawn-cli.ts';
import { makeTempDir, type TempDir } from '../support/temp-dir.ts';

const MIB = 1024 * 1024;

/** A disk in memory, mounted on a new folder for one test. Null where this user may not mount. */
function mountDisk(folder: TempDir, size: string, name = 'disk'): AsyncDisposable | null {
  const path = folder.file(name);
  mkdirSync(path);
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', size, 'multidown-test', path]);
  if (status !== 0) return null;
  return {
    async [Symbol.asyncDispose]() {
      spawnSync('umount', ['--lazy', path]);
    },
  };
}

async function smallDisk(folder: TempDir, size: string, name?: string): Promise<AsyncDisposable> {
  const disk = mountDisk(folder, size, name);
  if (disk === null) throw new Error(`a disk of ${size} could not be mounted`);
  return disk;
}

async function mayMount(): Promise<boolean> {
  await using folder = await makeTempDir();
  await using disk = mountDisk(folder, 'size=1m');
  return disk !== null;
}

const canMount = await mayMount();
if (!canMount) {
  console.log(
    'A small disk cannot be mounted (that takes a superuser on Linux), so the tests of a full one are left out.',
  );
}

/** A command under a limit of the shell's `ulimit`. */
async function runLimited(limit: string, args: readonly string[], cwd: string) {
  const child = spawn('bash', ['-c', `ulimit ${limit} && exec "$@"`, 'bash', process.execPath, CLI, ...args], {
    cwd,
    env: cleanEnv(),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk;
  });
  const [code, signal] = await once(child, 'close');
  return { code, signal, stderr };
}

describe.runIf(canMount)('a full disk: exit code 9', () => {
  it('too small for the file: seen before the first byte, nothing is left', async () => {
    await using folder = await makeTempDir();
    await using _ = await smallDisk(folder, 'size=1m');
    await using origin = await startOrigin({ size: 8 * MIB });
    const { code, stderr } = await runCli([origin.url, 'a', '-y'], { cwd: folder.file('disk') });
    expect([code, stderr]).toEqual([9, expect.stringMatching(/^multidown: There is not enough room in .*disk/)]);
    expect(await readdir(folder.file('disk'))).toEqual([]);
    expect(origin.log).toHaveLength(1);
  });

  it('119 full midway: what has arrived is kept, and the same command goes on when there is room', async () => {
    await using folder = await makeTempDir();
    await using _ = await smallDisk(folder, 'size=12m');
    await using origin = await startOrigin({ size: 8 * MIB, bytesPerSecond: 2 * MIB });
    const cwd = folder.file('disk');
    await using run = spawnCli([origin.url, 'a', '-n', '1', '--json'], { cwd });
    await run.waitFor('stdout', /"type":"progress","bytes":[1-9]/);
    // Somebody else takes the room.
    await writeFile(folder.file('disk', 'other'), Buffer.alloc(8 * MIB));
    const full = await run.exited;
    expect([full.code, full.stderr]).toEqual([9, expect.stringMatching(/disk is full/)]);
    expect(await readdir(cwd)).toEqual(['a.multidown', 'other']);

    await rm(folder.file('disk', 'other'));
    origin.set({ bytesPerSecond: Number.POSITIVE_INFINITY });
    const before = origin.log.length;
    expect(await runCli([origin.url, 'a', '-n', '1', '-q'], { cwd })).toMatchObject({ code: 0, stderr: '' });
    expect(origin.log[before]?.range).toMatch(/^bytes=[1-9]/);
    expect(Buffer.compare(await readFile(folder.file('disk', 'a')), origin.bytes(0, origin.size))).toBe(0);
  });

  it('119 full at the notes: what the last ones said is kept', async () => {
    await using folder = await makeTempDir();
    // Names are what there is no room for: the disk, the state, lock, data and two notes; none for the checkpoint.
    await using _ = await smallDisk(folder, 'size=32m,nr_inodes=6');
    await using origin = await startOrigin({ size: 8 * MIB, bytesPerSecond: 2 * MIB });
    const cwd = folder.file('disk');
    await using run = spawnCli([origin.url, 'a', '-n', '2', '--json'], { cwd });
    await run.waitFor('stdout', /"type":"progress","bytes":[1-9]\d{6}/);
    run.kill('SIGTERM');
    const full = await run.exited;
    expect([full.code, full.stderr]).toEqual([9, expect.stringMatching(/disk is full: .*checkpoint\.json/)]);

    spawnSync('mount', ['-o', 'remount,nr_inodes=100', cwd]);
    origin.set({ bytesPerSecond: Number.POSITIVE_INFINITY });
    const before = origin.log.length;
    expect(await runCli([origin.url, 'a', '-n', '1', '-q'], { cwd })).toMatchObject({ code: 0, stderr: '' });
    expect(origin.log[before]?.range).toMatch(/^bytes=[1-9]/);
    expect(Buffer.compare(await readFile(folder.file('disk', 'a')), origin.bytes(0, origin.size))).toBe(0);
    expect(await readdir(cwd)).toEqual(['a']);
  });

  it('119 full when the file is to get its name: the next run gives it', async () => {
    await using folder = await makeTempDir();
    // The disk, the state, lock and data: none for the name.
    await using _ = await smallDisk(folder, 'size=8m,nr_inodes=4');
    await using origin = await startOrigin({ size: MIB / 2 });
    const cwd = folder.file('disk');
    const full = await runCli([origin.url, 'a', '-q'], { cwd });
    expect(full).toMatchObject({ code: 9, stderr: /disk is full: .*disk\/a could not be put in its place/ });
    expect(await readdir(cwd)).not.toContain('a');

    spawnSync('mount', ['-o', 'remount,nr_inodes=100', cwd]);
    expect(await runCli([origin.url, 'a', '-q'], { cwd })).toMatchObject({ code: 0, stderr: '' });
    expect(Buffer.compare(await readFile(folder.file('disk', 'a')), origin.bytes(0, origin.size))).toBe(0);
    expect(await readdir(cwd)).toEqual(['a']);
  });
});

describe.runIf(canMount)('a state folder on another disk', () => {
  it.each(['fail', 'overwrite'])(
    '117 (--if-exists %s): said in a sentence, and what has arrived is kept',
    async (how) => {
      await using folder = await makeTempDir();
      await using _ = await smallDisk(folder, 'size=8m', 'a.multidown');
      await using origin = await startOrigin({ size: MIB });
      const command = [origin.url, 'a', '-q', '--if-exists', how];
      const failed = await runCli(command, { cwd: folder.path });
      expect(failed).toMatchObject({
        code: 9,
        stderr:
          /\/a could not be put in its place: it lies on another disk than its state folder\. What has arrived is kept/,
      });
      expect(await readdir(folder.path)).toEqual(['a.multidown']);
      expect((await readFile(folder.file('a.multidown', 'data'))).equals(origin.bytes(0, origin.size))).toBe(true);
    },
  );
});

describe.runIf(process.platform !== 'win32')('a limit of the process: exit code 9', () => {
  it('119 for the size of files: said in a sentence, and gone on from when it is lifted', async () => {
    await using folder = await makeTempDir();
    await using origin = await startOrigin({ size: 8 * MIB });
    // In KiB.
    const limited = await runLimited('-f 4096', [origin.url, 'a', '-n', '1', '-q'], folder.path);
    expect(limited).toMatchObject({ code: 9, signal: null, stderr: /could not be written: the file would be larger/ });
    expect(await readdir(folder.path)).toEqual(['a.multidown']);
    const before = origin.log.length;
    const next = await runCli([origin.url, 'a', '-n', '1', '-q'], { cwd: folder.path });
    expect(next).toMatchObject({ code: 0, stderr: '' });
    expect(origin.log[before]?.range).toMatch(/^bytes=[1-9]/);
    expect(Buffer.compare(await readFile(folder.file('a')), origin.bytes(0, origin.size))).toBe(0);
  });

  it('119 for open files: a sentence, or the file; never half of one', { timeout: 300_000 }, async () => {
    const sentences: string[] = [];
    for (let most = 20; most <= 44; most += 3) {
      await using folder = await makeTempDir();
      await using origin = await startOrigin({ size: 4 * MIB });
      const command = [origin.url, 'a', '-n', '8', '-q', '--if-exists', 'overwrite'];
      const limited = await runLimited(`-n ${most}`, command, folder.path);
      const told = `${most} files: ${limited.stderr}`;
      if (limited.code !== 0 && limited.stderr.startsWith('multidown: ')) {
        sentences.push(limited.stderr);
        expect([3, 5, 9], told).toContain(limited.code);
        expect(limited.stderr, told).toMatch(/^multidown: [^\n]*(?:too many files are open|EMFILE)[^\n]*\n$/);
      }
      const found = await readFile(folder.file('a')).catch(() => null);
      if (found !== null) expect(found.equals(origin.bytes(0, origin.size)), told).toBe(true);
      expect(await runCli(command, { cwd: folder.path }), told).toMatchObject({ code: 0, stderr: '' });
      expect(Buffer.compare(await readFile(folder.file('a')), origin.bytes(0, origin.size)), told).toBe(0);
      expect(await readdir(folder.path), told).toEqual(['a']);
    }
    // Below them it is Node that does not start.
    expect(sentences.length).toBeGreaterThan(0);
  });
});
