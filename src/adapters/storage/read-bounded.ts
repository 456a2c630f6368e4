import type { FileSystem } from './file-system.ts';

/**
 * The text of a small file of ours; empty where it is longer than any of ours, which tells that it is none.
 *
 * @param most bytes
 * @throws what the system says
 */
export async function readBounded(files: FileSystem, path: string, most: number): Promise<string> {
  const file = await files.open(path, 'r');
  try {
    const { size } = await file.stat();
    return size > most ? '' : await file.readFile('utf8');
  } finally {
    await file.close();
  }
}
