import type { FileHandle } from 'node:fs/promises';
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
    await writeAnew(files, temporary, text, (file) => file.sync());
    await files.rename(temporary, path);
  } catch (error) {
    await orNull(files.unlink(temporary)).catch(() => {});
    throw error;
  }
  await syncFolder(files, dirname(path));
}

/**
 * Writes a file that is new: what stands there is removed, never written to. A
 * link could lead anywhere, and another name of the same file be somebody's.
 */
export async function writeAnew(
  files: FileSystem,
  path: string,
  text: string,
  then: (file: FileHandle) => Promise<void> = async () => {},
): Promise<void> {
  const file = await openAnew(files, path);
  try {
    await file.writeFile(text);
    await then(file);
  } finally {
    await file.close();
  }
}

async function openAnew(files: FileSystem, path: string): Promise<FileHandle> {
  try {
    return await files.open(path, 'wx', 0o600);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  }
  await orNull(files.unlink(path));
  return await files.open(path, 'wx', 0o600);
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
