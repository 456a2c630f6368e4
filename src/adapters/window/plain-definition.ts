import type { AnyStateMachine, AnyStateNode } from 'xstate';
import type { MachineDefinition } from './protocol.ts';

type AnyTransition = NonNullable<AnyStateNode['always']>[number];

/**
 * `machine.definition` as plain JSON, with what it leaves out and a chart needs:
 * `always`, the transitions that are taken without an event, and the fixed words
 * among a guard's parameters (`isDecided probe`), which XState holds as functions.
 */
export function plainDefinition(machine: AnyStateMachine): MachineDefinition {
  return plainState(machine.root);
}

function plainState(node: AnyStateNode): MachineDefinition {
  const states = Object.values(node.states).map((child) => [child.key, plainState(child)] as const);
  const transitions = [...node.transitions].map(
    ([event, list]) => [event, list.map((transition) => plainTransition(transition))] as const,
  );
  return {
    id: node.id,
    key: node.key,
    type: node.type,
    description: node.description,
    tags: node.tags,
    initial: { target: (node.initial?.target ?? []).map((target) => `#${target.id}`) },
    states: Object.fromEntries(states),
    on: Object.fromEntries(transitions),
    transitions: transitions.flatMap(([, list]) => list),
    always: (node.always ?? []).map(plainTransition),
    entry: node.entry.map(nameOf),
    exit: node.exit.map(nameOf),
    invoke: node.invoke.map(({ id, src }) => ({ id, src: typeof src === 'string' ? src : 'an actor' })),
  };
}

function plainTransition(transition: AnyTransition): MachineDefinition {
  const { target, source, eventType, reenter, actions, guard } = transition;
  return {
    eventType: String(eventType),
    source: `#${source.id}`,
    target: target?.map((state) => `#${state.id}`) ?? null,
    reenter,
    actions: actions.map(nameOf),
    guard: guard === undefined ? null : { type: guardName(guard), words: guardWords(guard) },
    ...('delay' in transition ? { delay: String(transition.delay) } : {}),
  };
}

function nameOf(named: unknown): string {
  if (typeof named === 'string') return named;
  if (typeof named === 'object' && named !== null && 'type' in named) return String(named.type);
  // XState's own (raise, cancel) and inline functions have their kind as `type`.
  return typeof named === 'function' && 'type' in named ? String(named.type) : 'action';
}

function guardName(guard: unknown): string {
  if (typeof guard === 'string') return guard;
  return typeof guard === 'object' && guard !== null && 'type' in guard ? String(guard.type) : 'guard';
}

/** The words that a guard's parameters hold whatever the event is: `{ decision: 'probe' }`. */
function guardWords(guard: unknown): string[] {
  if (typeof guard !== 'object' || guard === null || !('params' in guard)) return [];
  let value: unknown = guard.params;
  if (typeof value === 'function') {
    try {
      value = value({ context: {}, event: {} });
    } catch {
      // They depend on the event or the context throughout.
      return [];
    }
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).filter((word) => typeof word === 'string');
}
