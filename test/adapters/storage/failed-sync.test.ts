import type { FileHandle } from 'node:fs/promises';
import { readdir } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { createDiskStorage } from '../../../src/adapters/storage/disk-storage.ts';
import { type FileSystem, nodeFileSystem } from '../../../src/adapters/storage/file-system.ts';
import { someBytes } from '../../support/fake-download.ts';
import { makeTempDir } from '../../support/temp-dir.ts';

const url = 'http://h.test/a.iso';
const bytes = someBytes(1_000);
const failing = () => Promise.reject(Object.assign(new Error('made up'), { code: 'EIO' }));

it('146, 194 a sync that fails while a note of progress is being opened: no note and no open file is left', async () => {
  await using folder = await makeTempDir();
  const gate = Promise.withResolvers<void>();
  const open = new Set<FileHandle>();
  const files: FileSystem = {
    ...nodeFileSystem,
    async open(path, ...rest) {
      if (String(path).endsWith('live.json')) await gate.promise;
      const handle = await nodeFileSystem.open(path, ...rest);
      const close = handle.close.bind(handle);
      open.add(handle);
      handle.close = () => close().finally(() => open.delete(handle));
      if (String(path).endsWith('data')) handle.datasync = failing;
      return handle;
    },
  };
  const storage = createDiskStorage({ cwd: folder.path, files });
  await storage.claim({ output: 'a.iso', suggestedName: null, url, rename: false, restart: false });
  await storage.prepare({ size: bytes.length, fresh: true });
  await storage.write([bytes], 0);
  const entity = { size: bytes.length, etag: null, lastModified: null, date: null, acceptsRanges: true };
  const plan = [{ id: 'segment-0', start: 0, end: bytes.length, written: bytes.length, durable: 0 }];
  const noted = storage.saveLive({ url, entity, plan, startedAt: 1, activeMs: 2 });
  const digested = storage.digest(['sha256'], { start: 0, end: bytes.length }, new AbortController().signal);
  digested.catch(() => {});
  // The sync has failed by now, if it did not wait for the note.
  for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  gate.resolve();
  await noted;
  await expect(digested).rejects.toMatchObject({ failure: { code: 'disk' } });
  expect(await readdir(folder.file('a.iso.multidown'))).toEqual(['data', 'lock']);
  await storage.close();
  expect(open.size).toBe(0);
});
