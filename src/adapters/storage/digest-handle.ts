import type { DigestAlgorithm } from '../../machines/options.ts';
import { createHash } from './hash.ts';
import { piecesOf, type ReadableFile } from './read-pieces.ts';

/**
 * Digests of a part of an open file, in hexadecimal.
 *
 * @throws FailureError `disk`, and `interrupted` when the signal aborts it
 */
export async function digestHandle(
  file: ReadableFile,
  algorithms: readonly DigestAlgorithm[],
  span: { readonly start: number; readonly end: number },
  signal: AbortSignal,
): Promise<Record<string, string>> {
  const hashes = algorithms.map((algorithm) => ({ algorithm, hash: createHash(algorithm) }));
  for await (const piece of piecesOf(file, span, signal)) for (const { hash } of hashes) hash.update(piece);
  return Object.fromEntries(hashes.map(({ algorithm, hash }) => [algorithm, hash.digest('hex')]));
}
