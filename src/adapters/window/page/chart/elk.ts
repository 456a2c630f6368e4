import Elk, { type ELK } from 'elkjs/lib/elk-api.js';
import workerUrl from 'elkjs/lib/elk-worker.min.js?url';
import type { ChartGraph } from './graph.ts';
import { type ChartLayout, layoutChart } from './layout.ts';

/** Made at once: the process that its code comes from may end before a chart is looked at. */
const elk: ELK = new Elk({ workerFactory: () => new Worker(workerUrl) });
const layouts = new Map<string, Promise<ChartLayout>>();

/**
 * The layout of a chart, worked out once, beside the page in a worker.
 *
 * @param open which of its groups are open
 */
export function layoutOf(graph: ChartGraph, open: string): Promise<ChartLayout> {
  const key = `${graph.id} ${graph.nodes.length} ${graph.edges.length} ${open}`;
  const known = layouts.get(key) ?? layoutChart(elk, graph);
  layouts.set(key, known);
  return known;
}
