import { createHash } from 'node:crypto';
import { truncate, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCheckpoint, serialise } from '../../../src/adapters/storage/checkpoint-file.ts';
import { type FileSystem, nodeFileSystem } from '../../../src/adapters/storage/file-system.ts';
import type { Checkpoint } from '../../../src/machines/checkpoint.ts';
import { FailureError } from '../../../src/machines/failures.ts';
import { makeTempDir, type TempDir } from '../../support/temp-dir.ts';

const checkpoint: Checkpoint = {
  url: 'http://h.test/a?token=REDACTED',
  entity: { size: 100, etag: '"v1"', lastModified: null, date: null, acceptsRanges: true },
  plan: [
    { id: 'segment-0', start: 0, end: 40, written: 30, durable: 20 },
    { id: 'segment-1', start: 40, end: 100, written: 40, durable: 40 },
  ],
  startedAt: 1_700_000_000_000,
  activeMs: 1_234,
};
const noted = { bootId: 'boot-1', checkpoint };

let folder: TempDir;
beforeAll(async () => {
  folder = await makeTempDir();
});
afterAll(() => folder.remove());

async function read(content: string | Uint8Array) {
  const path = folder.file('checkpoint.json');
  await writeFile(path, content);
  try {
    return await readCheckpoint(nodeFileSystem, path);
  } catch (error) {
    expect(error).toBeInstanceOf(FailureError);
    return (error as FailureError).failure;
  }
}

/** A file whose own checksum is right, whatever it says. */
function forged(body: unknown, format: unknown = 1): string {
  const text = JSON.stringify(body);
  return `{"format":${JSON.stringify(format)},"sha256":"${createHash('sha256').update(text).digest('hex')}","body":${text}}`;
}

describe('a checkpoint file', () => {
  it('gives back what was noted', async () => {
    expect(await read(serialise(noted))).toEqual(noted);
  });

  it('gives back what a server said of its parts, and believes no part beyond the file', async () => {
    const piece = { start: 0, end: 100, algorithm: 'sha256', hex: 'ab'.repeat(32) } as const;
    const withPieces = { bootId: 'boot-1', checkpoint: { ...checkpoint, pieces: [piece] } };
    expect(await read(serialise(withPieces))).toEqual(withPieces);
    for (const wrong of [
      { ...piece, end: 101 },
      { ...piece, start: 100 },
      { ...piece, hex: 'x' },
    ])
      expect(await read(forged({ bootId: 'b', checkpoint: { ...checkpoint, pieces: [wrong] } }))).toMatchObject({
        code: 'checkpoint-damaged',
      });
  });

  it('that is not there is none', async () => {
    expect(await readCheckpoint(nodeFileSystem, folder.file('nothing'))).toBeNull();
  });

  it('128 cut at any byte is damaged, never something else', async () => {
    const text = serialise(noted);
    for (let length = 0; length < text.length - 1; length += 1) {
      expect(await read(text.slice(0, length)), `cut at ${length}`).toMatchObject({ code: 'checkpoint-damaged' });
    }
    // The last byte is a line's end, which says nothing.
    expect(await read(text.slice(0, -1))).toEqual(noted);
  });

  it('128 with any bit flipped is damaged, or says the same', async () => {
    const bytes = Buffer.from(serialise(noted));
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const flipped = Buffer.from(bytes);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const found = await read(flipped);
      if (found && 'checkpoint' in found) expect(found, `bit ${bit}`).toEqual(noted);
      else expect(found, `bit ${bit}`).toMatchObject({ code: 'checkpoint-damaged' });
    }
  });

  it.each([
    ['nothing', ''],
    ['zeros', '\0'.repeat(500)],
    ['no object', '[]'],
    ['no JSON', 'hello'],
    ['another format', forged(noted, 0)],
    ['no body', '{"format":1,"sha256":"x"}'],
    ['an empty body', forged({})],
    ['no boot id', forged({ checkpoint })],
    ['a key too many', forged({ ...noted, checkpoint: { ...checkpoint, more: 1 } })],
    ['deep nesting', `${'['.repeat(100_000)}${']'.repeat(100_000)}`],
    ['more than 16 MiB', 'x'.repeat(16 * 1024 * 1024 + 1)],
  ])('128 of %s is damaged', async (_, content) => {
    const found = await read(content);
    expect(found).toMatchObject({ code: 'checkpoint-damaged', message: expect.stringContaining('--restart') });
  });

  it('131 of a gibibyte is damaged, and not read', async () => {
    const path = folder.file('huge.json');
    await writeFile(path, '');
    await truncate(path, 1024 ** 3);
    const open: FileSystem['open'] = async (...args) =>
      Object.assign(await nodeFileSystem.open(...args), { readFile: () => Promise.reject(new Error('it is read')) });
    await expect(readCheckpoint({ ...nodeFileSystem, open }, path)).rejects.toMatchObject({
      failure: { code: 'checkpoint-damaged' },
    });
  });

  it('128, 134 of a newer multidown says so', async () => {
    expect(await read(forged(noted, 2))).toMatchObject({ message: expect.stringContaining('newer') });
  });
});
