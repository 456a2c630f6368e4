export type IfExists = 'ask' | 'overwrite' | 'rename' | 'skip' | 'fail';
export type IfChanged = 'ask' | 'restart' | 'fail';
export type DigestAlgorithm = 'md5' | 'sha1' | 'sha256' | 'sha512';

export interface ExpectedDigest {
  readonly algorithm: DigestAlgorithm;
  /** Lower-case hexadecimal. */
  readonly hex: string;
}

/** A digest of the bytes from `start` to `end`, exclusive. */
export interface PieceDigest extends ExpectedDigest {
  readonly start: number;
  readonly end: number;
}

/** How to download; plain JSON, no secrets. All times in milliseconds, sizes in bytes. */
export interface DownloadOptions {
  /** Most connections at once, 1 to 64; `auto` finds out how many pay, up to 32. */
  readonly connections: number | 'auto';
  /** A part of a range measures at least so many bytes; null lets the measured round trip and speed decide. */
  readonly minSplit: number | null;
  /** Failed attempts in a row, without progress, before a range is given up; 0 never retries. */
  readonly retries: number;
  /** No byte for so long, or fewer than 16 a second over it, is a stall. */
  readonly timeoutMs: number;
  /** Bytes a second for the whole download; null for no limit. */
  readonly rateLimit: number | null;
  readonly ifExists: IfExists;
  readonly ifChanged: IfChanged;
  /** Throw an existing partial away and begin anew. */
  readonly restart: boolean;
  /** All must match before the file gets its name. */
  readonly digests: readonly ExpectedDigest[];
  /** Look for a file of checksums beside the file, and use it. */
  readonly findChecksum: boolean;
  /** Compute the SHA-256 for the `done` event, also where there is nothing to compare it with: about 0.7 s a GiB. */
  readonly computeDigest: boolean;
  /** Stop after the probe: nothing is written. */
  readonly dryRun: boolean;
}

export const CONNECTIONS_MAX = 64;

export const defaultOptions: DownloadOptions = {
  connections: 'auto',
  minSplit: null,
  retries: 5,
  timeoutMs: 30_000,
  rateLimit: null,
  ifExists: 'fail',
  ifChanged: 'fail',
  restart: false,
  digests: [],
  findChecksum: false,
  computeDigest: true,
  dryRun: false,
};
