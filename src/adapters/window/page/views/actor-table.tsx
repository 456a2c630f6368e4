import { formatRange, formatSpeed } from '../format.ts';
import { type ActorRow, stateText } from '../model/actors.ts';
import { figuresFrom } from '../model/figures.ts';
import type { ActorMoment } from '../model/history.ts';

interface ActorTableProps {
  readonly rows: readonly ActorRow[];
  readonly root: ActorMoment;
  readonly chosen: string;
  readonly onChoose: (sessionId: string) => void;
}

/** The tree of actors: one row each, a segment's with its range, speed and attempt. */
export function ActorTable({ rows, root, chosen, onChoose }: ActorTableProps) {
  const segments = new Map(
    (figuresFrom(root.snapshot.context)?.segments ?? []).map((segment) => [segment.id, segment]),
  );
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section className="table-place" tabIndex={0} aria-label="Table of actors">
      <table className="actor-table">
        <thead>
          <tr>
            <th scope="col">Actor</th>
            <th scope="col">State</th>
            <th scope="col" className="number">
              Range
            </th>
            <th scope="col" className="number">
              Speed
            </th>
            <th scope="col" className="number">
              Try
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => {
            const segment = segments.get(row.name);
            return (
              <tr key={row.sessionId} className={row.sessionId === chosen ? 'chosen' : undefined}>
                <th scope="row" style={{ paddingInlineStart: `${row.depth * 14 + 4}px` }}>
                  <button
                    type="button"
                    className={row.isOver ? 'actor-name over' : 'actor-name'}
                    aria-pressed={row.sessionId === chosen}
                    onClick={() => onChoose(row.sessionId)}
                  >
                    {row.label}
                  </button>
                </th>
                <td className="state-cell" title={stateText(row.snapshot.value)}>
                  {row.isOver ? row.snapshot.status : shortState(row)}
                </td>
                <td className="number">{segment ? formatRange(segment.start, segment.end) : ''}</td>
                <td className="number">
                  {segment && segment.bytesPerSecond > 0 ? formatSpeed(segment.bytesPerSecond) : ''}
                </td>
                <td className="number">{segment && segment.attempt > 0 ? segment.attempt : ''}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}

/** The outermost state of a big machine, the whole of a small one's. */
function shortState({ snapshot: { value } }: ActorRow): string {
  if (value === undefined) return 'running';
  if (typeof value === 'object' && value !== null) {
    const [[key, inner] = ['', undefined]] = Object.entries(value);
    return typeof inner === 'string' ? inner : key;
  }
  return stateText(value);
}
