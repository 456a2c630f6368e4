import { ReactFlow, ReactFlowProvider } from '@xyflow/react';
import { useEffect, useMemo, useState } from 'react';
import '@xyflow/react/dist/base.css';
import { ChartEdgeLine } from './chart-edge.tsx';
import { ChartState } from './chart-state.tsx';
import { ChartTools } from './chart-tools.tsx';
import { collapse, groupsOf } from './collapse.ts';
import { layoutOf } from './elk.ts';
import { flowOf } from './flow.ts';
import { type ChartGraph, linkedStates } from './graph.ts';
import type { ChartLayout } from './layout.ts';
import { heardText } from './measure.ts';
import { useCamera } from './use-camera.ts';

interface ChartPaneProps {
  readonly graph: ChartGraph;
  readonly active: ReadonlySet<string>;
  /** Arrows that were taken, each with the place in the history. */
  readonly flashes: ReadonlyMap<string, number>;
  /** A place in the past is shown. */
  readonly isHeld: boolean;
  readonly title: string;
  readonly state: string;
}

const nodeTypes = { state: ChartState };
const edgeTypes = { arrow: ChartEdgeLine };

/** More states than this are shown closed at first: the whole is readable then. */
const FEW = 16;

export function ChartPane(props: ChartPaneProps) {
  return (
    <ReactFlowProvider key={props.graph.id}>
      <Chart {...props} />
    </ReactFlowProvider>
  );
}

function Chart({ graph, active, flashes, isHeld, title, state }: ChartPaneProps) {
  const groups = useMemo(() => groupsOf(graph), [graph]);
  const [open, setOpen] = useState<ReadonlySet<string>>(() => new Set(graph.nodes.length > FEW ? [] : groups));
  const shown = useMemo(() => collapse(graph, open), [graph, open]);
  const [layout, setLayout] = useState<ChartLayout | null>(null);
  const [fault, setFault] = useState('');
  useEffect(() => {
    let isWanted = true;
    layoutOf(shown, [...open].toSorted().join(' ')).then(
      (placed) => isWanted && setLayout(placed),
      (error: unknown) => isWanted && setFault(error instanceof Error ? error.message : String(error)),
    );
    return () => {
      isWanted = false;
    };
  }, [shown, open]);

  const toggle = useMemo(
    () => (id: string) =>
      setOpen((before) => {
        const after = new Set(before);
        if (!after.delete(id)) after.add(id);
        return after;
      }),
    [],
  );
  const flow = useMemo(
    () => (layout ? flowOf(layout, active, flashes, toggle) : { nodes: [], edges: [] }),
    [layout, active, flashes, toggle],
  );
  const { camera, place } = useCamera(layout, active);
  const everywhere = graph.everywhere.map(heardText);
  return (
    <>
      <ChartTools
        title={title}
        state={state}
        isHeld={isHeld}
        everywhere={everywhere}
        isWhole={open.size === groups.length}
        canOpen={groups.length > 0}
        onWhole={(isWhole) => setOpen(new Set(isWhole ? groups : []))}
        camera={camera}
      />
      {/* The same in words, for those who do not see it. */}
      <p className="hidden-text" aria-live="polite">
        {`${title} ${isHeld ? 'was' : 'is'} ${linkedStates(state)}`}
      </p>
      <div className={isHeld ? 'chart held' : 'chart'} ref={place}>
        {fault !== '' && <p className="empty">The chart could not be laid out: {fault}</p>}
        {layout === null && fault === '' && <p className="empty">Laying out the chart.</p>}
        {layout && (
          <ReactFlow
            nodes={flow.nodes}
            edges={flow.edges}
            nodeTypes={nodeTypes}
            edgeTypes={edgeTypes}
            nodesDraggable={false}
            nodesConnectable={false}
            nodesFocusable={false}
            edgesFocusable={false}
            elementsSelectable={false}
            minZoom={0.15}
            maxZoom={2}
            zoomOnDoubleClick={false}
            preventScrolling={false}
            onMoveStart={(event) => event && camera.release()}
            proOptions={{ hideAttribution: true }}
            aria-label={`Statechart of ${title}`}
          />
        )}
      </div>
    </>
  );
}
