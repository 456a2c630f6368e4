import type { ELK, ElkExtendedEdge, ElkNode } from 'elkjs/lib/elk-api.js';
import type { ChartEdge, ChartGraph, ChartNode } from './graph.ts';
import { type Box, labelBox, nodeBox } from './measure.ts';

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A state where it stands: `x` and `y` within its parent. */
export interface PlacedNode extends Box, Point {
  readonly node: ChartNode;
}

/** An arrow's way and its label's place, both in the chart's own coordinates. */
export interface PlacedEdge {
  readonly edge: ChartEdge;
  readonly points: readonly Point[];
  readonly label: (Box & Point) | null;
}

export interface ChartLayout extends Box {
  /** Parents before their children. */
  readonly nodes: readonly PlacedNode[];
  readonly edges: readonly PlacedEdge[];
}

const SPACING = {
  'elk.spacing.nodeNode': '16',
  'elk.spacing.edgeNode': '12',
  'elk.spacing.edgeEdge': '9',
  'elk.spacing.edgeLabel': '3',
  'elk.layered.spacing.nodeNodeBetweenLayers': '6',
  'elk.layered.spacing.edgeNodeBetweenLayers': '4',
  'elk.layered.spacing.edgeEdgeBetweenLayers': '6',
} as const;

/** Tried out on the two machines: what gives the largest type in a window of usual size. */
const OPTIONS = {
  'elk.algorithm': 'layered',
  'elk.direction': 'DOWN',
  'elk.hierarchyHandling': 'INCLUDE_CHILDREN',
  'elk.edgeRouting': 'ORTHOGONAL',
  'elk.json.edgeCoords': 'ROOT',
  'elk.layered.considerModelOrder.strategy': 'NODES_AND_EDGES',
  'elk.layered.nodePlacement.strategy': 'NETWORK_SIMPLEX',
  'elk.layered.nodePlacement.favorStraightEdges': 'true',
  'elk.layered.cycleBreaking.strategy': 'MODEL_ORDER',
  'elk.layered.edgeLabels.sideSelection': 'ALWAYS_DOWN',
  'elk.layered.edgeLabels.centerLabelPlacementStrategy': 'SPACE_EFFICIENT_LAYER',
  ...SPACING,
} as const;

/** Asks ELK where everything stands. */
export async function layoutChart(elk: ELK, graph: ChartGraph): Promise<ChartLayout> {
  const placed = await elk.layout(elkGraph(graph));
  const nodes = new Map(graph.nodes.map((node) => [node.id, node]));
  const edges = new Map(graph.edges.map((edge) => [edge.id, edge]));
  return {
    width: placed.width ?? 0,
    height: placed.height ?? 0,
    nodes: descendants(placed).flatMap((one) => {
      const node = nodes.get(one.id);
      if (!node) return [];
      return [{ node, x: one.x ?? 0, y: one.y ?? 0, width: one.width ?? 0, height: one.height ?? 0 }];
    }),
    edges: [placed, ...descendants(placed)].flatMap(({ edges: list = [] }) =>
      list.flatMap((one) => {
        const edge = edges.get(one.id);
        return edge ? [{ edge, points: pointsOf(one), label: labelOf(one) }] : [];
      }),
    ),
  };
}

/** What ELK is given: the states inside one another, the arrows at the top. */
export function elkGraph(graph: ChartGraph): ElkNode {
  const childrenOf = (parent: string | null): ElkNode[] =>
    graph.nodes
      .filter((node) => node.parent === parent)
      .map((node) => {
        const children = childrenOf(node.id);
        const box = nodeBox(node, children.length > 0);
        if (children.length === 0) return { id: node.id, ...box };
        return {
          id: node.id,
          children,
          layoutOptions: {
            'elk.padding': `[top=${box.height + 10},left=14,bottom=14,right=14]`,
            'elk.nodeSize.constraints': 'MINIMUM_SIZE',
            'elk.nodeSize.minimum': `(${box.width},${box.height + 24})`,
            ...SPACING,
          },
        };
      });
  return {
    id: graph.id,
    layoutOptions: { ...OPTIONS, 'elk.padding': '[top=8,left=8,bottom=8,right=8]' },
    children: childrenOf(null),
    edges: graph.edges.map((edge) => {
      const box = labelBox(edge.labels);
      return {
        id: edge.id,
        sources: [edge.source],
        targets: [edge.target],
        labels: box === null ? [] : [{ text: edge.labels.join('\n'), ...box }],
      };
    }),
  };
}

function descendants(node: ElkNode): ElkNode[] {
  return (node.children ?? []).flatMap((child) => [child, ...descendants(child)]);
}

function pointsOf({ sections = [] }: ElkExtendedEdge): Point[] {
  return sections.flatMap(({ startPoint, bendPoints = [], endPoint }) => [startPoint, ...bendPoints, endPoint]);
}

function labelOf({ labels = [] }: ElkExtendedEdge): (Box & Point) | null {
  const [label] = labels;
  if (!label) return null;
  return { x: label.x ?? 0, y: label.y ?? 0, width: label.width ?? 0, height: label.height ?? 0 };
}
