import { assign, type EventObject, emit, enqueueActions, setup } from 'xstate';
import { allowMore, growSlowly, pushBack } from './allowance.ts';
import type { Target } from './claim.ts';
import {
  busyWorkers,
  connectionLimit,
  type Decision,
  type DownloadContext,
  type DownloadInput,
  decide,
  figuresOf,
  type Intent,
  initialContext,
  isAllThere,
  parkContext,
  questionOf,
  restoreContext,
  resultOf,
  segmentView,
  type Worker,
} from './download.context.ts';
import type {
  ClaimTargetInput,
  ClaimTargetOutput,
  MeterTicked,
  PrepareTargetInput,
  ProbeSourceInput,
  ProbeSourceOutput,
  PublishTargetInput,
  SaveProgressInput,
  VerifyDigestsInput,
  Warning,
} from './download.io.ts';
import type {
  Answer,
  DownloadCommand,
  DownloadEvent,
  DownloadOutcome,
  DownloadStateName,
  SegmentStateName,
} from './events.ts';
import type { Failure } from './failures.ts';
import { advance, finish, isComplete, markDurable, type Plan, planWhole, rewind, writtenBytes } from './ranges.ts';
import { retryDelay } from './retry.ts';
import { fillConnections } from './schedule.ts';
import type { SegmentCommand, SegmentToDownloadEvent } from './segment.events.ts';
import { type SegmentInput, segmentMachine } from './segment.machine.ts';
import { interruptMeter, measure } from './speed.ts';
import { unprovidedCallback, unprovidedPromise } from './unprovided.ts';

type BackedOff = Extract<SegmentToDownloadEvent, { type: 'segment.backedOff' }>;

export const downloadSetup = setup({
  types: {} as {
    context: DownloadContext;
    events: DownloadCommand | SegmentToDownloadEvent | MeterTicked;
    input: DownloadInput;
    output: DownloadOutcome;
    emitted: DownloadEvent;
    tags: 'working' | 'question' | 'paused' | 'pausable' | 'ended';
  },
  actors: {
    claimTarget: unprovidedPromise<ClaimTargetOutput, ClaimTargetInput>('claimTarget'),
    probeSource: unprovidedPromise<ProbeSourceOutput, ProbeSourceInput>('probeSource'),
    prepareTarget: unprovidedPromise<Target, PrepareTargetInput>('prepareTarget'),
    saveProgress: unprovidedPromise<Plan, SaveProgressInput>('saveProgress'),
    meterProgress: unprovidedCallback<EventObject, undefined>('meterProgress'),
    verifyDigests: unprovidedPromise<Readonly<Record<string, string>>, VerifyDigestsInput>('verifyDigests'),
    publishTarget: unprovidedPromise<string, PublishTargetInput>('publishTarget'),
    segment: segmentMachine,
  },
  actions: {
    /* News for front ends. */
    announce: emit(({ context }, params: { state: DownloadStateName }) => ({
      type: 'state' as const,
      state: params.state,
      path: context.target?.path ?? null,
      source: context.source,
      resumedBytes: context.resumedBytes,
      question: context.question,
    })),
    announceProgress: emit(({ context }) => ({ type: 'progress' as const, ...figuresOf(context) })),
    announceSegment: enqueueActions(({ context, enqueue }, params: { id: string }) => {
      const view = segmentView(context, params.id);
      if (view) enqueue.emit({ type: 'segment', ...view });
    }),
    warn: emit((_, params: Warning) => ({ type: 'warning' as const, ...params })),
    warnAll: enqueueActions(({ enqueue }, params: { warnings: readonly Warning[] }) => {
      for (const warning of params.warnings) enqueue.emit({ type: 'warning', ...warning });
    }),
    announceEnd: emit(({ context }): DownloadEvent => {
      if (context.result) return { type: 'done', ...context.result };
      const failure = context.failure ?? { code: 'unexpected', message: 'The download ended without saying why.' };
      const resumable = context.entity?.acceptsRanges === true && writtenBytes(context.plan) > 0;
      const { code, message, status } = failure;
      return { type: 'failed', code, message, status: status ?? null, resumable };
    }),

    /* Before the first byte. */
    adoptClaim: assign(({ context }, { claim, at }: ClaimTargetOutput) => {
      if (claim.kind === 'unnamed') return { startedAt: at };
      const named = { ...context, target: claim.target, startedAt: at };
      if (claim.kind === 'foreign') return { ...named, obstacle: { kind: 'partial-exists' as const, url: claim.url } };
      return claim.kind === 'partial' ? restoreContext({ ...named, source: null }, claim.checkpoint) : named;
    }),
    adoptProbe: assign(({ context }, found: ProbeSourceOutput) => {
      const probe = { attempt: 0, delayMs: 0 };
      if (found.kind === 'failed') return { failure: found.failure };
      if (found.kind === 'changed') return { probe, obstacle: found };
      const { entity, source, suggestedName, open } = found;
      const known = { entity, source, suggestedName, open, probe };
      // Anything but "the same file, in ranges" starts from the first byte.
      const isResumed = context.entity !== null && entity.acceptsRanges;
      return isResumed ? known : { ...known, plan: planWhole(entity.size), fresh: true, resumedBytes: 0 };
    }),
    noteFailedProbe: assign(({ context }, params: ProbeSourceOutput) => ({
      probe: {
        attempt: context.probe.attempt + 1,
        delayMs: (params.kind === 'failed' ? probeDelay(context, params) : null) ?? 0,
      },
    })),
    startAnew: assign({
      entity: null,
      plan: [],
      source: null,
      obstacle: null,
      open: null,
      fresh: true,
      resumedBytes: 0,
      question: null,
      failure: null,
    }),
    ask: assign(({ context }) => ({ question: questionOf(context) })),
    settleConflict: assign((_, params: { onConflict: DownloadContext['onConflict'] }) => ({
      onConflict: params.onConflict,
      question: null,
    })),
    adoptTarget: assign((_, params: { target: Target }) => ({ target: params.target, fresh: false })),

    /* While bytes arrive. */
    spawnSegments: enqueueActions(({ context, enqueue }) => {
      const waiting: Record<string, Worker> = {};
      for (const range of context.plan.filter((candidate) => !isComplete(candidate))) {
        enqueue.spawnChild('segment', { id: range.id, input: segmentInput(context, range.id) });
        waiting[range.id] = { state: 'waiting', attempt: 0, bytesPerSecond: 0 };
      }
      enqueue.assign({ workers: waiting, meter: interruptMeter(context.meter) });
    }),
    fillConnections: enqueueActions(({ context, enqueue }) => {
      const free = connectionLimit(context) - busyWorkers(context).size;
      const least = context.entity?.acceptsRanges ? context.options.minSplit : Number.POSITIVE_INFINITY;
      const { plan, assignments } = fillConnections(context.plan, busyWorkers(context), free, least);
      if (assignments.length === 0) return;
      const workers = { ...context.workers };
      for (const { id } of assignments) workers[id] = { state: 'requesting', attempt: 0, bytesPerSecond: 0 };
      const taken = assignments.some(
        ({ id }) => context.open?.offset === plan.find((range) => range.id === id)?.written,
      );
      const after = { ...context, plan };
      enqueue.assign({ plan, workers, open: taken ? null : context.open });
      for (const assignment of assignments) {
        const { id } = assignment;
        if (assignment.kind === 'split') {
          tellSegment(enqueue, assignment.victim, { type: 'segment.truncate', end: assignment.at });
          enqueue.spawnChild('segment', { id, input: segmentInput(after, id) });
        }
        const isOpen = context.open?.offset === plan.find((range) => range.id === id)?.written;
        tellSegment(enqueue, id, {
          type: 'segment.start',
          exchangeId: isOpen ? (context.open?.exchangeId ?? null) : null,
        });
      }
    }),
    /** Fewer connections than are busy: the last ones let go. */
    releaseSurplus: enqueueActions(({ context, enqueue }) => {
      const busy = [...busyWorkers(context).keys()];
      for (const id of busy.slice(connectionLimit(context))) tellSegment(enqueue, id, { type: 'segment.release' });
    }),
    moveWorker: assign(({ context }, params: { id: string; state: SegmentStateName; attempt?: number }) => ({
      workers: changeWorker(context, params.id, {
        state: params.state,
        ...(params.attempt === undefined ? {} : { attempt: params.attempt, bytesPerSecond: 0 }),
      }),
    })),
    noteResponse: assign(({ context }, params: { id: string }) => ({
      workers: changeWorker(context, params.id, { state: 'receiving' }),
      allowance: allowMore(context.allowance),
    })),
    noteBackOff: assign(({ context }, params: BackedOff) => {
      const workers = changeWorker(context, params.id, {
        state: 'backingOff',
        attempt: params.attempt,
        bytesPerSecond: 0,
      });
      if (!params.failure.pushBack) return { workers };
      const served = Object.values(workers).filter((worker) => worker.state === 'receiving').length;
      const allowance = pushBack(context.allowance, served, params.at, params.failure.retryAfterMs ?? 0);
      return { workers, allowance };
    }),
    warnOfBackOff: emit(
      (_, { failure, delayMs }: BackedOff): DownloadEvent => ({
        type: 'warning',
        code: failure.pushBack ? 'push-back' : 'retrying',
        message: `${failure.message} Trying again in ${(delayMs / 1000).toFixed(1)} s.`,
      }),
    ),
    noteProgress: assign(({ context }, params: { id: string; written: number; bytesPerSecond: number }) => ({
      plan: advance(context.plan, params.id, params.written),
      workers: changeWorker(context, params.id, { attempt: 0, bytesPerSecond: params.bytesPerSecond }),
    })),
    noteRewind: assign(({ context }, params: { id: string }) => ({ plan: rewind(context.plan, params.id) })),
    noteCompleted: assign(({ context }, params: { id: string; written: number; at: number }) => {
      const isOpenEnded = context.plan.some((range) => range.id === params.id && range.end === null);
      const plan = (isOpenEnded ? finish : advance)(context.plan, params.id, params.written);
      const entity = isOpenEnded && context.entity ? { ...context.entity, size: params.written } : context.entity;
      return {
        plan,
        entity,
        workers: withoutWorker(context, params.id),
        meter: measure(context.meter, params.at, writtenBytes(plan)),
      };
    }),
    noteParked: assign(({ context }, params: { id: string; written: number }) => ({
      plan: advance(context.plan, params.id, params.written),
      workers: withoutWorker(context, params.id),
    })),
    dropWorker: assign(({ context }, params: { id: string }) => ({ workers: withoutWorker(context, params.id) })),
    stopSegment: enqueueActions(({ enqueue }, params: { id: string }) => enqueue.stopChild(params.id)),
    noteTime: assign(({ context }, params: { at: number }) => ({
      now: params.at,
      meter: measure(context.meter, params.at, writtenBytes(context.plan)),
      allowance: growSlowly(context.allowance, params.at),
    })),
    noteDurable: assign(({ context }, params: { plan: Plan }) => ({ plan: markDurable(context.plan, params.plan) })),
    setConnections: assign(({ context }, params: { connections: number }) => ({
      options: { ...context.options, connections: Math.max(1, Math.min(64, Math.trunc(params.connections) || 1)) },
    })),
    setRateLimit: assign(({ context }, params: { bytesPerSecond: number | null }) => ({
      options: { ...context.options, rateLimit: params.bytesPerSecond },
    })),
    /** Provided with the actors: the transfers share one limiter. */
    applyRateLimit: (_, _params: { bytesPerSecond: number | null }) => {
      throw new Error('The action "applyRateLimit" was not provided. Use createDownloadImplementations(ports).');
    },

    /* The ends. */
    intend: assign((_, params: { intent: Intent }) => ({ intent: params.intent })),
    /** A segment met what ends the download, or what only the user can decide. */
    intendAfter: assign(({ context }, params: { failure: Failure }) => intentAfter(context, params.failure)),
    /** Those that had no connection when the last byte came. */
    stopWorkers: enqueueActions(({ context, enqueue }) => {
      for (const id of Object.keys(context.workers)) enqueue.stopChild(id);
      enqueue.assign({ workers: {}, open: null });
    }),
    parkSegments: enqueueActions(({ context, enqueue }) => {
      for (const id of Object.keys(context.workers)) tellSegment(enqueue, id, { type: 'segment.park' });
    }),
    park: assign(({ context }) => parkContext(context)),
    fail: assign((_, params: { failure: Failure }) => ({ failure: params.failure, question: null })),
    noteDigests: assign((_, params: { digests: Readonly<Record<string, string>> }) => ({ digests: params.digests })),
    decline: assign({
      question: null,
      failure: { code: 'declined', message: 'Stopped, as you chose. Nothing that was there has been changed.' },
    }),
    conclude: assign(({ context }, params: { how: 'skipped' | 'dryRun' }) => ({
      result: resultOf(context, context.target?.path ?? '', params.how),
    })),
    concludeAt: assign(({ context }, params: { path: string }) => ({
      result: resultOf(context, params.path, 'fetched'),
    })),
  },
  guards: {
    /** The decision before the first byte, see `decide`. */
    isDecided: ({ context }, params: { decision: Decision }) => decide(context) === params.decision,
    isAnswer: (_, params: { given: Answer; wanted: Answer }) => params.given === params.wanted,
    hasFailed: (_, params: ProbeSourceOutput) => params.kind === 'failed',
    isIntent: ({ context }, params: { intent: Intent }) => context.intent === params.intent,
    /** No segment is left that could still write. */
    isDrained: ({ context }) => Object.keys(context.workers).length === 0,
    isAllThere: ({ context }) => isAllThere(context),
    /** Pausing loses nothing: the server can go on from any byte. */
    canPause: ({ context }) => context.entity?.acceptsRanges === true,
    canProbeAgain: ({ context }, params: ProbeSourceOutput) =>
      params.kind === 'failed' && probeDelay(context, params) !== null,
    hasDigests: ({ context }) => context.options.digests.length > 0,
  },
  delays: {
    probeBackOff: ({ context }) => context.probe.delayMs,
    /** Between two notes of progress for a killed process, milliseconds. */
    liveInterval: 100,
    /** Between two checkpoints for a power cut, milliseconds. */
    checkpointInterval: 3_000,
  },
});

export function newContext({ input }: { input: DownloadInput }): DownloadContext {
  return initialContext(input);
}

function intentAfter({ options }: DownloadContext, failure: Failure): Partial<DownloadContext> {
  if (failure.code !== 'changed' || options.ifChanged === 'fail') return { intent: 'fail', failure };
  const intent: Intent = options.ifChanged === 'restart' ? 'restart' : 'ask';
  return { intent, obstacle: { kind: 'changed', reason: failure.message } };
}

function probeDelay(
  { probe, options, entity }: DownloadContext,
  { failure, jitter }: { failure: Failure; jitter: number },
): number | null {
  const established = entity !== null || probe.attempt > 0;
  return retryDelay(failure, { attempt: probe.attempt, retries: options.retries, jitter, established });
}

function segmentInput({ plan, entity, options }: DownloadContext, id: string): SegmentInput {
  const range = plan.find((candidate) => candidate.id === id);
  if (!range || !entity) throw new Error(`no range for ${id}`);
  const { start, end, written } = range;
  return { id, start, end, written, entity, retries: options.retries, timeoutMs: options.timeoutMs };
}

function tellSegment(
  enqueue: { sendTo: (target: string, event: SegmentCommand) => void },
  id: string,
  command: SegmentCommand,
): void {
  enqueue.sendTo(id, command);
}

function changeWorker({ workers }: DownloadContext, id: string, change: Partial<Worker>): DownloadContext['workers'] {
  const worker = workers[id];
  return worker ? { ...workers, [id]: { ...worker, ...change } } : workers;
}

function withoutWorker({ workers }: DownloadContext, id: string): DownloadContext['workers'] {
  const { [id]: _gone, ...rest } = workers;
  return rest;
}
