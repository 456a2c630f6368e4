/** Parts of a file that a server gave digests for, and what is wrong where one does not match. */
import type { PieceDigest } from './options.ts';

/** From `start` to `end`, exclusive; absolute offsets in bytes. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** More digests of parts than this are not kept. */
const MOST_PIECES = 4_096;

/** The pieces with one more; one that says what is known already adds nothing. */
export function withPiece(pieces: readonly PieceDigest[], piece: PieceDigest | null): readonly PieceDigest[] {
  if (piece === null || pieces.length >= MOST_PIECES) return pieces;
  const isKnown = pieces.some(({ start, end, hex }) => start === piece.start && end === piece.end && hex === piece.hex);
  return isKnown ? pieces : [...pieces, piece];
}

/**
 * The bytes to fetch again: those of the pieces that do not match, without
 * those of pieces that do (the first answer's piece is often the whole file).
 * In order, none twice.
 */
export function suspects(bad: readonly Span[], good: readonly Span[]): readonly Span[] {
  const left = bad.flatMap((piece) => good.reduce<readonly Span[]>(without, [piece]));
  // Each byte of a bad piece lies in a good one as well: they contradict each other.
  return mergeSpans(left.length > 0 ? left : bad);
}

function without(spans: readonly Span[], hole: Span): readonly Span[] {
  return spans.flatMap(({ start, end }) => [
    ...(start < Math.min(end, hole.start) ? [{ start, end: Math.min(end, hole.start) }] : []),
    ...(Math.max(start, hole.end) < end ? [{ start: Math.max(start, hole.end), end }] : []),
  ]);
}

/** The same bytes in as few pieces as there can be, in order, none twice. */
export function mergeSpans(spans: readonly Span[]): readonly Span[] {
  const merged: Span[] = [];
  for (const { start, end } of [...spans].sort((a, b) => a.start - b.start)) {
    const last = merged.at(-1);
    if (last && start <= last.end) merged[merged.length - 1] = { start: last.start, end: Math.max(last.end, end) };
    else merged.push({ start, end });
  }
  return merged;
}
