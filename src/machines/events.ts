import type { Failure, FailureCode } from './failures.ts';

/** What a front end may ask of a download: send it to the actor. */
export type DownloadCommand =
  | { readonly type: 'download.pause' }
  | { readonly type: 'download.resume' }
  /** Pause, then end: what has arrived is kept for the next run. */
  | { readonly type: 'download.stop' }
  | { readonly type: 'download.setConnections'; readonly connections: number | 'auto' }
  /** Bytes a second; null lifts the limit. */
  | { readonly type: 'download.setRateLimit'; readonly bytesPerSecond: number | null }
  /** The answer to the open {@link Question}; one that does not fit is ignored. */
  | { readonly type: 'download.answer'; readonly answer: Answer };

/** Asked of the user while the machine waits; tag `question`, text in `context.question`. */
export type Question =
  /** The target exists. Answers: overwrite, rename, stop. */
  | { readonly kind: 'target-exists'; readonly path: string; readonly size: number }
  /** The file on the server is no longer the one that the partial is of. Answers: restart, stop. */
  | { readonly kind: 'changed'; readonly path: string; readonly keptBytes: number; readonly reason: string }
  /** A partial of another URL is at the target. Answers: restart, stop. */
  | { readonly kind: 'partial-exists'; readonly path: string; readonly keptBytes: number; readonly url: string };

export type Answer = 'overwrite' | 'rename' | 'restart' | 'stop';

/** Names of the download's states, as in the chart. */
export type DownloadStateName =
  | 'validating'
  | 'probing'
  | 'confirmingOverwrite'
  | 'confirmingRestart'
  | 'preparing'
  | 'downloading'
  | 'pausing'
  | 'paused'
  | 'merging'
  | 'done'
  | 'stopped'
  | 'failed';

export type SegmentStateName = 'parked' | 'waiting' | 'requesting' | 'receiving' | 'backingOff' | 'done' | 'failed';

/** One segment as front ends see it. Offsets absolute, `end` exclusive, null when unknown. */
export interface SegmentView {
  readonly id: string;
  readonly state: SegmentStateName;
  readonly start: number;
  readonly end: number | null;
  readonly written: number;
  /** Failed attempts in a row. */
  readonly attempt: number;
  readonly bytesPerSecond: number;
}

/** Bytes a second. Null until there is something to measure. */
export interface Speeds {
  readonly now: number | null;
  readonly least: number | null;
  readonly mean: number | null;
  readonly best: number | null;
}

/** The figures of a running download, made several times a second. */
export interface Figures {
  /** Bytes on disk, those of earlier runs included. */
  readonly bytes: number;
  /** Whole size in bytes; null when unknown. */
  readonly total: number | null;
  /** 0 to 1; null when the size is unknown. */
  readonly fraction: number | null;
  readonly speed: Speeds;
  /** Wall-clock time of the first start, milliseconds since 1970. */
  readonly startedAt: number;
  /** Milliseconds spent downloading, pauses not counted, earlier runs included. */
  readonly elapsedMs: number;
  /** Milliseconds to go at the present speed; null when that cannot be told. */
  readonly remainingMs: number | null;
  /** Connections with a request under way, the most there may be, and whether that is found out (`auto`) or was said, or is one because the server allows no more. */
  readonly connections: { readonly active: number; readonly limit: number; readonly isAuto: boolean };
  readonly rateLimit: number | null;
  readonly segments: readonly SegmentView[];
}

/** What is known of the source after the probe. */
export interface SourceView {
  /** Where the bytes come from after redirects, redacted. */
  readonly url: string;
  readonly size: number | null;
  readonly acceptsRanges: boolean;
  readonly etag: string | null;
  readonly lastModified: string | null;
  /** From sending the request to the head of the answer, milliseconds. */
  readonly latencyMs: number;
}

export type WarningCode =
  /** No ranges or no length: one connection. */
  | 'single-connection'
  /** Pausing would lose what has arrived, so it was not done. */
  | 'pause-unsupported'
  /** The server asked for fewer connections. */
  | 'push-back'
  /** A segment will try again. */
  | 'retrying'
  /** No validator proves that the file is the same; samples agree. */
  | 'identity-unproved'
  | 'range-damaged'
  /** The length could not be checked: the server announced none. */
  | 'length-unverified'
  /** The partial could not be used; the download began anew. */
  | 'restarted'
  /** The figures are made no more; the download goes on. */
  | 'figures-stopped'
  | 'share-unknown'
  | 'checksum-not-found'
  /** A checkpoint could not be written; the download goes on. */
  | 'checkpoint-failed';

/** What the machine emits (`actor.on`): the same objects that `--json` prints and the iterator yields. */
export type DownloadEvent =
  | {
      readonly type: 'state';
      readonly state: DownloadStateName;
      /** The target's whole path once it is known. */
      readonly path: string | null;
      readonly source: SourceView | null;
      /** Bytes that were already there when this run began. */
      readonly resumedBytes: number;
      readonly question: Question | null;
    }
  | ({ readonly type: 'progress' } & Figures)
  | ({ readonly type: 'segment' } & SegmentView)
  | { readonly type: 'warning'; readonly code: WarningCode; readonly message: string }
  | ({ readonly type: 'done' } & DownloadResult)
  | {
      readonly type: 'failed';
      readonly code: FailureCode;
      readonly message: string;
      readonly status: number | null;
      /** Bytes are kept, and the same command goes on from them. */
      readonly resumable: boolean;
    };

/** How a finished download went. */
export interface DownloadResult {
  /** Absolute path of the file. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Milliseconds spent downloading, pauses not counted, earlier runs included. */
  readonly elapsedMs: number;
  /** Bytes a second over `elapsedMs`; null when there was nothing to measure. */
  readonly meanBytesPerSecond: number | null;
  /** Digests that were asked for and matched, by algorithm, in hexadecimal. */
  readonly digests: Readonly<Record<string, string>>;
  /** The algorithms whose digest was compared, with the user's, the server's or a checksum file's, and matched. */
  readonly verified: readonly string[];
  /** True when the file was there already, and nothing was fetched: `ifExists` is `skip`, or a former run was cut off just after it had given the file its name. */
  readonly skipped: boolean;
  /** True when this was a dry run: nothing was written. */
  readonly dryRun: boolean;
}

/** The machine's output: how the download ended. */
export type DownloadOutcome =
  | { readonly status: 'done'; readonly result: DownloadResult }
  | { readonly status: 'failed' | 'stopped'; readonly failure: Failure; readonly resumable: boolean };
