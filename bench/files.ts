import { createCipheriv, createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { formatSize } from './table.ts';

/** A file that the server has. */
export interface Served {
  readonly name: string;
  readonly size: number;
  readonly sha256: string;
}

const BLOCK = 2 ** 20;
/** From here on files have holes: reading them from memory is not what is measured, and disks are small. */
const SPARSE_FROM = 4 * 2 ** 30;

/**
 * Makes a file of `size` bytes in `folder`, the same bytes in every run. Of a
 * large one only every mebibyte's first bytes are written, each with its number,
 * so that misplaced bytes show in the hash.
 */
export async function makeFile(folder: string, size: number): Promise<Served> {
  const name = `${formatSize(size).replaceAll(/[ ,]/g, '')}.bin`;
  const path = join(folder, name);
  await rm(path, { force: true });
  const file = await open(path, 'wx');
  try {
    const cipher = createCipheriv('aes-128-ctr', Buffer.alloc(16, 'multidown'), Buffer.alloc(16));
    const zeros = Buffer.alloc(BLOCK);
    for (let at = 0; at < size; at += BLOCK) {
      const block = size < SPARSE_FROM ? cipher.update(zeros) : Buffer.from(`block ${at}`);
      await file.write(block, 0, Math.min(block.length, size - at), at);
    }
    await file.truncate(size);
  } finally {
    await file.close();
  }
  return { name, size, sha256: await sha256Of(path) };
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: BLOCK })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** What is wrong with the file at `path`; null when it is `served`, byte for byte. */
export async function faultOf(path: string, served: Served): Promise<string | null> {
  const { size } = await stat(path).catch(() => ({ size: null }));
  if (size === null) return 'no file';
  if (size !== served.size) return `${size} bytes instead of ${served.size}`;
  return (await sha256Of(path)) === served.sha256 ? null : 'wrong bytes';
}
