import type { DownloadEvent } from '../../machines/events.ts';
import { formatBytes, formatDuration, formatSpeed } from './format.ts';
import { printable } from './printable.ts';

type Done = Extract<DownloadEvent, { type: 'done' }>;
type Failed = Extract<DownloadEvent, { type: 'failed' }>;

/** The last line of a download that went well: where the file is, its size, the time and mean speed. */
export function doneLine(event: Done): string {
  const path = printable(event.path);
  const digests = event.verified.map((name) => `, ${name} matches`).join('');
  if (event.skipped) return `${path} was there already (${formatBytes(event.size)})${digests}; nothing was fetched.`;
  const took = event.elapsedMs < 1_000 ? `${event.elapsedMs} ms` : formatDuration(event.elapsedMs);
  const speed = event.meanBytesPerSecond === null ? '' : `, ${formatSpeed(event.meanBytesPerSecond)} on average`;
  return `${path}: ${formatBytes(event.size)} in ${took}${speed}${digests}.`;
}

/** The last lines of one that did not: what happened, and whether the same command goes on from here. */
export function failedLine(event: Failed): string {
  const hint = event.resumable && event.code !== 'interrupted' && !/goes on|is kept/.test(event.message);
  return printable(event.message) + (hint ? ' What has arrived is kept: the same command goes on from there.' : '');
}
