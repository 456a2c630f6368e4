import { assign, type EventObject, emit, enqueueActions, setup } from 'xstate';
import { formatWait } from './amounts.ts';
import { checkRateLimit } from './check-options.ts';
import type { Target } from './claim.ts';
import {
  giveConnections,
  hasIdleConnections,
  hasWaiting,
  type Survey,
  surplus,
  waitingWorkers,
  withoutWaiting,
  withoutWorker,
} from './download.connections.ts';
import {
  type DownloadContext,
  type DownloadInput,
  type Intent,
  initialContext,
  noProbe,
  parkContext,
} from './download.context.ts';
import { type Decision, decide, endOf, intentAfter, isAllThere, probeDelay, questionOf } from './download.decisions.ts';
import { figuresOf, resultOf, segmentView } from './download.figures.ts';
import type {
  ClaimTargetInput,
  ClaimTargetOutput,
  CompareExistingInput,
  CompareExistingOutput,
  HostShared,
  KeepLiveNoteInput,
  MeterTicked,
  PrepareTargetInput,
  ProbeSourceInput,
  ProbeSourceOutput,
  PublishTargetInput,
  SaveProgressInput,
  SaveProgressOutput,
  TrafficMeasured,
  TransfersSurveyed,
  VerifyDigestsInput,
  VerifyDigestsOutput,
  Warning,
} from './download.io.ts';
import {
  adoptClaim,
  adoptProbe,
  changeWorker,
  noteBackOff,
  noteCompleted,
  noteDamage,
  noteFailedProbe,
  noteParked,
  noteProgress,
  noteReleased,
  noteResponse,
  noteSurvey,
  noteTime,
  noteTraffic,
  setConnections,
  startAnew,
} from './download.updates.ts';
import type {
  Answer,
  DownloadCommand,
  DownloadEvent,
  DownloadOutcome,
  DownloadStateName,
  SegmentStateName,
} from './events.ts';
import type { Failure } from './failures.ts';
import { isHedgeId, rangeIdOf, rivalsOf } from './hedge.ts';
import { joinWaiting } from './join-waiting.ts';
import { markDurable, type Plan, rewind } from './ranges.ts';
import { canDoWithout, giveBack } from './refused.ts';
import type { SegmentCommand, SegmentToDownloadEvent } from './segment.events.ts';
import { segmentMachine } from './segment.machine.ts';
import type { SegmentInput } from './segment.setup.ts';
import { idleHedges, noteReplaced, replaceable } from './slow.ts';
import { interruptMeter } from './speed.ts';
import { tuneAgain, tuneAnew } from './tuning.ts';
import { unprovidedCallback, unprovidedPromise } from './unprovided.ts';

type News<Type extends SegmentToDownloadEvent['type']> = Extract<SegmentToDownloadEvent, { type: Type }>;

export const downloadSetup = setup({
  types: {} as {
    context: DownloadContext;
    events: DownloadCommand | SegmentToDownloadEvent | MeterTicked | TrafficMeasured | TransfersSurveyed | HostShared;
    input: DownloadInput;
    output: DownloadOutcome;
    emitted: DownloadEvent;
    tags: 'working' | 'question' | 'paused' | 'pausable' | 'ended';
  },
  actors: {
    claimTarget: unprovidedPromise<ClaimTargetOutput, ClaimTargetInput>('claimTarget'),
    compareExisting: unprovidedPromise<CompareExistingOutput, CompareExistingInput>('compareExisting'),
    probeSource: unprovidedPromise<ProbeSourceOutput, ProbeSourceInput>('probeSource'),
    prepareTarget: unprovidedPromise<Target, PrepareTargetInput>('prepareTarget'),
    saveProgress: unprovidedPromise<SaveProgressOutput, SaveProgressInput>('saveProgress'),
    keepLiveNote: unprovidedCallback<EventObject, KeepLiveNoteInput>('keepLiveNote'),
    meterProgress: unprovidedCallback<EventObject, undefined>('meterProgress'),
    measureTraffic: unprovidedCallback<EventObject, undefined>('measureTraffic'),
    surveyTransfers: unprovidedCallback<EventObject, undefined>('surveyTransfers'),
    watchHost: unprovidedCallback<EventObject, undefined>('watchHost'),
    verifyDigests: unprovidedPromise<VerifyDigestsOutput, VerifyDigestsInput>('verifyDigests'),
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
    warnOfProbe: emit(({ context }) => ({
      type: 'warning' as const,
      code: 'retrying' as const,
      message: `${context.probe.message} Trying again in ${formatWait(context.probe.delayMs)}.`,
    })),
    announceEnd: emit(({ context }) => endOf(context)),

    /* Before the first byte. */
    adoptClaim: assign(({ context }, params: ClaimTargetOutput) => adoptClaim(context, params)),
    adoptProbe: assign(({ context }, params: ProbeSourceOutput) => adoptProbe(context, params)),
    noteFailedProbe: assign(({ context }, params: ProbeSourceOutput) => noteFailedProbe(context, params)),
    startAnew: assign(({ context }) => startAnew(context)),
    ask: assign(({ context }) => ({ question: questionOf(context) })),
    settleConflict: assign((_, params: { onConflict: DownloadContext['onConflict'] }) => ({
      onConflict: params.onConflict,
      question: null,
    })),
    adoptTarget: assign((_, params: { target: Target }) => ({ target: params.target, fresh: false })),

    /* While bytes arrive. */
    /** A range that waits has no segment yet. */
    queueRanges: assign(({ context }) => ({
      workers: waitingWorkers(context.plan),
      meter: interruptMeter(context.meter),
    })),
    fillConnections: enqueueActions(({ context, enqueue }, params: { survey: Survey } | undefined) => {
      const { change, orders } = giveConnections(context, params?.survey ?? null);
      if (orders.length === 0) return;
      enqueue.assign(change);
      for (const { id, exchangeId, cut } of orders) {
        if (cut) enqueue.sendTo(cut.id, { type: 'segment.truncate', end: cut.end } satisfies SegmentCommand);
        enqueue.spawnChild('segment', { id, input: segmentInput({ ...context, ...change }, id) });
        enqueue.sendTo(id, { type: 'segment.start', exchangeId } satisfies SegmentCommand);
      }
    }),
    releaseSurplus: enqueueActions(({ context, enqueue }) => {
      for (const id of surplus(context)) enqueue.sendTo(id, { type: 'segment.release' } satisfies SegmentCommand);
    }),
    /** Far behind the others: another connection may find a better way. */
    replaceSlow: enqueueActions(({ context, enqueue }) => {
      const ids = replaceable(context);
      if (ids.length === 0) return;
      enqueue.assign({ workers: noteReplaced(context, ids) });
      for (const id of ids) enqueue.sendTo(id, { type: 'segment.release' } satisfies SegmentCommand);
    }),
    dropIdleHedges: enqueueActions(({ context, enqueue }) => {
      const ids = idleHedges(context);
      for (const id of ids) enqueue.stopChild(id);
      const workers = ids.reduce<DownloadContext['workers']>(
        (left, id) => withoutWorker({ workers: left }, id),
        context.workers,
      );
      if (ids.length > 0) enqueue.assign({ workers });
    }),
    /** The other one that fetched the same range has lost. */
    stopRivals: enqueueActions(({ context, enqueue }, params: { id: string }) => {
      for (const id of rivalsOf(params.id)) if (context.workers[id] && id !== params.id) enqueue.stopChild(id);
    }),
    /** Another connection goes on where it is received; else it waits. */
    giveBack: enqueueActions(({ context, enqueue }, params: { id: string }) => {
      const { change, gone, extended } = giveBack(context, params);
      enqueue.assign(change);
      for (const id of gone) if (id !== params.id) enqueue.stopChild(id);
      if (extended) {
        const { id, end } = extended;
        enqueue.sendTo(id, { type: 'segment.extend', end } satisfies SegmentCommand);
      }
    }),
    joinWaiting: enqueueActions(({ context, enqueue }) => {
      const { change, extended } = joinWaiting(context);
      enqueue.assign(change);
      for (const { id, end } of extended) {
        enqueue.sendTo(id, { type: 'segment.extend', end } satisfies SegmentCommand);
      }
    }),
    moveWorker: assign(({ context }, params: { id: string; state: SegmentStateName }) => ({
      workers: changeWorker(context, params.id, { state: params.state }),
    })),
    noteResponse: assign(({ context }, params: News<'segment.responded'>) => noteResponse(context, params)),
    noteBackOff: assign(({ context }, params: News<'segment.backedOff'>) => noteBackOff(context, params)),
    warnOfBackOff: emit(
      (_, { failure, delayMs }: News<'segment.backedOff'>): DownloadEvent => ({
        type: 'warning',
        code: failure.pushBack ? 'push-back' : 'retrying',
        message: `${failure.message} Trying again in ${formatWait(delayMs)}.`,
      }),
    ),
    noteProgress: assign(({ context }, params: News<'segment.advanced'>) => noteProgress(context, params)),
    noteReleased: assign(({ context }, params: News<'segment.released'>) => noteReleased(context, params)),
    noteRewind: assign(({ context }, params: { id: string }) => ({ plan: rewind(context.plan, params.id) })),
    noteSurvey: assign(({ context }, params: TransfersSurveyed) => noteSurvey(context, params)),
    noteCompleted: assign(({ context }, params: News<'segment.completed'>) => noteCompleted(context, params)),
    noteParked: assign(({ context }, params: News<'segment.parked'>) => noteParked(context, params)),
    dropWorker: assign(({ context }, params: { id: string }) => ({ workers: withoutWorker(context, params.id) })),
    stopSegment: enqueueActions(({ enqueue }, params: { id: string }) => enqueue.stopChild(params.id)),
    noteTime: assign(({ context }, params: MeterTicked) => noteTime(context, params)),
    noteDurable: assign(({ context }, params: { plan: Plan }) => ({ plan: markDurable(context.plan, params.plan) })),
    noteTraffic: assign(({ context }, params: TrafficMeasured) => noteTraffic(context, params)),
    tuneAgain: assign(({ context }) => ({ tuning: tuneAgain(context.tuning) })),
    noteShare: assign((_, params: { connections: number }) => ({ share: params.connections })),
    setConnections: assign(({ context }, params: { connections: number | 'auto' }) => setConnections(context, params)),
    setRateLimit: assign(({ context }, params: { bytesPerSecond: number | null }) => ({
      options: { ...context.options, rateLimit: params.bytesPerSecond },
      tuning: tuneAnew(context.tuning),
    })),
    /** Provided with the actors: the transfers share one limiter. */
    applyRateLimit: (_, _params: { bytesPerSecond: number | null }) => {
      throw new Error('The action "applyRateLimit" was not provided. Use createDownloadImplementations(ports).');
    },

    /* The ends. */
    wantPause: assign((_, params: { wantsPause: boolean }) => params),
    /** A pause that was asked for earlier is like one that is asked for now. */
    takePause: enqueueActions(({ enqueue }) => {
      enqueue.assign({ wantsPause: false });
      enqueue.raise({ type: 'download.pause' });
    }),
    /** After a rest the server is asked as if for the first time. */
    refillAttempts: assign({ probe: noProbe }),
    intend: assign((_, params: { intent: Intent }) => ({ intent: params.intent })),
    /** A segment met what ends the download, or what only the user can decide. */
    intendAfter: assign(({ context }, params: { failure: Failure }) => intentAfter(context, params.failure)),
    /** Those that had no connection when the last byte came. */
    stopWorkers: enqueueActions(({ context, enqueue }) => {
      for (const id of Object.keys(context.workers)) enqueue.stopChild(id);
      enqueue.assign({ workers: {}, open: null });
    }),
    parkSegments: enqueueActions(({ context, enqueue }) => {
      const running = withoutWaiting(context.workers);
      enqueue.assign({ workers: running });
      for (const id of Object.keys(context.workers)) {
        const view = segmentView({ ...context, workers: running }, id);
        if (running[id]) enqueue.sendTo(id, { type: 'segment.park' } satisfies SegmentCommand);
        else if (view) enqueue.emit({ type: 'segment', ...view });
      }
    }),
    park: assign(({ context }) => parkContext(context)),
    fail: assign((_, params: { failure: Failure }) => ({ failure: params.failure, question: null })),
    noteDigests: assign((_, { digests, verified }: CompareExistingOutput) => ({ digests, verified })),
    noteDamage: assign(({ context }, params: VerifyDigestsOutput) => noteDamage(context, params)),
    warnOfDamage: emit((_, { damaged }: VerifyDigestsOutput) => ({
      type: 'warning' as const,
      code: 'range-damaged' as const,
      message: `${damaged.length === 1 ? 'A part' : `${damaged.length} parts`} of the file did not arrive as the server's digest says; only what is damaged is fetched again.`,
    })),
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
    isNotFailing: ({ context }) => context.intent !== 'fail',
    /** No segment is left that could still write. */
    isDrained: ({ context }) => Object.keys(context.workers).length === 0,
    isAllThere: ({ context }) => isAllThere(context),
    wantsPause: ({ context }) => context.wantsPause,
    /** Pausing loses nothing: the server can go on from any byte. */
    canPause: ({ context }) => context.entity?.acceptsRanges === true,
    canProbeAgain: ({ context }, params: ProbeSourceOutput) =>
      params.kind === 'failed' && probeDelay(context, params) !== null,
    canDoWithout: ({ context }, params: { id: string; failure: Failure }) => canDoWithout(context, params),
    isHedge: (_, params: { id: string }) => isHedgeId(params.id),
    hasIdleConnections: ({ context }) => hasIdleConnections(context),
    /** A range waits, and a connection is free for it. */
    hasWaiting: ({ context }) => hasWaiting(context),
    /** More connections are worth a trial. */
    wantsMore: ({ context }, params: TrafficMeasured) =>
      (noteTraffic(context, params).tuning?.ceiling ?? 0) > context.tuning.ceiling,
    /** Who has the machine itself may send it anything. */
    isRateLimit: (_, params: { bytesPerSecond: number | null }) => checkRateLimit(params.bytesPerSecond) === null,
    isAuto: ({ context }) => context.options.connections === 'auto',
    /** It is known, for a while, how many connections pay. */
    isTuned: ({ context }) => context.tuning.restMs !== null,
    /** The data is not what it should be: there is nothing left to go on from. */
    isSetAside: (_, { failure }: { failure: Failure }) => failure.code === 'digest-mismatch',
    isDamaged: (_, params: VerifyDigestsOutput) => params.damaged.length > 0,
  },
  delays: {
    probeBackOff: ({ context }) => context.probe.delayMs,
    /** Between a few new connections and the next few: the next turn of the event loop, milliseconds. */
    fillInterval: 1,
    /** Between two checkpoints for a power cut, milliseconds. */
    checkpointInterval: 3_000,
    /** Until it is tried again whether more connections pay, milliseconds. */
    tuningRest: ({ context }) => context.tuning.restMs ?? 0,
  },
});

export function newContext({ input }: { input: DownloadInput }): DownloadContext {
  return initialContext(input);
}

function segmentInput({ plan, entity, options }: DownloadContext, id: string): SegmentInput {
  const range = plan.find((candidate) => candidate.id === rangeIdOf(id));
  if (!range || !entity) throw new Error(`no range for ${id}`);
  const { start, end, written } = range;
  return { id, start, end, written, entity, retries: options.retries, timeoutMs: options.timeoutMs };
}
