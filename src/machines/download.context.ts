/**
 * The download's context and the pure functions over it: everything that the
 * machine's actions and guards decide, without the machine. Plain JSON, no
 * secrets: this is what the window shows and, in part, what a checkpoint holds.
 */
import { type Allowance, openingAllowance } from './allowance.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { Target } from './claim.ts';
import type { PrepareTargetInput } from './download.io.ts';
import type { Entity } from './entity.ts';
import type {
  DownloadOutcome,
  DownloadResult,
  Figures,
  Question,
  SegmentStateName,
  SegmentView,
  SourceView,
} from './events.ts';
import type { Failure } from './failures.ts';
import { CONNECTIONS_MAX, type DownloadOptions } from './options.ts';
import { isComplete, isWhole, joinComplete, type Plan, planWhole, writtenBytes } from './ranges.ts';
import { type Meter, speeds, startMeter, timeLeft } from './speed.ts';

export interface DownloadInput {
  /** Redacted: the real one, with its secrets, is in the source port only. */
  readonly url: string;
  /** A file, or a folder if it is one or ends in a slash; null for the working folder. */
  readonly output: string | null;
  readonly options: DownloadOptions;
}

/** A segment's actor as the download knows it. */
export interface Worker {
  readonly state: SegmentStateName;
  readonly attempt: number;
  readonly bytesPerSecond: number;
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
    | { readonly kind: 'partial-exists'; readonly url: string }
    | null;
  /** The probe's open answer, until a segment takes it over. */
  readonly open: { readonly exchangeId: string; readonly offset: number } | null;
  /** Data on disk is to be thrown away before the next byte is written. */
  readonly fresh: boolean;
  /** What to do with a file at the target: answered or chosen. */
  readonly onConflict: 'fail' | 'overwrite' | 'rename';
  readonly workers: Readonly<Record<string, Worker>>;
  readonly allowance: Allowance;
  /** Monotonic time of the last event that had one, milliseconds. */
  readonly now: number;
  readonly meter: Meter;
  /** Wall clock of the first start, milliseconds since 1970; 0 before it is known. */
  readonly startedAt: number;
  /** Bytes that were there when this run began. */
  readonly resumedBytes: number;
  /** Failed probes in a row, and the wait before the next. */
  readonly probe: { readonly attempt: number; readonly delayMs: number };
  readonly intent: Intent;
  readonly question: Question | null;
  readonly failure: Failure | null;
  readonly result: DownloadResult | null;
  readonly digests: Readonly<Record<string, string>>;
}

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
    fresh: true,
    onConflict: conflictPolicy(input.options),
    workers: {},
    allowance: openingAllowance,
    now: 0,
    meter: startMeter(0),
    startedAt: 0,
    resumedBytes: 0,
    probe: { attempt: 0, delayMs: 0 },
    intent: 'pause',
    question: null,
    failure: null,
    result: null,
    digests: {},
  };
}

function conflictPolicy({ ifExists }: DownloadOptions): DownloadContext['onConflict'] {
  return ifExists === 'overwrite' || ifExists === 'rename' ? ifExists : 'fail';
}

/* ------------------------------------------------------------- persisting */

/** The persistent part: what pausing at this instant would leave. */
export function checkpointOf(context: DownloadContext): Checkpoint | null {
  const { url, entity, plan, startedAt, meter } = context;
  return entity && { url, entity, plan, startedAt, activeMs: Math.round(meter.activeMs) };
}

/** The context of a paused download, out of what a checkpoint holds. */
export function restoreContext(context: DownloadContext, checkpoint: Checkpoint): DownloadContext {
  const { entity, startedAt, activeMs } = checkpoint;
  // Without ranges nothing that has arrived can be gone on from.
  const plan = entity.acceptsRanges ? joinComplete(checkpoint.plan) : planWhole(entity.size);
  return {
    ...context,
    entity: entity.acceptsRanges ? entity : null,
    plan: entity.acceptsRanges ? plan : [],
    startedAt,
    meter: startMeter(activeMs),
    fresh: !entity.acceptsRanges,
    resumedBytes: writtenBytes(plan),
  };
}

/** Parks the context: no workers, no open answer, no question. What is left is what a checkpoint can give back. */
export function parkContext(context: DownloadContext): DownloadContext {
  return { ...context, workers: {}, source: null, open: null, question: null, allowance: openingAllowance };
}

/* ------------------------------------------------------------- deciding */

/** What follows before the first byte, from what is known so far. */
export type Decision =
  | 'probe'
  | 'name'
  | 'prepare'
  | 'finishDry'
  | 'skip'
  | 'startAnew'
  | 'askOverwrite'
  | 'askRestart'
  | 'refuse';

/** The one place that decides, asked after every answer: the policies and what the user chose, in order of weight. */
export function decide(context: DownloadContext): Decision {
  const { target, options, obstacle, source } = context;
  if (obstacle?.kind === 'partial-exists') return options.ifChanged === 'ask' ? 'askRestart' : 'refuse';
  if (exists(context) && options.ifExists === 'skip') return 'skip';
  if (exists(context) && options.ifExists === 'fail') return 'refuse';
  if (obstacle?.kind === 'changed') {
    if (options.ifChanged === 'restart') return 'startAnew';
    return options.ifChanged === 'ask' ? 'askRestart' : 'refuse';
  }
  if (source === null) return 'probe';
  if (target === null) return 'name';
  if (options.dryRun) return 'finishDry';
  return exists(context) && options.ifExists === 'ask' && context.onConflict === 'fail' ? 'askOverwrite' : 'prepare';
}

function exists({ target }: DownloadContext): boolean {
  return target !== null && target.existingSize !== null;
}

/** The question that belongs to a decision to ask. */
export function questionOf(context: DownloadContext): Question | null {
  const { target, obstacle, plan } = context;
  const path = target?.path ?? '';
  switch (obstacle?.kind) {
    case 'changed':
      return { kind: 'changed', path, keptBytes: writtenBytes(plan), reason: obstacle.reason };
    case 'partial-exists':
      return { kind: 'partial-exists', path, url: obstacle.url };
    default:
      return target && { kind: 'target-exists', path, size: target.existingSize ?? 0 };
  }
}

/** Why a decision to refuse was made, as a sentence with what to do. */
export function refusalOf({ target, obstacle }: DownloadContext): Failure {
  const path = target?.path ?? '';
  switch (obstacle?.kind) {
    case 'changed':
      return {
        code: 'changed',
        message: `The file on the server is not the one this download began with: ${obstacle.reason}. What is here is kept; begin anew with --restart.`,
        path,
      };
    case 'partial-exists':
      return {
        code: 'partial-exists',
        message: `At ${path} there is a partial download of another address, ${obstacle.url}. Choose another name, or begin anew with --restart.`,
        path,
      };
    default:
      return {
        code: 'target-exists',
        message: `${path} exists already. Choose another name, or say what to do with --if-exists overwrite, rename or skip.`,
        path,
      };
  }
}

/** Every byte is there. */
export function isAllThere({ plan, entity }: DownloadContext): boolean {
  return entity !== null && entity.size !== null && isWhole(plan, entity.size);
}

export function canResume({ entity, plan }: DownloadContext): boolean {
  return entity?.acceptsRanges === true && writtenBytes(plan) > 0;
}

/* ------------------------------------------------------------ connections */

export function isBusy(worker: Worker): boolean {
  return worker.state === 'requesting' || worker.state === 'receiving' || worker.state === 'backingOff';
}

export function busyWorkers(context: DownloadContext): ReadonlyMap<string, Worker> {
  return new Map(Object.entries(context.workers).filter(([, worker]) => isBusy(worker)));
}

export function connectionLimit({ options, allowance, entity }: DownloadContext): number {
  if (entity?.acceptsRanges !== true || entity.size === null) return 1;
  return Math.min(options.connections, CONNECTIONS_MAX, allowance.ceiling);
}

/* ---------------------------------------------------------------- figures */

export function segmentView(context: DownloadContext, id: string): SegmentView | null {
  const range = context.plan.find((candidate) => candidate.id === id);
  if (!range) return null;
  const worker = context.workers[id];
  return {
    id,
    state: worker?.state ?? (isComplete(range) ? 'done' : 'parked'),
    start: range.start,
    end: range.end,
    written: range.written,
    attempt: worker?.attempt ?? 0,
    bytesPerSecond: worker?.bytesPerSecond ?? 0,
  };
}

/** The figures as of now. */
export function figuresOf(context: DownloadContext): Figures {
  const { plan, entity, meter, options, startedAt } = context;
  const bytes = writtenBytes(plan);
  const total = entity?.size ?? null;
  const isSingle = entity !== null && (!entity.acceptsRanges || entity.size === null);
  return {
    bytes,
    total,
    fraction: total === null ? null : total === 0 ? 1 : bytes / total,
    speed: speeds(meter),
    startedAt,
    elapsedMs: meter.activeMs,
    remainingMs: timeLeft(meter, total === null ? null : total - bytes),
    connections: { active: busyWorkers(context).size, limit: isSingle ? 1 : options.connections },
    rateLimit: options.rateLimit,
    segments: plan.flatMap((range) => segmentView(context, range.id) ?? []),
  };
}

export function resultOf(
  context: DownloadContext,
  path: string,
  how: 'fetched' | 'skipped' | 'dryRun',
): DownloadResult {
  const elapsedMs = Math.round(context.meter.activeMs);
  const size =
    how === 'skipped' ? (context.target?.existingSize ?? 0) : (context.entity?.size ?? writtenBytes(context.plan));
  return {
    path,
    size,
    elapsedMs,
    meanBytesPerSecond: how === 'fetched' && elapsedMs > 0 ? (size / elapsedMs) * 1_000 : null,
    digests: context.digests,
    skipped: how === 'skipped',
    dryRun: how === 'dryRun',
  };
}

export function outcomeOf(context: DownloadContext): DownloadOutcome {
  if (context.result) return { status: 'done', result: context.result };
  const failure = context.failure ?? stoppedFailure(context);
  const isStop = failure.code === 'interrupted' || failure.code === 'declined';
  return { status: isStop ? 'stopped' : 'failed', failure, resumable: canResume(context) };
}

export function stoppedFailure(context: DownloadContext): Failure {
  return {
    code: 'interrupted',
    message: canResume(context)
      ? 'Stopped. What has arrived is kept: the same command goes on from there.'
      : 'Stopped. Nothing is kept: the same command begins anew.',
  };
}

/**
 * What `preparing` needs. "Keep both" takes a numbered name at once when nothing
 * of this download is on disk; else its state stays where it is and the name is
 * numbered when the file is published.
 */
export function prepareInput(context: DownloadContext): PrepareTargetInput {
  const { entity, fresh, target, output, suggestedName, url, onConflict } = context;
  if (!target) throw new Error('a download without a target cannot be prepared');
  const isNumbered = onConflict === 'rename' && fresh && target.existingSize !== null;
  return {
    size: entity?.size ?? null,
    fresh,
    target,
    rename: isNumbered ? { output, suggestedName, url, rename: true, restart: true } : null,
  };
}
