import { type Failure, FailureError } from '../../machines/failures.ts';

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'permission is denied',
  EPERM: 'permission is denied',
  EROFS: 'the file system is read-only',
  EIO: 'the disk reports an error',
  EMFILE: 'too many files are open',
  ENFILE: 'too many files are open',
  ENOENT: 'there is no such folder',
  ENOTDIR: 'a part of its path is a file, not a folder',
  EFBIG: 'the file would be larger than the file system allows',
  ENAMETOOLONG: 'the name is too long for the file system',
  ELOOP: 'a link stands where a file should be',
  EISDIR: 'it is a folder',
  EBUSY: 'something else is using it',
  EXDEV: 'it lies on another disk than its state folder',
  ESTALE: 'the network drive has lost it',
};

/** The system's code for an error, or an empty text. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** True for what file systems without hard links answer. */
export function cannotLink(error: unknown): boolean {
  return ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(codeOf(error));
}

/** What went wrong with a file, as a sentence. */
export function diskFailure(error: unknown, doing: string, path: string): Failure {
  if (error instanceof FailureError) return error.failure;
  const code = codeOf(error);
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return {
      code: 'disk-full',
      message: `The disk is full: ${path} could not be ${doing}. Make room and start the same command again; it goes on from here.`,
      path,
    };
  }
  const reason = reasons[code] ?? (error instanceof Error ? error.message : String(error));
  return { code: 'disk', message: `${path} could not be ${doing}: ${reason}.`, path };
}

/** A place where nothing can be written, before anything was: the user's to change. */
export function placeFailure(error: unknown, doing: string, path: string): Failure {
  const failure = diskFailure(error, doing, path);
  return failure.code === 'disk' && codeOf(error) !== 'EIO' ? { ...failure, code: 'invalid-path' } : failure;
}

/** Runs a file operation; what it throws becomes a FailureError. */
export async function orFail<Result>(
  operation: Promise<Result>,
  doing: string,
  path: string,
  as: typeof diskFailure = diskFailure,
): Promise<Result> {
  try {
    return await operation;
  } catch (error) {
    if (error instanceof FailureError) throw error;
    throw new FailureError(as(error, doing, path), { cause: error });
  }
}

/** For files that may be missing: null then. */
export async function orNull<Result>(operation: Promise<Result>): Promise<Result | null> {
  try {
    return await operation;
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return null;
    throw error;
  }
}
