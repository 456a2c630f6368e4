import { Handle, type NodeProps, Position } from '@xyflow/react';
import { memo } from 'react';
import type { StateNode } from './flow.ts';
import { linesOf } from './measure.ts';

/** A state: its name, what it runs and hears, and what is inside it. */
export const ChartState = memo(function ChartState({ data }: NodeProps<StateNode>) {
  const { placed, isActive, activeInner, onToggle } = data;
  const { node } = placed;
  const { id, name, kind, isInitial, isRegion, isOpen, inner = [], description } = node;
  const classes = ['chart-state', kind, isOpen ? 'open' : '', isActive ? 'active' : '', isRegion ? 'region' : ''];
  return (
    <div className={classes.filter((one) => one !== '').join(' ')} title={description ?? undefined} data-state={id}>
      <div className="chart-name">
        {isInitial && (
          <span className="chart-initial" title="Begins here">
            <span className="hidden-text">first: </span>
          </span>
        )}
        <span>{name}</span>
        {isActive && <span className="hidden-text"> (active)</span>}
        {isOpen !== undefined && (
          <button
            type="button"
            className="chart-toggle nodrag nopan"
            aria-expanded={isOpen}
            aria-label={`${isOpen ? 'Close' : 'Open'} ${name}`}
            onClick={() => onToggle(id)}
          >
            {isOpen ? '\u2212' : '+'}
          </button>
        )}
      </div>
      {linesOf(node).map(({ kind: what, text }) => (
        <div key={`${what} ${text}`} className={`chart-line ${what}`}>
          {text}
        </div>
      ))}
      {inner.length > 0 && (
        <div className="chart-pills">
          {inner.map((state) => (
            <span key={state.id} className={activeInner.has(state.id) ? 'chart-pill active' : 'chart-pill'}>
              {state.name}
            </span>
          ))}
        </div>
      )}
      <Handle type="target" position={Position.Top} isConnectable={false} />
      <Handle type="source" position={Position.Bottom} isConnectable={false} />
    </div>
  );
});
