import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, truncate, utimes, writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { type FileSystem, nodeFileSystem } from '../../../src/adapters/storage/file-system.ts';
import { takeLock } from '../../../src/adapters/storage/lock.ts';
import { ownIdentity } from '../../../src/adapters/storage/process-identity.ts';
import { makeTempDir, type TempDir } from '../../support/temp-dir.ts';

let folder: TempDir;
let path: string;
beforeEach(async () => {
  folder = await makeTempDir();
  path = folder.file('lock');
});
afterEach(() => folder.remove());

const module = new URL('../../../src/adapters/storage/lock.ts', import.meta.url).href;
const seam = new URL('../../../src/adapters/storage/file-system.ts', import.meta.url).href;
/** For each line it tries to take the lock and says how that went; it holds it until it is killed. */
const program = `
  const { takeLock } = await import(${JSON.stringify(module)});
  const { nodeFileSystem } = await import(${JSON.stringify(seam)});
  console.log('ready');
  process.stdin.on('data', async () => {
    try {
      await takeLock(nodeFileSystem, process.argv[1]);
      console.log('held');
    } catch (error) {
      console.log(error.failure?.code ?? String(error));
    }
  });`;

async function startHolder() {
  const child = spawn(process.execPath, ['--input-type=module', '-e', program, path], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  expect((await lines.next()).value).toBe('ready');
  return {
    child,
    async tryIt(): Promise<string> {
      child.stdin.write('go\n');
      return String((await lines.next()).value);
    },
    async kill(): Promise<void> {
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

describe('a lock', () => {
  it('is taken, refused to others, let go, and taken again', async () => {
    const lock = await takeLock(nodeFileSystem, path);
    await expect(takeLock(nodeFileSystem, path)).rejects.toMatchObject({
      failure: { code: 'in-use', message: expect.stringContaining('this program') },
    });
    await lock.release();
    expect(await readdir(folder.path)).toEqual([]);
    await (await takeLock(nodeFileSystem, path)).release();
  });

  it('137 of a living process is refused at once, with its number', async () => {
    const holder = await startHolder();
    expect(await holder.tryIt()).toBe('held');
    await expect(takeLock(nodeFileSystem, path)).rejects.toMatchObject({
      failure: { code: 'in-use', message: expect.stringContaining(String(holder.child.pid)) },
    });
    await holder.kill();
  });

  it('137 of a killed process is taken over at once', async () => {
    const holder = await startHolder();
    expect(await holder.tryIt()).toBe('held');
    await holder.kill();
    const lock = await takeLock(nodeFileSystem, path);
    expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ pid: process.pid });
    await lock.release();
    expect(await readdir(folder.path)).toEqual([]);
  });

  it.each([
    ['torn', '{"pid":12'],
    ['empty', ''],
    ['of another boot', JSON.stringify({ pid: process.pid, startTime: '1', bootId: 'another' })],
    ['of a process number that has a new owner', JSON.stringify({ pid: process.pid, startTime: '1', bootId: 'this' })],
  ])('137 that is %s is taken over', async (_, content) => {
    const bootId = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => 'none')).trim();
    await writeFile(path, content.replace('"this"', JSON.stringify(bootId)));
    await (await takeLock(nodeFileSystem, path)).release();
  });

  it('131, 137 of a gibibyte is torn: it is taken over, and not read', async () => {
    await writeFile(path, '');
    await truncate(path, 1024 ** 3);
    const open: FileSystem['open'] = async (...args) => {
      const file = await nodeFileSystem.open(...args);
      if ((await file.stat()).size > 1_000_000) file.readFile = () => Promise.reject(new Error('it is read'));
      return file;
    };
    await (await takeLock({ ...nodeFileSystem, open }, path)).release();
    expect(await readdir(folder.path)).toEqual([]);
  });

  describe('137 of a computer, or a container, that cannot be looked into', () => {
    const elsewhere = { pid: 7, startTime: '1', bootId: 'theirs', host: 'their-nas', machine: 'm', space: null };

    it('is refused with a sentence that names it', async () => {
      await writeFile(path, JSON.stringify(elsewhere));
      await expect(takeLock(nodeFileSystem, path)).rejects.toMatchObject({
        failure: { code: 'in-use', message: expect.stringMatching(/process 7 on their-nas.*remove .*lock.*\.$/) },
      });
      expect(JSON.parse(await readFile(path, 'utf8'))).toEqual(elsewhere);
    });

    it('is refused where only the numbers of its processes are its own', async () => {
      const own = await ownIdentity(nodeFileSystem);
      await writeFile(path, JSON.stringify({ ...own, pid: 2 ** 30, space: 'pid:[1]' }));
      await expect(takeLock(nodeFileSystem, path)).rejects.toMatchObject({ failure: { code: 'in-use' } });
    });

    it('is refused as long as anything is written there, and taken over after an hour of quiet', async () => {
      await writeFile(path, JSON.stringify(elsewhere));
      await writeFile(folder.file('live.json'), '');
      const long = new Date(Date.now() - 61 * 60_000);
      await utimes(path, long, long);
      await expect(takeLock(nodeFileSystem, path)).rejects.toMatchObject({ failure: { code: 'in-use' } });
      await utimes(folder.file('live.json'), long, long);
      await (await takeLock(nodeFileSystem, path)).release();
    });

    it('does not put control characters of a lock into the message', async () => {
      await writeFile(path, JSON.stringify({ ...elsewhere, host: 'a\u001b[2Jb' }));
      await expect(takeLock(nodeFileSystem, path)).rejects.toMatchObject({
        failure: { message: expect.not.stringContaining('\u001b') },
      });
    });
  });

  it('138 outlives a clock that is set, where the boot is known by the clock only', async () => {
    // As outside Linux: no boot id, and no process tells when it began.
    const readFileOf = (async () => {
      throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
    }) as unknown as FileSystem['readFile'];
    const files = { ...nodeFileSystem, readFile: readFileOf };
    const now = vi.spyOn(Date, 'now');
    onTestFinished(() => void now.mockRestore());
    const lock = await takeLock(files, path);
    now.mockImplementation(() => performance.timeOrigin + performance.now() + 86_400_000);
    await expect(takeLock(files, path)).rejects.toMatchObject({ failure: { code: 'in-use' } });
    await lock.release();
  });

  it('that was taken over is not let go by the one who had it', async () => {
    const first = await takeLock(nodeFileSystem, path);
    await writeFile(path, 'somebody else');
    await first.release();
    expect(await readFile(path, 'utf8')).toBe('somebody else');
  });

  it('137 of a dead process goes to exactly one of eight that want it at once', async () => {
    const holders = await Promise.all(Array.from({ length: 8 }, () => startHolder()));
    for (let round = 0; round < 3; round += 1) {
      await writeFile(path, JSON.stringify({ pid: 2 ** 30, startTime: String(round), bootId: 'dead' }));
      const answers = await Promise.all(holders.map((holder) => holder.tryIt()));
      expect(answers.toSorted()).toEqual(['held', ...Array.from({ length: 7 }, () => 'in-use')]);
      const winner = holders[answers.indexOf('held')];
      await winner?.kill();
      const index = winner ? holders.indexOf(winner) : -1;
      holders.splice(index, 1, await startHolder());
    }
    await Promise.all(holders.map((holder) => holder.kill()));
  });

  it('works where there are no hard links', async () => {
    const files = {
      ...nodeFileSystem,
      link: () => Promise.reject(Object.assign(new Error('no links'), { code: 'EPERM' })),
    };
    const lock = await takeLock(files, path);
    await expect(takeLock(files, path)).rejects.toMatchObject({ failure: { code: 'in-use' } });
    await lock.release();
    expect(await readdir(folder.path)).toEqual([]);
  });
});
