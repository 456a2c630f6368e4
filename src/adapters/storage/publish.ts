import { dirname } from 'node:path';
import { FailureError } from '../../machines/failures.ts';
import { cannotLink, codeOf, orFail, orNull } from './disk-failures.ts';
import { syncFolder } from './durable-write.ts';
import type { FileSystem } from './file-system.ts';
import { numbered } from './target-path.ts';

/** Most numbered names that are tried. */
export const MOST_NUMBERS = 999;

/**
 * Gives `data` its final name; never replaces what stands there without leave,
 * also not what appeared a moment ago.
 *
 * @returns the path it has now
 * @throws FailureError `target-exists`, `disk`
 */
export async function publishFile(
  files: FileSystem,
  data: string,
  target: string,
  onConflict: 'fail' | 'overwrite' | 'rename',
): Promise<string> {
  if (onConflict === 'overwrite') {
    await orFail(files.rename(data, target), 'put in its place', target);
    await orFail(syncFolder(files, dirname(target)), 'synced', dirname(target));
    return target;
  }
  const most = onConflict === 'rename' ? MOST_NUMBERS : 0;
  for (let number = 0; number <= most; number += 1) {
    const path = number === 0 ? target : numbered(target, number);
    if (!(await placeNew(files, data, path))) continue;
    await orFail(syncFolder(files, dirname(path)), 'synced', dirname(path));
    return path;
  }
  throw new FailureError({
    code: 'target-exists',
    message:
      onConflict === 'rename'
        ? `${target} and ${MOST_NUMBERS} numbered names beside it are taken. Choose another name.`
        : `${target} has appeared meanwhile and was left alone. What was downloaded is kept; the same command with --if-exists overwrite or rename goes on from there.`,
    path: target,
  });
}

/** False when something stands there. */
async function placeNew(files: FileSystem, data: string, path: string): Promise<boolean> {
  try {
    // A link fails where a rename would replace.
    await files.link(data, path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    if (!cannotLink(error)) return await orFail(Promise.reject(error), 'put in its place', path);
  }
  try {
    const reserved = await files.open(path, 'wx');
    await reserved.close();
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    return await orFail(Promise.reject(error), 'put in its place', path);
  }
  try {
    await files.rename(data, path);
  } catch (error) {
    await orNull(files.unlink(path)).catch(() => {});
    return await orFail(Promise.reject(error), 'put in its place', path);
  }
  return true;
}
