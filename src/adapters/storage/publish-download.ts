import { dirname } from 'node:path';
import { orFail } from './disk-failures.ts';
import { syncFolder } from './durable-write.ts';
import type { FileSystem } from './file-system.ts';
import { notePublication } from './publication.ts';
import { finalMode, publishFile } from './publish.ts';
import type { StateFolder } from './state-folder.ts';

/**
 * Gives the data its final name, so that it outlives the power, and forgets the state.
 *
 * @param url the one asked for, redacted
 * @returns the path that it has now
 */
export async function publishDownload(
  files: FileSystem,
  state: StateFolder,
  url: string,
  { size, onConflict }: { size: number; onConflict: 'fail' | 'overwrite' | 'rename' },
): Promise<string> {
  const data = state.data.opened();
  const { workspace } = state;
  await data.settle();
  await data.truncate(size);
  await data.chmod(await finalMode(files, onConflict === 'overwrite' ? state.target : null));
  // The note of its publication names its time, and a power cut must not turn that back.
  await state.data.sync(workspace, true);
  await state.data.check(workspace, size);
  await state.syncAbove(true);
  const target = state.target ?? '';
  const { ino: inode, mtimeMs: modifiedMs } = await data.stat();
  const announce = async (number: number, isReserved: boolean) => {
    // Where nothing of this download outlives the power, this need not either.
    const outlives = isReserved || state.notes.hasCheckpoint;
    const note = { url, size, inode, modifiedMs, number, isReserved };
    const noted = orFail(notePublication(files, workspace, note, outlives), 'saved', workspace.publication);
    // Without it a crash in the next moment leaves a right file of which nobody knows whose it is: no reason to fail.
    await (isReserved ? noted : noted.catch(() => {}));
    // The empty file must not outlive the folder of the note that tells whose it is.
    const above = dirname(workspace.folder);
    if (isReserved) await orFail(syncFolder(files, above), 'synced', above);
  };
  const path = await publishFile(files, workspace.data, target, onConflict, announce);
  state.placed();
  await orFail(syncFolder(files, dirname(path)), 'synced', dirname(path));
  await state.forget();
  return path;
}
