import { mergeSpans, type Span } from './pieces.ts';

/**
 * The plan of a download: which bytes each segment owns and how far it is.
 * Offsets are absolute, in bytes from the start of the file, `end` exclusive.
 * Always `start <= durable <= written <= end`, and the ranges of a plan cover
 * the file exactly once, in order, whatever is split, finished or restored.
 */
export interface Range {
  /** `segment-0`, `segment-1`, ...: also the id of the actor that fetches it. */
  readonly id: string;
  readonly start: number;
  /** Null while the length of the file is unknown; only a lone range may have it. */
  readonly end: number | null;
  /** Bytes before this offset have been handed to the file system. */
  readonly written: number;
  /** Bytes before this offset have been synced: they outlive a power cut. */
  readonly durable: number;
}

export type Plan = readonly Range[];

/** One range over the whole file. A file of no bytes has no ranges. */
export function planWhole(size: number | null): Plan {
  if (size === 0) return [];
  return [{ id: 'segment-0', start: 0, end: size, written: 0, durable: 0 }];
}

/** True when every byte of the range has been written. An unknown end is never reached. */
export function isComplete(range: Range): boolean {
  return range.end !== null && range.written >= range.end;
}

/** Bytes still to fetch; null when the end is unknown. */
export function missingBytes(range: Range): number | null {
  return range.end === null ? null : range.end - range.written;
}

export function writtenBytes(plan: Plan): number {
  return plan.reduce((sum, range) => sum + (range.written - range.start), 0);
}

/** What is there, in as few pieces as there can be. */
export function writtenSpans(plan: Plan): readonly Span[] {
  return mergeSpans(
    plan.filter(({ start, written }) => written > start).map(({ start, written: end }) => ({ start, end })),
  );
}

export function findRange(plan: Plan, id: string): Range | undefined {
  return plan.find((range) => range.id === id);
}

/** The first byte that is not there yet; null when nothing is missing. */
export function firstMissing(plan: Plan): number | null {
  return plan.find((range) => !isComplete(range))?.written ?? null;
}

/** The plan covers exactly the bytes `0..size`, each once, and all of them are written. */
export function isWhole(plan: Plan, size: number): boolean {
  let offset = 0;
  for (const range of plan) {
    if (range.start !== offset || !isComplete(range)) return false;
    offset = range.end ?? offset;
  }
  return offset === size;
}

/**
 * Notes that a segment has written up to `written`. Only forward, and never
 * past the range's end: what a segment wrote beyond it, before it heard of a
 * split, belongs to another range.
 */
export function advance(plan: Plan, id: string, written: number): Plan {
  return update(plan, id, (range) => advanceRange(range, written));
}

/** Does that for every range that something is known of. */
export function advanceAll(plan: Plan, writtenOf: (id: string) => number | undefined): Plan {
  return plan.map((range) => {
    const written = writtenOf(range.id);
    return written === undefined ? range : advanceRange(range, written);
  });
}

function advanceRange(range: Range, written: number): Range {
  return { ...range, written: Math.max(range.written, Math.min(written, range.end ?? written)) };
}

/** A range that must be fetched from its start again: a server without ranges, or bytes that were not to be trusted. */
export function rewind(plan: Plan, id: string): Plan {
  return update(plan, id, (range) => ({ ...range, written: range.start, durable: range.start }));
}

/** Forgets that these pieces were fetched; what lies around them is kept. */
export function forget(plan: Plan, pieces: readonly Span[]): Plan {
  return pieces.reduce(forgetPiece, plan);
}

function forgetPiece(plan: Plan, piece: Span): Plan {
  let next = Number(nextId(plan).slice('segment-'.length));
  return plan.flatMap((range) => {
    const end = range.end ?? range.written;
    const cuts = [piece.start, piece.end].filter((at) => at > range.start && at < end);
    const edges = [range.start, ...cuts, range.end];
    return edges.slice(1).map((to, index): Range => {
      const start = edges[index] ?? range.start;
      const isGone = start >= piece.start && start < piece.end;
      const upTo = (offset: number) => (isGone ? start : Math.max(start, Math.min(offset, to ?? offset)));
      const id = index === 0 ? range.id : `segment-${next++}`;
      return { id, start, end: to, written: upTo(range.written), durable: upTo(range.durable) };
    });
  });
}

/** The end became known: the body of unknown length ended at `end`. */
export function finish(plan: Plan, id: string, end: number): Plan {
  return update(plan, id, (range) => ({ ...range, end, written: end }));
}

/** What `synced` (an earlier state of this plan) says was written is now durable. */
export function markDurable(plan: Plan, synced: Plan): Plan {
  const before = new Map(synced.map((range) => [range.id, range.written]));
  return plan.map((range) => {
    const durable = Math.min(before.get(range.id) ?? range.durable, range.written);
    return durable > range.durable ? { ...range, durable } : range;
  });
}

/** Hands the bytes from `at` on to a new range, `newId`, right behind the old one. */
export function split(plan: Plan, id: string, at: number, newId: string): Plan {
  return plan.flatMap((range) => {
    if (range.id !== id) return [range];
    if (range.end === null || at <= range.written || at >= range.end) {
      throw new RangeError(`cannot split ${id} (${range.written}..${range.end}) at ${at}`);
    }
    return [
      { ...range, end: at },
      { id: newId, start: at, end: range.end, written: at, durable: at },
    ];
  });
}

/** Gives the first of these neighbours all that the others have: nothing of theirs is there yet. */
export function absorb(plan: Plan, id: string, others: readonly string[]): Plan {
  const end = plan.findLast((range) => others.includes(range.id))?.end;
  if (end === undefined) return plan;
  return update(plan, id, (range) => ({ ...range, end })).filter((range) => !others.includes(range.id));
}

/** An id that no range of the plan has. */
export function nextId(plan: Plan): string {
  const numbers = plan.map((range) => Number(range.id.slice('segment-'.length)));
  return `segment-${Math.max(-1, ...numbers) + 1}`;
}

/** Joins neighbours that are complete, so that a plan does not grow with every resume. */
export function joinComplete(plan: Plan): Plan {
  const joined: Range[] = [];
  for (const range of plan) {
    const last = joined.at(-1);
    if (last && isComplete(last) && isComplete(range)) {
      const durable = last.durable === last.end ? range.durable : last.durable;
      joined[joined.length - 1] = { ...last, end: range.end, written: range.written, durable };
    } else {
      joined.push(range);
    }
  }
  return joined;
}

function update(plan: Plan, id: string, change: (range: Range) => Range): Plan {
  return plan.map((range) => (range.id === id ? change(range) : range));
}

/** Bytes of one sample. */
const OVERLAP_BYTES = 16_384;

/**
 * What lies on both sides of each place where one answer's bytes end and
 * another's begin, and the file's first bytes. If the file was replaced while it
 * was being fetched, the answers before that brought the old one: a difference
 * that reaches over a seam between old and new shows on its old side. One that
 * reaches over none is of one answer, and so of one version.
 *
 * @param plan all of it written
 * @param seams first bytes of answers, besides the ranges' own
 */
export function seamsOf(plan: Plan, seams: readonly number[]): readonly Span[] {
  const end = plan.at(-1)?.end ?? 0;
  const around = [...plan.map((range) => range.start), ...seams].map((at) => ({
    start: Math.max(0, at - SEAM_BYTES),
    end: Math.min(end, at + SEAM_BYTES),
  }));
  return mergeSpans(around);
}

/** On each side of a seam. */
const SEAM_BYTES = 1_024;

/** A few pieces of what is written, first, middle and last: to be compared with the server's. */
export function overlapsOf(plan: Plan): readonly Span[] {
  const written = plan.filter((range) => range.written > range.start);
  const picked = new Set([written[0], written[Math.floor(written.length / 2)], written.at(-1)]);
  return [...picked].flatMap((range) =>
    // The last bytes of a range: where a mixture of two versions would begin.
    range ? [{ start: Math.max(range.start, range.written - OVERLAP_BYTES), end: range.written }] : [],
  );
}
