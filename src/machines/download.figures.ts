/** What front ends are shown, out of the download's context. */
import { busyCount } from './download.connections.ts';
import type { DownloadContext } from './download.context.ts';
import type { DownloadResult, Figures, SegmentView } from './events.ts';
import { isComplete, writtenBytes } from './ranges.ts';
import { speeds, timeLeft } from './speed.ts';

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
    remainingMs: timeLeft(meter, total === null ? null : total - bytes, options.rateLimit),
    connections: {
      active: busyCount(context),
      limit: isSingle ? 1 : shownLimit(context),
      isAuto: !isSingle && options.connections === 'auto',
    },
    rateLimit: options.rateLimit,
    segments: plan.flatMap((range) => segmentView(context, range.id) ?? []),
  };
}

/** What the user said, or what was found out. */
function shownLimit({ options, tuning, workers }: DownloadContext): number {
  if (options.connections !== 'auto') return options.connections;
  return Math.max(tuning.ceiling, busyCount({ workers }));
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
    verified: context.verified,
    skipped: how === 'skipped',
    dryRun: how === 'dryRun',
  };
}
