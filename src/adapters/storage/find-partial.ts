import { readCheckpoint } from './checkpoint-file.ts';
import { orNull } from './disk-failures.ts';
import type { FileSystem } from './file-system.ts';
import { readPublication } from './publication.ts';
import { targetOf, workspaceOf } from './workspace.ts';

/** Most state folders that are looked into. */
const MOST_FOLDERS = 1_000;

/**
 * Looks through a folder for a partial of this URL: without a name from the
 * user, that is how the same command finds what it began.
 *
 * @returns the path of its target; null when there is none
 */
export async function findPartial(files: FileSystem, folder: string, url: string): Promise<string | null> {
  const entries = (await orNull(files.readdir(folder))) ?? [];
  const targets = entries.map((entry) => targetOf(folder, entry)).filter((target) => target !== null);
  for (const target of targets.slice(0, MOST_FOLDERS)) if (await isOf(files, target, url)) return target;
  return null;
}

/** True when what is kept for a target is of this URL. */
export async function isOf(files: FileSystem, target: string, url: string): Promise<boolean> {
  const workspace = workspaceOf(target);
  // Somebody else's damaged state is not our business.
  const published = await readPublication(files, workspace).catch(() => null);
  if (published?.url === url) return true;
  for (const path of [...workspace.live, workspace.checkpoint]) {
    const noted = await readCheckpoint(files, path).catch(() => null);
    if (noted?.checkpoint.url === url) return true;
  }
  return false;
}
