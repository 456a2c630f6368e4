import type { Entity } from './entity.ts';
import type { PieceDigest } from './options.ts';
import type { Plan } from './ranges.ts';

/**
 * What outlives the process: the persistent part of a parked download. No
 * timers, no running children, no secrets (the URL is redacted; credentials and
 * headers come again with the next start).
 */
export interface Checkpoint {
  /** The URL asked for, with userinfo and secret query values removed. */
  readonly url: string;
  readonly entity: Entity;
  readonly plan: Plan;
  /** Wall-clock time of the first start, milliseconds since 1970. */
  readonly startedAt: number;
  /** Milliseconds spent downloading so far, pauses not counted. */
  readonly activeMs: number;
  /** What the server said of parts of the file; left out where it said nothing. */
  readonly pieces?: readonly PieceDigest[] | undefined;
  /** First bytes of answers that nothing proves to be of this entity; left out while all are proved. */
  readonly seams?: readonly number[] | undefined;
}
