import type { Figures } from '../../../../machines/events.ts';
import { formatBytes, formatPercent } from '../format.ts';
import { mapPieces } from './map-pieces.ts';

const legend = [
  ['done', 'here'],
  ['receiving', 'arriving'],
  ['waiting', 'to come'],
  ['trouble', 'trying again'],
] as const;

/** The file from its first byte to its last, in colour as it fills. */
export function FileMap({ figures }: { readonly figures: Figures }) {
  const { segments, total, bytes, fraction } = figures;
  const pieces = mapPieces(segments, total);
  const text =
    total === null
      ? `${formatBytes(bytes)} are here; the size is unknown.`
      : `${formatPercent(fraction)} of ${formatBytes(total)} are here, in ${segments.length} parts.`;
  return (
    <figure className="file-map">
      <svg viewBox="0 0 1000 40" preserveAspectRatio="none" role="img" aria-label={`Map of the file. ${text}`}>
        <rect className="piece waiting" width="1000" height="40" />
        {pieces.map(({ id, kind, x, width }) => (
          <rect key={`${id} ${kind}`} className={`piece ${kind}`} x={x} width={width} height="40" />
        ))}
      </svg>
      <figcaption>
        {legend.map(([kind, name]) => (
          <span key={kind} className="legend">
            <span className={`swatch ${kind}`} aria-hidden="true" />
            {name}
          </span>
        ))}
      </figcaption>
    </figure>
  );
}
