import type { DownloadStateName, Figures, SegmentView } from '../../../../machines/events.ts';
import type { DownloadCard } from '../../protocol.ts';

/** States in which no byte arrives, whatever the last measurement before them was. */
const resting: ReadonlySet<string> = new Set<DownloadStateName>([
  'confirmingOverwrite',
  'confirmingRestart',
  'paused',
  'merging',
  'done',
  'stopped',
  'failed',
]);

export function isResting(state: string): boolean {
  return resting.has(state);
}

/**
 * The figures as they are to be shown: the last ones are from a moment before
 * the download came to rest, and then nothing moves any more.
 */
export function shownFigures(figures: Figures, { state, result, failure, endedAt }: DownloadCard): Figures {
  const isOver = result !== null || failure !== null || endedAt !== null;
  if (!isOver && !(state && isResting(state.state))) return figures;
  const isWhole = result !== null && figures.total !== null && !result.dryRun;
  return {
    ...figures,
    ...(isWhole ? { bytes: figures.total ?? figures.bytes, fraction: 1, elapsedMs: result.elapsedMs } : {}),
    speed: {
      ...figures.speed,
      now: isOver ? null : 0,
      // One mean on one page: the result's, which is of the whole.
      mean: result?.meanBytesPerSecond ?? figures.speed.mean,
    },
    remainingMs: null,
    connections: { ...figures.connections, active: 0 },
    segments: figures.segments.map((segment) => atRest(segment, isWhole)),
  };
}

function atRest(segment: SegmentView, isWhole: boolean): SegmentView {
  const { state, end, written } = segment;
  const isDone = isWhole || (end !== null && written >= end);
  return {
    ...segment,
    state: isDone ? 'done' : state === 'failed' ? 'failed' : 'parked',
    written: isWhole ? (end ?? written) : written,
    bytesPerSecond: 0,
  };
}
