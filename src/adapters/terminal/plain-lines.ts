import type { DownloadEvent } from '../../machines/events.ts';
import { type DownloadControl, listen } from '../../machines/front-end.ts';
import { doneLine, failedLine } from './closing-lines.ts';
import { formatBytes, formatDuration, formatPercent, formatSpeed } from './format.ts';
import { printable } from './printable.ts';

/** Between two lines of progress, milliseconds: a few a minute. */
const EVERY_MS = 15_000;

/** Tells a download in plain lines, for logs and pipes. With `quiet`, failures only. */
export function attachPlainLines(
  actor: DownloadControl,
  { write, quiet }: { write: (line: string) => void; quiet: boolean },
): void {
  const failed = (event: Extract<DownloadEvent, { type: 'failed' }>) => write(`multidown: ${failedLine(event)}`);
  if (quiet) {
    listen(actor, { failed });
    return;
  }
  let told = 0;
  let warned = '';
  listen(actor, {
    failed,
    state(event) {
      const line = stateLine(event);
      if (line !== null) write(line);
    },
    progress(event) {
      if (event.elapsedMs - told < EVERY_MS) return;
      told = event.elapsedMs;
      write(progressLine(event));
    },
    warning({ message }) {
      // Many segments may say the same in a row.
      if (message !== warned) write(printable(message));
      warned = message;
    },
    done(event) {
      if (!event.dryRun) write(doneLine(event));
    },
  });
}

function stateLine(event: Extract<DownloadEvent, { type: 'state' }>): string | null {
  const { state, source, path, resumedBytes } = event;
  switch (state) {
    case 'downloading': {
      if (!source) return null;
      const size = source.size === null ? 'size unknown' : formatBytes(source.size);
      const resumed = resumedBytes > 0 ? `, going on from ${formatBytes(resumedBytes)}` : '';
      return `Downloading ${printable(source.url)} to ${printable(path ?? '')}: ${size}${resumed}.`;
    }
    case 'paused':
      return 'Paused.';
    default:
      return null;
  }
}

function progressLine(event: Extract<DownloadEvent, { type: 'progress' }>): string {
  const { bytes, total, fraction, speed, remainingMs } = event;
  const size = total === null ? formatBytes(bytes) : `${formatBytes(bytes)} of ${formatBytes(total)}`;
  const percent = fraction === null ? '' : ` (${formatPercent(fraction)})`;
  return `${size}${percent}, ${formatSpeed(speed.now)}, left ${formatDuration(remainingMs)}`;
}
