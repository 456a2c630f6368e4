import type { DownloadEvent } from '../../machines/events.ts';
import { formatBytes } from './format.ts';

/** What the first answer told: the title of the finished step. */
export function probedTitle({ source, resumedBytes }: Extract<DownloadEvent, { type: 'state' }>): string {
  if (!source) return 'Probed the server';
  const parts = [
    `Server answered in ${Math.round(source.latencyMs)} ms`,
    source.size === null ? 'size unknown' : formatBytes(source.size),
    source.acceptsRanges ? 'ranges' : 'no ranges',
    ...(resumedBytes > 0 ? [`${formatBytes(resumedBytes)} are here already`] : []),
  ];
  return parts.join(', ');
}
