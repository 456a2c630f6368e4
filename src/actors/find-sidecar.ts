import { findChecksum, sidecars } from '../machines/checksum-file.ts';
import type { ExpectedDigest } from '../machines/options.ts';
import type { SourcePort } from './ports.ts';

/** A file of checksums is no longer than this, bytes. */
const MOST_BYTES = 1024 * 1024;
/** The file is here already: nobody waits long for its checksum, milliseconds. */
const TIMEOUT_MS = 10_000;

/**
 * Looks beside the file for one that has its checksum.
 *
 * @returns null when there is none, or none that can be had
 */
export async function findSidecar(source: SourcePort, signal: AbortSignal): Promise<ExpectedDigest | null> {
  for (const [pattern, algorithm] of sidecars) {
    const answer = await source
      .fetchBeside(pattern, { maxBytes: MOST_BYTES, timeoutMs: TIMEOUT_MS }, signal)
      .catch(() => null);
    if (signal.aborted) return null;
    const digest = answer && findChecksum(answer.text, answer.name, algorithm);
    if (digest) return digest;
  }
  return null;
}
