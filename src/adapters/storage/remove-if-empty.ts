import { join } from 'node:path';
import { orNull } from './disk-failures.ts';
import type { FileSystem } from './file-system.ts';

/** Drafts of notes and locks, of a run that was killed while it wrote them; and a note of data that is gone. */
const draft = /^(?:(?:checkpoint|publication)\.json\.tmp|rest\.json|lock\..+)$/;

/** Removes a state folder in which nothing is left but drafts. What somebody else has put there stays. */
export async function removeIfEmpty(files: FileSystem, folder: string): Promise<void> {
  const entries = await files.readdir(folder);
  if (!entries.every((entry) => draft.test(entry))) return;
  for (const entry of entries) await orNull(files.unlink(join(folder, entry)));
  await files.rmdir(folder);
}
