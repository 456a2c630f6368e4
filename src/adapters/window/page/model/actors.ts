import type { MachineDefinition } from '../../protocol.ts';
import type { ActorMoment, Moment } from './history.ts';

export interface ActorRow extends ActorMoment {
  readonly depth: number;
  /** What people know it by: for an unnamed invoked actor the logic that runs. */
  readonly label: string;
  readonly isOver: boolean;
}

/** The actors as a tree, each parent before its children; the ended ones only if they are asked for. */
export function actorRows(moment: Moment, withEnded: boolean): readonly ActorRow[] {
  const children = new Map<string | null, ActorMoment[]>();
  for (const actor of moment.values()) {
    const parent = actor.parentId !== null && moment.has(actor.parentId) ? actor.parentId : null;
    children.set(parent, [...(children.get(parent) ?? []), actor]);
  }
  const rows: ActorRow[] = [];
  const visit = (parent: string | null, depth: number) => {
    for (const actor of children.get(parent) ?? []) {
      const isOver = actor.snapshot.status !== 'active';
      if (depth > 0 && isOver && !withEnded) continue;
      rows.push({ ...actor, depth, isOver, label: labelOf(actor, moment) });
      visit(actor.sessionId, depth + 1);
    }
  };
  visit(null, 0);
  return rows;
}

/** The download's own actor: the one that no other has made. */
export function rootOf(moment: Moment): ActorMoment | null {
  for (const actor of moment.values()) if (actor.parentId === null) return actor;
  return null;
}

export function labelOf(actor: ActorMoment, moment: Moment): string {
  const parent = actor.parentId === null ? undefined : moment.get(actor.parentId);
  if (!parent?.definition) return actor.parentId === null ? String(actor.definition?.id ?? actor.name) : actor.name;
  return sourceOfInvoke(parent.definition, actor.name) ?? actor.name;
}

/** `0.download.merging.verifying` is what XState calls an actor that has no name of its own. */
function sourceOfInvoke(definition: MachineDefinition, name: string): string | null {
  if (!/^\d+\./.test(name)) return null;
  const invokes = Array.isArray(definition.invoke) ? definition.invoke : [];
  const found = invokes.find((invoke: { id?: unknown }) => invoke.id === name) as { src?: unknown } | undefined;
  if (typeof found?.src === 'string') return found.src;
  const states = (definition.states ?? {}) as Readonly<Record<string, MachineDefinition>>;
  for (const state of Object.values(states)) {
    const source = sourceOfInvoke(state, name);
    if (source !== null) return source;
  }
  return null;
}

/** Ids of all states that a state value makes active, parents included: `download.probing.asking`. */
export function activeStates(machine: string, value: unknown): ReadonlySet<string> {
  const active = new Set<string>();
  const visit = (path: string, part: unknown) => {
    if (typeof part === 'string') active.add(`${path}.${part}`);
    else if (typeof part === 'object' && part !== null) {
      for (const [key, inner] of Object.entries(part)) {
        active.add(`${path}.${key}`);
        visit(`${path}.${key}`, inner);
      }
    }
  };
  visit(machine, value);
  return active;
}

/** `downloading (transferring, metering)`: a state value in a line. */
export function stateText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return '';
  const parts = Object.entries(value).map(([key, inner]) => {
    const text = stateText(inner);
    if (text === '') return key;
    return text.includes(',') ? `${key} (${text})` : `${key}.${text}`;
  });
  return parts.join(', ');
}
