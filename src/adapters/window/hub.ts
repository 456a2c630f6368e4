import type { InspectionEvent } from 'xstate';
import type { DownloadCommand, DownloadEvent } from '../../machines/events.ts';
import { newCard, withEvent } from './card.ts';
import { HISTORY_BOUNDS, InspectionHistory } from './history.ts';
import { createInspection, type Inspected, type Inspection } from './inspection.ts';
import type { Outbox } from './outbox.ts';
import {
  type DownloadCard,
  type PageMessage,
  PROTOCOL_VERSION,
  type RecordingLine,
  type ServerMessage,
  type StartRequest,
} from './protocol.ts';

/** How a download came to be started from a page, or why not. */
export type StartOutcome =
  | { readonly ok: true; readonly download: string }
  | { readonly ok: false; readonly field: keyof StartRequest | null; readonly message: string };

export interface HubOptions {
  readonly mode: 'live' | 'replay';
  readonly version: string;
  /** Folders that a page may save to; none when it may start nothing. */
  readonly roots?: readonly string[];
  readonly start?: (form: StartRequest) => Promise<StartOutcome>;
}

export interface NewDownload {
  /** Redacted. */
  readonly url: string;
  readonly redact: (text: string) => string;
  readonly send: (command: DownloadCommand) => void;
}

/** A download's place in the window. */
export interface Seat {
  readonly id: string;
  /** For the actor's `inspect`. */
  readonly inspect: (event: InspectionEvent) => void;
  /** For what the actor emits, redacted. */
  readonly hear: (event: DownloadEvent) => void;
}

interface Entry {
  card: DownloadCard;
  readonly history: InspectionHistory;
  readonly inspection: Inspection | null;
  readonly send: (command: DownloadCommand) => void;
}

/** Downloads that are remembered; those that have ended go first. */
const MOST_DOWNLOADS = 500;
/** Characters of history of all downloads together. */
const MOST_CHARACTERS = 48 * 1024 * 1024;

/** All downloads of the window on one side, all pages on the other. */
export class WindowHub {
  readonly #options: HubOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #pages = new Set<Outbox>();
  readonly #taps = new Set<(line: RecordingLine, text: string, isIntermediate: boolean) => void>();
  #count = 0;

  constructor(options: HubOptions) {
    this.#options = options;
  }

  /** Downloads that have not ended. */
  get running(): number {
    return [...this.#entries.values()].filter(({ card }) => card.endedAt === null).length;
  }

  get pages(): number {
    return this.#pages.size;
  }

  /** Hears all that a recording holds. */
  tap(listener: (line: RecordingLine, text: string, isIntermediate: boolean) => void): void {
    this.#taps.add(listener);
  }

  add({ url, redact, send }: NewDownload): Seat {
    const id = `d${++this.#count}`;
    const history = new InspectionHistory();
    const inspection = createInspection({
      download: id,
      redact,
      onMessages: (messages) => this.#inspected(id, messages),
    });
    const card = newCard(id, redact(url), Date.now(), true);
    this.#enter({ card, history, inspection, send });
    this.#record({ type: 'download', at: card.addedAt, download: id, url: card.url });
    return { id, inspect: inspection.inspect, hear: (event) => this.#hear(id, event) };
  }

  /** A download out of a recording. */
  addRecorded(card: DownloadCard, messages: readonly Inspected[]): void {
    const history = new InspectionHistory({ messages: Infinity, characters: Infinity });
    history.add(messages);
    this.#enter({ card, history, inspection: null, send: () => {} });
  }

  /** A page has come; gives what takes its words, and what it leaves with. */
  connect(outbox: Outbox): { readonly take: (message: PageMessage) => void; readonly leave: () => void } {
    this.flush();
    const { mode, version, roots = [] } = this.#options;
    const entries = [...this.#entries.values()];
    const welcome: ServerMessage = {
      type: 'welcome',
      protocol: PROTOCOL_VERSION,
      version,
      mode,
      roots,
      downloads: entries.map(({ card }) => card),
    };
    this.#pages.add(outbox);
    outbox.start(
      welcome,
      entries.flatMap(({ history }) => history.all()),
    );
    return { take: (message) => this.#take(outbox, message), leave: () => void this.#pages.delete(outbox) };
  }

  /** Tells what has gathered, now. */
  flush(): void {
    for (const { inspection } of this.#entries.values()) inspection?.flush();
  }

  #enter(entry: Entry): void {
    this.#entries.set(entry.card.id, entry);
    this.#forgetOldest();
    this.#tell({ type: 'card', card: entry.card });
  }

  #inspected(id: string, messages: readonly Inspected[]): void {
    const entry = this.#entries.get(id);
    if (!entry) return;
    entry.history.add(messages);
    for (const tap of this.#taps)
      for (const { message, text, isIntermediate } of messages) tap(message, text, isIntermediate);
    for (const page of this.#pages) page.inspection(messages);
  }

  #hear(id: string, event: DownloadEvent): void {
    const entry = this.#entries.get(id);
    if (!entry) return;
    const at = Date.now();
    const before = entry.card;
    entry.card = withEvent(before, event, at);
    // What led to it comes first.
    if (event.type === 'done' || event.type === 'failed') entry.inspection?.flush();
    this.#record({ type: 'event', at, download: id, event });
    const replaces = event.type === 'progress' ? `progress ${id}` : null;
    // A page has the same of every segment's row in the figures.
    if (event.type !== 'segment') this.#tell({ type: 'event', download: id, event }, replaces);
    const { name, endedAt } = entry.card;
    if (name !== before.name || endedAt !== before.endedAt) this.#tell({ type: 'card', card: entry.card });
    if (endedAt !== null) this.#forgetOldest();
  }

  #record(line: RecordingLine): void {
    // A segment's rows are in the figures.
    if (this.#taps.size === 0 || (line.type === 'event' && line.event.type === 'segment')) return;
    const text = JSON.stringify(line);
    const isIntermediate = line.type === 'event' && line.event.type === 'progress';
    for (const tap of this.#taps) tap(line, text, isIntermediate);
  }

  #take(page: Outbox, message: PageMessage): void {
    switch (message.type) {
      case 'command':
        return this.#command(message.download, message.command);
      case 'answer': {
        const open = this.#entries.get(message.download)?.card.state?.question;
        // The first answer wins: one to a question that has been answered says nothing of the next.
        if (!open || (message.question ?? open.kind) !== open.kind) return;
        return this.#command(message.download, { type: 'download.answer', answer: message.answer });
      }
      case 'forget':
        return this.#forget(message.download);
      case 'start':
        return void this.#start(page, message.request, message.form);
    }
  }

  #command(id: string, command: DownloadCommand): void {
    const entry = this.#entries.get(id);
    if (entry?.card.canControl && entry.card.endedAt === null) entry.send(command);
  }

  async #start(page: Outbox, request: number, form: StartRequest): Promise<void> {
    const { start } = this.#options;
    const outcome: StartOutcome = start
      ? await start(form)
      : { ok: false, field: null, message: 'Downloads cannot be started in this window.' };
    if (outcome.ok) page.say({ type: 'started', request, download: outcome.download });
    else page.say({ type: 'refused', request, field: outcome.field, message: outcome.message });
  }

  #forget(id: string): void {
    const isOver = this.#entries.get(id)?.card.endedAt !== null;
    if (!isOver || this.#options.mode === 'replay' || !this.#entries.delete(id)) return;
    this.#tell({ type: 'forgotten', download: id });
  }

  #forgetOldest(): void {
    if (this.#options.mode === 'replay') return;
    const entries = [...this.#entries.values()];
    let characters = entries.reduce((sum, { history }) => sum + history.characters, 0);
    let count = entries.length;
    for (const { card, history } of entries) {
      const isTooMuch = count > MOST_DOWNLOADS || characters > MOST_CHARACTERS - HISTORY_BOUNDS.characters;
      if (!isTooMuch) return;
      if (card.endedAt === null) continue;
      characters -= history.characters;
      count -= 1;
      this.#forget(card.id);
    }
  }

  #tell(message: ServerMessage, replaces: string | null = null): void {
    for (const page of this.#pages) page.say(message, replaces);
  }
}
