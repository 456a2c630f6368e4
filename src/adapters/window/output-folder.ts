import { lstat, realpath } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';

/**
 * Where a page may save: a folder within one of the roots, once every link on
 * the way is followed. A folder that is not there yet counts as where it would be.
 *
 * @returns the real path; null when it is outside, or no path at all
 */
export async function folderWithin(roots: readonly string[], folder: string | null): Promise<string | null> {
  const [first] = roots;
  if (first === undefined) return null;
  if (folder === null) return await realpath(first).catch(() => null);
  const isForeign = /^(?:\\\\|\/\/)/.test(folder) || /\p{Cc}/u.test(folder) || folder.split(/[/\\]/).includes('..');
  if (isForeign || !isAbsolute(folder)) return null;
  const real = await realOf(resolve(folder));
  if (real === null) return null;
  for (const root of roots) {
    const inner = await realpath(root).then(
      (realRoot) => relative(realRoot, real),
      () => '..',
    );
    if (inner === '' || (!isAbsolute(inner) && inner !== '..' && !inner.startsWith(`..${sep}`))) return real;
  }
  return null;
}

async function realOf(path: string): Promise<string | null> {
  try {
    return await realpath(path);
  } catch {
    const parent = dirname(path);
    // A link that leads nowhere would be followed when something is made there.
    if (parent === path || (await isLink(path))) return null;
    const real = await realOf(parent);
    return real === null ? null : join(real, basename(path));
  }
}

export async function isLink(path: string): Promise<boolean> {
  return await lstat(path).then(
    (found) => found.isSymbolicLink(),
    () => false,
  );
}
