import type { DownloadEvent, WarningCode } from '../../machines/events.ts';
import { printable } from './printable.ts';

/** A warning stays on the live screen for so long, milliseconds. */
const SHOWN_MS = 10_000;

/** Warnings about the file itself: worth a line that stays. The others are about a moment. */
const lasting: ReadonlySet<WarningCode> = new Set([
  'single-connection',
  'identity-unproved',
  'length-unverified',
  'range-damaged',
  'restarted',
]);

/** The warnings of a download: the one to show now, and those to keep. */
export class Notices {
  readonly #kept = new Set<string>();
  #latest = '';
  #until = 0;

  add({ code, message }: Extract<DownloadEvent, { type: 'warning' }>, now: number): void {
    const text = printable(message);
    this.#latest = text;
    this.#until = now + SHOWN_MS;
    if (lasting.has(code)) this.#kept.add(text);
  }

  /** The one for the live screen; empty for none. */
  at(now: number): string {
    return now < this.#until ? this.#latest : '';
  }

  /** Hands over those that belong above the last line, each once. */
  takeKept(): readonly string[] {
    const kept = [...this.#kept];
    this.#kept.clear();
    return kept;
  }
}
