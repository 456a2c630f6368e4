import type { FileHandle } from 'node:fs/promises';
import { FailureError } from '../../machines/failures.ts';
import { cannotLink, codeOf, orFail, orNull } from './disk-failures.ts';
import type { FileSystem } from './file-system.ts';
import { MOST_NUMBERS, numbered } from './target-path.ts';

/**
 * The usual permissions; those of a file that is replaced, where they are narrower.
 *
 * @param replaced its path; null where nothing is
 */
export async function finalMode(files: FileSystem, replaced: string | null): Promise<number> {
  const usual = 0o666 & ~process.umask();
  if (replaced === null) return usual;
  const existing = await orFail(orNull(files.lstat(replaced)), 'looked at', replaced);
  return existing?.isFile() ? usual & existing.mode : usual;
}

/** Told before a name is taken: which one (0 is the target's own), and whether an empty file holds it meanwhile. */
export type Announce = (number: number, isReserved: boolean) => Promise<void>;

/**
 * Gives `data` its final name; never replaces what stands there without leave,
 * also not what appeared a moment ago. The folder is not synced.
 *
 * @returns the path it has now
 * @throws FailureError `target-exists`, `disk`
 */
export async function publishFile(
  files: FileSystem,
  data: string,
  target: string,
  onConflict: 'fail' | 'overwrite' | 'rename',
  announce: Announce,
): Promise<string> {
  if (onConflict === 'overwrite') {
    await announce(0, false);
    await orFail(files.rename(data, target), 'put in its place', target);
    return target;
  }
  const most = onConflict === 'rename' ? MOST_NUMBERS : 0;
  for (let number = 0; number <= most; number += 1) {
    const path = number === 0 ? target : numbered(target, number);
    // Most names that are taken have been for long: they need no note.
    if ((await orFail(orNull(files.lstat(path)), 'looked at', path)) !== null) continue;
    if (await placeNew(files, data, path, (isReserved) => announce(number, isReserved))) return path;
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
async function placeNew(
  files: FileSystem,
  data: string,
  path: string,
  announce: (isReserved: boolean) => Promise<void>,
): Promise<boolean> {
  await announce(false);
  try {
    // A link fails where a rename would replace.
    await files.link(data, path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    if (!cannotLink(error)) return await orFail(Promise.reject(error), 'put in its place', path);
  }
  await announce(true);
  const reserved = await orFail(reserve(files, path), 'put in its place', path);
  if (reserved === null) return false;
  try {
    await files.rename(data, path);
  } catch (error) {
    // Only our own: somebody may have put his file in its place.
    const held = await orNull(files.lstat(path)).catch(() => null);
    if (held?.ino === reserved && held.size === 0) await orNull(files.unlink(path)).catch(() => {});
    return await orFail(Promise.reject(error), 'put in its place', path);
  }
  return true;
}

/** Takes a name with an empty file; returns which file that is, null when something stands there. */
async function reserve(files: FileSystem, path: string): Promise<number | null> {
  let file: FileHandle;
  try {
    file = await files.open(path, 'wx');
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return null;
    throw error;
  }
  try {
    return (await file.stat()).ino;
  } finally {
    await file.close();
  }
}
