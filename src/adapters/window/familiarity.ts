import type { AnyActor, InspectionEvent } from 'xstate';

type Snapshot = Extract<InspectionEvent, { type: '@xstate.snapshot' }>;

/** What was so a moment ago is no news; milliseconds. */
const FAMILIAR_MS = 2_000;
/** Values of one actor that are compared. */
const MOST_VALUES = 32;
const MOST_ACTORS = 1_000;

/** One place in the tree of actors, whoever holds it: every look at the transfers is an actor of its own. */
export function placeOf(actorRef: Snapshot['actorRef']): string {
  // More of it is public than its type says.
  const { id, _parent } = actorRef as AnyActor;
  return `${_parent?.sessionId ?? ''} ${id}`;
}

/**
 * Tells news from what comes and goes: towards the end the transfers are looked at several times a second,
 * and each time a state is entered and left, and an actor lives and ends.
 */
export class Familiarity {
  readonly #places = new Map<string, { last: string; readonly seen: Map<string, number> }>();
  readonly #ends = new Map<string, number>();

  /** The actor has come to a state that it was not in a moment ago. */
  isNews({ actorRef, snapshot }: Snapshot, at: number): boolean {
    const { status, value } = (snapshot ?? {}) as { status?: string; value?: unknown };
    const text = `${status} ${typeof value === 'string' ? value : JSON.stringify(value)}`;
    const key = placeOf(actorRef);
    if (this.#places.size > MOST_ACTORS) this.#places.clear();
    const place = this.#places.get(key) ?? { last: '', seen: new Map<string, number>() };
    this.#places.set(key, place);
    if (text === place.last) return false;
    place.last = text;
    const before = place.seen.get(text);
    if (place.seen.size > MOST_VALUES) place.seen.clear();
    place.seen.set(text, at);
    return before === undefined || at - before > FAMILIAR_MS;
  }

  /** An actor that has ended at this place is like one that did so a moment ago. */
  isFleeting(place: string, at: number): boolean {
    const before = this.#ends.get(place);
    if (this.#ends.size > MOST_ACTORS) this.#ends.clear();
    this.#ends.set(place, at);
    return before !== undefined && at - before <= FAMILIAR_MS;
  }
}
