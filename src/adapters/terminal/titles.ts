import type { DownloadEvent } from '../../machines/events.ts';
import { formatBytes } from './format.ts';

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
