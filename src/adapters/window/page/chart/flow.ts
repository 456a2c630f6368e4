import type { Edge, Node } from '@xyflow/react';
import type { ChartLayout, PlacedEdge, PlacedNode, Point } from './layout.ts';

export interface StateData extends Record<string, unknown> {
  readonly placed: PlacedNode;
  readonly isActive: boolean;
  /** Active ones among the states inside a closed one. */
  readonly activeInner: ReadonlySet<string>;
  readonly onToggle: (id: string) => void;
}

export interface ArrowData extends Record<string, unknown> {
  readonly placed: PlacedEdge;
  /** Leaves an active state: it may be taken next. */
  readonly isOpen: boolean;
  /** The place in the history at which it was last taken; null for never. */
  readonly taken: number | null;
}

export type StateNode = Node<StateData, 'state'>;
export type ArrowEdge = Edge<ArrowData, 'arrow'>;

/** What the canvas is given to draw. */
export function flowOf(
  layout: ChartLayout,
  active: ReadonlySet<string>,
  flashes: ReadonlyMap<string, number>,
  onToggle: (id: string) => void,
): { readonly nodes: StateNode[]; readonly edges: ArrowEdge[] } {
  const corners = new Map<string, Point & { readonly depth: number }>();
  const nodes = layout.nodes.map((placed): StateNode => {
    const { node, x, y, width, height } = placed;
    const parent = node.parent === null ? undefined : corners.get(node.parent);
    const corner = { x: x + (parent?.x ?? 0), y: y + (parent?.y ?? 0), depth: (parent?.depth ?? -1) + 1 };
    corners.set(node.id, corner);
    return {
      id: node.id,
      type: 'state',
      position: { x: corner.x, y: corner.y },
      width,
      height,
      // Arrows lie over the states that they are in, and under those that they lead to.
      zIndex: node.isOpen ? corner.depth : 20,
      data: {
        placed,
        isActive: active.has(node.id),
        activeInner: new Set((node.inner ?? []).map(({ id }) => id).filter((id) => active.has(id))),
        onToggle,
      },
    };
  });
  const edges = layout.edges.map((placed): ArrowEdge => {
    const { edge } = placed;
    const places = [edge.id, ...(edge.parts ?? [])].flatMap((id) => flashes.get(id) ?? []);
    const taken = places.length === 0 ? null : Math.max(...places);
    return {
      id: edge.id,
      type: 'arrow',
      source: edge.source,
      target: edge.target,
      zIndex: 10,
      data: { placed, isOpen: active.has(edge.source), taken },
    };
  });
  return { nodes, edges };
}
