import type { DownloadEvent } from '../../machines/events.ts';
import type { DownloadControl } from '../../machines/front-end.ts';

/** The version of the lines' format: raised when a reader of the old one could misread the new. */
export const FORMAT_VERSION = 1;

/** Between two `progress` lines, milliseconds. */
const EVERY_MS = 500;

export interface JsonLinesOptions {
  /** Takes one line, with its end; false when the reader is behind, as a stream's `write` says it. */
  readonly write: (line: string) => boolean;
  /** Called once when the reader can take more, as a stream's `drain`. */
  readonly onDrain: (resume: () => void) => void;
}

/**
 * Writes each event as one JSON object a line, described by
 * `json-lines.schema.json`. A slow reader misses figures, never news.
 */
export function attachJsonLines(actor: Pick<DownloadControl, 'on'>, { write, onDrain }: JsonLinesOptions): void {
  let isBehind = false;
  let progressAt = Number.NEGATIVE_INFINITY;
  let held: Extract<DownloadEvent, { type: 'progress' }> | null = null;

  const put = (event: DownloadEvent) => {
    const isTaken = write(`${JSON.stringify({ v: FORMAT_VERSION, time: new Date().toISOString(), ...event })}\n`);
    if (isTaken || isBehind) return;
    isBehind = true;
    onDrain(() => {
      isBehind = false;
    });
  };

  actor.on('*', (event) => {
    if (event.type !== 'progress') {
      // The figures at the end of a step are news too.
      if (held && (event.type === 'state' || event.type === 'done' || event.type === 'failed')) {
        put(held);
        held = null;
      }
      put(event);
      return;
    }
    held = event;
    const now = performance.now();
    if (isBehind || now - progressAt < EVERY_MS) return;
    progressAt = now;
    held = null;
    put(event);
  });
}
