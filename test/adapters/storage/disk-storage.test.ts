import { createHash } from 'node:crypto';
import { chmod, lstat, mkdir, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { StoragePort } from '../../../src/actors/ports.ts';
import { createDiskStorage } from '../../../src/adapters/storage/disk-storage.ts';
import { type FileSystem, nodeFileSystem } from '../../../src/adapters/storage/file-system.ts';
import type { Checkpoint } from '../../../src/machines/checkpoint.ts';
import type { ClaimRequest } from '../../../src/machines/claim.ts';
import type { FailureError } from '../../../src/machines/failures.ts';
import type { DigestAlgorithm } from '../../../src/machines/options.ts';
import { someBytes } from '../../support/fake-download.ts';
import { makeTempDir, type TempDir } from '../../support/temp-dir.ts';

const url = 'http://h.test/a.iso';
const bytes = someBytes(1_000);
const request: ClaimRequest = { output: 'a.iso', suggestedName: null, url, rename: false, restart: false };

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

function noteOf(written: number, durable = 0, size: number | null = 1_000): Checkpoint {
  return {
    url,
    entity: { size, etag: '"v1"', lastModified: null, date: null, acceptsRanges: true },
    plan: [{ id: 'segment-0', start: 0, end: size, written, durable }],
    startedAt: 1,
    activeMs: 2,
  };
}

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'ok',
    (error: FailureError) => error.failure?.code ?? String(error),
  );
const failing = (code: string) => () => Promise.reject(Object.assign(new Error(`${code}: made up`), { code }));

/** Fails where it is to give a file this name. */
const refusing =
  (how: 'link' | 'rename', name: string, code: string): FileSystem['rename'] =>
  (from, to) =>
    basename(String(to)) === name ? failing(code)() : nodeFileSystem[how](from, to);

/** A storage with all of `bytes` written, ready to be published. */
async function complete(files: Partial<FileSystem> = {}): Promise<StoragePort> {
  const storage = storageOf(files);
  await storage.claim(request);
  await storage.prepare({ size: bytes.length, fresh: true });
  await storage.write([bytes.subarray(0, 600), bytes.subarray(600)], 0);
  return storage;
}

/** What a run that was stopped at `written` leaves. */
async function partial(written = 400): Promise<void> {
  const storage = storageOf();
  await storage.claim(request);
  await storage.prepare({ size: bytes.length, fresh: true });
  await storage.write([bytes.subarray(0, written)], 0);
  await storage.saveCheckpoint(noteOf(written));
  await storage.close();
}

describe('claim', () => {
  it('of a folder without a name learns the folder only', async () => {
    expect(await storageOf().claim({ ...request, output: null })).toEqual({ kind: 'unnamed', directory: folder.path });
  });

  it('of a new target changes nothing on disk', async () => {
    expect(await storageOf().claim(request)).toEqual({
      kind: 'fresh',
      target: { path: folder.file('a.iso'), existingSize: null },
    });
    expect(await readdir(folder.path)).toEqual([]);
  });

  it('111 sees what stands there', async () => {
    await writeFile(folder.file('a.iso'), 'old');
    expect(await storageOf().claim(request)).toMatchObject({ target: { existingSize: 3 } });
  });

  it('finds the partial of this URL, by its name and without one', async () => {
    await partial();
    expect(await storageOf().claim(request)).toMatchObject({ kind: 'partial', checkpoint: noteOf(400, 400) });
    await opened.at(-1)?.close();
    const unnamed = await storageOf().claim({ ...request, output: null });
    expect(unnamed).toMatchObject({ kind: 'partial', target: { path: folder.file('a.iso') } });
  });

  it('127 tells a partial of another URL, and leaves it alone', async () => {
    await partial();
    expect(await storageOf().claim({ ...request, url: 'http://other.test/' })).toMatchObject({
      kind: 'foreign',
      url,
      keptBytes: expect.any(Number),
    });
    await opened.at(-1)?.close();
    expect(await storageOf().claim(request)).toMatchObject({ kind: 'partial' });
  });

  it('forgets a partial when that is wanted', async () => {
    await partial();
    expect(await storageOf().claim({ ...request, restart: true })).toMatchObject({ kind: 'fresh' });
  });

  it('111 chooses a numbered name when that is wanted', async () => {
    await writeFile(folder.file('a.iso'), 'old');
    await writeFile(folder.file('a (1).iso'), 'old');
    expect(await storageOf().claim({ ...request, rename: true })).toMatchObject({
      target: { path: folder.file('a (2).iso') },
    });
  });

  it('113 goes on to the next number, however often another comes first', async () => {
    await complete();
    const quicker = new Set(['a (1).iso', 'a (2).iso', 'a (3).iso']);
    const lstat = (async (path: string) => {
      const name = basename(path, '.multidown');
      const isFirst = path.endsWith('.multidown') && quicker.delete(name);
      const found = nodeFileSystem.lstat(path);
      if (!isFirst) return found;
      await found.catch(() => {});
      // It was free a moment ago.
      const other = storageOf();
      await other.claim({ ...request, output: name });
      await other.prepare({ size: bytes.length, fresh: true });
      return found;
    }) as FileSystem['lstat'];
    const unnamed = { ...request, output: null, suggestedName: 'a.iso' };
    expect(await storageOf({ lstat }).claim(unnamed)).toMatchObject({ target: { path: folder.file('a (4).iso') } });
  });

  it('is refused while another has it', async () => {
    const first = await complete();
    expect(await codeOf(storageOf().claim(request))).toBe('in-use');
    await first.close();
    expect(await codeOf(storageOf().claim(request))).toBe('ok');
  });

  it.each([
    ['a folder', async (path: string) => void (await mkdir(path)), 'ok'],
    [
      'a folder that holds the state, and is a file',
      async (path: string) => writeFile(`${path}.multidown`, ''),
      'invalid-path',
    ],
  ])('of %s', async (_, make, code) => {
    await make(folder.file('a.iso'));
    expect(await codeOf(storageOf().claim(request))).toBe(code);
  });

  it('116, 117 of a device, below a file, or where nothing may be written is refused', async () => {
    await writeFile(folder.file('file'), '');
    expect(await codeOf(storageOf().claim({ ...request, output: '/dev/null' }))).toBe('invalid-path');
    expect(await codeOf(storageOf().claim({ ...request, output: 'file/a.iso' }))).toBe('invalid-path');
    expect(await codeOf(storageOf({ access: failing('EACCES') }).claim(request))).toBe('invalid-path');
  });

  it('of a damaged partial says so and deletes nothing', async () => {
    await partial();
    const checkpoint = folder.file('a.iso.multidown', 'checkpoint.json');
    await writeFile(checkpoint, 'torn');
    expect(await codeOf(storageOf().claim(request))).toBe('checkpoint-damaged');
    expect(await readFile(checkpoint, 'utf8')).toBe('torn');
    expect((await readFile(folder.file('a.iso.multidown', 'data'))).length).toBe(400);
  });

  it('130 believes no byte that the data does not hold', async () => {
    await partial(400);
    // After a kill, say: else it would be taken for what somebody else has cut.
    await rm(folder.file('a.iso.multidown', 'rest.json'));
    await writeFile(folder.file('a.iso.multidown', 'data'), bytes.subarray(0, 123));
    expect(await storageOf().claim(request)).toMatchObject({ checkpoint: noteOf(123, 123) });
  });
});

describe('after another boot', () => {
  async function boot(): Promise<void> {
    for (const name of ['live.json', 'checkpoint.json']) {
      const path = folder.file('a.iso.multidown', name);
      const text = await readFile(path, 'utf8').catch(() => null);
      if (text === null) continue;
      const { body } = JSON.parse(text) as { body: object };
      const changed = JSON.stringify({ ...body, bootId: 'another' });
      const { createHash } = await import('node:crypto');
      await writeFile(
        path,
        `{"format":1,"sha256":"${createHash('sha256').update(changed).digest('hex')}","body":${changed}}`,
      );
    }
  }

  it('143 only what was synced is believed', async () => {
    const storage = storageOf();
    await storage.claim(request);
    await storage.prepare({ size: 1_000, fresh: true });
    await storage.write([bytes.subarray(0, 300)], 0);
    await storage.saveCheckpoint(noteOf(300));
    await storage.write([bytes.subarray(300, 700)], 300);
    await storage.saveLive(noteOf(700, 300));
    await storage.close();
    expect(await storageOf().claim(request)).toMatchObject({ checkpoint: noteOf(700, 300) });
    await opened.at(-1)?.close();
    await boot();
    expect(await storageOf().claim(request)).toMatchObject({ checkpoint: noteOf(300, 300) });
  });

  it('a live note alone is worth nothing', async () => {
    const storage = storageOf();
    await storage.claim(request);
    await storage.prepare({ size: 1_000, fresh: true });
    await storage.write([bytes], 0);
    await storage.saveLive(noteOf(1_000));
    await storage.close();
    await boot();
    expect(await storageOf().claim(request)).toMatchObject({ kind: 'fresh' });
  });
});

describe('notes', () => {
  it('a torn live note does not matter while there is a checkpoint', async () => {
    await partial();
    await writeFile(folder.file('a.iso.multidown', 'live.json'), '{"format":1,');
    expect(await storageOf().claim(request)).toMatchObject({ kind: 'partial', checkpoint: noteOf(400, 400) });
  });

  it('sync the data before the checkpoint says so', async () => {
    const order: string[] = [];
    const open: FileSystem['open'] = async (path, ...rest) => {
      const handle = await nodeFileSystem.open(path, ...rest);
      const name = String(path).split('/').at(-1) ?? '';
      for (const call of ['datasync', 'sync'] as const) {
        const original = handle[call].bind(handle);
        handle[call] = async () => {
          order.push(`${call} ${name}`);
          await original();
        };
      }
      return handle;
    };
    const noted: FileSystem['rename'] = async (from, to) => {
      order.push(`rename ${String(to).split('/').at(-1)}`);
      await nodeFileSystem.rename(from, to);
    };
    const storage = storageOf({ open, rename: noted });
    await storage.claim(request);
    await storage.prepare({ size: 1_000, fresh: true });
    await storage.saveCheckpoint(noteOf(0));
    expect(order).toEqual([
      'datasync data',
      // The state's own name, once.
      `sync ${basename(folder.path)}`,
      'sync checkpoint.json.tmp',
      'rename checkpoint.json',
      'sync a.iso.multidown',
    ]);
  });

  it('that cannot be written reject, and leave the last one', async () => {
    let isFull = false;
    const once: FileSystem['rename'] = (from, to) => (isFull ? failing('ENOSPC')() : nodeFileSystem.rename(from, to));
    const storage = storageOf({ rename: once });
    await storage.claim(request);
    await storage.prepare({ size: 1_000, fresh: true });
    await storage.write([bytes], 0);
    await storage.saveCheckpoint(noteOf(500));
    isFull = true;
    expect(await codeOf(storage.saveCheckpoint(noteOf(900)))).toBe('disk-full');
    isFull = false;
    await storage.close();
    expect(await storageOf().claim(request)).toMatchObject({ checkpoint: noteOf(500, 500) });
  });

  it('do not say "durable" when the data could not be synced', async () => {
    const open: FileSystem['open'] = async (path, ...rest) => {
      const handle = await nodeFileSystem.open(path, ...rest);
      if (String(path).endsWith('/data')) handle.datasync = failing('EIO');
      return handle;
    };
    const storage = storageOf({ open });
    await storage.claim(request);
    await storage.prepare({ size: 1_000, fresh: true });
    expect(await codeOf(storage.saveCheckpoint(noteOf(500)))).toBe('disk');
    expect(await readdir(folder.file('a.iso.multidown'))).not.toContain('checkpoint.json');
  });
});

describe('a digest that was expected', () => {
  let readBytes = 0;

  /** So many bytes of the data are read for it, and what it is. */
  async function digestOf(
    prepared: Partial<Parameters<StoragePort['prepare']>[0]>,
    happens = async (_: StoragePort) => {},
    algorithms: readonly DigestAlgorithm[] = ['sha256'],
  ) {
    readBytes = 0;
    const open: FileSystem['open'] = async (path, ...rest) => {
      const handle = await nodeFileSystem.open(path, ...rest);
      const read = handle.read.bind(handle) as (...args: unknown[]) => ReturnType<typeof handle.read>;
      if (!String(path).endsWith('/data')) return handle;
      return Object.assign(handle, {
        read: async (...args: unknown[]) => {
          const found = await read(...args);
          readBytes += found.bytesRead;
          return found;
        },
      });
    };
    const storage = storageOf({ open });
    await storage.claim(request);
    await storage.prepare({ size: 1_000, fresh: true, digests: ['sha256'], ...prepared });
    const from = prepared.there?.at(-1)?.end ?? 0;
    await storage.write([bytes.subarray(from)], from);
    await happens(storage);
    const digests = await storage.digest(algorithms, { start: 0, end: 1_000 }, new AbortController().signal);
    await storage.close();
    return { ...digests, readBytes };
  }
  const sha256 = createHash('sha256').update(bytes).digest('hex');

  it('is that of what was in hand: nothing is read again', async () => {
    expect(await digestOf({})).toEqual({ sha256, readBytes: 0 });
  });

  it('is read from the disk for those that were not expected alone', async () => {
    const found = await digestOf({}, async () => {}, ['sha512', 'sha256']);
    expect(found).toEqual({ sha256, sha512: createHash('sha512').update(bytes).digest('hex'), readBytes: 1_000 });
  });

  it('is read as far as a former run has written it, at once', async () => {
    const first = storageOf();
    await first.claim(request);
    await first.prepare({ size: 1_000, fresh: true });
    await first.write([bytes.subarray(0, 600)], 0);
    await first.saveCheckpoint(noteOf(600));
    await first.close();
    const found = await digestOf({ fresh: false, there: [{ start: 0, end: 600 }] }, async () => {
      await vi.waitFor(() => expect(readBytes).toBeGreaterThanOrEqual(600));
    });
    expect(found).toMatchObject({ sha256 });
  });

  it('goes on being made after a pause', async () => {
    const again = (storage: StoragePort) =>
      storage
        .prepare({ size: 1_000, fresh: false, digests: ['sha256'], there: [{ start: 0, end: 1_000 }] })
        .then(() => {});
    expect(await digestOf({}, again)).toEqual({ sha256, readBytes: 0 });
  });

  it('is read from the disk where it was not expected', async () => {
    expect(await digestOf({ digests: [] })).toEqual({ sha256, readBytes: 1_000 });
  });

  it('is read from the disk where some of it was written twice', async () => {
    const other = new Uint8Array(1_000).fill(7);
    const found = await digestOf({}, (storage) => storage.write([other], 0));
    expect(found).toEqual({ sha256: createHash('sha256').update(other).digest('hex'), readBytes: 1_000 });
  });

  it('tells of an edit by somebody else, as what is on the disk does', async () => {
    const other = Buffer.alloc(1_000, 7);
    const found = await digestOf({}, async () => {
      await nodeFileSystem.open(folder.file('a.iso.multidown/data'), 'r+').then(async (handle) => {
        await handle.write(other, 0, 1_000, 0);
        await handle.utimes(1, 1);
        await handle.close();
      });
    });
    expect(found).toEqual({ sha256: createHash('sha256').update(other).digest('hex'), readBytes: 1_000 });
  });
});

describe('a sync before the end', () => {
  /** A storage whose syncs of the data are those given. */
  async function withSync(sync: () => Promise<void>, size = 1_000, onRead = () => {}) {
    const open: FileSystem['open'] = async (path, ...rest) => {
      const handle = await nodeFileSystem.open(path, ...rest);
      const read = handle.read.bind(handle) as (...args: unknown[]) => ReturnType<typeof handle.read>;
      if (!String(path).endsWith('/data')) return handle;
      return Object.assign(handle, {
        datasync: sync,
        read: (...args: unknown[]) => {
          onRead();
          return read(...args);
        },
      });
    };
    const storage = storageOf({ open });
    await storage.claim(request);
    await storage.prepare({ size, fresh: true });
    return storage;
  }

  it('does not hold up the digest, which reads meanwhile', async () => {
    const hasRead = Promise.withResolvers<void>();
    const storage = await withSync(
      () => hasRead.promise,
      1_000,
      () => hasRead.resolve(),
    );
    await storage.write([bytes], 0);
    const digest = storage.digest(['sha256'], { start: 0, end: 1_000 }, new AbortController().signal);
    await expect(digest).resolves.toMatchObject({ sha256: expect.any(String) });
  });

  it('is made of what has piled up, and not begun twice', async () => {
    const gate = Promise.withResolvers<void>();
    let syncs = 0;
    const storage = await withSync(() => {
      syncs += 1;
      return syncs === 1 ? gate.promise : Promise.resolve();
    });
    const part = new Uint8Array(8 * 1024 * 1024);
    const write = (at: number) => storage.write([part], at * part.length);
    await write(0);
    expect(syncs).toBe(0);
    for (let at = 1; at < 6; at += 1) await write(at);
    expect(syncs).toBe(1);
    gate.resolve();
    await vi.waitUntil(async () => {
      await write(6);
      return syncs === 2;
    });
    await storage.close();
  });

  it('comes seldom on a slow disk, which moves its heads for each', async () => {
    let syncs = 0;
    const storage = await withSync(async () => {
      syncs += 1;
    });
    const now = vi.spyOn(performance, 'now');
    onTestFinished(() => now.mockRestore());
    let ms = 0;
    now.mockImplementation(() => {
      ms += 1_000;
      return ms;
    });
    const part = new Uint8Array(16 * 1024 * 1024);
    for (let at = 0; at < 5; at += 1) await storage.write([part], at * part.length);
    expect(syncs).toBe(2);
    await storage.close();
  });

  it('that fails is believed: nothing counts any more', async () => {
    const storage = await withSync(failing('EIO'), 128 * 1024 * 1024);
    await storage.saveLive(noteOf(1));
    await storage.write([new Uint8Array(64 * 1024 * 1024)], 0);
    await vi.waitUntil(async () => (await codeOf(storage.write([bytes], 0))) === 'disk');
    expect(await codeOf(storage.saveCheckpoint(noteOf(2)))).toBe('disk');
    // The note for a killed process spoke of bytes that may be lost.
    expect((await readdir(folder.file('a.iso.multidown'))).filter((name) => name.startsWith('live'))).toEqual([]);
    await storage.close();
  });

  it('that fails beside a digest loses what it could not sync, there as well', async () => {
    const storage = await withSync(failing('EIO'));
    await storage.write([bytes], 0);
    const digest = storage.digest(['sha256'], { start: 0, end: 1_000 }, new AbortController().signal);
    expect(await codeOf(digest)).toBe('disk');
    expect(await codeOf(storage.write([bytes], 0))).toBe('disk');
  });
});

describe('writing', () => {
  it('puts bytes where they belong and reads them back', async () => {
    const storage = await complete();
    expect(await storage.read(590, 20)).toEqual(Buffer.from(bytes.subarray(590, 610)));
    expect((await storage.read(990, 20)).length).toBe(10);
  });

  it('139 that is late when another version begins lands in the old file, never in the new one', async () => {
    const gate = Promise.withResolvers<void>();
    let isFirst = true;
    const open: FileSystem['open'] = async (path, ...rest) => {
      const handle = await nodeFileSystem.open(path, ...rest);
      if (!String(path).endsWith('/data') || !isFirst) return handle;
      isFirst = false;
      const write = handle.write.bind(handle) as (...args: unknown[]) => ReturnType<typeof handle.write>;
      return Object.assign(handle, {
        write: async (...args: unknown[]) => {
          await gate.promise;
          return await write(...args);
        },
      });
    };
    const storage = storageOf({ open });
    await storage.claim(request);
    await storage.prepare({ size: 1_000, fresh: true });
    const late = storage.write([new Uint8Array(1_000).fill(7)], 0);
    let hasBegun = false;
    const anew = storage.prepare({ size: 1_000, fresh: true }).then(() => {
      hasBegun = true;
    });
    for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(hasBegun).toBe(false);
    gate.resolve();
    await Promise.all([late, anew]);
    expect((await stat(folder.file('a.iso.multidown', 'data'))).size).toBe(0);
    await storage.write([bytes], 0);
    await storage.publish({ size: 1_000, onConflict: 'fail' });
    expect(await readFile(folder.file('a.iso'))).toEqual(Buffer.from(bytes));
  });

  it('120 goes on when the system takes less than it was given', async () => {
    const open: FileSystem['open'] = async (path, ...rest) => {
      const handle = await nodeFileSystem.open(path, ...rest);
      const write = handle.write.bind(handle);
      const short = (buffer: Uint8Array, position: number) => write(buffer, 0, Math.min(7, buffer.length), position);
      Object.assign(handle, {
        write: (buffer: Uint8Array, _offset: number, _length: number, position: number) => short(buffer, position),
        writev: ([first]: Uint8Array[], position: number) => short(first ?? new Uint8Array(), position),
      });
      return handle;
    };
    const storage = await complete({ open });
    expect(await storage.read(0, 1_000)).toEqual(Buffer.from(bytes));
  });

  it.each([
    ['ENOSPC', 'disk-full'],
    ['EDQUOT', 'disk-full'],
    ['EIO', 'disk'],
    ['EROFS', 'disk'],
    ['EFBIG', 'disk'],
  ])('119 %s is %s, with a sentence', async (code, failure) => {
    const open: FileSystem['open'] = async (path, ...rest) => {
      const handle = await nodeFileSystem.open(path, ...rest);
      if (String(path).endsWith('/data')) Object.assign(handle, { write: failing(code), writev: failing(code) });
      return handle;
    };
    const storage = storageOf({ open });
    await storage.claim(request);
    await storage.prepare({ size: 1_000, fresh: true });
    const error = await storage.write([bytes], 0).catch((reason: FailureError) => reason.failure);
    expect(error).toMatchObject({ code: failure, message: expect.stringMatching(/^[^:]+ .*\.$/) });
  });

  it.each([
    [10 * 1024 ** 2, '10.0 MiB are still needed, and 512 B are free, 10.0 MiB too few'],
    [513, '513 B are still needed, and 512 B are free, 1 B too few'],
  ])('is not begun where the disk is too small for %d bytes', async (size, sentence) => {
    const statfs = (async () => ({ bavail: 1, bsize: 512 })) as unknown as FileSystem['statfs'];
    const storage = storageOf({ statfs });
    await storage.claim(request);
    const failure = await storage.prepare({ size, fresh: true }).catch(({ failure }: FailureError) => failure);
    expect(failure).toEqual({
      code: 'disk-full',
      message: `There is not enough room in ${folder.path}: ${sentence}. Make room, or choose another folder.`,
      path: folder.path,
    });
  });

  it('115 does not follow a link that lies where the data should', async () => {
    await writeFile(folder.file('victim'), 'precious');
    await mkdir(folder.file('a.iso.multidown'));
    await symlink(folder.file('victim'), folder.file('a.iso.multidown', 'data'));
    const storage = storageOf();
    await storage.claim(request);
    expect(await codeOf(storage.prepare({ size: 1_000, fresh: false }))).not.toBe('ok');
    // A new beginning has a new file.
    expect(await codeOf(storage.prepare({ size: 1_000, fresh: true }))).toBe('ok');
    await storage.write([bytes], 0);
    expect(await readFile(folder.file('victim'), 'utf8')).toBe('precious');
  });
});

describe('publishing', () => {
  it('gives the file its name and forgets the state', async () => {
    const storage = await complete();
    await storage.saveCheckpoint(noteOf(1_000));
    expect(await storage.publish({ size: 1_000, onConflict: 'fail' })).toBe(folder.file('a.iso'));
    await storage.close();
    expect(await readFile(folder.file('a.iso'))).toEqual(Buffer.from(bytes));
    expect(await readdir(folder.path)).toEqual(['a.iso']);
  });

  it('114 leaves alone what appeared meanwhile, and keeps the data', async () => {
    const storage = await complete();
    await storage.saveCheckpoint(noteOf(1_000));
    await writeFile(folder.file('a.iso'), 'theirs');
    expect(await codeOf(storage.publish({ size: 1_000, onConflict: 'fail' }))).toBe('target-exists');
    await storage.close();
    expect(await readFile(folder.file('a.iso'), 'utf8')).toBe('theirs');
    expect(await storageOf().claim(request)).toMatchObject({ kind: 'partial', checkpoint: noteOf(1_000, 1_000) });
  });

  it.each(['with', 'without'])('114 overwrites, numbers, and fails as it should, %s hard links', async (links) => {
    const files = links === 'with' ? {} : { link: failing('EPERM') };
    await writeFile(folder.file('a.iso'), 'old');
    const keep = await complete(files);
    expect(await codeOf(keep.publish({ size: 1_000, onConflict: 'fail' }))).toBe('target-exists');
    expect(await keep.publish({ size: 1_000, onConflict: 'rename' })).toBe(folder.file('a (1).iso'));
    await keep.close();
    expect(await readFile(folder.file('a.iso'), 'utf8')).toBe('old');
    const replace = await complete(files);
    expect(await replace.publish({ size: 1_000, onConflict: 'overwrite' })).toBe(folder.file('a.iso'));
    expect(await readFile(folder.file('a.iso'))).toEqual(Buffer.from(bytes));
    expect((await readdir(folder.path)).toSorted()).toEqual(['a (1).iso', 'a.iso']);
  });

  it('115 replaces a link, not what it leads to', async () => {
    await writeFile(folder.file('precious'), 'precious');
    await symlink(folder.file('precious'), folder.file('a.iso'));
    const storage = await complete();
    await storage.publish({ size: 1_000, onConflict: 'overwrite' });
    expect(await readFile(folder.file('precious'), 'utf8')).toBe('precious');
    expect((await lstat(folder.file('a.iso'))).isSymbolicLink()).toBe(false);
  });

  it('121 cuts what is beyond the size', async () => {
    const storage = await complete();
    await storage.publish({ size: 900, onConflict: 'fail' });
    expect(await readFile(folder.file('a.iso'))).toEqual(Buffer.from(bytes.subarray(0, 900)));
  });

  it('121 never publishes a hole', async () => {
    const size = 1024 * 1024;
    // As on a disk that sets aside what is written, whatever this one is.
    const statfs = (async (path: string) => ({
      ...(await nodeFileSystem.statfs(path)),
      type: 0xef53,
    })) as FileSystem['statfs'];
    const storage = storageOf({ statfs });
    await storage.claim(request);
    await storage.prepare({ size, fresh: true });
    await storage.write([bytes], 0);
    await storage.write([bytes], size - bytes.length);
    expect(await codeOf(storage.publish({ size, onConflict: 'fail' }))).toBe('disk');
    expect(await readdir(folder.path)).toEqual(['a.iso.multidown']);
  });

  it('118 sees that the data was cut or replaced behind its back', async () => {
    for (const spoil of [
      async (data: string) => writeFile(data, 'short'),
      async (data: string) => {
        await nodeFileSystem.unlink(data);
        await writeFile(data, bytes);
      },
      async (data: string) => nodeFileSystem.unlink(data),
    ]) {
      const storage = await complete();
      // Cut again after the last truncate: as late as can be.
      const data = folder.file('a.iso.multidown', 'data');
      await spoil(data);
      expect(await codeOf(storage.publish({ size: 1_000, onConflict: 'fail' }))).toBe('disk');
      expect(await readdir(folder.path)).toEqual(['a.iso.multidown']);
      await storage.close();
    }
  });

  it('117 touches nothing of a state folder that has taken the place of its own', async () => {
    for (const touch of [
      (storage: StoragePort) => storage.prepare({ size: 1_000, fresh: true }),
      (storage: StoragePort) => storage.reject(),
      (storage: StoragePort) => storage.saveCheckpoint(noteOf(1_000)),
      (storage: StoragePort) => storage.publish({ size: 1_000, onConflict: 'fail' }),
    ]) {
      const ours = await complete();
      await rename(folder.file('a.iso.multidown'), folder.file('moved'));
      await partial(300);
      const before = (await readdir(folder.file('a.iso.multidown'))).toSorted();
      expect(await codeOf(touch(ours))).toBe('disk');
      await ours.close();
      expect((await readdir(folder.file('a.iso.multidown'))).toSorted()).toEqual(before);
      expect(await storageOf().claim({ ...request, restart: false })).toMatchObject({ kind: 'partial' });
      await opened.at(-1)?.close();
      await rm(folder.file('a.iso.multidown'), { recursive: true });
      await rm(folder.file('moved'), { recursive: true });
    }
  });

  it.each(['fail', 'overwrite'] as const)(
    '117 keeps the data when it lies on another disk (%s)',
    async (onConflict) => {
      const storage = await complete({
        link: refusing('link', 'a.iso', 'EXDEV'),
        rename: refusing('rename', 'a.iso', 'EXDEV'),
      });
      await storage.saveCheckpoint(noteOf(1_000));
      const failed = await storage.publish({ size: 1_000, onConflict }).catch((error: FailureError) => error.failure);
      expect(failed).toMatchObject({
        code: 'disk',
        message: expect.stringMatching(/ lies on another disk than its state folder\.$/),
      });
      await storage.close();
      expect(await readdir(folder.path)).toEqual(['a.iso.multidown']);
      expect(await storageOf().claim(request)).toMatchObject({ kind: 'partial', checkpoint: noteOf(1_000, 1_000) });
    },
  );

  it('122 gives the usual permissions, and keeps narrower ones of what it replaces', async () => {
    const usual = 0o666 & ~process.umask();
    await (await complete()).publish({ size: 1_000, onConflict: 'fail' });
    expect((await stat(folder.file('a.iso'))).mode & 0o777).toBe(usual);
    await chmod(folder.file('a.iso'), 0o600);
    await (await complete()).publish({ size: 1_000, onConflict: 'overwrite' });
    expect((await stat(folder.file('a.iso'))).mode & 0o777).toBe(0o600);
  });

  it.each(['EIO', 'ENOSPC'])('146 publishes nothing when the last sync fails with %s', async (code) => {
    let isBroken = false;
    const open: FileSystem['open'] = async (path, ...rest) => {
      const handle = await nodeFileSystem.open(path, ...rest);
      const { sync } = handle;
      if (String(path).endsWith('/data')) handle.sync = () => (isBroken ? failing(code)() : sync.call(handle));
      return handle;
    };
    const storage = await complete({ open });
    isBroken = true;
    expect(await codeOf(storage.publish({ size: 1_000, onConflict: 'fail' }))).toMatch(/^disk/);
    expect(await readdir(folder.path)).toEqual(['a.iso.multidown']);
  });
});

describe('digests and rejected data', () => {
  it('are those of the bytes', async () => {
    const { createHash } = await import('node:crypto');
    const storage = await complete();
    const found = await storage.digest(['sha256', 'md5'], { start: 0, end: 1_000 }, new AbortController().signal);
    expect(found.sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
    expect(found.md5).toBe(createHash('md5').update(bytes).digest('hex'));
    const part = await storage.digest(['sha256'], { start: 10, end: 990 }, new AbortController().signal);
    expect(part.sha256).toBe(createHash('sha256').update(bytes.subarray(10, 990)).digest('hex'));
  });

  it('are set aside until the file is there', async () => {
    const first = await complete();
    await first.reject();
    await first.close();
    expect(await readdir(folder.file('a.iso.multidown'))).toEqual(['data.rejected']);
    const second = await complete();
    await second.publish({ size: 1_000, onConflict: 'fail' });
    await second.close();
    expect(await readdir(folder.path)).toEqual(['a.iso']);
  });

  it('are set aside, so that the next run begins anew', async () => {
    const storage = await complete();
    await storage.saveCheckpoint(noteOf(1_000));
    const path = await storage.reject();
    await storage.close();
    expect(await readFile(path)).toEqual(Buffer.from(bytes));
    expect(await storageOf().claim(request)).toMatchObject({ kind: 'fresh' });
  });
});

describe('digests of what stands at the target', () => {
  const signal = new AbortController().signal;

  it('are of the whole file, which stays as it is', async () => {
    await writeFile(folder.file('a.iso'), bytes);
    const storage = storageOf();
    await storage.claim(request);
    const wanted = createHash('md5').update(bytes).digest('hex');
    expect(await storage.digestTarget(['md5'], signal)).toEqual({ md5: wanted });
    await storage.close();
    expect(await readdir(folder.path)).toEqual(['a.iso']);
  });

  it('fail where it cannot be read', async () => {
    const storage = storageOf();
    await storage.claim(request);
    expect(await codeOf(storage.digestTarget(['md5'], signal))).toBe('disk');
  });
});

describe('closing', () => {
  it('leaves nothing behind where nothing was saved', async () => {
    await (await complete()).close();
    expect(await readdir(folder.path)).toEqual([]);
  });

  it('keeps the partial where something was, without its lock', async () => {
    await partial();
    expect((await readdir(folder.file('a.iso.multidown'))).toSorted()).toEqual([
      'checkpoint.json',
      'data',
      'rest.json',
    ]);
  });

  it('112 leaves the files of others in the state folder alone', async () => {
    const storage = await complete();
    await writeFile(folder.file('a.iso.multidown', 'notes.txt'), 'mine');
    await storage.publish({ size: 1_000, onConflict: 'fail' });
    await storage.close();
    expect(await readFile(folder.file('a.iso.multidown', 'notes.txt'), 'utf8')).toBe('mine');
  });

  it('may come twice, and before anything began', async () => {
    const storage = storageOf();
    await storage.close();
    await storage.close();
    const other = await complete();
    await Promise.all([other.close(), other.close()]);
  });
});

describe('a note after a publication that failed', () => {
  it('keeps what has no name yet, though nothing was noted before', async () => {
    const storage = await complete({ link: refusing('link', 'a.iso', 'EIO') });
    expect(await codeOf(storage.publish({ size: 1_000, onConflict: 'fail' }))).toBe('disk');
    await storage.saveCheckpoint(noteOf(1_000));
    await storage.close();
    expect(await readFile(folder.file('a.iso.multidown', 'data'))).toEqual(Buffer.from(bytes));
    expect(await storageOf().claim(request)).toMatchObject({ kind: 'partial' });
  });

  it('is not written where the file has its name already: the next run finds that out', async () => {
    let isPlaced = false;
    const storage = await complete({
      link: async (...paths) => {
        await nodeFileSystem.link(...paths);
        isPlaced = true;
      },
      open: (path, ...rest) =>
        isPlaced && String(path) === folder.path ? failing('EIO')() : nodeFileSystem.open(path, ...rest),
    });
    expect(await codeOf(storage.publish({ size: 1_000, onConflict: 'fail' }))).toBe('disk');
    await storage.saveCheckpoint(noteOf(1_000));
    expect(await readdir(folder.file('a.iso.multidown'))).not.toContain('checkpoint.json');
    expect(await readFile(folder.file('a.iso'))).toEqual(Buffer.from(bytes));
  });
});
