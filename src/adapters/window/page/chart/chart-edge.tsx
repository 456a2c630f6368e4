import type { EdgeProps } from '@xyflow/react';
import { memo } from 'react';
import type { ArrowEdge } from './flow.ts';
import { LINE_SIZE } from './measure.ts';
import { arrowHead, isLeftOf, roundedPath } from './path.ts';

/** An arrow on the way that the layout found for it, with its label. */
export const ChartEdgeLine = memo(function ChartEdgeLine({ data }: EdgeProps<ArrowEdge>) {
  if (!data) return null;
  const { placed, isOpen, taken } = data;
  const { edge, points, label } = placed;
  const path = roundedPath(points, 8);
  const isLeft = label !== null && isLeftOf(label, points);
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
              x={isLeft ? label.width - 5 : 5}
              textAnchor={isLeft ? 'end' : 'start'}
              y={LINE_SIZE + index * (LINE_SIZE + 3) + 1}
            >
              <LabelText text={text} />
            </text>
          ))}
        </g>
      )}
    </g>
  );
});

/** The event, and more quietly its guard. */
function LabelText({ text }: { readonly text: string }) {
  const guardAt = text.indexOf('[');
  const [event, guard] = guardAt === -1 ? [text, ''] : [text.slice(0, guardAt), text.slice(guardAt)];
  return (
    <>
      {event !== '' && <tspan className="event">{event}</tspan>}
      {guard !== '' && <tspan className="guard">{guard}</tspan>}
    </>
  );
}
