import { mkdir, rename, truncate, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { serialise } from '../../../src/adapters/storage/checkpoint-file.ts';
import { type DataIdentity, judgeData } from '../../../src/adapters/storage/data-identity.ts';
import { createDiskStorage } from '../../../src/adapters/storage/disk-storage.ts';
import { nodeFileSystem } from '../../../src/adapters/storage/file-system.ts';
import { noteRest, type RestNote, readRest, withdrawRest } from '../../../src/adapters/storage/rest-note.ts';
import { seal } from '../../../src/adapters/storage/sealed.ts';
import { workspaceOf } from '../../../src/adapters/storage/workspace.ts';
import { makeTempDir, type TempDir } from '../../support/temp-dir.ts';

const noted: DataIdentity = { inode: 7, folder: 3 };
const rest: RestNote = { size: 100, modifiedMs: 5_000.5 };
const now = { ...noted, ...rest };

describe('data that was noted as the file 7 in the folder 3, and is now', () => {
  it.each([
    ['as it was left', noted, rest, {}, 'same'],
    ['the same file, after a kill', noted, null, { size: 200, modifiedMs: 9_000 }, 'same'],
    ['anything, and an older version has noted it', null, rest, { inode: 8, size: 1 }, 'same'],
    ['written to', noted, rest, { modifiedMs: 5_000.75 }, 'changed'],
    ['longer, with its old time', noted, rest, { size: 101 }, 'changed'],
    ['another file', noted, rest, { inode: 8, modifiedMs: 9_000 }, 'changed'],
    ['another file, after a kill', noted, null, { inode: 8 }, 'changed'],
    ['another file of another length, with the old time', noted, rest, { inode: 8, size: 101 }, 'changed'],
    ['another file with its old time', noted, rest, { inode: 8 }, 'copied'],
    ['another file with its old time in whole seconds', noted, rest, { inode: 8, modifiedMs: 5_000 }, 'copied'],
    ['in another folder', noted, rest, { inode: 8, folder: 4, modifiedMs: 9_000 }, 'copied'],
    ['in another folder, after a kill', noted, null, { inode: 8, folder: 4 }, 'copied'],
    ['by chance of the same number in another folder', noted, rest, { folder: 4, modifiedMs: 9_000 }, 'copied'],
  ] as const)('%s', (_, identity, left, change, standing) => {
    expect(judgeData(identity, left, { ...now, ...change })).toBe(standing);
  });
});

let folder: TempDir;
beforeEach(async () => {
  folder = await makeTempDir();
});
afterEach(() => folder.remove());

describe('a note of data at rest', () => {
  const workspace = () => workspaceOf(folder.file('a.iso'));

  it('is read back, and withdrawn', async () => {
    await mkdir(workspace().folder);
    expect(await readRest(nodeFileSystem, workspace())).toBeNull();
    await noteRest(nodeFileSystem, workspace(), rest);
    expect(await readRest(nodeFileSystem, workspace())).toEqual(rest);
    await withdrawRest(nodeFileSystem, workspace());
    expect(await readRest(nodeFileSystem, workspace())).toBeNull();
    await withdrawRest(nodeFileSystem, workspace());
  });

  it.each([
    ['nothing', ''],
    ['no JSON', 'hello'],
    ['a time that is none', seal({ ...rest, modifiedMs: 'x' })],
    ['no length', seal({ modifiedMs: 1 })],
    ['a list', seal([1])],
    ['null', seal(null)],
    ['another checksum', seal(rest).replace('"size":100', '"size":200')],
    ['another format', seal(rest).replace('"format":1', '"format":2')],
    ['more than it can say', `${seal(rest)}${' '.repeat(4_096)}`],
  ])('of %s is none', async (_, text) => {
    await mkdir(workspace().folder);
    await writeFile(workspace().rest, text);
    expect(await readRest(nodeFileSystem, workspace())).toBeNull();
  });
});

describe('a state folder that was copied', () => {
  const url = 'http://h.test/a.iso';
  const SIZE = 1_000_000;
  const checkpoint = {
    url,
    entity: { size: SIZE, etag: '"v1"', lastModified: null, date: null, acceptsRanges: true },
    plan: [{ id: 'segment-0', start: 0, end: SIZE, written: SIZE / 2, durable: SIZE / 2 }],
    startedAt: 1,
    activeMs: 2,
  };

  async function claim(fill: (data: string) => Promise<void>) {
    const workspace = workspaceOf(folder.file('a.iso'));
    await mkdir(workspace.folder);
    await fill(workspace.data);
    await writeFile(workspace.checkpoint, serialise({ bootId: 'boot-1', checkpoint, data: noted }));
    const storage = createDiskStorage({ cwd: folder.path });
    const request = { output: 'a.iso', suggestedName: null, url, rename: false, restart: false };
    const claimed = await storage.claim(request);
    await storage.close();
    return claimed;
  }

  it('is a partial to be compared', async () => {
    expect(await claim((data) => writeFile(data, Buffer.alloc(SIZE / 2, 1)))).toMatchObject({
      kind: 'partial',
      isCopy: true,
    });
  });

  it('is lost where it has holes', async () => {
    const hollow = async (data: string) => {
      await writeFile(`${data}.new`, '');
      await truncate(`${data}.new`, SIZE / 2);
      await rename(`${data}.new`, data);
    };
    expect(await claim(hollow)).toMatchObject({ kind: 'fresh', isLost: true });
  });
});
