import type { AnyActor, InspectionEvent } from 'xstate';
import { plainDefinition } from '../../src/adapters/window/plain-definition.ts';
import type {
  DownloadCard,
  InspectionMessage,
  PageMessage,
  PlainSnapshot,
  ServerMessage,
} from '../../src/adapters/window/protocol.ts';
import type { DownloadEvent } from '../../src/machines/events.ts';
import { type Download, type OpenDownloadOptions, openDownload } from '../../src/open-download.ts';

interface HubDownload {
  card: DownloadCard;
  readonly messages: InspectionMessage[];
  readonly download: Download;
}

/** One page that is connected. */
export interface HubClient {
  readonly send: (message: ServerMessage) => void;
}

/**
 * What the window's server says to its pages, without the server: real
 * downloads on one side, pages on the other. For tests of the page alone.
 */
export class WindowHub {
  mode: 'live' | 'replay' = 'live';
  roots: readonly string[] = [];
  /** With these a page's own downloads are started. */
  startOptions: OpenDownloadOptions = {};
  /** What pages have said. */
  readonly heard: PageMessage[] = [];
  readonly downloads = new Map<string, HubDownload>();
  readonly #clients = new Set<HubClient>();

  start(url: string, options: OpenDownloadOptions): string {
    const id = `d${this.downloads.size + 1}`;
    const messages: InspectionMessage[] = [];
    const card: DownloadCard = { ...emptyCard, id, url, addedAt: Date.now() };
    const known = new Set<string>();
    const download = openDownload(url, {
      ...options,
      inspect: (event) => {
        const message = plainMessage(event, id, messages.length, known);
        if (!message) return;
        messages.push(message);
        this.#tell({ type: 'inspection', messages: [message] });
      },
      attach: (actor) => void actor.on('*', (event) => this.#event(id, event)),
    });
    this.downloads.set(id, { card, messages, download });
    this.#tell({ type: 'card', card });
    return id;
  }

  /** A page has come; gives what takes its words. */
  connect(client: HubClient): { readonly take: (message: PageMessage) => void; readonly leave: () => void } {
    const all = [...this.downloads.values()];
    const canControl = this.mode === 'live';
    client.send({
      type: 'welcome',
      protocol: 1,
      version: '1.0.0',
      mode: this.mode,
      roots: this.roots,
      downloads: all.map(({ card }) => ({ ...card, canControl })),
    });
    for (const { messages } of all) client.send({ type: 'inspection', messages });
    this.#clients.add(client);
    return { take: (message) => this.#take(client, message), leave: () => void this.#clients.delete(client) };
  }

  /** Puts a made-up card in place of a download's own. */
  show(card: DownloadCard): void {
    const known = this.downloads.get(card.id);
    if (known) known.card = card;
    this.#tell({ type: 'card', card });
  }

  tell(message: ServerMessage): void {
    this.#tell(message);
  }

  async close(): Promise<void> {
    const running = [...this.downloads.values()].filter(
      ({ download }) => download.actor.getSnapshot().status === 'active',
    );
    await Promise.all(running.map(({ download }) => download.stop()));
  }

  #take(client: HubClient, message: PageMessage): void {
    this.heard.push(message);
    switch (message.type) {
      case 'command':
        this.downloads.get(message.download)?.download.actor.send(message.command);
        break;
      case 'answer':
        this.downloads.get(message.download)?.download.answer(message.answer);
        break;
      case 'forget':
        this.downloads.delete(message.download);
        break;
      case 'start': {
        const { request, form } = message;
        if (form.name === 'refuse-me') {
          client.send({ type: 'refused', request, field: 'name', message: 'That name is not wanted here.' });
        } else client.send({ type: 'started', request, download: this.start(form.url, this.startOptions) });
      }
    }
  }

  #event(id: string, event: DownloadEvent): void {
    const known = this.downloads.get(id);
    if (known) known.card = changed(known.card, event);
    this.#tell({ type: 'event', download: id, event });
  }

  #tell(message: ServerMessage): void {
    for (const client of this.#clients) client.send(message);
  }
}

export const emptyCard: DownloadCard = {
  id: '',
  url: '',
  name: null,
  addedAt: 0,
  endedAt: null,
  state: null,
  progress: null,
  warnings: [],
  result: null,
  failure: null,
  canControl: true,
};

function changed(card: DownloadCard, event: DownloadEvent): DownloadCard {
  switch (event.type) {
    case 'state':
      return { ...card, state: event };
    case 'progress':
      return { ...card, progress: event };
    case 'warning':
      return { ...card, warnings: [...card.warnings, event] };
    case 'failed':
      return { ...card, failure: event, endedAt: Date.now() };
    case 'done':
      return { ...card, result: event, endedAt: Date.now() };
    case 'segment':
      return card;
  }
}

function plainMessage(
  event: InspectionEvent,
  download: string,
  sequence: number,
  known: Set<string>,
): InspectionMessage | null {
  const { sessionId } = event.actorRef;
  const base = { download, sequence, createdAt: String(Date.now()), sessionId, rootId: event.rootId };
  switch (event.type) {
    case '@xstate.actor': {
      // More of it is public than its type says.
      const { logic, id, _parent } = event.actorRef as AnyActor;
      const machine = logic.root ? logic : null;
      const isNew = machine !== null && !known.has(machine.id);
      if (machine) known.add(machine.id);
      return {
        ...base,
        type: event.type,
        name: id,
        parentId: _parent?.sessionId ?? null,
        definition: isNew ? plainDefinition(machine) : null,
        definitionId: machine?.id ?? null,
        // It cannot be read yet; the first snapshot's message follows.
        snapshot: { status: 'active' },
      };
    }
    case '@xstate.event':
      return { ...base, type: event.type, event: plain(event.event), sourceId: event.sourceRef?.sessionId ?? null };
    case '@xstate.snapshot':
      return { ...base, type: event.type, event: plain(event.event), snapshot: plainSnapshot(event.snapshot) };
    default:
      return null;
  }
}

function plainSnapshot(snapshot: unknown): PlainSnapshot {
  const { status = 'active', value, context, output, error } = (snapshot ?? {}) as Partial<PlainSnapshot>;
  return plain({ status, value, context, output, error: error === undefined ? undefined : String(error) });
}

function plain<Value>(value: Value): Value {
  return JSON.parse(
    JSON.stringify(value, (_, part: unknown) => {
      if (part instanceof Uint8Array) return undefined;
      const isActor = typeof part === 'object' && part !== null && 'sessionId' in part && 'send' in part;
      return isActor ? { sessionId: part.sessionId } : part;
    }),
  ) as Value;
}
