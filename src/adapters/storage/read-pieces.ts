import type { FileHandle } from 'node:fs/promises';
import { FailureError } from '../../machines/failures.ts';
import { orFail } from './disk-failures.ts';

/** Read at once, bytes. */
const READ_BYTES = 1024 * 1024;

/** An open file, with its path for messages. */
export interface ReadableFile {
  readonly handle: FileHandle;
  readonly path: string;
}

export function checkStopped(): FailureError {
  return new FailureError({ code: 'interrupted', message: 'The check of the file was stopped.' });
}

/**
 * A part of a file, piece by piece: the next is read while one is worked on. A
 * piece is valid until the next is asked for. Ends early where the file does.
 *
 * @throws FailureError `disk`, and `interrupted` when the signal aborts it
 */
export async function* piecesOf(
  { handle, path }: ReadableFile,
  { start, end }: { readonly start: number; readonly end: number },
  signal: AbortSignal | null,
): AsyncGenerator<Buffer, void> {
  const length = Math.min(READ_BYTES, end - start);
  const read = async (at: number, into: Buffer): Promise<Buffer | null> => {
    const wanted = Math.min(into.length, end - at);
    if (wanted <= 0) return null;
    const { bytesRead } = await orFail(handle.read(into, 0, wanted, at), 'read', path);
    return bytesRead === 0 ? null : into.subarray(0, bytesRead);
  };
  if (length <= 0) return;
  // Two pieces of memory in turn: one is read into while the other is worked on.
  let [mine, next] = [Buffer.allocUnsafeSlow(length), Buffer.allocUnsafeSlow(length)];
  let at = start;
  for (let piece = await read(at, mine); piece !== null; ) {
    if (signal?.aborted) throw checkStopped();
    at += piece.length;
    const coming = read(at, next);
    // Whoever leaves early does not hear how it went.
    coming.catch(() => {});
    yield piece;
    piece = await coming;
    [mine, next] = [next, mine];
  }
}
