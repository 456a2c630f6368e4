import type { EdgeProps } from '@xyflow/react';
import { memo } from 'react';
import type { ArrowEdge } from './flow.ts';
import { LINE_SIZE } from './measure.ts';
import { arrowHead, roundedPath } from './path.ts';

/** An arrow on the way that the layout found for it, with its label. */
export const ChartEdgeLine = memo(function ChartEdgeLine({ data }: EdgeProps<ArrowEdge>) {
  if (!data) return null;
  const { placed, isOpen, taken } = data;
  const { edge, points, label } = placed;
  const path = roundedPath(points, 8);
  return (
    <g className={isOpen ? 'arrow open' : 'arrow'} data-arrow={edge.id}>
      <path className="arrow-line" d={path} />
      <path className="arrow-head" d={arrowHead(points, 9)} />
      {taken !== null && <path key={taken} className="arrow-flash" d={path} />}
      {label && (
        <g className="arrow-label" transform={`translate(${label.x} ${label.y})`}>
          <rect width={label.width} height={label.height} rx={4} />
          {edge.labels.map((text, index) => (
            <text
              key={text}
              x={5}
              y={LINE_SIZE + index * (LINE_SIZE + 3) + 1}
              className={text.startsWith('[') ? 'guard' : 'event'}
            >
              {text}
            </text>
          ))}
        </g>
      )}
    </g>
  );
});
