import type { Failure, FailureCode } from './machines/failures.ts';

/** How a download failed: a stable `code`, a sentence for people as `message`, and, where there is one, a `cause`. */
export class DownloadError extends Error {
  override readonly name = 'DownloadError';
  readonly code: FailureCode;
  /** The HTTP status, when the server answered with one. */
  readonly status: number | null;
  /** The file that is concerned; null when none is. */
  readonly path: string | null;
  /** True when the same download, started again, goes on from what is there. */
  readonly resumable: boolean;

  constructor(failure: Failure, options: ErrorOptions & { resumable?: boolean } = {}) {
    super(failure.message, options);
    this.code = failure.code;
    this.status = failure.status ?? null;
    this.path = failure.path ?? null;
    this.resumable = options.resumable ?? false;
  }
}
