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
