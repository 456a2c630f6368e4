import type { MachineDefinition } from '../../protocol.ts';

/** The events that the active states, and those around them, listen for; XState's own left out. */
export function acceptedEvents(definition: MachineDefinition, active: ReadonlySet<string>): readonly string[] {
  const events = new Set<string>();
  const visit = (state: MachineDefinition, isActive: boolean) => {
    if (!isActive) return;
    for (const child of Object.values((state.states ?? {}) as Readonly<Record<string, MachineDefinition>>)) {
      visit(child, active.has(String(child.id)));
    }
    for (const type of Object.keys((state.on ?? {}) as object)) {
      if (type !== '' && !type.startsWith('xstate.')) events.add(type);
    }
  };
  visit(definition, true);
  return [...events];
}
