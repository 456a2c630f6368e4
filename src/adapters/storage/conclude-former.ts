import { dirname } from 'node:path';
import { orFail, orNull } from './disk-failures.ts';
import { syncFolder } from './durable-write.ts';
import type { FileSystem } from './file-system.ts';
import { freeReserved, isPublished, pathOf, readPublication } from './publication.ts';
import type { StateFolder } from './state-folder.ts';

/**
 * A run may have been cut off while it published. If the file has its name,
 * what that run has left is forgotten; if it was only held, it is let go.
 *
 * @param state locked
 * @returns the path of the file, if it is the one of this URL
 */
export async function concludeFormer(
  files: FileSystem,
  state: StateFolder,
  target: string,
  url: string,
): Promise<string | null> {
  const { workspace } = state;
  const note = await readPublication(files, workspace);
  if (note === null) return null;
  if (await isPublished(files, note, target)) {
    await orFail(syncFolder(files, dirname(target)), 'synced', dirname(target));
    await state.forgetFormer();
    return note.url === url ? pathOf(note, target) : null;
  }
  if (await freeReserved(files, note, workspace, target)) {
    // Else a power cut could bring it back, and nothing would say any more whose it is.
    await orFail(syncFolder(files, dirname(target)), 'synced', dirname(target));
  }
  await orFail(orNull(files.unlink(workspace.publication)), 'removed', workspace.publication);
  return null;
}
