import { constants, type FileHandle } from 'node:fs/promises';
import type { FileSystem } from './file-system.ts';

const FLAGS = constants.O_RDWR | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0);

/**
 * Opens a file of the state folder for reading and writing, or makes it. A link
 * is not followed, and a file that has another name as well is not written to:
 * either could be anybody's.
 *
 * @param isNew nothing may stand there
 */
export async function openOwn(files: FileSystem, path: string, isNew = false): Promise<FileHandle> {
  const file = await files.open(path, isNew ? FLAGS | constants.O_EXCL : FLAGS, 0o600);
  try {
    const found = await file.stat();
    if (found.isFile() && found.nlink <= 1) return file;
    throw new Error("it is no file, or has another name as well, so it may be somebody else's");
  } catch (error) {
    await file.close().catch(() => {});
    throw error;
  }
}
