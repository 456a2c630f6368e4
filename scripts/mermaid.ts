import type { AnyStateMachine, AnyStateNode } from 'xstate';

type AnyTransition = NonNullable<AnyStateNode['always']>[number];

/**
 * A machine as a Mermaid `stateDiagram-v2`: nested states, parallel regions,
 * transitions with the names of their events, guards and delays. What is heard
 * without leaving a state stands inside it. Three things stand in a list below,
 * as arrows for them would hide the rest: what the whole machine hears, what a
 * state with states inside hears, and where failed actors lead.
 */
export function toMermaid(machine: AnyStateMachine): string {
  const root = machine.root;
  const lines = ['```mermaid', 'stateDiagram-v2', ...inside(root, 1), ...arrows(root), '```'];
  const notes = [...describeRoot(root), ...describeGroups(root), ...describeFailures(root)];
  return [...lines, ...(notes.length === 0 ? [] : ['', ...notes])].join('\n');
}

function inside(parent: AnyStateNode, depth: number): string[] {
  const pad = '  '.repeat(depth);
  const children = Object.values(parent.states);
  const lines: string[] = [];
  if (parent.type === 'compound') {
    for (const first of parent.initial?.target ?? []) lines.push(`${pad}[*] --> ${idOf(first)}`);
  }
  children.forEach((child, index) => {
    // Mermaid draws regions side by side when two dashes part them.
    if (parent.type === 'parallel' && index > 0) lines.push(`${pad}--`);
    lines.push(...draw(child, depth));
  });
  return lines;
}

function draw(node: AnyStateNode, depth: number): string[] {
  const pad = '  '.repeat(depth);
  const id = idOf(node);
  if (node.type === 'compound' || node.type === 'parallel') {
    // A state with states inside has no lines of its own in Mermaid.
    const runs = node.invoke.map((invoked) => ` (runs ${sourceOf(invoked.src)})`).join('');
    return [`${pad}state "${node.key}${runs}" as ${id} {`, ...inside(node, depth + 1), `${pad}}`];
  }
  const lines = [`${pad}state "${node.key}" as ${id}`];
  if (node.type === 'final') lines.push(`${pad}${id} --> [*]`);
  for (const invoked of node.invoke) lines.push(`${pad}${id} : runs ${sourceOf(invoked.src)}`);
  for (const event of heard(node)) lines.push(`${pad}${id} : hears ${event}`);
  return lines;
}

/** Arrows stand at the top level, after all states: so each state is drawn inside its parent. */
function arrows(root: AnyStateNode): string[] {
  const labels = new Map<string, string[]>();
  for (const node of descendants(root)) {
    for (const transition of transitionsOf(node).filter((candidate) => !isFailure(node, candidate))) {
      for (const target of transition.target ?? []) {
        const arrow = `${idOf(node)} --> ${idOf(target)}`;
        const label = labelOf(node, transition);
        const known = labels.get(arrow) ?? [];
        labels.set(arrow, known.includes(label) ? known : [...known, label]);
      }
    }
  }
  return [...labels].map(([arrow, texts]) => {
    const text = texts.filter((label) => label !== '').join('<br/>');
    return `  ${arrow}${text === '' ? '' : ` : ${text}`}`;
  });
}

function describeRoot(root: AnyStateNode): string[] {
  const parts = transitionsOf(root).map((transition) => {
    const label = `\`${labelOf(root, transition)}\``;
    const target = transition.target?.[0];
    return target ? `${label} leads to \`${nameOf(target)}\`` : `${label} is heard`;
  });
  return parts.length === 0 ? [] : [`- In every state that does not say otherwise: ${parts.join('; ')}.`];
}

function describeGroups(root: AnyStateNode): string[] {
  return descendants(root).flatMap((node) => {
    const events = node.type === 'compound' || node.type === 'parallel' ? heard(node) : [];
    if (events.length === 0) return [];
    return [`- \`${nameOf(node)}\` also hears ${events.map((event) => `\`${event}\``).join(', ')}.`];
  });
}

function describeFailures(root: AnyStateNode): string[] {
  const sources = new Map<string, string[]>();
  for (const node of descendants(root)) {
    for (const transition of transitionsOf(node).filter((candidate) => isFailure(node, candidate))) {
      const target = transition.target?.[0];
      if (!target) continue;
      const known = sources.get(nameOf(target)) ?? [];
      const source = `\`${nameOf(node)}\``;
      sources.set(nameOf(target), known.includes(source) ? known : [...known, source]);
    }
  }
  return [...sources].map(
    ([target, from], index) =>
      `- An actor that fails leads to \`${target}\` from ${from.join(', ')}${index === 0 ? '' : ', by the kind of failure'}.`,
  );
}

/** The actor that a state runs has failed, and the state is left for another one at the top. */
function isFailure(node: AnyStateNode, transition: AnyTransition): boolean {
  const isError = node.invoke.some(({ id }) => transition.eventType === `xstate.error.actor.${id}`);
  return isError && transition.target?.[0]?.parent === node.machine.root;
}

function descendants(node: AnyStateNode): AnyStateNode[] {
  return Object.values(node.states).flatMap((child) => [child, ...descendants(child)]);
}

function transitionsOf(node: AnyStateNode): AnyTransition[] {
  return [...[...node.transitions.values()].flat(), ...(node.always ?? [])];
}

/** Events that change something without leaving the state; one that is named to be ignored included. */
function heard(node: AnyStateNode): string[] {
  const stays = transitionsOf(node).filter(({ target }) => target === undefined);
  return [...new Set(stays.map((transition) => labelOf(node, transition)))];
}

function labelOf(node: AnyStateNode, transition: AnyTransition): string {
  const event = eventName(node, String(transition.eventType));
  const guard = guardName(transition.guard);
  return [event, guard === '' ? '' : `[${guard}]`].filter((part) => part !== '').join(' ');
}

function eventName(node: AnyStateNode, type: string): string {
  const delayed = node.after.find(({ eventType }) => eventType === type);
  if (delayed) return `after ${String(delayed.delay)}`;
  for (const invoked of node.invoke) {
    if (type === `xstate.done.actor.${invoked.id}`) return `${sourceOf(invoked.src)} done`;
    if (type === `xstate.error.actor.${invoked.id}`) return `${sourceOf(invoked.src)} failed`;
  }
  return type.startsWith('xstate.done.state') ? 'done' : type;
}

function sourceOf(source: unknown): string {
  return typeof source === 'string' ? source : 'an actor';
}

function guardName(guard: unknown): string {
  if (typeof guard === 'string') return guard;
  if (typeof guard !== 'object' || guard === null || !('type' in guard)) return guard === undefined ? '' : 'guard';
  const words = 'params' in guard ? fixedWords(guard.params) : [];
  return [String(guard.type), ...words].join(' ');
}

/** The words that a guard's parameters hold whatever the event: `wanted: 'rename'`. */
function fixedWords(params: unknown): string[] {
  let value: unknown = params;
  if (typeof params === 'function') {
    try {
      value = params({ context: {}, event: {} });
    } catch {
      // They depend on the event or the context throughout.
      return [];
    }
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).filter((word) => typeof word === 'string');
}

function nameOf(node: AnyStateNode): string {
  return node.path.join('.');
}

function idOf(node: AnyStateNode): string {
  return node.path.join('_').replaceAll(/\W/g, '_');
}
