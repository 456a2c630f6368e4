import { dirname } from 'node:path';
import { codeOf, orNull } from './disk-failures.ts';
import type { FileSystem } from './file-system.ts';

/**
 * Replaces a file whole or not at all: temporary file, rename; with syncs of the
 * file before and of the folder after, so that it outlives the power.
 */
export async function replaceFile(files: FileSystem, path: string, text: string): Promise<void> {
  const temporary = `${path}.tmp`;
  try {
    const file = await files.open(temporary, 'w', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await files.rename(temporary, path);
  } catch (error) {
    await orNull(files.unlink(temporary)).catch(() => {});
    throw error;
  }
  await syncFolder(files, dirname(path));
}

/** Makes a rename, a link or an unlink in a folder outlive the power. Windows has no such thing. */
export async function syncFolder(files: FileSystem, folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await files.open(folder, 'r');
  try {
    await handle.sync();
  } catch (error) {
    // Some file systems cannot sync folders, and say so.
    if (codeOf(error) !== 'EINVAL') throw error;
  } finally {
    await handle.close();
  }
}
