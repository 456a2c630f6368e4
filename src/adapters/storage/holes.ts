import type { Stats } from 'node:fs';

/** File systems that set aside a block for every byte that was written: ext2 to ext4, XFS, tmpfs. See statfs(2). */
const allocatesAll: ReadonlySet<number> = new Set([0xef53, 0x58465342, 0x01021994]);
const BLOCK_BYTES = 64 * 1024;

/** Bytes that the disk has set aside for a file: one with holes has fewer than its length. */
export function allocatedBytes({ blocks, size }: Pick<Stats, 'blocks' | 'size'>): number {
  // POSIX counts in 512 bytes, whatever the file system's own blocks are.
  return blocks === undefined ? size : blocks * 512;
}

/** True when so many bytes have surely not all been written to a file: parts of it are holes. */
export function hasHoles(found: Pick<Stats, 'blocks' | 'size'>, written: number, fileSystem: number): boolean {
  // One block less is how small files and odd block sizes look.
  return allocatesAll.has(fileSystem) && allocatedBytes(found) + BLOCK_BYTES < written;
}
