import type { MachineDefinition } from '../../protocol.ts';

/** A line inside a state: what it hears without leaving, or where it goes when its actor fails. */
export interface HeardLine {
  readonly text: string;
  /** Where it leads, for those that have no arrow of their own; null for those that stay. */
  readonly leadsTo: string | null;
}

export interface ChartNode {
  /** As in the definition: `download.probing.asking`. */
  readonly id: string;
  readonly name: string;
  readonly parent: string | null;
  readonly kind: 'atomic' | 'compound' | 'parallel' | 'final' | 'history';
  readonly isInitial: boolean;
  readonly isRegion: boolean;
  readonly description: string | null;
  /** Names of the actors that run while it is active. */
  readonly runs: readonly string[];
  readonly heard: readonly HeardLine[];
  /** Of a state with states inside: whether they are drawn. */
  readonly isOpen?: boolean;
  /** Of a closed one: the states inside. */
  readonly inner?: readonly { readonly id: string; readonly name: string }[];
}

/** All transitions from one state to another: one arrow with a line for each. */
export interface ChartEdge {
  readonly id: string;
  readonly source: string;
  readonly target: string;
  readonly labels: readonly string[];
  /** The event types that take it, as they are in the events: to light it. */
  readonly events: readonly string[];
  /** Ids of the arrows that this one stands for, in a chart with closed states. */
  readonly parts?: readonly string[];
}

export interface ChartGraph {
  readonly id: string;
  readonly nodes: readonly ChartNode[];
  readonly edges: readonly ChartEdge[];
  /** What every state hears: it stands above the chart, as arrows from everywhere would hide the rest. */
  readonly everywhere: readonly HeardLine[];
}

interface Transition {
  readonly eventType: string;
  readonly target: readonly string[] | null;
  readonly guard: string;
  readonly delay: string | null;
}

interface Invoke {
  readonly id: string;
  readonly src: string;
}

/** The chart of a machine's definition, ready to be laid out. */
export function chartGraph(definition: MachineDefinition): ChartGraph {
  const nodes: ChartNode[] = [];
  const edges = new Map<string, { source: string; target: string; labels: Set<string>; events: Set<string> }>();
  const root = String(definition.id ?? 'machine');

  const visit = (state: MachineDefinition, parent: string | null, isInitial: boolean, isRegion: boolean) => {
    const id = String(state.id ?? root);
    const invokes = invokesOf(state);
    const heard: HeardLine[] = [];
    for (const transition of transitionsOf(state)) {
      const text = labelOf(transition, invokes);
      const target = transition.target?.[0] ?? null;
      if (target === null) heard.push({ text, leadsTo: null });
      else if (id === root || isFailure(transition, invokes, target, root)) {
        heard.push({ text, leadsTo: target.slice(root.length + 1) });
      } else {
        const key = `${id} -> ${target}`;
        const edge = edges.get(key) ?? { source: id, target, labels: new Set(), events: new Set() };
        edges.set(key, edge);
        edge.labels.add(text);
        edge.events.add(transition.eventType);
      }
    }
    nodes.push({
      id,
      name: id === root ? root : String(state.key ?? id),
      parent,
      kind: kindOf(state),
      isInitial,
      isRegion,
      description: typeof state.description === 'string' ? state.description : null,
      runs: invokes.map(({ src }) => src),
      heard: unique(heard),
    });
    const initial = asList(record(state.initial).target).map((target) => withoutHash(String(target)));
    for (const child of Object.values(record(state.states))) {
      const inner = record(child);
      visit(inner, id, initial.includes(String(inner.id)), state.type === 'parallel');
    }
  };
  visit(definition, null, false, false);

  const known = new Set(nodes.map(({ id }) => id));
  return {
    id: root,
    nodes: nodes
      .filter(({ id }) => id !== root)
      .map((node) => (node.parent === root ? { ...node, parent: null } : node)),
    edges: [...edges]
      .filter(([, { target }]) => known.has(target))
      .map(([id, { source, target, labels, events }]) => ({
        id,
        source,
        target,
        labels: [...labels].filter((label) => label !== ''),
        events: [...events],
      })),
    everywhere: nodes.find(({ id }) => id === root)?.heard ?? [],
  };
}

/** The arrow that was taken, if there is one: out of a state that was active, into one that is, by this event. */
export function takenEdges(
  graph: ChartGraph,
  before: ReadonlySet<string>,
  after: ReadonlySet<string>,
  event: string,
): ReadonlySet<string> {
  const taken = graph.edges.filter(
    ({ source, target, events }) =>
      before.has(source) && after.has(target) && !(after.has(source) && before.has(target)) && events.includes(event),
  );
  const followed = graph.edges.filter(
    ({ source, target, events }) =>
      events.includes('') && after.has(target) && !before.has(target) && taken.some((edge) => edge.target === source),
  );
  return new Set([...taken, ...followed].map(({ id }) => id));
}

function isFailure(transition: Transition, invokes: readonly Invoke[], target: string, root: string): boolean {
  const isError = invokes.some(({ id }) => transition.eventType === `xstate.error.actor.${id}`);
  return isError && target.split('.').length === root.split('.').length + 1;
}

function labelOf({ eventType, guard, delay }: Transition, invokes: readonly Invoke[]): string {
  return [eventName(eventType, delay, invokes), guard === '' ? '' : `[${guard}]`]
    .filter((part) => part !== '')
    .join(' ');
}

function eventName(type: string, delay: string | null, invokes: readonly Invoke[]): string {
  if (delay !== null) return `after ${delay}`;
  for (const { id, src } of invokes) {
    if (type === `xstate.done.actor.${id}`) return `${src} done`;
    if (type === `xstate.error.actor.${id}`) return `${src} failed`;
  }
  return type.startsWith('xstate.done.state') ? 'done' : type;
}

function transitionsOf(state: MachineDefinition): Transition[] {
  return [...asList(state.transitions), ...asList(state.always)].flatMap((value) => {
    const { eventType, target, guard, delay, actions } = record(value);
    const targets = asList(target);
    // Heard so that nothing happens: there is nothing to draw.
    if (targets.length === 0 && asList(actions).length === 0) return [];
    return {
      eventType: String(eventType ?? ''),
      target: targets.length > 0 ? targets.map((one) => withoutHash(String(one))) : null,
      guard: guardText(guard),
      delay: delay === undefined || delay === null ? null : String(delay),
    };
  });
}

function guardText(guard: unknown): string {
  if (guard === null || guard === undefined) return '';
  if (typeof guard === 'string') return guard;
  const { type, words } = record(guard);
  return [String(type ?? 'guard'), ...asList(words).map(String)].join(' ');
}

function invokesOf(state: MachineDefinition): Invoke[] {
  return asList(state.invoke).map((value) => {
    const { id, src } = record(value);
    return { id: String(id), src: typeof src === 'string' ? src : 'an actor' };
  });
}

function kindOf({ type }: MachineDefinition): ChartNode['kind'] {
  return type === 'compound' || type === 'parallel' || type === 'final' || type === 'history' ? type : 'atomic';
}

function unique(lines: readonly HeardLine[]): HeardLine[] {
  return [...new Map(lines.map((line) => [`${line.text} ${line.leadsTo}`, line])).values()];
}

function withoutHash(target: string): string {
  return target.replace(/^#/, '');
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A state value in words for a live region: only its outermost part, as the rest changes too often to be read out. */
export function linkedStates(state: string): string {
  return state.split(/[.(,]/)[0]?.trim() ?? '';
}
