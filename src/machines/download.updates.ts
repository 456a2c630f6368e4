/** What each piece of news changes in the download's context: one pure function per fact. */
import { allowMore, growSlowly, pushBack } from './allowance.ts';
import { busyCount, openingParts, withoutWorker } from './download.connections.ts';
import { type DownloadContext, noProbe, restoreContext, type Worker } from './download.context.ts';
import { probeDelay, probeFailure } from './download.decisions.ts';
import type { ClaimTargetOutput, ProbeSourceOutput, TransfersSurveyed, VerifyDigestsOutput } from './download.io.ts';
import { compareEntities } from './entity.ts';
import type { SegmentStateName } from './events.ts';
import { rangeIdOf, rivalsOf } from './hedge.ts';
import { CONNECTIONS_MAX } from './options.ts';
import { withPiece } from './pieces.ts';
import { advance, findRange, finish, forget, planWhole, writtenBytes } from './ranges.ts';
import { divide } from './schedule.ts';
import type { SegmentToDownloadEvent } from './segment.events.ts';
import { lookAround } from './slow.ts';
import { measure } from './speed.ts';
import { AUTO_MOST, openingTuning, type Traffic, tune, tuneAnew, welcome } from './tuning.ts';

type News<Type extends SegmentToDownloadEvent['type']> = Extract<SegmentToDownloadEvent, { type: Type }>;
type Change = Partial<DownloadContext>;

export function adoptClaim(context: DownloadContext, { claim, at }: ClaimTargetOutput): Change {
  if (claim.kind === 'unnamed') return { startedAt: at };
  const named = { ...context, target: claim.target, startedAt: at };
  if (claim.kind === 'foreign')
    return { ...named, obstacle: { kind: 'partial-exists', keptBytes: claim.keptBytes, url: claim.url } };
  if (claim.kind === 'published') return { ...named, obstacle: { kind: 'published' } };
  if (claim.kind === 'fresh') return claim.isLost === true ? { ...named, obstacle: { kind: 'data-lost' } } : named;
  return restoreContext({ ...named, source: null, isCopy: claim.isCopy === true }, claim.checkpoint);
}

export function adoptProbe(context: DownloadContext, found: ProbeSourceOutput): Change {
  const probe = noProbe;
  if (found.kind === 'failed') return { failure: probeFailure(context, found) };
  if (found.kind === 'changed' || found.kind === 'data-lost') return { probe, obstacle: found };
  const { entity, source, suggestedName, open, digests } = found;
  // Of several answers the first one speaks of the file that was begun with.
  const promised = context.promised.length > 0 ? context.promised : digests;
  const known = { source, suggestedName, open, probe, promised, isCopy: false };
  // The entity of the first answer stays the measure: a later one may leave its validators out.
  if (context.entity !== null && entity.acceptsRanges) {
    return compareEntities(context.entity, entity) === 'same' ? known : { ...known, seams: context.seams ?? [] };
  }
  // Anything but "the same file, in ranges" starts from the first byte.
  const plan = divide(
    planWhole(entity.size),
    openingParts({ ...context, source, promised: digests }, entity),
    context.options.minSplit,
  );
  return { ...known, promised: digests, pieces: [], seams: null, entity, plan, fresh: true, resumedBytes: 0 };
}

export function noteFailedProbe(context: DownloadContext, found: ProbeSourceOutput): Change {
  if (found.kind !== 'failed') return {};
  const { message } = found.failure;
  return { probe: { attempt: context.probe.attempt + 1, delayMs: probeDelay(context, found) ?? 0, message } };
}

/** Forgets the partial, and counts: a file that changes all the time must not be begun for ever. */
export function startAnew({ restarts }: DownloadContext): Change {
  return {
    entity: null,
    plan: [],
    source: null,
    obstacle: null,
    open: null,
    isCopy: false,
    promised: [],
    pieces: [],
    seams: null,
    repairs: 0,
    fresh: true,
    resumedBytes: 0,
    restarts: restarts + 1,
    question: null,
    failure: null,
  };
}

export function noteResponse(
  context: DownloadContext,
  { id, from, isProved, piece }: News<'segment.responded'>,
): Change {
  const { seams, tuning, options } = context;
  const workers = changeWorker(context, id, { state: 'receiving' });
  return {
    seams: seams === null && isProved ? null : [...new Set(seams).add(from)],
    workers,
    tuning: options.connections === 'auto' ? welcome(tuning, { ...served(workers), limit: options.rateLimit }) : tuning,
    allowance: allowMore(context.allowance),
    pieces: withPiece(context.pieces, piece),
  };
}

/** What is there is not what the server said: it is missing again. */
export function noteDamage(
  { plan, repairs }: DownloadContext,
  { damaged }: Pick<VerifyDigestsOutput, 'damaged'>,
): Change {
  return { plan: forget(plan, damaged), repairs: repairs + 1 };
}

export function noteBackOff(context: DownloadContext, { id, attempt, failure, at }: News<'segment.backedOff'>): Change {
  const workers = changeWorker(context, id, { state: 'backingOff', attempt, bytesPerSecond: 0 });
  if (!failure.pushBack) return { workers };
  const states = Object.values(workers).map((worker) => worker.state);
  const served = states.filter((state) => state === 'receiving').length;
  const wanted = served + states.filter((state) => state === 'requesting').length + 1;
  const retryAfterMs = failure.retryAfterMs ?? 0;
  return { workers, allowance: pushBack(context.allowance, { served, wanted, now: at, retryAfterMs }) };
}

export function noteProgress(context: DownloadContext, news: News<'segment.advanced'>): Change {
  const { id, written, bytesPerSecond } = news;
  return {
    plan: advance(context.plan, rangeIdOf(id), written),
    workers: changeWorker(context, id, bytesPerSecond > 0 ? { attempt: 0, bytesPerSecond } : { bytesPerSecond }),
  };
}

/** The end of a range is told by its segment alone: there may be more to it than its last byte. */
export function noteSurvey({ plan }: DownloadContext, { transfers }: Pick<TransfersSurveyed, 'transfers'>): Change {
  return {
    plan: transfers.reduce((next, { id, written }) => {
      const { end = null } = findRange(next, rangeIdOf(id)) ?? {};
      return advance(next, rangeIdOf(id), end === null ? written : Math.min(written, end - 1));
    }, plan),
  };
}

export function noteCompleted(context: DownloadContext, { id, written, at }: News<'segment.completed'>): Change {
  const rangeId = rangeIdOf(id);
  const isOpenEnded = context.plan.some((range) => range.id === rangeId && range.end === null);
  const plan = (isOpenEnded ? finish : advance)(context.plan, rangeId, written);
  return {
    plan,
    entity: isOpenEnded && context.entity ? { ...context.entity, size: written } : context.entity,
    // Whoever else was fetching it has lost.
    workers: rivalsOf(id).reduce((workers, rival) => withoutWorker({ workers }, rival), context.workers),
    meter: measure(context.meter, at, writtenBytes(plan)),
  };
}

/** A second try's bytes are as good, though the first goes on. */
export function noteReleased({ plan }: DownloadContext, { id, written }: News<'segment.released'>): Change {
  return { plan: advance(plan, rangeIdOf(id), written) };
}

export function noteParked(context: DownloadContext, { id, written }: News<'segment.parked'>): Change {
  return { plan: advance(context.plan, rangeIdOf(id), written), workers: withoutWorker(context, id) };
}

export function noteTime(context: DownloadContext, { at }: { readonly at: number }): Change {
  return {
    meter: measure(context.meter, at, writtenBytes(context.plan)),
    allowance: growSlowly(context.allowance, at),
    ...lookAround(context, at),
  };
}

/** How much arrives, while it is being found out how many connections pay. */
export function noteTraffic(
  context: DownloadContext,
  { at, bytes, activeMs }: Pick<Traffic, 'at' | 'bytes' | 'activeMs'>,
): Change {
  const { workers, tuning, options, source } = context;
  const roundTripMs = source?.latencyMs ?? 0;
  return { tuning: tune(tuning, { at, bytes, activeMs, ...served(workers), limit: options.rateLimit, roundTripMs }) };
}

function served(workers: DownloadContext['workers']): Pick<Traffic, 'receiving' | 'asking'> {
  const states = Object.values(workers).map((worker) => worker.state);
  const count = (wanted: SegmentStateName) => states.filter((state) => state === wanted).length;
  return { receiving: count('receiving'), asking: count('requesting') };
}

export function setConnections(context: DownloadContext, wanted: { readonly connections: number | 'auto' }): Change {
  const { options } = context;
  if (wanted.connections === 'auto') {
    if (options.connections === 'auto') return {};
    // It begins with those that are at work.
    const ceiling = Math.max(openingTuning.ceiling, Math.min(busyCount(context), AUTO_MOST));
    return { options: { ...options, connections: 'auto' }, tuning: tuneAnew({ ceiling }) };
  }
  const connections = Math.max(1, Math.min(CONNECTIONS_MAX, Math.trunc(wanted.connections) || 1));
  return { options: { ...options, connections } };
}

export function changeWorker(
  { workers }: DownloadContext,
  id: string,
  change: Partial<Worker>,
): DownloadContext['workers'] {
  const worker = workers[id];
  // One that waits has no segment of which there could be news.
  return worker && worker.state !== 'waiting' ? { ...workers, [id]: { ...worker, ...change } } : workers;
}
