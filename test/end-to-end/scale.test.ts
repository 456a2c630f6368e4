/** More than 32 bits of offsets, on the wire and on the disk. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { download } from '../../src/index.ts';
import { findNginx, startNginx } from '../support/nginx.ts';
import { pseudoFile } from '../support/pseudo-file.ts';
import { makeTempDir } from '../support/temp-dir.ts';

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;
const SIZE = 6 * GIB + 12_345;
const hasNginx = findNginx() !== null;
if (!hasNginx) console.log('nginx is not installed, so its tests are left out: apt-get install nginx');

describe.runIf(hasNginx)('a file of 6 GiB', () => {
  it('48 arrives whole, past 2^31 and 2^32', { timeout: 600_000 }, async () => {
    await using root = await makeTempDir();
    await using folder = await makeTempDir();
    const source = root.file('file.bin');
    // Bytes where offsets need a bit more, and at the end; holes between them.
    const stamps = pseudoFile(SIZE, 9);
    await using file = await open(source, 'w');
    for (const at of [0, 2 * GIB, 4 * GIB, SIZE - MIB]) {
      const from = Math.max(0, at - MIB);
      await file.write(stamps.bytes(from, Math.min(SIZE, at + MIB)), 0, null, from);
    }
    await file.truncate(SIZE);
    await using nginx = await startNginx({ root: root.path });
    const hashing = (async () => {
      const hash = createHash('sha256');
      for await (const chunk of createReadStream(source, { highWaterMark: MIB })) hash.update(chunk);
      return hash.digest('hex');
    })();
    const { size, digests } = await download(`${nginx.base}/file.bin`, {
      output: folder.file('a.bin'),
      connections: 8,
    });
    expect(size).toBe(SIZE);
    expect(digests.sha256).toBe(await hashing);
    const log = await nginx.log();
    expect(log.some(({ range }) => Number(/bytes=(\d+)/.exec(range)?.[1]) > 4 * GIB)).toBe(true);
  });
});
