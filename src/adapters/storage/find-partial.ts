import { readCheckpoint } from './checkpoint-file.ts';
import { orNull } from './disk-failures.ts';
import type { FileSystem } from './file-system.ts';
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
  for (const target of targets.slice(0, MOST_FOLDERS)) {
    const workspace = workspaceOf(target);
    for (const path of [...workspace.live, workspace.checkpoint]) {
      // Somebody else's damaged state is not our business.
      const noted = await readCheckpoint(files, path).catch(() => null);
      if (noted && noted.checkpoint.url === url) return target;
    }
  }
  return null;
}
