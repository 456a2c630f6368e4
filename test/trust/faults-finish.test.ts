/** A run that was cut off while it published, on a real disk: 148 of the fault list. */
import { createHash } from 'node:crypto';
import { link, lstat, mkdir, readFile, rename, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nodeFileSystem } from '../../src/adapters/storage/file-system.ts';
import { notePublication } from '../../src/adapters/storage/publication.ts';
import { workspaceOf } from '../../src/adapters/storage/workspace.ts';
import { someBytes } from '../support/fake-download.ts';
import { honest, type Script } from '../support/misbehaving-server.ts';
import { placeWith } from '../support/trial.ts';

const SIZE = 200_000;
const bytes = someBytes(SIZE);
/** A time that every file system can keep, seconds since 1970. */
const SECOND = 1_700_000_000;
const serving: Script = (request) => honest(bytes, request);

describe('a finish', () => {
  /** What a run leaves that is cut off just after its file got the name: a note, the data under both names. */
  async function placeCutOff(name = 'file.bin', number = 0) {
    const place = await placeWith(serving);
    const path = join(place.folder, name);
    await place.run({ output: name });
    const workspace = workspaceOf(join(place.folder, 'file.bin'));
    await mkdir(workspace.folder);
    await link(path, workspace.data);
    await utimes(path, SECOND, SECOND);
    const { size, ino: inode, mtimeMs: modifiedMs } = await lstat(path);
    const url = place.server.url;
    const note = { url, size, inode, modifiedMs, number, isReserved: false };
    await notePublication(nodeFileSystem, workspace, note, true);
    return { place, path, asked: place.server.requests.length };
  }

  it.each(['fail', 'rename', 'overwrite', 'ask', 'skip'] as const)(
    '148 that was cut off after the file had its name: the next run (%s) asks for no byte, and tidies up',
    async (ifExists) => {
      const { place, path, asked } = await placeCutOff();
      await using _ = place;
      const again = await place.run({ ifExists });
      expect(again.result).toMatchObject({ path, size: SIZE, skipped: true });
      expect(place.server.requests.length).toBe(asked);
      expect(await place.list()).toEqual(['file.bin']);
    },
  );

  it('148 finds the file under the numbered name, and without a name from the user', async () => {
    const { place, path, asked } = await placeCutOff('file (1).bin', 1);
    await using _ = place;
    const again = await place.run({ output: null });
    expect(again.result).toMatchObject({ path, skipped: true });
    expect([place.server.requests.length, await place.list()]).toEqual([asked, ['file (1).bin']]);
  });

  it('148 is verified where a checksum says how', async () => {
    for (const [sent, ended] of [
      [bytes, 'done'],
      [someBytes(SIZE - 1), 'digest-mismatch'],
    ] as const) {
      const { place, asked } = await placeCutOff();
      await using _ = place;
      const again = await place.run({ checksum: `sha256:${createHash('sha256').update(sent).digest('hex')}` });
      expect([again.ended, place.server.requests.length]).toEqual([ended, asked]);
    }
  });

  it('148 is not believed of a file that was changed or replaced since', async () => {
    for (const change of [
      (path: string) => writeFile(path, 'mine', { flag: 'a' }),
      // As long as before, in place...
      (path: string) => writeFile(path, 'mine', { flag: 'r+' }),
      // ...or another file, of the same time.
      async (path: string) => {
        await writeFile(`${path}.new`, bytes);
        await utimes(`${path}.new`, SECOND, SECOND);
        await rename(`${path}.new`, path);
      },
    ]) {
      const { place, path } = await placeCutOff();
      await using _ = place;
      await change(path);
      const before = await readFile(path);
      const again = await place.run({ ifExists: 'fail' });
      expect(again.ended).toBe('target-exists');
      expect(await readFile(path)).toEqual(before);
      expect((await place.run({ restart: true })).file).toEqual(Buffer.from(bytes));
    }
  });
});
