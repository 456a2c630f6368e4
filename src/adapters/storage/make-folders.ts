import { dirname } from 'node:path';
import { codeOf, orNull } from './disk-failures.ts';
import type { FileSystem } from './file-system.ts';

/**
 * Makes a folder and those above it that are missing. One after the other from
 * the top: Node's recursive `mkdir` tries for ever where a file system answers
 * ENOENT to every attempt (`/proc` does).
 *
 * @returns those that were missing, from the top
 */
export async function makeFolders(files: FileSystem, folder: string): Promise<readonly string[]> {
  const missing: string[] = [];
  for (let path = folder; (await orNull(files.stat(path))) === null && path !== dirname(path); path = dirname(path)) {
    missing.unshift(path);
  }
  for (const path of missing) {
    try {
      await files.mkdir(path);
    } catch (error) {
      // Another download has made it meanwhile.
      if (codeOf(error) !== 'EEXIST') throw error;
    }
  }
  return missing;
}
