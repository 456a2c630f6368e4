/**
 * How many connections the server stands, learnt as TCP learns a path: each
 * good answer allows two more (a connection is answered once, so one more would
 * only be one a round trip), and the count doubles with every round trip;
 * push-back (429, 503, refused, reset at connect) halves it, to no more than
 * were being served, and it grows again slowly.
 */
export interface Allowance {
  /** Connections that may be busy now. */
  readonly ceiling: number;
  /** Monotonic time of the next slow step up, milliseconds; null while nobody has pushed back. */
  readonly growAt: number | null;
  /** Time between slow steps, milliseconds; it doubles with every push-back. */
  readonly pace: number;
}

const FIRST_PACE_MS = 2_000;
const SLOWEST_PACE_MS = 60_000;

export const openingAllowance: Allowance = { ceiling: 1, growAt: null, pace: FIRST_PACE_MS };

/** A connection was answered well. */
export function allowMore(allowance: Allowance): Allowance {
  return allowance.growAt === null ? { ...allowance, ceiling: allowance.ceiling + 2 } : allowance;
}

/** What was going on when the server pushed back. */
export interface PushBack {
  /** Connections that were being served. */
  readonly served: number;
  /** Connections that were wanted: served, asking, and the one that was refused. */
  readonly wanted: number;
  /** Monotonic, milliseconds. */
  readonly now: number;
  /** What the server asked for; 0 for nothing. */
  readonly retryAfterMs: number;
}

/** The server pushed back. */
export function pushBack(allowance: Allowance, { served, wanted, now, retryAfterMs }: PushBack): Allowance {
  // The requests of one volley are all refused: that is one push-back, not many.
  const isSameVolley = allowance.growAt !== null && now < allowance.growAt;
  const half = isSameVolley ? allowance.ceiling : Math.ceil(Math.min(allowance.ceiling, wanted) / 2);
  const ceiling = Math.max(1, Math.min(half, served));
  const isFirst = allowance.growAt === null;
  const pace = isSameVolley || isFirst ? allowance.pace : Math.min(SLOWEST_PACE_MS, allowance.pace * 2);
  return { ceiling, pace, growAt: Math.max(allowance.growAt ?? 0, now + Math.max(pace, retryAfterMs)) };
}

/** Time has passed without push-back. */
export function growSlowly(allowance: Allowance, now: number): Allowance {
  if (allowance.growAt === null || now < allowance.growAt) return allowance;
  return { ...allowance, ceiling: allowance.ceiling + 1, growAt: now + allowance.pace };
}
