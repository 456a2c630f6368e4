import { createRequire } from 'node:module';
import type { ELK } from 'elkjs';
import { describe, expect, it } from 'vitest';
import { setup } from 'xstate';
import { collapse, groupsOf, shortLabels } from '../../../../src/adapters/window/page/chart/collapse.ts';
import { chartGraph, takenEdges } from '../../../../src/adapters/window/page/chart/graph.ts';
import { layoutChart } from '../../../../src/adapters/window/page/chart/layout.ts';
import { linesOf, nodeBox } from '../../../../src/adapters/window/page/chart/measure.ts';
import { arrowHead, isLeftOf, roundedPath } from '../../../../src/adapters/window/page/chart/path.ts';
import { activeStates } from '../../../../src/adapters/window/page/model/actors.ts';
import { plainDefinition } from '../../../../src/adapters/window/plain-definition.ts';
import { downloadMachine } from '../../../../src/machines/download.machine.ts';
import { segmentMachine } from '../../../../src/machines/segment.machine.ts';

// Its types say that it is an ES module, and it is none.
const Elk = createRequire(import.meta.url)('elkjs') as new () => ELK;
const definition = JSON.parse(JSON.stringify(plainDefinition(downloadMachine)));
const download = chartGraph(definition);
const segment = chartGraph(plainDefinition(segmentMachine));
const edge = (graph: typeof download, id: string) => graph.edges.find((one) => one.id === id);

describe('the graph of a definition', () => {
  it('has every state of the machine, in its parent', () => {
    const states: string[] = [];
    const walk = (node: typeof downloadMachine.root | (typeof downloadMachine.root.states)[string]) => {
      for (const child of Object.values(node.states)) {
        states.push(child.id);
        walk(child);
      }
    };
    walk(downloadMachine.root);
    expect(download.nodes.map(({ id }) => id).toSorted()).toEqual(states.toSorted());
    expect(download.nodes.find(({ id }) => id === 'download.probing.asking')).toMatchObject({
      name: 'asking',
      parent: 'download.probing',
      kind: 'atomic',
      runs: ['probeSource'],
    });
    expect(download.nodes.find(({ id }) => id === 'download.downloading')).toMatchObject({
      parent: null,
      kind: 'parallel',
    });
    expect(download.nodes.find(({ id }) => id === 'download.validating')).toMatchObject({ isInitial: true });
    expect(download.nodes.find(({ id }) => id === 'download.downloading.metering')).toMatchObject({ isRegion: true });
    expect(download.nodes.find(({ id }) => id === 'download.done')).toMatchObject({ kind: 'final' });
  });

  it('names events, guards, delays and the actors that end', () => {
    expect(edge(download, 'download.downloading -> download.pausing')?.labels).toEqual([
      'download.pause [canPause]',
      'download.stop',
    ]);
    expect(edge(download, 'download.downloading -> download.merging')?.labels).toEqual(['[isAllThere]']);
    expect(edge(download, 'download.validating -> download.probing')?.labels).toEqual(['claimTarget done']);
    expect(edge(segment, 'segment.backingOff -> segment.active')?.labels).toEqual(['after backOff']);
    expect(edge(segment, 'segment.active -> segment.backingOff')?.labels).toEqual(['transfer.failed [canRetry]']);
    expect(edge(download, 'download.probing.deciding -> download.preparing')?.labels).toEqual(['[isDecided prepare]']);
  });

  it('tells what is heard without an arrow: inside the state, or everywhere', () => {
    const metering = download.nodes.find(({ id }) => id === 'download.downloading.metering');
    expect(metering?.heard).toContainEqual({ text: 'meter.ticked', leadsTo: null });
    const validating = download.nodes.find(({ id }) => id === 'download.validating');
    expect(validating?.heard).toContainEqual({ text: 'claimTarget failed', leadsTo: 'failed' });
    expect(download.everywhere).toContainEqual({ text: 'download.stop', leadsTo: 'stopped' });
    expect(download.everywhere).toContainEqual({ text: 'download.setConnections', leadsTo: null });
  });

  it('has an arrow only between states that are there', () => {
    const ids = new Set(download.nodes.map(({ id }) => id));
    for (const { source, target } of download.edges) expect([ids.has(source), ids.has(target)]).toEqual([true, true]);
  });

  it('takes a definition of another version, or none at all, as it comes', () => {
    expect(chartGraph({})).toMatchObject({ id: 'machine', nodes: [], edges: [] });
    const odd = { id: 'm', states: { a: { id: 'm.a', key: 'a', transitions: [{ target: ['#m.gone'] }], invoke: 3 } } };
    expect(chartGraph(odd)).toMatchObject({ nodes: [{ id: 'm.a', runs: [] }], edges: [] });
  });
});

describe('the arrow that was taken', () => {
  const taken = (graph: typeof download, from: unknown, to: unknown, event: string) => [
    ...takenEdges(graph, activeStates(graph.id, from), activeStates(graph.id, to), event),
  ];

  it('leads by its event from a state that was active to one that is', () => {
    expect(taken(segment, 'waiting', { active: 'requesting' }, 'segment.start')).toEqual([
      'segment.waiting -> segment.active',
    ]);
    expect(taken(segment, { active: 'requesting' }, { active: 'receiving' }, 'transfer.responded')).toEqual([
      'segment.active.requesting -> segment.active.receiving',
    ]);
    expect(taken(segment, { active: 'receiving' }, { active: 'receiving' }, 'transfer.advanced')).toEqual([]);
    expect(taken(segment, 'waiting', 'parked', 'segment.start')).toEqual([]);
  });
});

describe('a chart with closed states', () => {
  const overview = collapse(download, new Set());

  it('shows the outermost states, and the names of those inside', () => {
    expect(overview.nodes.every(({ parent }) => parent === null)).toBe(true);
    expect(overview.nodes.find(({ id }) => id === 'download.pausing')).toMatchObject({
      isOpen: false,
      inner: [{ name: 'draining' }, { name: 'saving' }, { name: 'leaving' }],
    });
  });

  it('draws what crosses a border to the border, and nothing of what stays inside', () => {
    const arrow = edge(overview, 'download.probing -> download.preparing');
    expect(arrow?.labels).toEqual(['[prepare]']);
    expect(arrow?.parts).toEqual(['download.probing.deciding -> download.preparing']);
    expect(overview.edges.some(({ source, target }) => source === target)).toBe(false);
    const ids = new Set(overview.nodes.map(({ id }) => id));
    expect(overview.edges.filter(({ source, target }) => !ids.has(source) || !ids.has(target))).toEqual([]);
  });

  it('is the whole chart with all of them open', () => {
    const whole = collapse(download, new Set(groupsOf(download)));
    expect(whole.nodes.map(({ id }) => id)).toEqual(download.nodes.map(({ id }) => id));
    expect(whole.edges.map(({ labels }) => labels)).toEqual(download.edges.map(({ labels }) => labels));
  });

  it('opens one inside a closed one only when that is opened, too', () => {
    const inner = 'download.downloading.checkpointing';
    expect(collapse(download, new Set([inner])).nodes).toHaveLength(overview.nodes.length);
    const both = collapse(download, new Set([inner, 'download.downloading']));
    expect(both.nodes.map(({ id }) => id)).toContain(`${inner}.live`);
  });

  it('shortens labels: without the machine’s name, guards by the words that set them apart', () => {
    expect(
      shortLabels(['download.answer [isAnswer overwrite]', 'download.answer [isAnswer rename]'], 'download'),
    ).toEqual(['answer [overwrite, rename]']);
    expect(shortLabels(['[isAllThere]', 'segment.failed'], 'download')).toEqual(['[isAllThere]', 'segment.failed']);
  });
});

describe('the layout', () => {
  it.each([
    ['download', collapse(download, new Set())],
    ['download, whole', collapse(download, new Set(groupsOf(download)))],
    ['segment', collapse(segment, new Set(groupsOf(segment)))],
  ])('of %s: children inside their parents, nobody on a neighbour, every arrow drawn', async (_, graph) => {
    const layout = await layoutChart(new Elk(), graph);
    expect(layout.nodes).toHaveLength(graph.nodes.length);
    expect(layout.edges.map(({ edge: { id } }) => id).toSorted()).toEqual(graph.edges.map(({ id }) => id).toSorted());
    const placed = new Map(layout.nodes.map((one) => [one.node.id, one]));
    for (const one of layout.nodes) {
      const parent = one.node.parent === null ? layout : placed.get(one.node.parent);
      expect(one.x).toBeGreaterThanOrEqual(0);
      expect(one.x + one.width).toBeLessThanOrEqual(parent?.width ?? 0);
      expect(one.y + one.height).toBeLessThanOrEqual(parent?.height ?? 0);
      for (const other of layout.nodes) {
        if (other === one || other.node.parent !== one.node.parent) continue;
        const apart =
          one.x + one.width <= other.x ||
          other.x + other.width <= one.x ||
          one.y + one.height <= other.y ||
          other.y + other.height <= one.y;
        expect(apart, `${one.node.id} and ${other.node.id}`).toBe(true);
      }
    }
    for (const { points } of layout.edges) expect(points.length).toBeGreaterThanOrEqual(2);
  });

  it('gives the overview of the download type that can be read in a window of 1280 x 800', async () => {
    const layout = await layoutChart(new Elk(), collapse(download, new Set()));
    // The chart's place in such a window.
    const scale = Math.min(870 / layout.width, 600 / layout.height);
    expect(17 * scale).toBeGreaterThan(11);
  });
});

describe('sizes and ways', () => {
  it('makes room for all lines of a state, and tells how many it leaves out', () => {
    const machine = setup({ actions: { note: () => {} } }).createMachine({
      id: 'm',
      initial: 'a',
      states: {
        a: {
          on: Object.fromEntries(
            Array.from({ length: 20 }, (_, index) => [`event.${index}`, { actions: 'note' as const }]),
          ),
        },
      },
    });
    const [node] = chartGraph(plainDefinition(machine)).nodes;
    if (!node) throw new Error('a state is missing');
    const lines = linesOf(node);
    expect(lines.at(-1)).toEqual({ kind: 'more', text: `${20 - lines.length + 1} more` });
    expect(nodeBox(node, false).height).toBeGreaterThan(lines.length * 16);
  });

  it('rounds corners without leaving the way', () => {
    const corner = [
      { x: 0, y: 0 },
      { x: 0, y: 20 },
      { x: 30, y: 20 },
    ];
    expect(roundedPath(corner, 5)).toBe('M0 0L0 15Q0 20 5 20L30 20');
    // Never more than half of a short piece.
    expect(
      roundedPath(
        [
          { x: 0, y: 0 },
          { x: 0, y: 4 },
          { x: 30, y: 4 },
        ],
        5,
      ),
    ).toBe('M0 0L0 2Q0 4 2 4L30 4');
    expect(roundedPath([], 5)).toBe('');
    expect(arrowHead(corner, 10)).toBe('M30 20L20 25.5L20 14.5Z');
    expect(arrowHead([{ x: 1, y: 1 }], 10)).toBe('');
    const label = { x: 10, y: 5, width: 20, height: 10 };
    const down = (x: number) => [
      { x: 0, y: 0 },
      { x, y: 0 },
      { x, y: 40 },
    ];
    expect([isLeftOf(label, down(50)), isLeftOf(label, down(5)), isLeftOf(label, corner.slice(0, 1))]).toEqual([
      true,
      false,
      false,
    ]);
  });
});
