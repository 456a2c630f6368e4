import type { Figures } from '../../../../machines/events.ts';
import { formatBytes, formatSpeed } from '../format.ts';
import { segmentWords } from './state-words.ts';

/** One row per segment: where it is, what it does, how fast. */
export function SegmentTable({ figures: { segments } }: { readonly figures: Figures }) {
  return (
    <details className="panel segments">
      <summary>
        <h2>Segments</h2> <span className="hint">{segments.length}</span>
      </summary>
      <div className="table-place">
        <table>
          <thead>
            <tr>
              <th scope="col">Segment</th>
              <th scope="col">State</th>
              <th scope="col" className="number">
                From
              </th>
              <th scope="col" className="number">
                To
              </th>
              <th scope="col">Arrived</th>
              <th scope="col" className="number">
                Speed
              </th>
              <th scope="col" className="number">
                Attempt
              </th>
            </tr>
          </thead>
          <tbody>
            {segments.map(({ id, state, start, end, written, bytesPerSecond, attempt }) => (
              <tr key={id}>
                <th scope="row">{id}</th>
                <td>
                  <span className={`segment-state ${state}`}>{segmentWords[state]}</span>
                </td>
                <td className="number">{formatBytes(start)}</td>
                <td className="number">{end === null ? 'unknown' : formatBytes(end)}</td>
                <td>
                  <meter
                    min={0}
                    max={1}
                    value={end === null || end === start ? 0 : (written - start) / (end - start)}
                    aria-label={`${id} arrived`}
                  />
                </td>
                <td className="number">{bytesPerSecond > 0 ? formatSpeed(bytesPerSecond) : '\u2013'}</td>
                <td className="number">{attempt === 0 ? '\u2013' : attempt}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
