import type { Inspected } from './inspection.ts';
import type { InspectionMessage } from './protocol.ts';

export interface HistoryBounds {
  readonly messages: number;
  /** Characters of JSON. */
  readonly characters: number;
}

export const HISTORY_BOUNDS: HistoryBounds = { messages: 20_000, characters: 8 * 1024 * 1024 };

/**
 * What is remembered of one download for pages that come late. Bounded: of what
 * is old, first the figures go and the changes of state stay, then these go too.
 * The charts, the actors that live and their latest snapshots never go.
 */
export class InspectionHistory {
  readonly #bounds: HistoryBounds;
  #messages: Inspected[] = [];
  #characters = 0;
  /** Of what has gone: what makes the rest understandable. */
  readonly #actors = new Map<string, Inspected>();
  readonly #charts = new Map<string, Inspected>();
  readonly #snapshots = new Map<string, Inspected>();

  constructor(bounds: HistoryBounds = HISTORY_BOUNDS) {
    this.#bounds = bounds;
  }

  get characters(): number {
    return this.#characters;
  }

  add(messages: readonly Inspected[]): void {
    for (const one of messages) {
      this.#messages.push(one);
      this.#characters += one.text.length;
    }
    if (this.#isTooMuch(1)) this.#thin();
  }

  /** All that is remembered, in order. */
  all(): readonly Inspected[] {
    const gone = new Set([...this.#charts.values(), ...this.#actors.values(), ...this.#snapshots.values()]);
    const inOrder = [...gone].sort((a, b) => a.message.sequence - b.message.sequence);
    return [...inOrder, ...this.#messages];
  }

  #isTooMuch(share: number): boolean {
    const { messages, characters } = this.#bounds;
    return this.#messages.length > messages * share || this.#characters > characters * share;
  }

  #thin(): void {
    const half = this.#messages.length >> 1;
    const older = this.#messages.slice(0, half).filter((one) => {
      if (one.isIntermediate) this.#drop(one);
      return !one.isIntermediate;
    });
    this.#messages = [...older, ...this.#messages.slice(half)];
    if (!this.#isTooMuch(0.75)) return;
    let keepFrom = 0;
    const { messages, characters } = this.#bounds;
    for (const one of this.#messages) {
      if (this.#messages.length - keepFrom <= messages / 2 && this.#characters <= characters / 2) break;
      this.#drop(one);
      keepFrom++;
    }
    this.#messages = this.#messages.slice(keepFrom);
  }

  #drop(one: Inspected): void {
    this.#characters -= one.text.length;
    const { message } = one;
    if (message.type === '@xstate.event') return;
    const { sessionId, snapshot } = message;
    if (message.type === '@xstate.actor') {
      if (hasChart(message)) this.#charts.set(message.definitionId ?? '', one);
      this.#actors.set(sessionId, one);
    } else if (snapshot.status === 'active' || this.#holdsChart(sessionId)) {
      this.#snapshots.set(sessionId, one);
    } else {
      // It has ended, and nothing that is kept speaks of it.
      this.#actors.delete(sessionId);
      this.#snapshots.delete(sessionId);
    }
  }

  /** It brought a chart that others are drawn by: it stays, and so does how it ended. */
  #holdsChart(sessionId: string): boolean {
    return [...this.#charts.values()].some(({ message }) => message.sessionId === sessionId);
  }
}

function hasChart(message: Extract<InspectionMessage, { type: '@xstate.actor' }>): boolean {
  return message.definition !== null;
}
