/** What somebody may have put into a state folder, or where a file should be, before we come. */
import { execFile } from 'node:child_process';
import {
  chmod,
  link,
  lstat,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  stat,
  symlink,
  unlink,
  writeFile,
} from 'node:fs/promises';
import { createServer } from 'node:net';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StoragePort } from '../../../src/actors/ports.ts';
import { createDiskStorage } from '../../../src/adapters/storage/disk-storage.ts';
import { EditWatch } from '../../../src/adapters/storage/edit-watch.ts';
import { type FileSystem, nodeFileSystem } from '../../../src/adapters/storage/file-system.ts';
import { publishFile } from '../../../src/adapters/storage/publish.ts';
import type { Checkpoint } from '../../../src/machines/checkpoint.ts';
import type { ClaimRequest } from '../../../src/machines/claim.ts';
import type { FailureError } from '../../../src/machines/failures.ts';
import { someBytes } from '../../support/fake-download.ts';
import { makeTempDir, type TempDir } from '../../support/temp-dir.ts';

const url = 'http://h.test/a.iso';
const SIZE = 2_000_000;
const bytes = someBytes(SIZE);
const request: ClaimRequest = { output: 'a.iso', suggestedName: null, url, rename: false, restart: false };
const note: Checkpoint = {
  url,
  entity: { size: SIZE, etag: '"v1"', lastModified: null, date: null, acceptsRanges: true },
  plan: [{ id: 'segment-0', start: 0, end: SIZE, written: 1_000, durable: 0 }],
  startedAt: 1,
  activeMs: 2,
};

let folder: TempDir;
const opened: StoragePort[] = [];
beforeEach(async () => {
  folder = await makeTempDir();
});
afterEach(async () => {
  for (const storage of opened.splice(0)) await storage.close().catch(() => {});
  await folder.remove();
});

function storageOf(files: Partial<FileSystem> = {}): StoragePort {
  const storage = createDiskStorage({ cwd: folder.path, files: { ...nodeFileSystem, ...files } });
  opened.push(storage);
  return storage;
}

const inside = (name: string) => folder.file('a.iso.multidown', name);
const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'ok',
    (error: FailureError) => error.failure?.code ?? String(error),
  );

/** Claims, writes a little and notes it in both ways. */
async function run(fresh = true): Promise<StoragePort> {
  const storage = storageOf();
  await storage.claim(request);
  await storage.prepare({ size: SIZE, fresh });
  await storage.write([bytes.subarray(0, 1_000)], 0);
  await storage.saveLive(note);
  await storage.saveLive(note);
  await storage.saveCheckpoint(note);
  return storage;
}

describe('115 a state folder in which somebody has put', () => {
  const notes = ['checkpoint.json.tmp', 'live.json', 'live-2.json', 'data'];
  beforeEach(async () => {
    await mkdir(folder.file('a.iso.multidown'));
    await writeFile(folder.file('victim'), 'precious');
  });

  it.each(notes)('a symbolic link called %s: what it leads to is not written to', async (name) => {
    await symlink(folder.file('victim'), inside(name));
    await run().catch(() => {});
    expect(await readFile(folder.file('victim'), 'utf8')).toBe('precious');
    expect(await readdir(folder.path)).toContain('victim');
  });

  it.each(notes.flatMap((name) => [true, false].map((fresh) => ({ name, fresh }))))(
    'another name of a file, $name (begun anew: $fresh): that is not written to',
    async ({ name, fresh }) => {
      await link(folder.file('victim'), inside(name));
      await run(fresh).catch(() => {});
      expect(await readFile(folder.file('victim'), 'utf8')).toBe('precious');
    },
  );

  it('a draft that a killed run has left: it is no hindrance', async () => {
    await writeFile(inside('checkpoint.json.tmp'), 'torn');
    await run();
    expect(await readdir(folder.file('a.iso.multidown'))).not.toContain('checkpoint.json.tmp');
  });

  it('data that has got another name since: it is begun anew, and that one keeps its bytes', async () => {
    await (await run()).close();
    await link(inside('data'), folder.file('backup'));
    const storage = storageOf();
    expect(await storage.claim(request)).toMatchObject({ kind: 'fresh' });
    await storage.prepare({ size: SIZE, fresh: true });
    await storage.write([new Uint8Array(1_000)], 0);
    expect((await readFile(folder.file('backup'))).subarray(0, 1_000)).toEqual(Buffer.from(bytes.subarray(0, 1_000)));
  });
});

describe('122 while it runs', () => {
  it('nobody else may read what has arrived, nor the notes, nor look into the folder', async () => {
    const mask = process.umask(0);
    try {
      await run();
    } finally {
      process.umask(mask);
    }
    const modes: Record<string, number> = {};
    for (const name of await readdir(folder.file('a.iso.multidown')))
      modes[name] = (await stat(inside(name))).mode & 0o777;
    expect(modes).toEqual({
      'checkpoint.json': 0o600,
      data: 0o600,
      'live-2.json': 0o600,
      'live.json': 0o600,
      lock: 0o600,
    });
    expect((await stat(folder.file('a.iso.multidown'))).mode & 0o777).toBe(0o700);
  });
});

describe('116 a target that is no file', () => {
  const claim = (output: string) => codeOf(storageOf().claim({ ...request, output }));

  it.each(['/dev/null', '/dev/full', '/dev/stdout', '/dev/stderr', '/dev/fd/1', '/proc/self/fd/1'])(
    'is refused: %s',
    async (path) => {
      const before = await lstat(path);
      expect(await claim(path)).toBe('invalid-path');
      expect((await lstat(path)).ino === before.ino || path.startsWith('/proc')).toBe(true);
    },
  );

  it('is refused: a link to what this process has open, be it a file', async () => {
    const file = await open(folder.file('redirected'), 'w');
    await symlink(`/proc/self/fd/${file.fd}`, folder.file('out'));
    expect(await claim('out')).toBe('invalid-path');
    await file.close();
  });

  it('is refused: a pipe and a socket, and a link to each', async () => {
    await promisify(execFile)('mkfifo', [folder.file('pipe')]);
    const server = createServer().listen(folder.file('socket'));
    await new Promise((resolve) => server.once('listening', resolve));
    try {
      for (const name of ['pipe', 'socket']) {
        await symlink(folder.file(name), folder.file(`link to ${name}`));
        expect(await claim(name)).toBe('invalid-path');
        expect(await claim(`link to ${name}`)).toBe('invalid-path');
      }
      expect((await readdir(folder.path)).toSorted()).toEqual(['link to pipe', 'link to socket', 'pipe', 'socket']);
    } finally {
      server.close();
    }
  });

  it('but a link that leads nowhere, round in a circle or to a file is one to be replaced', async () => {
    await symlink(folder.file('nowhere'), folder.file('dangling'));
    await symlink(folder.file('circle'), folder.file('circle'));
    await writeFile(folder.file('file'), '');
    await symlink(folder.file('file'), folder.file('link'));
    for (const name of ['dangling', 'circle', 'link']) expect(await claim(name)).toBe('ok');
  });
});

describe('112 a name that is held by an empty file, without hard links', () => {
  const refusing = (code: string) => () => Promise.reject(Object.assign(new Error(`${code}: made up`), { code }));
  const publish = (files: Partial<FileSystem>) =>
    publishFile(
      { ...nodeFileSystem, link: refusing('EPERM'), ...files },
      inside('data'),
      folder.file('a.iso'),
      'fail',
      async () => {},
    );
  beforeEach(async () => {
    await mkdir(folder.file('a.iso.multidown'));
    await writeFile(inside('data'), bytes);
  });

  it('is let go when the file cannot be put there', async () => {
    expect(await codeOf(publish({ rename: refusing('EIO') }))).toBe('disk');
    expect(await readdir(folder.path)).toEqual(['a.iso.multidown']);
  });

  it('is left alone when somebody else has put his file there meanwhile', async () => {
    const swapped: FileSystem['rename'] = async () => {
      await writeFile(folder.file('mine'), '');
      await rename(folder.file('mine'), folder.file('a.iso'));
      await refusing('EIO')();
    };
    expect(await codeOf(publish({ rename: swapped }))).toBe('disk');
    expect(await readdir(folder.path)).toContain('a.iso');
  });
});

describe('118 data that is edited', () => {
  it('is seen when no write of ours is in flight, at a checkpoint and before it is published', async () => {
    for (const act of [
      (storage: StoragePort) => storage.saveCheckpoint(note),
      (storage: StoragePort) => storage.publish({ size: 1_000, onConflict: 'fail' }),
    ]) {
      const storage = await run();
      await writeFile(inside('data'), 'x', { flag: 'r+' });
      expect(await codeOf(act(storage))).toBe('disk');
      // No note may speak of it.
      await storage.saveLive(note).catch(() => {});
      await storage.close();
      expect(await readdir(folder.path)).toEqual([]);
    }
  });

  it('is seen when it is the file of another', async () => {
    const storage = await run();
    await unlink(inside('data'));
    await writeFile(inside('data'), bytes.subarray(0, 1_000));
    expect(await codeOf(storage.saveCheckpoint(note))).toBe('disk');
  });

  it('is not taken for edited because its permissions or names have changed', async () => {
    const storage = await run();
    await chmod(inside('data'), 0o640);
    await link(inside('data'), folder.file('backup'));
    expect(await codeOf(storage.saveCheckpoint(note))).toBe('ok');
    expect(await codeOf(storage.publish({ size: 1_000, onConflict: 'fail' }))).toBe('ok');
  });

  it('is told from our own writes, however they overlap', () => {
    let now = 1;
    const watch = new EditWatch(() => now);
    const write = () => {
      now += 1;
    };
    watch.begin();
    write();
    watch.begin();
    watch.end();
    write();
    watch.end();
    expect(watch.look()).toBe(false);
    watch.begin();
    // In the middle of ours nobody can tell.
    write();
    watch.end();
    expect(watch.look()).toBe(false);
    write();
    watch.begin();
    watch.end();
    expect(watch.look()).toBe(true);
  });
});
