import { findChecksum, sidecars } from '../machines/checksum-file.ts';
import type { ExpectedDigest } from '../machines/options.ts';
import type { Ports } from './ports.ts';

/** A file of checksums is no longer than this, bytes. */
const MOST_BYTES = 1024 * 1024;
/** The file is here already: nobody waits long for its checksum, at either place, milliseconds. */
const PATIENCE_MS = 10_000;

/** All digests that the file must have: those that were given, and the one beside it, where that is asked for. */
export async function gatherExpected(
  { expected, looksBeside }: { readonly expected: readonly ExpectedDigest[]; readonly looksBeside: boolean },
  ports: Pick<Ports, 'source' | 'clock'>,
  signal: AbortSignal,
): Promise<{ readonly all: readonly ExpectedDigest[]; readonly isMissing: boolean }> {
  const beside = looksBeside ? await findSidecar(ports, signal) : null;
  return { all: beside ? [...expected, beside] : expected, isMissing: looksBeside && beside === null };
}

/**
 * Looks beside the file for one that has its checksum: where the user said that
 * the file is first. What that leads to is often a signed address on a store of
 * nameless files.
 *
 * @returns null when there is none, or none that can be had
 */
export async function findSidecar(
  ports: Pick<Ports, 'source' | 'clock'>,
  signal: AbortSignal,
): Promise<ExpectedDigest | null> {
  return (await lookBeside('given', ports, signal)) ?? (await lookBeside('final', ports, signal));
}

async function lookBeside(
  place: 'given' | 'final',
  { source, clock }: Pick<Ports, 'source' | 'clock'>,
  signal: AbortSignal,
): Promise<ExpectedDigest | null> {
  const late = new AbortController();
  // All of them together: an overloaded host has each of them wait.
  const stop = clock.after(PATIENCE_MS, () => late.abort());
  const limits = { maxBytes: MOST_BYTES, timeoutMs: PATIENCE_MS };
  const inTime = AbortSignal.any([signal, late.signal]);
  try {
    for (const [pattern, algorithm] of sidecars) {
      if (inTime.aborted) return null;
      const answer = await source.fetchBeside(place, pattern, limits, inTime).catch(() => null);
      const digest = answer && findChecksum(answer.text, answer.name, algorithm);
      if (digest) return digest;
    }
    return null;
  } finally {
    stop();
  }
}
