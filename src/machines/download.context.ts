/**
 * The download's context and the pure functions over it: everything that the
 * machine's actions and guards decide, without the machine. Plain JSON, no
 * secrets: this is what the window shows and, in part, what a checkpoint holds.
 */
import { type Allowance, openingAllowance } from './allowance.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { Target } from './claim.ts';
import { openingConnections } from './download.connections.ts';
import { type Entity, rangeValidator } from './entity.ts';
import type { DownloadResult, Question, SegmentStateName, SourceView } from './events.ts';
import type { Failure } from './failures.ts';
import { CONNECTIONS_MAX, type DownloadOptions, type ExpectedDigest, type PieceDigest } from './options.ts';
import { joinComplete, type Plan, writtenBytes } from './ranges.ts';
import { divide } from './schedule.ts';
import { type Meter, startMeter } from './speed.ts';
import { openingTuning, type Tuning } from './tuning.ts';

export interface DownloadInput {
  /** Redacted: the real one, with its secrets, is in the source port only. */
  readonly url: string;
  /** A file, or a folder if it is one or ends in a slash; null for the working folder. */
  readonly output: string | null;
  readonly options: DownloadOptions;
}

/** A segment as the download knows it: an actor, but for one that waits. */
export interface Worker {
  readonly state: SegmentStateName;
  readonly attempt: number;
  readonly bytesPerSecond: number;
  /** The first and the last of the looks in a row at which it was far behind the others, or brought nothing, monotonic milliseconds; null or absent where it was not at the last one. */
  readonly slow?: { readonly from: number; readonly to: number } | null;
  /** It had a speed at the last look: by the next, what lay in buffers when it began counts little. */
  readonly isSettled?: boolean;
  /** How often it was given another connection, because its own was slow. */
  readonly replaced?: number;
  /** How often a second segment was set to the same bytes. */
  readonly hedges?: number;
}

/** Why the segments are being parked, and so what follows. */
export type Intent = 'pause' | 'resume' | 'stop' | 'restart' | 'ask' | 'fail';

export interface DownloadContext extends DownloadInput {
  /** Null until a name is known. */
  readonly target: Target | null;
  readonly source: SourceView | null;
  /** Null before the first answer, and again when the partial is not to be used. */
  readonly entity: Entity | null;
  readonly suggestedName: string | null;
  readonly plan: Plan;
  /** Why the partial at the target cannot just be gone on with. */
  readonly obstacle:
    | { readonly kind: 'changed'; readonly reason: string }
    | { readonly kind: 'partial-exists'; readonly keptBytes: number; readonly url: string }
    /** The server sends whole files only, after all. */
    | { readonly kind: 'ranges-withdrawn' }
    /** What had arrived is not there any more: somebody has written to it, or put something else in its place. */
    | { readonly kind: 'data-lost' }
    /** Nothing is left to fetch: a former run gave the file its name, and was cut off then. */
    | { readonly kind: 'published' }
    | null;
  /** The probe's open answer, until a segment takes it over. */
  readonly open: { readonly exchangeId: string; readonly offset: number } | null;
  /** Data on disk is a copy of what was noted: samples of it are compared, whatever validators say. */
  readonly isCopy: boolean;
  /** Data on disk is to be thrown away before the next byte is written. */
  readonly fresh: boolean;
  /** What to do with a file at the target: answered or chosen. */
  readonly onConflict: 'fail' | 'overwrite' | 'rename';
  readonly workers: Readonly<Record<string, Worker>>;
  readonly allowance: Allowance;
  /** How many connections pay, where the user leaves it open. */
  readonly tuning: Tuning;
  /** This download's share of the connections to its host, all downloads of the process counted. */
  readonly share: number;
  /** Bytes a second of a usual connection; 0 before there are enough to tell. */
  readonly usual: number;
  readonly meter: Meter;
  /** Wall clock of the first start, milliseconds since 1970; 0 before it is known. */
  readonly startedAt: number;
  /** Bytes that were there when this run began. */
  readonly resumedBytes: number;
  /** How often the download has begun anew. */
  readonly restarts: number;
  /** Others were refused while one connection was served: there is to be no second one. */
  readonly isAlone: boolean;
  /** Failed probes in a row, the wait before the next, and what the last one failed of, as a sentence. */
  readonly probe: { readonly attempt: number; readonly delayMs: number; readonly message: string };
  readonly intent: Intent;
  /** A pause was asked for before there was anything to pause. */
  readonly wantsPause: boolean;
  readonly question: Question | null;
  readonly failure: Failure | null;
  readonly result: DownloadResult | null;
  readonly digests: Readonly<Record<string, string>>;
  /** Of those, what something was compared with. */
  readonly verified: readonly string[];
  /** First bytes of answers that no strong validator ties to the first one, or that came after such; null while all are proved. */
  readonly seams: readonly number[] | null;
  /** Digests of the whole file that the server has promised. */
  readonly promised: readonly ExpectedDigest[];
  /** Digests of parts of it, as the server sent them. */
  readonly pieces: readonly PieceDigest[];
  /** How often parts that did not have their digest have been fetched again. */
  readonly repairs: number;
}

export const noProbe: DownloadContext['probe'] = { attempt: 0, delayMs: 0, message: '' };

export function initialContext(input: DownloadInput): DownloadContext {
  return {
    ...input,
    target: null,
    source: null,
    entity: null,
    suggestedName: null,
    plan: [],
    obstacle: null,
    open: null,
    isCopy: false,
    fresh: true,
    onConflict: conflictPolicy(input.options),
    workers: {},
    allowance: openingAllowance,
    tuning: openingTuning,
    share: CONNECTIONS_MAX,
    usual: 0,
    meter: startMeter(0),
    startedAt: 0,
    resumedBytes: 0,
    restarts: 0,
    isAlone: false,
    probe: noProbe,
    intent: 'pause',
    wantsPause: false,
    question: null,
    failure: null,
    result: null,
    digests: {},
    verified: [],
    promised: [],
    pieces: [],
    repairs: 0,
    seams: null,
  };
}

function conflictPolicy({ ifExists }: DownloadOptions): DownloadContext['onConflict'] {
  return ifExists === 'overwrite' || ifExists === 'rename' ? ifExists : 'fail';
}

/** The persistent part: what pausing at this instant would leave. Null where nothing could be gone on from. */
export function checkpointOf(context: DownloadContext): Checkpoint | null {
  const { url, entity, plan, startedAt, meter, pieces, seams } = context;
  if (!entity?.acceptsRanges) return null;
  return {
    ...{ url, entity, plan, startedAt, activeMs: Math.round(meter.activeMs) },
    ...(pieces.length > 0 ? { pieces } : {}),
    ...(seams === null ? {} : { seams }),
  };
}

/** The context of a paused download, out of what a checkpoint holds. */
export function restoreContext(context: DownloadContext, checkpoint: Checkpoint): DownloadContext {
  const { entity, startedAt, activeMs, pieces = [] } = checkpoint;
  // Without ranges nothing that has arrived can be gone on from: the time it took is none of this download's.
  if (!entity.acceptsRanges) return { ...context, entity: null, plan: [], fresh: true, resumedBytes: 0, pieces: [] };
  const seams = checkpoint.seams ?? (rangeValidator(entity) === null ? [] : null);
  // Where nothing proves that all ranges are of one version, each is compared once more in the end.
  const plan = divide(
    seams === null ? joinComplete(checkpoint.plan) : checkpoint.plan,
    openingConnections(context, entity),
    context.options.minSplit,
  );
  return {
    ...context,
    entity,
    plan,
    startedAt,
    meter: startMeter(activeMs),
    fresh: false,
    resumedBytes: writtenBytes(plan),
    pieces,
    seams,
  };
}

/** Parks the context: no workers, no open answer, no question. What is left is what a checkpoint can give back. */
export function parkContext(context: DownloadContext): DownloadContext {
  return {
    ...context,
    workers: {},
    source: null,
    open: null,
    question: null,
    allowance: openingAllowance,
    tuning: openingTuning,
    share: CONNECTIONS_MAX,
    usual: 0,
  };
}
