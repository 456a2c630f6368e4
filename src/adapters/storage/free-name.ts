import { FailureError } from '../../machines/failures.ts';
import { readCheckpoint } from './checkpoint-file.ts';
import { orFail, orNull, placeFailure } from './disk-failures.ts';
import type { FileSystem } from './file-system.ts';
import { isOf } from './find-partial.ts';
import { loadPartial } from './load-partial.ts';
import { takeLock } from './lock.ts';
import { removeIfEmpty } from './remove-if-empty.ts';
import { MOST_NUMBERS, numbered } from './target-path.ts';
import { workspaceOf } from './workspace.ts';

/**
 * The first of a name and its numbered ones that neither a file has nor another
 * download is on its way to.
 *
 * @throws FailureError `target-exists`, `invalid-path`
 */
export async function freeName(files: FileSystem, path: string, url: string): Promise<string> {
  for (let number = 0; number <= MOST_NUMBERS; number += 1) {
    const candidate = number === 0 ? path : numbered(path, number);
    const hasFolder = await isThere(files, workspaceOf(candidate).folder);
    if (await isThere(files, candidate)) {
      if (hasFolder) await tidy(files, candidate);
    } else if (!hasFolder || (await isForsaken(files, candidate, url))) return candidate;
  }
  throw new FailureError({
    code: 'target-exists',
    message: `${path} and ${MOST_NUMBERS} numbered names beside it are taken. Choose another name.`,
    path,
  });
}

/**
 * The numbered name under which an earlier run of this download, which was to
 * keep both files, has left its partial; else the name itself.
 */
export async function whereItWasLeft(files: FileSystem, path: string, url: string): Promise<string> {
  if (!(await isThere(files, path)) || (await isThere(files, workspaceOf(path).folder))) return path;
  for (let number = 1; number <= MOST_NUMBERS; number += 1) {
    const candidate = numbered(path, number);
    if (await isThere(files, workspaceOf(candidate).folder)) {
      if (await isOf(files, candidate, url)) return candidate;
    } else if (!(await isThere(files, candidate))) return path;
  }
  return path;
}

async function isThere(files: FileSystem, path: string): Promise<boolean> {
  return (await orFail(orNull(files.lstat(path)), 'looked at', path, placeFailure)) !== null;
}

/** A run may have been cut off at its very last steps: what it has left beside its file is of no use, if nobody can go on from it. */
async function tidy(files: FileSystem, target: string): Promise<void> {
  const workspace = workspaceOf(target);
  const held = await takeLock(files, workspace.lock).catch(() => null);
  if (held === null) return;
  const kept = await loadPartial(files, workspace).catch(() => 'damaged');
  const lefts = kept === null ? [workspace.data, ...workspace.live] : [];
  for (const left of lefts) await orNull(files.unlink(left)).catch(() => {});
  await held.release();
  await removeIfEmpty(files, workspace.folder).catch(() => {});
}

/** Nobody holds its folder, and no progress is in it but of this URL: left by a run that was killed before it had got far. */
async function isForsaken(files: FileSystem, target: string, url: string): Promise<boolean> {
  const { live, checkpoint, lock } = workspaceOf(target);
  const held = await takeLock(files, lock).catch(() => null);
  if (held === null) return false;
  try {
    for (const path of [...live, checkpoint]) {
      // A live note that was torn is nobody's loss; a checkpoint is told apart by hand.
      const noted = await readCheckpoint(files, path).catch(() => (path === checkpoint ? 'damaged' : null));
      if (noted === 'damaged' || (noted !== null && noted.checkpoint.url !== url)) return false;
    }
    return true;
  } finally {
    await held.release();
  }
}
