import { lazy, Suspense } from 'react';
import { printable } from '../format.ts';
import type { DownloadModel } from '../model/window-store.ts';
import { Icon } from '../parts/icons.tsx';
import { hrefOf, type View } from '../parts/route.ts';
import { useWindow } from '../parts/use-window.ts';
import { DownloadView } from './download-view.tsx';
import { isOver, nameOfCard, stateWords } from './state-words.ts';

// The chart's libraries are not waited for by those who look at the figures; yet they are
// read at once: when the download has ended, so may have the process that they come from.
const machineView = import('./machine-view.tsx');
machineView.catch(() => {});
const MachineView = lazy(async () => ({ default: (await machineView).MachineView }));

interface DownloadPageProps {
  readonly model: DownloadModel;
  readonly view: View;
}

/** One download: either its progress or its machine. */
export function DownloadPage({ model, view }: DownloadPageProps) {
  const { store, isConnected } = useWindow();
  const isReplay = store.mode === 'replay';
  const canControl = model.card.canControl && isConnected && !isReplay && !isOver(model.card);
  if (view === 'download') return <DownloadView model={model} canControl={canControl} />;
  return (
    <Suspense fallback={<p className="empty">Drawing the machine.</p>}>
      <MachineView model={model} canControl={canControl} isReplay={isReplay} />
    </Suspense>
  );
}

/** Its name and state, and the way from one view to the other: a part of the page's head. */
export function DownloadHead({ model: { card }, view }: DownloadPageProps) {
  const { text, tone } = stateWords(card);
  return (
    <div className="one-head">
      <a className="button quiet icon-only" href={hrefOf({ download: null, view: 'download' })}>
        <Icon name="back" />
        <span className="hidden-text">All downloads</span>
      </a>
      <div className="one-title">
        <h1>{nameOfCard(card)}</h1>
        <p className="url" title={card.url}>
          {printable(card.url)}
        </p>
      </div>
      <span className={`state ${tone}`} role="status">
        {text}
      </span>
      <nav className="tabs" aria-label="Views of this download">
        <Tab text="Progress" to="download" view={view} id={card.id} />
        <Tab text="Machine" to="machine" view={view} id={card.id} />
      </nav>
    </div>
  );
}

function Tab({
  text,
  to,
  view,
  id,
}: {
  readonly text: string;
  readonly to: View;
  readonly view: View;
  readonly id: string;
}) {
  return (
    <a href={hrefOf({ download: id, view: to })} {...(view === to ? { 'aria-current': 'page' as const } : {})}>
      {text}
    </a>
  );
}
