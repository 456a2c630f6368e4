import type { FileHandle } from 'node:fs/promises';
import { FailureError } from '../../machines/failures.ts';
import type { DigestAlgorithm } from '../../machines/options.ts';
import { orFail } from './disk-failures.ts';
import { createHash } from './hash.ts';

/** Read at once for a digest, bytes. */
const READ_BYTES = 1024 * 1024;

/**
 * Digests of a part of an open file, in hexadecimal.
 *
 * @param path of the file, for messages
 * @throws FailureError `disk`, and `interrupted` when the signal aborts it
 */
export async function digestHandle(
  { handle, path }: { readonly handle: FileHandle; readonly path: string },
  algorithms: readonly DigestAlgorithm[],
  { start, end }: { readonly start: number; readonly end: number },
  signal: AbortSignal,
): Promise<Record<string, string>> {
  const hashes = algorithms.map((algorithm) => ({ algorithm, hash: createHash(algorithm) }));
  // Two pieces of memory in turn: one is read into while the other is being hashed.
  const buffers = [0, 1].map(() => Buffer.alloc(Math.min(READ_BYTES, Math.max(1, end - start))));
  const read = async (at: number, into: Buffer | undefined): Promise<Buffer | null> => {
    const length = Math.min(into?.length ?? 0, end - at);
    if (into === undefined || length <= 0) return null;
    const { bytesRead } = await orFail(handle.read(into, 0, length, at), 'read', path);
    return bytesRead === 0 ? null : into.subarray(0, bytesRead);
  };
  let turn = 0;
  let at = start;
  for (let piece = await read(at, buffers[0]); piece !== null; ) {
    if (signal.aborted) throw new FailureError({ code: 'interrupted', message: 'The check of the file was stopped.' });
    at += piece.length;
    turn = 1 - turn;
    const next = read(at, buffers[turn]);
    for (const { hash } of hashes) hash.update(piece);
    piece = await next;
  }
  return Object.fromEntries(hashes.map(({ algorithm, hash }) => [algorithm, hash.digest('hex')]));
}
