import type { Inspected } from './inspection.ts';
import type { ServerMessage } from './protocol.ts';

/** What an outbox needs of a socket. */
export interface Sink {
  /** `sent` is called when the system has taken it. */
  send(text: string, sent: () => void): void;
  /** The page is hopelessly behind: it comes back and gets what is remembered. */
  end(): void;
}

export interface OutboxBounds {
  /** Characters that the system may have at once. */
  readonly inFlight: number;
  /** Characters that wait before figures are dropped. */
  readonly thinAt: number;
  /** Characters that wait before the page is cut off. */
  readonly endAt: number;
}

const MIB = 1024 * 1024;
export const OUTBOX_BOUNDS: OutboxBounds = { inFlight: MIB / 4, thinAt: 4 * MIB, endAt: 16 * MIB };

/** Characters of inspection in one message. */
const FRAME = 128 * 1024;

type Item =
  | { readonly kind: 'text'; readonly text: string; readonly replaces: string | null }
  | { readonly kind: 'inspected'; readonly one: Inspected };

/**
 * What waits for one page. A slow page loses intermediate snapshots and old
 * figures, never the latest, and holds nobody up.
 */
export class Outbox {
  readonly #sink: Sink;
  readonly #bounds: OutboxBounds;
  /** What is remembered goes first; it takes no memory of its own. */
  #history: readonly Inspected[] = [];
  #historyAt = 0;
  #items: Item[] = [];
  #waiting = 0;
  #inFlight = 0;
  #isEnded = false;
  #onIdle: (() => void)[] = [];

  constructor(sink: Sink, bounds: OutboxBounds = OUTBOX_BOUNDS) {
    this.#sink = sink;
    this.#bounds = bounds;
  }

  /** Characters that wait, what is remembered not counted. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Before anything else. */
  start(welcome: ServerMessage, history: readonly Inspected[]): void {
    this.#history = history;
    this.#transmit(JSON.stringify(welcome));
    this.#pump();
  }

  /** @param replaces messages of the same name that still wait are outdated by this one */
  say(message: ServerMessage, replaces: string | null = null): void {
    if (replaces !== null) {
      const before = this.#items.findIndex((item) => item.kind === 'text' && item.replaces === replaces);
      if (before >= 0) this.#waiting -= lengthOf(this.#items.splice(before, 1)[0]);
    }
    this.#push({ kind: 'text', text: JSON.stringify(message), replaces });
    this.#pump();
  }

  inspection(messages: readonly Inspected[]): void {
    for (const one of messages) this.#push({ kind: 'inspected', one });
    this.#pump();
  }

  /** Resolves when all that waits has been taken by the system. */
  idle(): Promise<void> {
    return new Promise((resolve) => {
      this.#onIdle.push(resolve);
      this.#tellIdle();
    });
  }

  end(): void {
    this.#isEnded = true;
    this.#items = [];
    this.#history = [];
    this.#waiting = 0;
    this.#tellIdle();
  }

  #push(item: Item): void {
    if (this.#isEnded) return;
    this.#items.push(item);
    this.#waiting += lengthOf(item);
    if (this.#waiting > this.#bounds.thinAt) this.#thin();
    if (this.#waiting > this.#bounds.endAt) {
      this.end();
      this.#sink.end();
    }
  }

  /** Drops what a later message makes needless: of each actor the latest snapshot stays. */
  #thin(): void {
    const newer = new Set<string>();
    const dropped = new Map<string, number>();
    const kept = this.#items.toReversed().filter((item) => {
      if (item.kind === 'text') return true;
      const { message, isIntermediate } = item.one;
      const key = `${message.download} ${message.sessionId} ${message.type}`;
      const isNeedless = newer.has(key) && (isIntermediate || message.type === '@xstate.snapshot');
      newer.add(key);
      if (isNeedless) dropped.set(message.download, (dropped.get(message.download) ?? 0) + 1);
      return !isNeedless;
    });
    this.#items = kept.reverse();
    for (const [download, count] of dropped) {
      this.#items.push({ kind: 'text', text: JSON.stringify({ type: 'dropped', download, count }), replaces: null });
    }
    this.#waiting = this.#items.reduce((sum, item) => sum + lengthOf(item), 0);
  }

  #pump(): void {
    while (!this.#isEnded && this.#inFlight < this.#bounds.inFlight) {
      const text = this.#next();
      if (text === null) break;
      this.#transmit(text);
    }
    this.#tellIdle();
  }

  #transmit(text: string): void {
    this.#inFlight += text.length;
    this.#sink.send(text, () => {
      this.#inFlight -= text.length;
      this.#pump();
    });
  }

  /** The next frame: one text, or as much inspection as follows one another. */
  #next(): string | null {
    const texts: string[] = [];
    let size = 0;
    while (this.#historyAt < this.#history.length && size < FRAME) {
      const one = this.#history[this.#historyAt++];
      texts.push(one?.text ?? '');
      size += one?.text.length ?? 0;
    }
    if (texts.length > 0) return inspectionOf(texts);
    const [first] = this.#items;
    if (first?.kind === 'text') {
      this.#items.shift();
      this.#waiting -= first.text.length;
      return first.text;
    }
    let taken = 0;
    for (const item of this.#items) {
      if (item.kind !== 'inspected' || size >= FRAME) break;
      texts.push(item.one.text);
      size += item.one.text.length;
      taken++;
    }
    this.#items.splice(0, taken);
    this.#waiting -= size;
    return texts.length > 0 ? inspectionOf(texts) : null;
  }

  #tellIdle(): void {
    const isIdle = this.#items.length === 0 && this.#historyAt >= this.#history.length && this.#inFlight === 0;
    if (!isIdle && !this.#isEnded) return;
    for (const resolve of this.#onIdle.splice(0)) resolve();
  }
}

function inspectionOf(texts: readonly string[]): string {
  return `{"type":"inspection","messages":[${texts.join(',')}]}`;
}

function lengthOf(item: Item | undefined): number {
  if (item === undefined) return 0;
  return item.kind === 'text' ? item.text.length : item.one.text.length;
}
