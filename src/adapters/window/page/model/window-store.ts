import type { DownloadCard, ServerMessage } from '../../protocol.ts';
import { Samples } from './figures.ts';
import { History } from './history.ts';

export interface DownloadModel {
  readonly card: DownloadCard;
  readonly history: History;
  readonly samples: Samples;
}

export type Refusal = Extract<ServerMessage, { type: 'refused' }>;

/** How often what is shown is made anew, at most; milliseconds. */
const REFRESH_MS = 100;

/**
 * All that the server has told. Messages come by the hundred a second, so it
 * changes in place and tells its listeners ten times a second at most.
 */
export class WindowStore {
  /** The server has said what there is; before that nothing is known, not even that there is nothing. */
  isWelcomed = false;
  mode: 'live' | 'replay' = 'live';
  version = '';
  roots: readonly string[] = [];
  readonly downloads = new Map<string, DownloadModel>();
  /** Answers to the form, by its number. */
  readonly started = new Map<number, string>();
  readonly refusals = new Map<number, Refusal>();
  #revision = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #listeners = new Set<() => void>();

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly revision = (): number => this.#revision;

  take(message: ServerMessage): void {
    this.#apply(message);
    const isUrgent = message.type !== 'inspection' && !(message.type === 'event' && message.event.type === 'progress');
    if (isUrgent) this.#tell();
    else this.#timer ??= setTimeout(() => this.#tell(), REFRESH_MS);
  }

  #tell(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#revision++;
    for (const listener of this.#listeners) listener();
  }

  #apply(message: ServerMessage): void {
    switch (message.type) {
      case 'welcome': {
        this.isWelcomed = true;
        this.mode = message.mode;
        this.version = message.version;
        this.roots = message.roots;
        // After a break everything is told again.
        this.downloads.clear();
        for (const card of message.downloads) this.#setCard(card);
        return;
      }
      case 'card':
        return this.#setCard(message.card);
      case 'event':
        return this.#event(message);
      case 'inspection': {
        for (const one of message.messages) this.#modelOf(one.download).history.add(one);
        return;
      }
      case 'dropped': {
        this.#modelOf(message.download).history.dropped += message.count;
        return;
      }
      case 'forgotten': {
        this.downloads.delete(message.download);
        return;
      }
      case 'started': {
        this.started.set(message.request, message.download);
        return;
      }
      case 'refused': {
        this.refusals.set(message.request, message);
        return;
      }
    }
  }

  #setCard(card: DownloadCard): void {
    const known = this.downloads.get(card.id);
    if (known) this.downloads.set(card.id, { ...known, card });
    else {
      const history = new History();
      this.downloads.set(card.id, { card, history, samples: new Samples(history) });
    }
  }

  #modelOf(id: string): DownloadModel {
    const known = this.downloads.get(id);
    if (known) return known;
    this.#setCard(unknownCard(id));
    return this.#modelOf(id);
  }

  #event({ download, event }: Extract<ServerMessage, { type: 'event' }>): void {
    const { card } = this.#modelOf(download);
    switch (event.type) {
      case 'state':
        return this.#setCard({ ...card, state: event });
      case 'progress':
        return this.#setCard({ ...card, progress: event });
      case 'warning':
        return this.#setCard({ ...card, warnings: [...card.warnings, event].slice(-20) });
      case 'failed':
        return this.#setCard({ ...card, failure: event });
      case 'done': {
        const { type: _, ...result } = event;
        return this.#setCard({ ...card, result });
      }
      case 'segment':
        return;
    }
  }

  /** The server has taken it off its list. */
  forget(id: string): void {
    this.downloads.delete(id);
    this.#tell();
  }
}

function unknownCard(id: string): DownloadCard {
  return {
    id,
    url: '',
    name: null,
    addedAt: Date.now(),
    endedAt: null,
    state: null,
    progress: null,
    warnings: [],
    result: null,
    failure: null,
    canControl: false,
  };
}
