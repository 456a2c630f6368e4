import { constants } from 'node:fs/promises';
import { dirname } from 'node:path';
import { formatBytes } from '../../machines/amounts.ts';
import { FailureError } from '../../machines/failures.ts';
import { orFail, orNull, placeFailure } from './disk-failures.ts';
import type { FileSystem } from './file-system.ts';

/**
 * What stands at the target now. A link counts as a file: it is the link that
 * would be replaced, never what it leads to.
 *
 * @returns its size in bytes; null when nothing is there
 * @throws FailureError `invalid-path` for a folder, a device and the like
 */
export async function existingSize(files: FileSystem, path: string): Promise<number | null> {
  const found = await orFail(orNull(files.lstat(path)), 'looked at', path, placeFailure);
  if (found === null) return null;
  if (found.isDirectory())
    throw refuse(path, 'is a folder. Give the name of a file, or end it with a slash to put the file in it');
  if (found.isSymbolicLink() ? await leadsToDevice(files, path) : !found.isFile())
    throw refuse(path, 'is a device, a pipe or a socket, not a file. Choose another');
  return found.size;
}

/** Such links are the system's, `/dev/stdout` say: also where the output goes to a file just now. */
async function leadsToDevice(files: FileSystem, path: string): Promise<boolean> {
  if (/^\/(?:proc|dev)\//.test(await orFail(files.readlink(path), 'looked at', path, placeFailure))) return true;
  // It may lead nowhere, or round in a circle.
  const end = await files.stat(path).catch(() => null);
  return end !== null && !end.isFile() && !end.isDirectory();
}

/**
 * Looks whether files can be made in a folder. One that does not exist yet is
 * judged by the first folder above it that does.
 *
 * @throws FailureError `invalid-path`
 */
export async function checkFolder(files: FileSystem, folder: string): Promise<void> {
  for (let path = folder; ; path = parent(path)) {
    const found = await orFail(orNull(files.stat(path)), 'looked at', path, placeFailure);
    if (found === null && path !== parent(path)) continue;
    if (found && !found.isDirectory()) throw refuse(path, 'is a file, and a folder is needed there');
    try {
      await files.access(path, constants.W_OK | constants.X_OK);
    } catch (error) {
      throw new FailureError(
        {
          code: 'invalid-path',
          message: `The folder ${path} cannot be written to. Choose another, or ask for permission.`,
          path,
        },
        { cause: error },
      );
    }
    return;
  }
}

/**
 * Looks whether so many bytes more will fit beside a state folder, where that can be told.
 *
 * @throws FailureError `disk-full`
 */
export async function checkRoom(files: FileSystem, folder: string, needed: number): Promise<void> {
  const disk = await files.statfs(folder).catch(() => null);
  if (disk === null) return;
  const free = disk.bavail * disk.bsize;
  if (needed <= free) return;
  throw new FailureError({
    code: 'disk-full',
    message: `There is not enough room in ${dirname(folder)}: ${formatBytes(needed)} are still needed, and ${formatBytes(free)} are free, ${formatBytes(needed - free)} too few. Make room, or choose another folder.`,
    path: dirname(folder),
  });
}

export async function isFolder(files: FileSystem, path: string): Promise<boolean> {
  return (await orNull(files.stat(path)).catch(() => null))?.isDirectory() ?? false;
}

function parent(path: string): string {
  return path.replace(/[\\/]+[^\\/]*$/, '') || '/';
}

function refuse(path: string, what: string): FailureError {
  return new FailureError({ code: 'invalid-path', message: `${path} ${what}.`, path });
}
