/**
 * What the actors need of the outside, as interfaces. Each set of ports serves
 * one download: the source is bound to one URL (with its secrets), the storage
 * to one target, so that neither ever passes through the machine.
 *
 * Every promise here rejects with a `FailureError`, never with anything else.
 */
import type { Checkpoint } from '../machines/checkpoint.ts';
import type { Claim, ClaimRequest, Target } from '../machines/claim.ts';
import type { DigestAlgorithm } from '../machines/options.ts';
import type { Span } from '../machines/pieces.ts';

/* ------------------------------------------------------------------ HTTP */

/** Header fields by lower-case name; repeated fields are joined with `, `. */
export type HeaderFields = Readonly<Record<string, string>>;

export interface ResponseHead {
  readonly status: number;
  readonly headers: HeaderFields;
  /** The URL that answered, after redirects, redacted. */
  readonly url: string;
  /** A name for the file out of Content-Disposition, else that URL, else `download`: one safe path component. */
  readonly suggestedName: string;
  /** From sending the last request to its head, milliseconds. */
  readonly latencyMs: number;
}

export interface RangeRequest {
  /** First byte wanted; null asks for the whole file, without a Range field. */
  readonly from: number | null;
  /** First byte not wanted any more; null for "to the end". */
  readonly to: number | null;
  /** A strong validator for If-Range; null sends none. */
  readonly ifRange: string | null;
  /** No head, or no byte, for so long is a stall: `timeout`. Milliseconds. */
  readonly timeoutMs: number;
  /** Ask for the file's digest too (RFC 9530). */
  readonly wantsDigest?: boolean;
}

/** Takes a body as it arrives. Called synchronously from the socket's reads. */
export interface BodyConsumer {
  /**
   * A chunk that the consumer may keep until it gives it back with
   * `SourcePort.recycle`. Return false to pause; `Exchange.resume` goes on.
   */
  data(chunk: Uint8Array): boolean;
  /** The body ended as the message's framing promised. */
  end(): void;
  /** The body broke off: `connection-lost`, `timeout`, `protocol`. */
  error(error: unknown): void;
}

/**
 * One answer whose head is here and whose body waits. The body is not read
 * until someone consumes it. Each exchange must be consumed to its end or
 * cancelled: none is left open.
 */
export interface Exchange {
  /** Unique in the process, so that a machine can pass the exchange on by name. */
  readonly id: string;
  readonly head: ResponseHead;
  /** Starts the body. At most once. */
  consume(consumer: BodyConsumer): void;
  /** Goes on after `data` returned false. */
  resume(): void;
  /** Drops the body and its connection, now; the consumer hears nothing more. Harmless when all is over. */
  cancel(): void;
}

/** The one resource of a download, over HTTP(S). */
export interface SourcePort {
  /**
   * Sends one GET, follows redirects, resolves when the head is here, whatever
   * its status. The final URL is remembered for the next call; when it stops
   * working (400, 401, 403, 404, 410) the first URL is asked again, once.
   * @throws FailureError `host-not-found`, `connection-refused`,
   * `connection-lost`, `timeout`, `tls-untrusted`, `network`, `protocol`,
   * `too-many-redirects`, `redirect-refused`
   */
  open(request: RangeRequest, signal: AbortSignal): Promise<Exchange>;
  /**
   * Tells how many connections to its host this download may have, at once and
   * whenever that changes, until the returned function is called: what a host
   * stands is shared by all downloads of the process.
   */
  watchShare(listener: (connections: number) => void): () => void;
  /** Reads little at a time, so that so many bytes a second can be held; null reads as much as there is. */
  paceReads(bytesPerSecond: number | null): void;
  /**
   * Takes back bytes of a body, in any pieces, each byte at most once: their
   * memory is read into again. What is never given back is collected as usual.
   */
  recycle(chunk: Uint8Array): void;
  /**
   * Fetches a small text that lies beside the file, whole.
   *
   * @param place beside the URL that was given, or the one it led to
   * @param pattern its name; `*` in it stands for the file's own
   * @returns null when there is none, or the URL led nowhere else; else the text, and the file's own name in that URL
   */
  fetchBeside(
    place: 'given' | 'final',
    pattern: string,
    limits: { readonly maxBytes: number; readonly timeoutMs: number },
    signal: AbortSignal,
  ): Promise<{ readonly text: string; readonly name: string } | null>;
  /** Cancels what is open and closes every socket. */
  close(): Promise<void>;
}

/* --------------------------------------------------------------- storage */

export type { Claim, ClaimRequest, Target };

/**
 * Everything on disk about one download: `<target>.multidown/` and the target.
 * Calls may overlap (a checkpoint is written while data is); those that must not
 * wait for one another inside, and `close` waits for all.
 */
export interface StoragePort {
  /**
   * Works out the target, looks for a partial (without a name: any partial of
   * this URL in the folder), locks it. What a former run, cut off while it
   * published, has left is put in order. May be called again with more known; a
   * lock that is held stays held, one of another target is let go.
   * @throws FailureError `invalid-path`, `in-use`, `checkpoint-damaged`, `disk`
   */
  claim(request: ClaimRequest): Promise<Claim>;
  /**
   * Makes the state folder, takes the lock if it is not held, opens `data`,
   * cuts it to nothing when `fresh`, and looks whether the disk has room for
   * `size` bytes (what `data` already occupies counts).
   * @param request.digests will be asked for, of the whole file: they may be those of what was written
   * @param request.there bytes that a former run has written
   * @returns the target's path: another than the claimed one where another
   * download took the name meanwhile, and nobody insists on it
   * @throws FailureError `invalid-path`, `in-use`, `disk-full`, `disk`
   */
  prepare(request: {
    readonly size: number | null;
    readonly fresh: boolean;
    readonly digests?: readonly DigestAlgorithm[];
    readonly there?: readonly Span[];
  }): Promise<string>;
  /**
   * Writes all the bytes of `chunks`, one after the other, from `position` on.
   * @throws FailureError `disk-full`, `disk`
   */
  write(chunks: readonly Uint8Array[], position: number): Promise<void>;
  /** Reads `length` bytes of `data` from `position` on: to compare them with the server's. Fewer when the file ends. */
  read(position: number, length: number): Promise<Uint8Array>;
  /** Notes progress for a killed process: temporary file, rename, no sync. */
  saveLive(checkpoint: Checkpoint): Promise<void>;
  /**
   * Notes progress for a power cut: syncs `data` first, then the file and its
   * folder. What `written` says in the checkpoint is what becomes durable.
   */
  saveCheckpoint(checkpoint: Checkpoint): Promise<void>;
  /** Digests of the bytes of `data` from `start` to `end`, exclusive; hexadecimal. */
  digest(
    algorithms: readonly DigestAlgorithm[],
    piece: { readonly start: number; readonly end: number },
    signal: AbortSignal,
  ): Promise<Readonly<Record<string, string>>>;
  /**
   * Digests of the whole file that stands at the target, hexadecimal; it is only read.
   * @throws FailureError `disk`, `interrupted`
   */
  digestTarget(algorithms: readonly DigestAlgorithm[], signal: AbortSignal): Promise<Readonly<Record<string, string>>>;
  /**
   * Cuts `data` to `size`, syncs it, gives it its final name, syncs the folder,
   * forgets the state. Resolves to the path.
   *
   * `onConflict` says what becomes of a file that stands at the target by then:
   * `fail` leaves it and rejects with `target-exists`, `overwrite` replaces it,
   * `rename` publishes under the first free numbered name, `a (1).iso`.
   */
  publish(request: { readonly size: number; readonly onConflict: 'fail' | 'overwrite' | 'rename' }): Promise<string>;
  /** Sets the data aside as `data.rejected` (a digest did not match), so that the next run begins anew. Resolves to its path. */
  reject(): Promise<string>;
  /** Closes files and lets the lock go; keeps the partial, and removes a state folder in which nothing is worth keeping. */
  close(): Promise<void>;
}

/* ----------------------------------------------------------------- clock */

export interface ClockPort {
  /** Monotonic, milliseconds. */
  now(): number;
  /** Wall clock, milliseconds since 1970. For people only, never for intervals. */
  wall(): number;
  /** Calls `tick` every `ms` milliseconds until the returned function is called. */
  every(ms: number, tick: () => void): () => void;
  /** Calls `done` once after `ms`, unless the returned function is called first. */
  after(ms: number, done: () => void): () => void;
  /** Milliseconds that this process has been at work, since it began. */
  activeMs(): number;
  /** 0 <= x < 1, for jitter. */
  random(): number;
}

export interface Ports {
  readonly source: SourcePort;
  readonly storage: StoragePort;
  readonly clock: ClockPort;
}
