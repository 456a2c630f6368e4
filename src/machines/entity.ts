import { parseHttpDate } from './http-date.ts';

/**
 * What the server said about the file, as far as it matters for fetching it in
 * pieces. "Entity" is one version of the resource's bytes; two answers may be
 * combined only when they come from the same one (RFC 9110, section 15.3.7.3).
 */
export interface Entity {
  /** Whole length in bytes; null when the server does not say. */
  readonly size: number | null;
  /** The ETag field as sent, weak prefix included; null without one. */
  readonly etag: string | null;
  /** The Last-Modified field as sent; null without one. */
  readonly lastModified: string | null;
  /** The Date field of the same answer; it decides whether Last-Modified is strong. */
  readonly date: string | null;
  /** Proved by a 206: the file can be fetched in ranges. */
  readonly acceptsRanges: boolean;
}

/** How sure we are that two answers are of one entity. */
export type Sameness =
  /** A strong validator says so. */
  | 'same'
  /** A validator or the size says otherwise. */
  | 'different'
  /** Nothing strong to compare: the sizes agree, the bytes must be compared. */
  | 'unproved';

/** A strong entity-tag, quotes included (RFC 9110, section 8.8.3); anything else is null. */
export function strongEtag(etag: string | null): string | null {
  return etag !== null && /^"[\x21\x23-\x7e\x80-\xff]*"$/.test(etag) ? etag : null;
}

/**
 * A Last-Modified that can be trusted to change with the bytes: at least a
 * minute older than the answer's Date. RFC 9110 (section 8.8.2.2) asks for a
 * second; RFC 2616's minute allows for clocks that disagree.
 */
export function strongLastModified({ lastModified, date }: Pick<Entity, 'lastModified' | 'date'>): string | null {
  if (lastModified === null || date === null) return null;
  const [answered, modified] = [parseHttpDate(date), parseHttpDate(lastModified)];
  return answered !== null && modified !== null && answered - modified >= 60_000 ? lastModified : null;
}

/** What goes into If-Range: only a strong validator may (RFC 9110, section 13.1.5). Null when there is none. */
export function rangeValidator(entity: Entity): string | null {
  return strongEtag(entity.etag) ?? (entity.etag === null ? strongLastModified(entity) : null);
}

/** A tag without its weak prefix: what weak comparison compares (RFC 9110, section 8.8.3.2). */
function opaque(etag: string): string {
  return etag.replace(/^W\//, '');
}

/** Compares what an answer says with what is known: sizes first, then validators, the strong ones deciding. */
export function compareEntities(known: Entity, seen: Entity): Sameness {
  if (known.size !== null && seen.size !== null && known.size !== seen.size) return 'different';
  const knownTag = strongEtag(known.etag);
  const seenTag = strongEtag(seen.etag);
  if (knownTag !== null && seenTag !== null) return knownTag === seenTag ? 'same' : 'different';
  // By weak comparison: of another weak tag the server itself says that it is not even equivalent. The same one proves nothing.
  if (known.etag !== null && seen.etag !== null) {
    return opaque(known.etag) === opaque(seen.etag) ? 'unproved' : 'different';
  }
  // A tag that came or went proves nothing either way.
  if (known.etag !== null || seen.etag !== null) return 'unproved';
  if (known.lastModified !== null && seen.lastModified !== null) {
    if (known.lastModified !== seen.lastModified) return 'different';
    return strongLastModified(known) !== null ? 'same' : 'unproved';
  }
  return 'unproved';
}
