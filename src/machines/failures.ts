/**
 * Everything that can end a download, or one attempt at a range, as plain JSON
 * that can live in a machine's context. Errors are made at the doors only
 * (`DownloadError`); inside, a failure is a value.
 */

/** What went wrong, by its stable name. Exit codes and `DownloadError.code` follow from it. */
export type FailureCode =
  // what was asked for
  | 'invalid-url'
  | 'invalid-option'
  | 'invalid-path'
  // what the user decided, or must decide
  | 'declined'
  | 'target-exists'
  | 'partial-exists'
  | 'interrupted'
  // the network
  | 'host-not-found'
  | 'connection-refused'
  | 'connection-lost'
  | 'timeout'
  | 'tls-untrusted'
  | 'network'
  // the server
  | 'http-status'
  | 'too-many-redirects'
  | 'redirect-refused'
  | 'protocol'
  | 'changed'
  // the result and where it lives
  | 'digest-mismatch'
  | 'disk-full'
  | 'disk'
  | 'checkpoint-damaged'
  | 'in-use'
  // ours
  | 'unexpected';

export interface Failure {
  readonly code: FailureCode;
  /** One sentence for people: what happened and, where it helps, what to do. No secrets. */
  readonly message: string;
  /** The HTTP status, when the server answered with one. */
  readonly status?: number;
  /** How long the server asked to be left alone, in milliseconds (Retry-After). */
  readonly retryAfterMs?: number;
  /** True when the server (or the way to it) says "fewer connections": 429, 503, refused or reset at connect. */
  readonly pushBack?: boolean;
  /** Of `changed`: in what, as the end of a sentence. */
  readonly reason?: string;
  /** The server sends whole files only, after all: what has arrived cannot be gone on with. */
  readonly withoutRanges?: boolean;
  /** Of `disk`: what has arrived cannot be gone on with. */
  readonly isLost?: boolean;
  /** The file that is concerned. */
  readonly path?: string;
}

/**
 * The one throwable of actors and adapters: carries a {@link Failure} across a
 * promise. The machine turns it back into the value with {@link toFailure}.
 */
export class FailureError extends Error {
  override readonly name = 'FailureError';
  readonly failure: Failure;

  constructor(failure: Failure, options?: ErrorOptions) {
    super(failure.message, options);
    this.failure = failure;
  }
}

/** Throws are unknown; this makes a {@link Failure} of any of them. */
export function toFailure(error: unknown): Failure {
  if (error instanceof FailureError) return error.failure;
  const text = error instanceof Error ? error.message : String(error);
  return { code: 'unexpected', message: `Something unexpected went wrong: ${text}` };
}
