import { findChecksum, sidecars } from '../machines/checksum-file.ts';
import { toFailure } from '../machines/failures.ts';
import type { ExpectedDigest } from '../machines/options.ts';
import type { SourcePort } from './ports.ts';

/** A file of checksums is no longer than this, bytes. */
const MOST_BYTES = 1024 * 1024;
/** The file is here already: nobody waits long for its checksum, milliseconds. */
const TIMEOUT_MS = 10_000;

/**
 * Looks beside the file for one that has its checksum: where the user said that
 * the file is first. What that leads to is often a signed address on a store of
 * nameless files.
 *
 * @returns null when there is none, or none that can be had
 */
export async function findSidecar(source: SourcePort, signal: AbortSignal): Promise<ExpectedDigest | null> {
  return (await lookBeside('given', source, signal)) ?? (await lookBeside('final', source, signal));
}

async function lookBeside(
  place: 'given' | 'final',
  source: SourcePort,
  signal: AbortSignal,
): Promise<ExpectedDigest | null> {
  for (const [pattern, algorithm] of sidecars) {
    if (signal.aborted) return null;
    try {
      const answer = await source.fetchBeside(place, pattern, { maxBytes: MOST_BYTES, timeoutMs: TIMEOUT_MS }, signal);
      const digest = answer && findChecksum(answer.text, answer.name, algorithm);
      if (digest) return digest;
    } catch (error) {
      // Who does not answer one request is not waited for six times more.
      if (toFailure(error).code === 'timeout') return null;
    }
  }
  return null;
}
