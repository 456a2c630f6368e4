import type { Entity } from './entity.ts';
import type { Failure } from './failures.ts';
import type { PieceDigest } from './options.ts';

/** An answer whose body is about to come. */
export interface IncomingAnswer {
  /** Its first byte. */
  readonly from: number;
  /** A strong validator says that it is of the entity that was begun with. */
  readonly isProved: boolean;
  /** What the server says of the bytes that it sends. */
  readonly piece: PieceDigest | null;
}

/** What the download tells a segment. */
export type SegmentCommand =
  /** A connection is free for it. `exchangeId` names an answer that is open already. */
  | { readonly type: 'segment.start'; readonly exchangeId: string | null }
  /** Its range ends earlier now: the rest has been given away. */
  | { readonly type: 'segment.truncate'; readonly end: number }
  /** Its range ends later now: nobody else fetches what follows. */
  | { readonly type: 'segment.extend'; readonly end: number }
  /** Let the connection go, land what is in flight, wait for a connection. */
  | { readonly type: 'segment.release' }
  /** The same, and then do nothing more. */
  | { readonly type: 'segment.park' };

/**
 * What a segment tells the download. `at` is monotonic time in milliseconds,
 * `written` the absolute offset up to which bytes are on disk.
 */
export type SegmentToDownloadEvent =
  | { readonly type: 'segment.requested'; readonly id: string }
  | ({ readonly type: 'segment.responded'; readonly id: string } & IncomingAnswer)
  | {
      readonly type: 'segment.advanced';
      readonly id: string;
      readonly written: number;
      readonly bytesPerSecond: number;
    }
  | { readonly type: 'segment.completed'; readonly id: string; readonly written: number; readonly at: number }
  /** It waits before it tries again. */
  | {
      readonly type: 'segment.backedOff';
      readonly id: string;
      readonly failure: Failure;
      readonly attempt: number;
      readonly delayMs: number;
      readonly at: number;
    }
  /** It has no connection any more and waits for one. */
  | { readonly type: 'segment.released'; readonly id: string; readonly written: number }
  /** It will do nothing more. */
  | { readonly type: 'segment.parked'; readonly id: string; readonly written: number }
  /** Its range starts over: this server sends whole files only. */
  | { readonly type: 'segment.rewound'; readonly id: string }
  | { readonly type: 'segment.failed'; readonly id: string; readonly failure: Failure };

/** What the transfer of a range needs. Offsets absolute, `end` exclusive, null when unknown. */
export interface TransferInput {
  readonly id: string;
  readonly from: number;
  readonly end: number | null;
  readonly entity: Entity;
  readonly exchangeId: string | null;
  readonly timeoutMs: number;
}

/** What a segment tells its transfer. */
export type TransferCommand =
  | { readonly type: 'transfer.truncate'; readonly end: number }
  | { readonly type: 'transfer.extend'; readonly end: number }
  /** Drop the connection, write what has arrived, then report `transfer.landed`. */
  | { readonly type: 'transfer.land' };

/** What a transfer tells its segment; `at` and `written` as above. */
export type TransferToSegmentEvent =
  | ({ readonly type: 'transfer.responded' } & IncomingAnswer)
  | { readonly type: 'transfer.advanced'; readonly written: number; readonly bytesPerSecond: number }
  /** The range, or the body of unknown length, is on disk. */
  | { readonly type: 'transfer.completed'; readonly written: number; readonly at: number }
  | { readonly type: 'transfer.landed'; readonly written: number; readonly at: number }
  | {
      readonly type: 'transfer.failed';
      readonly failure: Failure;
      readonly written: number;
      readonly at: number;
      /** 0 <= x < 1, for the back-off. */
      readonly jitter: number;
    };
