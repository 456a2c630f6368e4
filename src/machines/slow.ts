/** Who is far behind the others. */
import type { DownloadContext, Worker } from './download.context.ts';
import { hedgeIdOf, isHedgeId, rangeIdOf } from './hedge.ts';
import { findRange, missingBytes } from './ranges.ts';
import { MOST_HEDGES } from './schedule.ts';

/** Below this part of the others' median speed a connection is not worth keeping. */
const FAR_BELOW = 0.25;
/** So many others must have a speed, for their median to mean something. */
const LEAST_OTHERS = 2;
/** What is left of the usual speed at the next look, where all have become slower. */
const FORGETTING = 0.9;
/** So many times a range may be given another connection: it may be the bytes that are slow, not the way. */
const MOST_REPLACEMENTS = 3;
/** Who is seen to be slow has so long to get going, milliseconds, or some round trips, if that is more: two looks a quarter of a second apart, three an eighth apart. */
const PATIENCE_MS = 200;
const PATIENCE_ROUND_TRIPS = 4;
/** A new connection must bring the range's end nearer by so much, seconds. */
const LEAST_GAIN_SECONDS = 1;

/**
 * Looks at all who fetch: who is slow, since when, and what is usual.
 *
 * @param at monotonic, milliseconds
 */
export function lookAround(context: DownloadContext, at: number): Pick<DownloadContext, 'workers' | 'usual'> {
  const all = speedsOf(context.workers).toSorted((a, b) => a - b);
  const workers = Object.fromEntries(
    Object.entries(context.workers).map(([id, worker]): [string, Worker] => {
      const isSlow =
        isFetching(worker) &&
        (worker.bytesPerSecond === 0 ||
          isFarBehind(all, worker) ||
          // In the end nobody is left to be compared with but others that are as slow.
          (isHedgeId(id) && worker.bytesPerSecond < FAR_BELOW * context.usual));
      const slow = isSlow ? { from: worker.slow?.from ?? at, to: at } : null;
      const isSettled = hasSpeed(worker);
      const news = {
        ...((slow ?? worker.slow) ? { slow } : {}),
        ...(isSettled === (worker.isSettled ?? false) ? {} : { isSettled }),
      };
      return [id, Object.keys(news).length > 0 ? { ...worker, ...news } : worker];
    }),
  );
  return { workers, usual: usualSpeed(context) };
}

/** Those that have just begun seem fast for a moment, and then slow: they do not count yet, and what was usual is forgotten by and by only. */
function usualSpeed({ workers, usual }: DownloadContext): number {
  const settled = Object.values(workers).filter((worker) => worker.isSettled && hasSpeed(worker));
  if (settled.length <= LEAST_OTHERS) return usual;
  return Math.max(
    median(settled.map(({ bytesPerSecond }) => bytesPerSecond).sort((a, b) => a - b)),
    usual * FORGETTING,
  );
}

/** Segments that should have another connection. */
export function replaceable(context: DownloadContext): readonly string[] {
  const { workers, plan, options } = context;
  // Who waits for the limit is not slow.
  if (options.rateLimit !== null) return [];
  const speeds = speedsOf(workers);
  return plan.flatMap((range) => {
    const worker = workers[range.id];
    const missing = missingBytes(range);
    if (!worker || missing === null || Object.hasOwn(workers, hedgeIdOf(range.id))) return [];
    if (!isSlowFor(worker, patienceOf(context)) || (worker.replaced ?? 0) >= MOST_REPLACEMENTS) return [];
    if (countOthers(speeds, worker) < LEAST_OTHERS) return [];
    return isWorthAnother(context, missing, worker) ? [range.id] : [];
  });
}

/** A new connection would have the rest so much sooner. */
function isWorthAnother({ source, usual }: DownloadContext, missing: number, { bytesPerSecond }: Worker): boolean {
  const own = missing / bytesPerSecond;
  const next = (source?.latencyMs ?? 0) / 1_000 + missing / (usual || Number.POSITIVE_INFINITY);
  return own - next > LEAST_GAIN_SECONDS;
}

/**
 * Second tries that have got stuck as well, or crawl: they make room for others.
 * And all, where nothing proves that both bring the same version: their bytes
 * would mix at places that nobody knows.
 */
export function idleHedges(context: DownloadContext): readonly string[] {
  const { workers, plan } = context;
  return Object.entries(workers).flatMap(([id, hedge]) => {
    if (!isHedgeId(id)) return [];
    if (context.seams !== null) return [id];
    if (!isSlowFor(hedge, patienceOf(context))) return [];
    if (hedge.bytesPerSecond === 0) return [id];
    const range = findRange(plan, rangeIdOf(id));
    const missing = range ? missingBytes(range) : null;
    // After the last try there is nothing better to be had.
    const isLast = (workers[rangeIdOf(id)]?.hedges ?? 0) >= MOST_HEDGES;
    return missing !== null && !isLast && isWorthAnother(context, missing, hedge) ? [id] : [];
  });
}

/** How long a connection is given to get going, milliseconds. */
function patienceOf({ source }: DownloadContext): number {
  return Math.max(PATIENCE_MS, PATIENCE_ROUND_TRIPS * (source?.latencyMs ?? 0));
}

/** Whether it was slow at two looks so many milliseconds apart, and at all between them. */
export function isSlowFor({ slow }: Worker, ms: number): boolean {
  return slow ? slow.to - slow.from >= ms : false;
}

/** They were replaced. */
export function noteReplaced({ workers }: DownloadContext, ids: readonly string[]): DownloadContext['workers'] {
  const changed = ids.flatMap((id): [string, Worker][] => {
    const worker = workers[id];
    return worker ? [[id, { ...worker, slow: null, replaced: (worker.replaced ?? 0) + 1 }]] : [];
  });
  return { ...workers, ...Object.fromEntries(changed) };
}

function isFetching({ state }: Worker): boolean {
  return state === 'receiving' || state === 'requesting';
}

/** @param all speeds, in order, its own among them where it has one */
function isFarBehind(all: readonly number[], worker: Worker): boolean {
  const others = countOthers(all, worker);
  const middle = Math.floor(others / 2);
  const own = hasSpeed(worker) ? all.indexOf(worker.bytesPerSecond) : all.length;
  // Without its own, what is above that moves one down.
  const median = all[own <= middle ? middle + 1 : middle] ?? 0;
  return others >= LEAST_OTHERS && worker.bytesPerSecond < FAR_BELOW * median;
}

function countOthers(all: readonly number[], worker: Worker): number {
  return all.length - (hasSpeed(worker) ? 1 : 0);
}

function hasSpeed({ state, bytesPerSecond }: Worker): boolean {
  return state === 'receiving' && bytesPerSecond > 0;
}

function speedsOf(workers: DownloadContext['workers']): readonly number[] {
  return Object.values(workers)
    .filter(hasSpeed)
    .map(({ bytesPerSecond }) => bytesPerSecond);
}

/** @param sorted in order */
function median(sorted: readonly number[]): number {
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
