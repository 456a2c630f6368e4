import * as z from 'zod/mini';
import type { Checkpoint } from '../../machines/checkpoint.ts';
import type { DataIdentity } from './data-identity.ts';

/** Most ranges of a plan. */
const MOST_RANGES = 100_000;
/** Longest text, characters: longer than any header field that is accepted. */
const LONGEST_TEXT = 65_536;

const offset = z.int().check(z.nonnegative());
const text = z.string().check(z.maxLength(LONGEST_TEXT));
const range = z.strictObject({
  id: z.string().check(z.regex(/^segment-\d{1,15}$/)),
  start: offset,
  end: z.nullable(offset),
  written: offset,
  durable: offset,
});

const piece = z.strictObject({
  start: offset,
  end: offset,
  algorithm: z.enum(['md5', 'sha1', 'sha256', 'sha512']),
  hex: z.string().check(z.regex(/^[0-9a-f]{32,128}$/)),
});

const checkpoint = z.strictObject({
  url: text,
  entity: z.strictObject({
    size: z.nullable(offset),
    etag: z.nullable(text),
    lastModified: z.nullable(text),
    date: z.nullable(text),
    acceptsRanges: z.boolean(),
  }),
  plan: z.array(range).check(z.maxLength(MOST_RANGES)),
  startedAt: z.number(),
  activeMs: z.number().check(z.nonnegative()),
  pieces: z.optional(z.array(piece).check(z.maxLength(MOST_RANGES))),
  seams: z.optional(z.array(offset).check(z.maxLength(MOST_RANGES))),
});

/** A checkpoint that can be believed as far as it alone can tell: its form, its bounds, a plan that covers the file. */
export function checkCheckpoint(value: unknown): Checkpoint | null {
  const parsed = checkpoint.safeParse(value);
  return parsed.success && isSound(parsed.data) ? parsed.data : null;
}

/** Inodes have 64 bits, and come as the nearest number. */
const inode = z.number().check(z.nonnegative());
const identity = z.strictObject({ inode, folder: inode });

/** Null for what no program of ours has written. */
export function checkIdentity(value: unknown): DataIdentity | null {
  return identity.safeParse(value).data ?? null;
}

function isSound({ plan, entity, pieces = [], seams = [] }: Checkpoint): boolean {
  if (seams.some((at) => at > (entity.size ?? at))) return false;
  if (pieces.some(({ start, end }) => start >= end || end > (entity.size ?? end))) return false;
  if (new Set(plan.map(({ id }) => id)).size !== plan.length) return false;
  let at: number | null = 0;
  for (const { start, end, written, durable } of plan) {
    if (at === null || start !== at) return false;
    if (durable < start || written < durable || (end !== null && (end <= start || written > end))) return false;
    at = end;
  }
  return at === entity.size;
}
