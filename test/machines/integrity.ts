import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate';
import { isPassing, nodesOf } from './world.ts';

/** What the compiler does not see in a chart. Each finding is a sentence that names the state. */
export function flawsOf(machine: AnyStateMachine): string[] {
  const nodes = nodesOf(machine.root);
  return [
    ...nodes.flatMap((node) => flawsOfDelays(machine, node)),
    ...nodes.flatMap((node) => flawsOfInvokes(machine, node)),
    ...nodes.flatMap((node) => flawsOfNames(machine, node)),
    ...nodes.flatMap(flawsOfTargets),
    ...nodes.flatMap(flawsOfWays),
  ];
}

/** A name for a thing that is implemented elsewhere: `'x'` or `{ type: 'x' }`. */
export function nameOf(reference: unknown): string | null {
  if (typeof reference === 'string') return reference;
  if (typeof reference === 'object' && reference !== null && 'type' in reference) return String(reference.type);
  return null;
}

function flawsOfDelays(machine: AnyStateMachine, node: AnyStateNode): string[] {
  // XState takes a name that nobody knows for no delay at all: a hot loop.
  const delays = Object.keys(node.config.after ?? {});
  return delays
    .filter((delay) => !Object.hasOwn(machine.implementations.delays, delay) && !/^\d+$/.test(delay))
    .map((delay) => `${node.id}: no delay is called ${delay}`);
}

function flawsOfInvokes(machine: AnyStateMachine, node: AnyStateNode): string[] {
  return node.invoke.flatMap((invoke) => {
    const src = typeof invoke.src === 'string' ? invoke.src : '';
    const flaws = [];
    if (!Object.hasOwn(machine.implementations.actors, src)) flaws.push(`${node.id}: no actor is called ${src}`);
    if (!invoke.onError) flaws.push(`${node.id}: nothing follows when ${src} fails`);
    if (!endless.has(src) && !invoke.onDone) flaws.push(`${node.id}: nothing follows when ${src} is done`);
    return flaws;
  });
}

/** Callbacks: they go on until they are stopped. */
const endless = new Set([
  'meterProgress',
  'transferRange',
  'measureTraffic',
  'surveyTransfers',
  'watchHost',
  'keepLiveNote',
]);

function flawsOfNames(machine: AnyStateMachine, node: AnyStateNode): string[] {
  const transitions = transitionsOf(node);
  const actions = [...node.entry, ...node.exit, ...transitions.flatMap((transition) => transition.actions)];
  const guards = transitions.map((transition) => transition.guard).filter((guard) => guard !== undefined);
  return [
    ...missing(actions, machine.implementations.actions, isOfXState).map(
      (name) => `${node.id}: no action is called ${name}`,
    ),
    ...missing(guards, machine.implementations.guards).map((name) => `${node.id}: no guard is called ${name}`),
  ];
}

function missing(
  references: readonly unknown[],
  known: object,
  isBuiltIn: (name: string) => boolean = () => false,
): string[] {
  return references
    .map(nameOf)
    .filter((name) => name !== null)
    .filter((name) => !Object.hasOwn(known, name) && !isBuiltIn(name));
}

/** Those that delays are made of. */
function isOfXState(name: string): boolean {
  return name.startsWith('xstate.');
}

export function transitionsOf(node: AnyStateNode): AnyTransitionDefinition[] {
  return [...[...node.transitions.values()].flat(), ...(node.always ?? [])];
}

function flawsOfTargets(node: AnyStateNode): string[] {
  return transitionsOf(node).flatMap((transition) => {
    const targets: readonly (AnyStateNode | undefined)[] = transition.target ?? [];
    return targets.includes(undefined) ? [`${node.id}: ${transition.eventType} leads nowhere`] : [];
  });
}

/** States in which a machine may rest for good. */
const resting = new Set(['segment.parked']);

function flawsOfWays(node: AnyStateNode): string[] {
  const isLeaf = Object.keys(node.states).length === 0;
  if (!isLeaf || node.type === 'final' || resting.has(node.id)) return [];
  const flaws = [];
  let leads = false;
  for (let at: AnyStateNode | undefined = node; at && at !== node.machine.root; at = at.parent) {
    leads ||= transitionsOf(at).some((transition) => (transition.target ?? []).length > 0);
  }
  if (!leads) flaws.push(`${node.id}: there is no way out`);
  const { always = [] } = node;
  if (always.length > 0 && isPassing(node) && always.at(-1)?.guard !== undefined) {
    flaws.push(`${node.id}: the last way on has a condition`);
  }
  return flaws;
}
