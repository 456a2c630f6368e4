import type { AnyActor, InspectionEvent } from 'xstate';
import { Familiarity, placeOf } from './familiarity.ts';
import { plainDefinition } from './plain-definition.ts';
import { plainValue, remembering } from './plain-value.ts';
import type { InspectionMessage, PlainSnapshot } from './protocol.ts';

/** A message, once as it is and once as it is sent: it is made JSON one time for all who get it. */
export interface Inspected {
  readonly message: InspectionMessage;
  readonly text: string;
  /** It tells nothing that a later one of the same actor would not: the state was the same before. */
  readonly isIntermediate: boolean;
}

export interface InspectionOptions {
  readonly download: string;
  readonly redact: (text: string) => string;
  /** Gets what has gathered, in order. */
  readonly onMessages: (messages: readonly Inspected[]) => void;
}

export interface Inspection {
  /** For `createActor(..., { inspect })`: cheap, and never throws. */
  readonly inspect: (event: InspectionEvent) => void;
  /** Gives away what has gathered, now. */
  flush(): void;
}

/** A change of state is told at once, figures some times a second: they must not cost what they measure. Milliseconds. */
const SOON_MS = 10;
const LATER_MS = 400;
/** What comes many times a second, from every connection or from a clock: of a batch, the last is enough. */
const FREQUENT = /\.(advanced|ticked)$/;

type Told = Extract<InspectionEvent, { type: '@xstate.actor' | '@xstate.event' | '@xstate.snapshot' }>;

interface Pending {
  readonly event: Told;
  readonly at: number;
  readonly isIntermediate: boolean;
  isReplaced: boolean;
}

/** Makes plain messages of what XState's inspection tells of one download. */
export function createInspection({ download, redact: bare, onMessages }: InspectionOptions): Inspection {
  const redact = remembering(bare);
  const known = new Set<string>();
  const familiarity = new Familiarity();
  let pending: Pending[] = [];
  /** The last of its kind in this batch. */
  let newest = new Map<string, Pending>();
  let sequence = 0;
  let timer: NodeJS.Timeout | null = null;
  let isSoon = false;

  function inspect(event: InspectionEvent): void {
    if (event.type !== '@xstate.actor' && event.type !== '@xstate.event' && event.type !== '@xstate.snapshot') return;
    const at = Date.now();
    const isNews = event.type === '@xstate.snapshot' && familiarity.isNews(event, at);
    const isIntermediate = event.type === '@xstate.snapshot' ? !isNews : isFrequent(event);
    const one: Pending = { event, at, isIntermediate, isReplaced: false };
    const { sessionId } = event.actorRef;
    if (isNews) {
      // What led here stays.
      for (const key of [...newest.keys()]) if (key.startsWith(`${sessionId} `)) newest.delete(key);
    } else if (isIntermediate) {
      const key = keyOf(event);
      const before = newest.get(key);
      if (before) before.isReplaced = true;
      newest.set(key, one);
    }
    pending.push(one);
    schedule(isNews);
  }

  function schedule(soon: boolean): void {
    if (timer !== null && (isSoon || !soon)) return;
    if (timer !== null) clearTimeout(timer);
    isSoon = soon;
    timer = setTimeout(flush, soon ? SOON_MS : LATER_MS).unref();
  }

  function flush(): void {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    isSoon = false;
    dropFleeting();
    const batch = pending.filter(({ isReplaced }) => !isReplaced);
    pending = [];
    newest = new Map();
    if (batch.length > 0) onMessages(batch.map(inspected));
  }

  /** Of actors that began and ended since the last time, like others before them, nothing is told. */
  function dropFleeting(): void {
    const born = new Set<string>();
    const fleeting = new Set<string>();
    for (const { event, at } of pending) {
      const { sessionId } = event.actorRef;
      if (event.type === '@xstate.actor') born.add(sessionId);
      const hasEnded = event.type === '@xstate.snapshot' && event.snapshot.status === 'done';
      if (hasEnded && familiarity.isFleeting(placeOf(event.actorRef), at) && born.has(sessionId))
        fleeting.add(sessionId);
    }
    if (fleeting.size === 0) return;
    for (const one of pending) {
      const { event } = one;
      const source = event.type === '@xstate.event' ? event.sourceRef?.sessionId : undefined;
      one.isReplaced ||= fleeting.has(event.actorRef.sessionId) || (source !== undefined && fleeting.has(source));
    }
  }

  function inspected({ event, at, isIntermediate }: Pending): Inspected {
    const message = messageOf(event, at);
    return { message, text: JSON.stringify(message), isIntermediate };
  }

  function messageOf(event: Told, at: number): InspectionMessage {
    const { sessionId } = event.actorRef;
    const base = { download, sequence: sequence++, createdAt: String(at), sessionId, rootId: event.rootId };
    switch (event.type) {
      case '@xstate.event':
        return {
          ...base,
          type: event.type,
          event: plainEvent(event.event),
          sourceId: event.sourceRef?.sessionId ?? null,
        };
      case '@xstate.snapshot':
        return { ...base, type: event.type, event: plainEvent(event.event), snapshot: plainSnapshot(event.snapshot) };
      case '@xstate.actor': {
        // More of it is public than its type says.
        const { logic, id, _parent } = event.actorRef as AnyActor;
        const machine = logic?.root ? logic : null;
        const isNew = machine !== null && !known.has(machine.id);
        if (isNew) known.add(machine.id);
        return {
          ...base,
          type: event.type,
          name: redact(String(id)),
          parentId: _parent?.sessionId ?? null,
          definition: isNew ? plainDefinition(machine) : null,
          definitionId: machine?.id ?? null,
          // It cannot be read while the actor starts; the first snapshot's message follows.
          snapshot: { status: 'active' },
        };
      }
    }
  }

  function plainEvent(event: unknown): { readonly type: string } {
    return plainValue(event, redact) as { type: string };
  }

  function plainSnapshot(snapshot: unknown): PlainSnapshot {
    const all = (snapshot ?? {}) as PlainSnapshot & { readonly tags?: Iterable<string> };
    const { status = 'active', value, tags, context, output, error } = all;
    const parts = { status, value, tags: tags === undefined ? undefined : [...tags], context, output, error };
    return plainValue(parts, redact) as PlainSnapshot;
  }

  return { inspect, flush };
}

function isFrequent(event: Told): boolean {
  return event.type === '@xstate.event' && FREQUENT.test(event.event.type);
}

function keyOf(event: Told): string {
  const { sessionId } = event.actorRef;
  if (event.type !== '@xstate.event') return `${sessionId} snapshot`;
  return `${sessionId} ${event.sourceRef?.sessionId} ${event.event.type}`;
}
