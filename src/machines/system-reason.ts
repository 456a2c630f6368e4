/** What the system says of a file, as people say it: the end of a sentence. */
const reasons: Readonly<Record<string, string>> = {
  ENOTDIR: 'a part of its path is a file, not a folder',
  EISDIR: 'it is a folder',
  EACCES: 'permission is denied',
  EPERM: 'permission is denied',
  EROFS: 'the file system is read-only',
  ENAMETOOLONG: 'its name is too long',
  ENOSPC: 'the disk is full',
};

/**
 * Why a file could not be read or written; the error's own text where it is none of the usual ones.
 *
 * @param missing said where something does not exist: the file that is read, the folder of one that is written
 */
export function systemReason(error: unknown, missing = 'there is no such file'): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ENOENT') return missing;
  return reasons[code] ?? (error instanceof Error ? error.message : String(error));
}
