import type { InspectionMessage, MachineDefinition, PlainSnapshot } from '../../protocol.ts';
import { share } from './share.ts';

/** What is known of an actor for as long as it is remembered. */
export interface ActorInfo {
  readonly sessionId: string;
  /** As its parent calls it. */
  readonly name: string;
  readonly parentId: string | null;
  /** Null for an actor that is no machine. */
  readonly definition: MachineDefinition | null;
}

/** An actor at one place in the history. */
export interface ActorMoment extends ActorInfo {
  readonly snapshot: PlainSnapshot;
  /** What it has last taken; null before anything. */
  readonly event: { readonly type: string } | null;
  /** The place in the history of its latest snapshot. */
  readonly at: number;
}

/** All actors at one place in the history, in order of their making. */
export type Moment = ReadonlyMap<string, ActorMoment>;

/** Most messages that are remembered; the oldest go first. */
const MOST = 40_000;
/** Between two remembered moments: a step back works forward from the one before it. */
const EVERY = 256;

/**
 * The recorded history of one download: every inspection message in order, and
 * how things were after any of them. Places are counted from the first message
 * ever taken, so that they stay when old ones are forgotten.
 */
export class History {
  readonly #messages: InspectionMessage[] = [];
  readonly #definitions = new Map<string, MachineDefinition>();
  readonly #infos = new Map<string, ActorInfo>();
  readonly #keyframes: { readonly next: number; readonly moment: Moment }[] = [{ next: 0, moment: new Map() }];
  readonly #latest = new Map<string, ActorMoment>();
  #first = 0;
  /** Intermediate snapshots that this page was too slow for. */
  dropped = 0;

  /** The oldest place. */
  get first(): number {
    return this.#first;
  }

  /** The place after the newest message. */
  get end(): number {
    return this.#first + this.#messages.length;
  }

  add(received: InspectionMessage): void {
    const message = this.#shared(received);
    this.#learn(message);
    this.#messages.push(message);
    step(this.#latest, message, this.end - 1, this.#infos);
    if (this.end - (this.#keyframes.at(-1)?.next ?? 0) >= EVERY) {
      this.#keyframes.push({ next: this.end, moment: new Map(this.#latest) });
    }
    if (this.#messages.length >= MOST + EVERY) this.#forget();
  }

  /** The message at a place. */
  message(place: number): InspectionMessage | undefined {
    return this.#messages[place - this.#first];
  }

  /** Messages from a place to another, exclusive. */
  slice(from: number, to: number): readonly InspectionMessage[] {
    return this.#messages.slice(Math.max(0, from - this.#first), Math.max(0, to - this.#first));
  }

  /** How things were after the message at `place`. */
  at(place: number): Moment {
    if (place >= this.end - 1) return this.now();
    const keyframe = this.#keyframes.findLast(({ next }) => next <= place + 1) ?? this.#keyframes[0];
    const moment = new Map(keyframe?.moment);
    for (let index = keyframe?.next ?? this.#first; index <= place; index++) {
      const message = this.message(index);
      if (message) step(moment, message, index, this.#infos);
    }
    return moment;
  }

  /** How things are. */
  now(): Moment {
    return new Map(this.#latest);
  }

  /** Milliseconds since 1970 of the message at a place; 0 when there is none. */
  timeAt(place: number): number {
    return Number(this.message(place)?.createdAt ?? 0);
  }

  /** The newest place whose message is not later than `time`, milliseconds since 1970. */
  placeAt(time: number): number {
    let low = this.#first;
    let high = this.end - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (this.timeAt(middle) <= time) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #shared(message: InspectionMessage): InspectionMessage {
    const known = this.#latest.get(message.sessionId);
    if (message.type === '@xstate.event' || !known) return message;
    return { ...message, snapshot: share(known.snapshot, message.snapshot) as PlainSnapshot };
  }

  #learn(message: InspectionMessage): void {
    if (message.type !== '@xstate.actor') return;
    const { sessionId, name, parentId, definition, definitionId } = message;
    if (definition && definitionId !== null) this.#definitions.set(definitionId, definition);
    const known = definitionId === null ? null : (this.#definitions.get(definitionId) ?? null);
    this.#infos.set(sessionId, { sessionId, name, parentId, definition: definition ?? known });
  }

  #forget(): void {
    const keep = this.#keyframes.findIndex(({ next }) => next > this.end - MOST);
    const oldest = this.#keyframes[keep];
    if (!oldest) return;
    this.#messages.splice(0, oldest.next - this.#first);
    this.#keyframes.splice(0, keep);
    this.#first = oldest.next;
  }
}

function step(
  moment: Map<string, ActorMoment>,
  message: InspectionMessage,
  at: number,
  infos: ReadonlyMap<string, ActorInfo>,
): void {
  if (message.type === '@xstate.event') return;
  const { sessionId, snapshot } = message;
  const known = moment.get(sessionId);
  const info = known ?? infos.get(sessionId) ?? { sessionId, name: sessionId, parentId: null, definition: null };
  const event = message.type === '@xstate.snapshot' ? message.event : (known?.event ?? null);
  moment.set(sessionId, { ...info, snapshot, event, at });
}
