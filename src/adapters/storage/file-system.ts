import { fstatSync } from 'node:fs';
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
  | 'readlink'
  | 'rename'
  | 'rmdir'
  | 'stat'
  | 'statfs'
  | 'unlink'
> & {
  /** When an open file was last written to, milliseconds since 1970, without waiting; left out where it cannot be told. */
  readonly modifiedAt?: (file: node.FileHandle) => number;
};

export const nodeFileSystem: FileSystem = {
  ...node,
  modifiedAt: ({ fd }) => fstatSync(fd).mtimeMs,
};
