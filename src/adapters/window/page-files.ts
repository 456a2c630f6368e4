import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface PageFile {
  readonly type: string;
  readonly content: Buffer;
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** The page as it was built, in the package that this file is in. */
export function builtPage(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json')) && dirname(folder) !== folder) folder = dirname(folder);
  return join(folder, 'dist', 'window');
}

/**
 * The page's files by the path that they are asked for. Read once: no request
 * ever names a file on the disk.
 *
 * @throws Error when the page is not there
 */
export async function readPage(folder: string): Promise<ReadonlyMap<string, PageFile>> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true }).catch((cause: unknown) => {
    throw new Error('The page of the window is missing from this package. Install multidown again.', { cause });
  });
  const files = await Promise.all(
    names.map(async (entry): Promise<[string, PageFile][]> => {
      const type = types[extname(entry.name)];
      if (!entry.isFile() || type === undefined) return [];
      const path = join(entry.parentPath, entry.name);
      const asked = path.slice(folder.length).replaceAll('\\', '/');
      return [[asked === '/index.html' ? '/' : asked, { type, content: await readFile(path) }]];
    }),
  );
  return new Map(files.flat());
}
