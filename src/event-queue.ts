import type { DownloadEvent } from './machines/events.ts';

/** So many events are kept for an iterator that has not come yet. */
const MOST_EARLY = 1_000;

/**
 * Events for iterators. A slow reader misses figures, never news: of several
 * `progress` events that wait in a row, the latest is kept.
 */
export class EventQueue {
  #readers = new Set<Reader>();
  #early: DownloadEvent[] | null = [];
  #isOver = false;

  push(event: DownloadEvent): void {
    if (this.#early) {
      add(this.#early, event);
      if (this.#early.length > MOST_EARLY) this.#early.shift();
    }
    for (const reader of this.#readers) {
      add(reader.waiting, event);
      reader.wake();
    }
  }

  end(): void {
    this.#isOver = true;
    for (const reader of this.#readers) reader.wake();
  }

  /** The first iterator gets everything from the start; later ones what comes after. */
  async *iterate(): AsyncGenerator<DownloadEvent, void, undefined> {
    const reader: Reader = { waiting: this.#early ?? [], wake: () => {} };
    this.#early = null;
    this.#readers.add(reader);
    try {
      for (;;) {
        const event = reader.waiting.shift();
        if (event) yield event;
        else if (this.#isOver) return;
        else await new Promise<void>((resolve) => (reader.wake = resolve));
      }
    } finally {
      this.#readers.delete(reader);
    }
  }
}

interface Reader {
  readonly waiting: DownloadEvent[];
  wake: () => void;
}

function add(waiting: DownloadEvent[], event: DownloadEvent): void {
  if (event.type === 'progress' && waiting.at(-1)?.type === 'progress') waiting.pop();
  waiting.push(event);
}
