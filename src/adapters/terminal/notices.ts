import type { DownloadEvent, SegmentView, WarningCode } from '../../machines/events.ts';
import { printable } from './printable.ts';

/** A warning stays on the live screen for so long, milliseconds. */
const SHOWN_MS = 10_000;

/** Warnings about the file itself: worth a line that stays. The others are about a moment. */
const lasting: ReadonlySet<WarningCode> = new Set([
  'checksum-not-found',
  'single-connection',
  'identity-unproved',
  'length-unverified',
  'range-damaged',
  'restarted',
]);

/** They say when a connection tries again: true until it has. */
const passing: ReadonlySet<WarningCode> = new Set(['retrying', 'push-back']);

/** A connection waits to try again, or tries. */
export function isInTrouble({ state, attempt }: Pick<SegmentView, 'state' | 'attempt'>): boolean {
  return state === 'backingOff' || (state === 'requesting' && attempt > 0);
}

/** The warnings of a download: the one to show now, and those to keep. */
export class Notices {
  readonly #kept = new Set<string>();
  #latest = '';
  #until = 0;
  #isPassing = false;

  add({ code, message }: Extract<DownloadEvent, { type: 'warning' }>, now: number): void {
    const text = printable(message);
    this.#latest = text;
    this.#until = now + SHOWN_MS;
    this.#isPassing = passing.has(code);
    if (lasting.has(code)) this.#kept.add(text);
  }

  /** The one for the live screen; empty for none. */
  at(now: number): string {
    return now < this.#until ? this.#latest : '';
  }

  /** No connection waits to try again: what was said of that is true no more. */
  forgetRetries(): void {
    if (this.#isPassing) this.#until = 0;
  }

  /** Hands over those that belong above the last line, each once. */
  takeKept(): readonly string[] {
    const kept = [...this.#kept];
    this.#kept.clear();
    return kept;
  }
}
