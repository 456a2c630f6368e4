import type { ChartEdge, ChartGraph, ChartNode } from './graph.ts';

/** States with states inside. */
export function groupsOf(graph: ChartGraph): readonly string[] {
  const parents = new Set(graph.nodes.map(({ parent }) => parent));
  return graph.nodes.filter(({ id }) => parents.has(id)).map(({ id }) => id);
}

/**
 * The chart with only some of its groups open: a closed one shows the names of
 * the states inside, and the arrows that cross its border begin or end at it.
 */
export function collapse(graph: ChartGraph, open: ReadonlySet<string>): ChartGraph {
  const byId = new Map(graph.nodes.map((node) => [node.id, node]));
  const groups = new Set(groupsOf(graph));
  const shown = (id: string): string => {
    let visible = id;
    for (let node = byId.get(id); node?.parent; node = byId.get(node.parent)) {
      if (!open.has(node.parent)) visible = node.parent;
    }
    return visible;
  };
  const nodes = graph.nodes
    .filter(({ id }) => shown(id) === id)
    .map((node): ChartNode => {
      if (!groups.has(node.id)) return node;
      const inner = graph.nodes.filter(({ parent }) => parent === node.id).map(({ id, name }) => ({ id, name }));
      return open.has(node.id) ? { ...node, isOpen: true } : { ...node, isOpen: false, inner, heard: [] };
    });
  const edges = new Map<string, ChartEdge>();
  for (const edge of graph.edges) {
    const [source, target] = [shown(edge.source), shown(edge.target)];
    // What happens inside a closed state is not shown.
    if (source === target && edge.source !== edge.target) continue;
    const id = `${source} -> ${target}`;
    const known = edges.get(id);
    edges.set(id, {
      id,
      source,
      target,
      labels: [...new Set([...(known?.labels ?? []), ...edge.labels])],
      events: [...new Set([...(known?.events ?? []), ...edge.events])],
      parts: [...(known?.parts ?? []), edge.id],
    });
  }
  const isOverview = nodes.length < graph.nodes.length;
  // Where failures lead is for the whole chart.
  const brief = nodes.map((node) => ({ ...node, heard: node.heard.filter(({ leadsTo }) => leadsTo === null) }));
  const shortened = [...edges.values()].map((edge) => ({ ...edge, labels: shortLabels(edge.labels, graph.id) }));
  return isOverview ? { ...graph, nodes: brief, edges: shortened } : { ...graph, nodes, edges: [...edges.values()] };
}

/**
 * Labels for an overview: without the machine's own name, a guard by the words
 * that set it apart (`isDecided prepare`), all of an event in one line.
 */
export function shortLabels(labels: readonly string[], machine: string): readonly string[] {
  const guards = new Map<string, string[]>();
  for (const label of labels) {
    const [, event = '', guard = ''] = /^([^[]*?) ?(?:\[(.*)\])?$/.exec(label) ?? [];
    const name = event.startsWith(`${machine}.`) ? event.slice(machine.length + 1) : event;
    const words = guard.split(' ').slice(1).join(' ') || guard;
    guards.set(name, [...(guards.get(name) ?? []), ...(words === '' ? [] : [words])]);
  }
  return [...guards]
    .map(([event, words]) => [event, words.length === 0 ? '' : `[${words.join(', ')}]`])
    .map((parts) => parts.filter((part) => part !== '').join(' '));
}
