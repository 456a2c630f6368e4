import { formatBytes, formatClock, formatDuration, formatPercent, formatSpeed } from '../format.ts';
import { shownFigures } from '../model/shown-figures.ts';
import type { DownloadModel } from '../model/window-store.ts';
import { hrefOf } from '../parts/route.ts';
import { useWindow } from '../parts/use-window.ts';
import { isOver, nameOfCard, stateWords } from './state-words.ts';

interface DownloadListProps {
  readonly downloads: readonly DownloadModel[];
  readonly canStart: boolean;
}

/** Running ones first, then the finished, the newest first. */
export function DownloadList({ downloads, canStart }: DownloadListProps) {
  const newestFirst = downloads.toSorted((one, other) => other.card.addedAt - one.card.addedAt);
  const running = newestFirst.filter(({ card }) => !isOver(card));
  const over = newestFirst.filter(({ card }) => isOver(card));
  if (downloads.length === 0) {
    return canStart ? null : <p className="empty">No download is running here.</p>;
  }
  return (
    <>
      {running.length > 0 && <Group title="Running" downloads={running} />}
      {over.length > 0 && <Group title="Finished" downloads={over} />}
    </>
  );
}

function Group({ title, downloads }: { readonly title: string; readonly downloads: readonly DownloadModel[] }) {
  return (
    <section className="group" aria-label={title}>
      <h2>{title}</h2>
      <ul className="cards">
        {downloads.map(({ card }) => (
          <Card key={card.id} card={card} />
        ))}
      </ul>
    </section>
  );
}

function Card({ card }: Pick<DownloadModel, 'card'>) {
  const { say, store, isConnected } = useWindow();
  const { text, tone } = stateWords(card);
  const fraction = card.result ? 1 : (card.progress?.fraction ?? null);
  return (
    <li className="card">
      <a className="card-link" href={hrefOf({ download: card.id, view: 'download' })}>
        <span className="card-name">{nameOfCard(card)}</span>
        <span className={`state ${tone}`}>{text}</span>
        <span className="card-bar" aria-hidden="true">
          <span className={`card-fill ${tone}`} style={{ inlineSize: `${(fraction ?? 0) * 100}%` }} />
        </span>
        <span className="card-facts">{factsOf(card).join('  ·  ')}</span>
        {Object.entries(card.result?.digests ?? {}).map(([algorithm, hex]) => (
          <span key={algorithm} className="digest">
            {algorithm} {hex}
          </span>
        ))}
      </a>
      {isOver(card) && card.canControl && (
        <button
          type="button"
          className="button quiet small"
          disabled={!isConnected}
          aria-label={`Take ${nameOfCard(card)} off the list`}
          onClick={() => {
            say({ type: 'forget', download: card.id });
            store.forget(card.id);
          }}
        >
          Remove
        </button>
      )}
    </li>
  );
}

function factsOf(card: DownloadModel['card']): string[] {
  const { result, failure, progress, endedAt } = card;
  if (result) {
    return [
      formatBytes(result.size),
      result.skipped ? 'was there already' : `in ${formatDuration(result.elapsedMs)}`,
      ...(result.meanBytesPerSecond === null ? [] : [`${formatSpeed(result.meanBytesPerSecond)} on average`]),
      ...(endedAt === null ? [] : [`ended ${formatClock(endedAt, Date.now())}`]),
    ];
  }
  if (failure) return [failure.message];
  if (!progress) return ['Nothing has arrived yet'];
  const { bytes, total, fraction, speed, remainingMs } = shownFigures(progress, card);
  return [
    total === null ? formatBytes(bytes) : `${formatBytes(bytes)} of ${formatBytes(total)}`,
    ...(fraction === null ? [] : [formatPercent(fraction)]),
    ...(speed.now === null ? [] : [formatSpeed(speed.now)]),
    ...(remainingMs === null ? [] : [`${formatDuration(remainingMs)} left`]),
  ];
}
