import * as node from 'node:fs/promises';

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
>;

export const nodeFileSystem: FileSystem = node;
