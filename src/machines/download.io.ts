import type { Checkpoint } from './checkpoint.ts';
import type { Claim, ClaimRequest, Target } from './claim.ts';
import type { DownloadContext } from './download.context.ts';
import type { Entity } from './entity.ts';
import type { SourceView, WarningCode } from './events.ts';
import type { Failure } from './failures.ts';
import type { DigestAlgorithm, ExpectedDigest, PieceDigest } from './options.ts';
import type { Span } from './pieces.ts';
import type { Plan } from './ranges.ts';

/* What the invoked actors take and give. */

export type ClaimTargetInput = Omit<ClaimRequest, 'rename'>;
export interface ClaimTargetOutput {
  readonly claim: Claim;
  /** Wall clock, milliseconds since 1970. */
  readonly at: number;
}

export interface CompareExistingInput {
  /** Of the file that stands at the target. */
  readonly path: string;
  readonly expected: readonly ExpectedDigest[];
  /** Look beside the file on the server for a checksum as well. */
  readonly looksBeside: boolean;
}
/** It has them all: what was compared. */
export type CompareExistingOutput = Pick<VerifyDigestsOutput, 'digests' | 'verified' | 'isMissing'>;

export interface ProbeSourceInput {
  readonly plan: Plan;
  /** The entity that the plan is of; null asks for the whole file. */
  readonly known: Entity | null;
  /** Compare samples of what is there with the server's, also where a validator proves that the file is the same. */
  readonly isCopy: boolean;
  readonly timeoutMs: number;
}
export type ProbeSourceOutput =
  | {
      readonly kind: 'found';
      readonly entity: Entity;
      readonly source: SourceView;
      readonly suggestedName: string;
      /** Of the whole file, as the server says. */
      readonly digests: readonly ExpectedDigest[];
      /** The answer is open; a segment can go on with it. Null when there is nothing to receive. */
      readonly open: { readonly exchangeId: string; readonly offset: number } | null;
      /** What the user should hear about the source. */
      readonly warnings: readonly Warning[];
    }
  | { readonly kind: 'changed'; readonly reason: string }
  /** The file is the same, and what is here is not what was fetched. */
  | { readonly kind: 'data-lost' }
  /** No usable answer; `jitter`, 0 <= x < 1, is for the back-off. */
  | { readonly kind: 'failed'; readonly failure: Failure; readonly jitter: number };

export interface Warning {
  readonly code: WarningCode;
  readonly message: string;
}

export interface PrepareTargetInput {
  readonly size: number | null;
  readonly fresh: boolean;
  readonly target: Target;
  /** Will be wanted, of the whole file. */
  readonly digests: readonly DigestAlgorithm[];
  /** What a former run has written. */
  readonly there: readonly Span[];
  /** Claim this numbered name first. */
  readonly rename: ClaimRequest | null;
}
export interface SaveProgressInput {
  readonly checkpoint: Checkpoint | null;
}
export interface SaveProgressOutput {
  /** What was saved. */
  readonly plan: Plan;
}
export interface KeepLiveNoteInput {
  /** What is to be noted at this moment. */
  readonly checkpoint: () => Checkpoint | null;
}
export interface VerifyDigestsInput {
  /** Asked for by the user, and promised by the server. */
  readonly expected: readonly ExpectedDigest[];
  /** The SHA-256 is wanted, whether or not there is one to compare it with. */
  readonly wantsDigest: boolean;
  /** Look beside the file for a checksum as well. */
  readonly looksBeside: boolean;
  readonly size: number;
  /** What the server said of parts of the file: they count where nothing is known of the whole. */
  readonly pieces: readonly PieceDigest[];
  /** Parts that are wrong may be fetched again; else they end the download. */
  readonly mayRepair: boolean;
  /** Without a digest, pieces to compare with the server's: nothing has proved that all came from one version. */
  readonly unproved: readonly Span[];
  /** What their answers must not contradict. */
  readonly entity: Entity | null;
  readonly timeoutMs: number;
}
export interface VerifyDigestsOutput {
  /** What the file has: SHA-256 where it was wanted, and whatever it was compared with. */
  readonly digests: Readonly<Record<string, string>>;
  /** Those that something was compared with, and that matched. */
  readonly verified: readonly string[];
  /** A checksum was looked for beside the file, in vain. */
  readonly isMissing: boolean;
  /** Bytes that are not what the server said: the file is not done. */
  readonly damaged: readonly Span[];
}
export interface PublishTargetInput {
  readonly size: number;
  readonly onConflict: DownloadContext['onConflict'];
}

/** Bytes have arrived since the download began, over all connections; monotonic milliseconds. */
export interface TrafficMeasured {
  readonly type: 'traffic.measured';
  readonly at: number;
  readonly bytes: number;
  /** Milliseconds that this process has been at work. */
  readonly activeMs: number;
}

/** Where the transfers are that run, fresher than their news. */
export interface TransfersSurveyed {
  readonly type: 'transfers.surveyed';
  readonly transfers: readonly {
    readonly id: string;
    readonly written: number;
    /** Of the last moment: what lay in buffers is quicker than the path. */
    readonly bytesPerSecond: number;
    /** What the server sends at once, and so may have sent already. */
    readonly burstBytes: number;
    /** How long its request has waited for an answer; 0 where it does not. */
    readonly unansweredMs: number;
    /** How long its answer has brought nothing, where that is longer than it often is; 0 otherwise. */
    readonly silentMs: number;
  }[];
}

/** So many connections to its host are this download's share, among all downloads of the process. */
export interface HostShared {
  readonly type: 'host.shared';
  readonly connections: number;
}

/** Time passes: monotonic milliseconds. */
export interface MeterTicked {
  readonly type: 'meter.ticked';
  readonly at: number;
}
