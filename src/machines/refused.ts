/** A server that serves one connection and refuses the others: a URL that works once, say. */
import { withoutWorker } from './download.connections.ts';
import type { DownloadContext } from './download.context.ts';
import type { Warning } from './download.io.ts';
import type { Failure } from './failures.ts';
import { hedgeIdOf, rangeIdOf } from './hedge.ts';
import { absorb, isComplete, type Range } from './ranges.ts';

/** Statuses that may be meant for this connection only, while another one is served. */
const refusals = new Set([401, 403, 404, 410]);

interface Refused {
  readonly id: string;
  readonly failure: Failure;
}

/** Another connection was refused, and the file still comes over one that was not. */
export function canDoWithout({ workers }: DownloadContext, { id, failure }: Refused): boolean {
  const isRefusal = failure.code === 'http-status' && refusals.has(failure.status ?? 0);
  return isRefusal && Object.entries(workers).some(([other, { state }]) => other !== id && state === 'receiving');
}

/** Told once. */
export function refusalNotice({ isAlone }: DownloadContext, { failure }: Refused): readonly Warning[] {
  const message = `${failure.message} That was said to one connection of several, so the download goes on over one.`;
  return isAlone ? [] : [{ code: 'single-connection', message }];
}

/**
 * What becomes of a range that was refused. The answer that is being received
 * before it may go on through it, and through all that nobody receives yet:
 * the first answer of a download is of the whole file. Otherwise the range waits.
 */
export function giveBack(
  context: DownloadContext,
  { id }: Pick<Refused, 'id'>,
): {
  readonly change: Pick<DownloadContext, 'plan' | 'workers' | 'isAlone'>;
  /** Segments whose range is another one's now. */
  readonly gone: readonly string[];
  /** The segment that takes them over. */
  readonly extended: { readonly id: string; readonly end: number } | null;
} {
  const left = withoutWorker(context, id);
  // Who has not been answered yet is not waited for: that would be refused as well.
  const isUntouched = ({ id: other, start, written }: Range) =>
    written === start && left[other]?.state !== 'receiving' && !left[hedgeIdOf(other)];
  const { plan } = context;
  const at = plan.findIndex((range) => range.id === rangeIdOf(id));
  const host = plan.slice(0, at).findLast((range) => !isUntouched(range));
  const isGoingOn = host && !isComplete(host) && left[host.id]?.state === 'receiving' && !left[hedgeIdOf(host.id)];
  if (!isGoingOn) return { change: { plan, workers: left, isAlone: true }, gone: [], extended: null };
  const behind = plan.slice(plan.indexOf(host) + 1);
  const stop = behind.findIndex((range) => !isUntouched(range));
  const gone = (stop < 0 ? behind : behind.slice(0, stop)).map((range) => range.id);
  const joined = absorb(plan, host.id, gone);
  const end = joined.find((range) => range.id === host.id)?.end ?? null;
  const workers = gone.reduce((rest, other) => withoutWorker({ workers: rest }, other), left);
  return {
    change: { plan: joined, workers, isAlone: true },
    gone,
    extended: end === null ? null : { id: host.id, end },
  };
}
