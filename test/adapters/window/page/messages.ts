import type { AnyStateMachine } from 'xstate';
import { plainDefinition } from '../../../../src/adapters/window/plain-definition.ts';
import type { InspectionMessage, PlainSnapshot } from '../../../../src/adapters/window/protocol.ts';

/** Milliseconds since 1970 of a history's first message here. */
export const START = 1_700_000_000_000;

/** Writes inspection messages one after another, ten milliseconds apart. */
export class Recording {
  readonly messages: InspectionMessage[] = [];

  #base(sessionId: string) {
    const sequence = this.messages.length;
    return { download: 'd1', sequence, createdAt: String(START + sequence * 10), sessionId, rootId: 'root' };
  }

  actor(sessionId: string, name: string, parentId: string | null, machine: AnyStateMachine | null): this {
    this.messages.push({
      ...this.#base(sessionId),
      type: '@xstate.actor',
      name,
      parentId,
      definition: machine ? plainDefinition(machine) : null,
      definitionId: machine?.id ?? null,
      snapshot: { status: 'active' },
    });
    return this;
  }

  event(sessionId: string, type: string, sourceId: string | null = null, more: object = {}): this {
    this.messages.push({ ...this.#base(sessionId), type: '@xstate.event', event: { ...more, type }, sourceId });
    return this;
  }

  snapshot(sessionId: string, type: string, value: unknown, more: Partial<PlainSnapshot> = {}): this {
    const snapshot = { status: 'active' as const, value, ...more };
    this.messages.push({ ...this.#base(sessionId), type: '@xstate.snapshot', event: { type }, snapshot });
    return this;
  }
}
