import type { DownloadEvent } from '../../machines/events.ts';
import { formatBytes } from './format.ts';

/** The title of the last step, in wordings from long to short: what was compared, if anything was. */
export function mergedTitles({
  verified,
}: Pick<Extract<DownloadEvent, { type: 'done' }>, 'verified'>): readonly string[] {
  if (verified.length === 0) return ['Merged'];
  const match = verified.length === 1 ? 'matches' : 'match';
  return [`Merged and checked: ${verified.join(' and ')} ${match}`, 'Merged and checked', 'Merged'];
}

/** What the first answer told: the title of the finished step, in wordings from long to short. */
export function probedTitles({ source, resumedBytes }: Extract<DownloadEvent, { type: 'state' }>): readonly string[] {
  if (!source) return ['Probed the server'];
  const latency = `${Math.round(source.latencyMs)} ms`;
  const size = source.size === null ? 'size unknown' : formatBytes(source.size);
  const ranges = source.acceptsRanges ? 'ranges' : 'no ranges';
  const here = resumedBytes > 0 ? [`${formatBytes(resumedBytes)} are here already`] : [];
  return [
    [`Server answered in ${latency}`, size, ranges, ...here].join(', '),
    [`Answered in ${latency}`, size, ranges].join(', '),
    [size, ranges].join(', '),
    size,
  ];
}
