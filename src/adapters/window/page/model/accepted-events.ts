import type { MachineDefinition } from '../../protocol.ts';

/** The events that the active states, and those around them, listen for; XState's own left out, and what a state keeps from those around it. */
export function acceptedEvents(definition: MachineDefinition, active: ReadonlySet<string>): readonly string[] {
  const events = new Set<string>();
  const kept = new Set<string>();
  const visit = (state: MachineDefinition, isActive: boolean) => {
    if (!isActive) return;
    for (const child of Object.values((state.states ?? {}) as Readonly<Record<string, MachineDefinition>>)) {
      visit(child, active.has(String(child.id)));
    }
    for (const [type, transitions] of Object.entries((state.on ?? {}) as object)) {
      if (isForbidden(transitions)) kept.add(type);
      else if (type !== '' && !type.startsWith('xstate.') && !kept.has(type)) events.add(type);
    }
  };
  visit(definition, true);
  return [...events];
}

/** Heard by a state so that nothing happens: one around it must not hear it. */
function isForbidden(transitions: unknown): boolean {
  return (
    Array.isArray(transitions) &&
    transitions.every(({ target, guard, actions }) => target === null && guard === null && actions.length === 0)
  );
}
