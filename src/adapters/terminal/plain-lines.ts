import type { DownloadEvent, WarningCode } from '../../machines/events.ts';
import { type DownloadControl, listen } from '../../machines/front-end.ts';
import { doneLine, failedLine } from './closing-lines.ts';
import { formatBytes, formatDuration, formatPercent, formatSpeed } from './format.ts';
import { Kept } from './kept.ts';
import { printable } from './printable.ts';

/** Between two lines of progress, milliseconds of downloading: a few a minute. */
const EVERY_MS = 15_000;
/** Between two warnings of one kind, milliseconds: sixty-four connections may break at once. */
const WARNING_EVERY_MS = 5_000;

export interface PlainLinesOptions {
  /** Takes a line without its end. */
  readonly write: (line: string) => void;
  /** Failures only. */
  readonly quiet: boolean;
  /** Milliseconds, any clock. */
  readonly now: () => number;
}

/** Tells a download in plain lines, for logs and pipes: no escape codes, a few lines a minute. */
export function attachPlainLines(actor: DownloadControl, { write, quiet, now }: PlainLinesOptions): void {
  const failed = (event: Extract<DownloadEvent, { type: 'failed' }>) => write(`multidown: ${failedLine(event)}`);
  if (quiet) {
    listen(actor, { failed });
    return;
  }
  const kept = new Kept();
  let toldMs: number | null = null;
  /** One request all by itself: each of its attempts is news. */
  let isAsking = false;
  const warned = new Map<WarningCode, { readonly message: string; readonly at: number }>();
  listen(actor, {
    failed(event) {
      failed(event);
      const sentence = kept.after(event);
      if (sentence !== '') write(sentence);
    },
    state(event) {
      kept.state(event);
      isAsking = event.state === 'probing';
      const line = stateLine(event);
      if (line !== null) write(line);
    },
    progress(event) {
      kept.progress(event);
      // What earlier runs took is in it, too.
      toldMs ??= event.elapsedMs;
      if (event.elapsedMs - toldMs < EVERY_MS) return;
      toldMs = event.elapsedMs;
      write(progressLine(event));
    },
    warning({ code, message }) {
      const last = warned.get(code);
      if (!isAsking && last && (last.message === message || now() - last.at < WARNING_EVERY_MS)) return;
      warned.set(code, { message, at: now() });
      write(printable(message));
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
      const parts = [
        `Downloading ${printable(source.url)} to ${printable(path ?? '')}: `,
        source.size === null ? 'size unknown' : formatBytes(source.size),
        resumedBytes > 0 ? `, going on from ${formatBytes(resumedBytes)}` : '',
        source.acceptsRanges ? '' : ', on one connection',
        `, server answered in ${Math.round(source.latencyMs)} ms.`,
      ];
      return parts.join('');
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
