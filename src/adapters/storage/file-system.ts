import * as node from 'node:fs/promises';
import { syncAside } from './sync-aside.ts';

/** The file operations that storage uses: a seam for tests that fail them, or record them. */
export type FileSystem = Pick<
  typeof node,
  | 'access'
  | 'chmod'
  | 'link'
  | 'lstat'
  | 'mkdir'
  | 'open'
  | 'readFile'
  | 'readdir'
  | 'rename'
  | 'rmdir'
  | 'stat'
  | 'statfs'
  | 'unlink'
> & {
  /** `fdatasync` that holds up no other work; null where none does. */
  readonly syncAside?: ((fd: number) => Promise<void>) | null;
};

export const nodeFileSystem: FileSystem = {
  ...node,
  syncAside: process.env.UV_THREADPOOL_SIZE === '1' ? syncAside : null,
};
