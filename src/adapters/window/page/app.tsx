import { useSelector } from '@xstate/react';
import { useLayoutEffect, useState } from 'react';
import type { ActorRefFrom } from 'xstate';
import { type connectionMachine, hasGivenUp } from './connection/connection.machine.ts';
import type { WindowStore } from './model/window-store.ts';
import { ConnectionNotice } from './parts/connection-notice.tsx';
import { Logo } from './parts/icons.tsx';
import { hrefOf } from './parts/route.ts';
import { ThemeSwitch } from './parts/theme-switch.tsx';
import { go, useRoute } from './parts/use-route.ts';
import { useWindow, WindowContext } from './parts/use-window.ts';
import { DownloadList } from './views/download-list.tsx';
import { DownloadHead, DownloadPage } from './views/download-page.tsx';
import { NewDownload } from './views/new-download.tsx';

interface AppProps {
  readonly store: WindowStore;
  readonly connection: ActorRefFrom<typeof connectionMachine>;
}

export function App({ store, connection }: AppProps) {
  const isConnected = useSelector(connection, (snapshot) => snapshot.matches({ streaming: 'open' }));
  const access = {
    store,
    isConnected,
    say: (message: Parameters<typeof sayTo>[1]) => sayTo(connection, message),
  };
  return (
    <WindowContext value={access}>
      <Frame connection={connection} />
    </WindowContext>
  );
}

function sayTo(
  connection: AppProps['connection'],
  message: Extract<Parameters<AppProps['connection']['send']>[0], { type: 'page.says' }>['message'],
): void {
  connection.send({ type: 'page.says', message });
}

function Frame({ connection }: Pick<AppProps, 'connection'>) {
  const { store, isConnected } = useWindow();
  const route = useRoute();
  const [isAsking, setIsAsking] = useState(false);
  const wasOpen = useSelector(connection, ({ context }) => context.wasOpen);
  const isTokenUsed = useSelector(connection, ({ context }) => context.isTokenUsed);
  const isGivenUp = useSelector(connection, ({ context }) => hasGivenUp(context));
  const hasEnded = useSelector(connection, (snapshot) => snapshot.matches('ended'));
  const downloads = [...store.downloads.values()];
  const chosen = route.download === null ? undefined : store.downloads.get(route.download);
  const isReplay = store.mode === 'replay';

  // With one download there is nothing to choose from; a recording is about its machine.
  const only = downloads.length === 1 ? downloads[0]?.card.id : undefined;
  // Before anything is painted: the list of one would only flash.
  useLayoutEffect(() => {
    if (only !== undefined && location.hash === '') {
      go({ download: only, view: isReplay ? 'machine' : 'download' }, { replace: true });
    }
  }, [only, isReplay]);

  const canStart = store.roots.length > 0 && !isReplay;
  return (
    <div className="frame">
      <button type="button" className="skip" onClick={() => document.getElementById('main')?.focus()}>
        Skip to the content
      </button>
      <header className={chosen ? 'top with-download' : 'top'}>
        <a className="brand" href={hrefOf({ download: null, view: 'download' })} aria-label="multidown, all downloads">
          <Logo />
          <span className="brand-name">multidown</span>
        </a>
        {isReplay && <span className="badge">Recording</span>}
        {chosen ? <DownloadHead model={chosen} view={route.view} /> : <span className="top-space" />}
        {store.isWelcomed && isConnected && <span className="live-dot">{isReplay ? 'Loaded' : 'Connected'}</span>}
        <ThemeSwitch />
      </header>
      <ConnectionNotice
        isConnected={isConnected}
        wasOpen={wasOpen}
        hasEnded={hasEnded}
        isTokenUsed={isTokenUsed}
        hasGivenUp={isGivenUp}
        onRetry={() => connection.send({ type: 'user.retried' })}
      />
      <main id="main" tabIndex={-1}>
        {!store.isWelcomed ? (
          <p className="empty loading">{isGivenUp ? '' : 'Connecting to multidown.'}</p>
        ) : chosen ? (
          <DownloadPage key={chosen.card.id} model={chosen} view={route.view} />
        ) : (
          <div className="home">
            <div className="home-head">
              <h1>Downloads</h1>
              {canStart && downloads.length > 0 && !isAsking && (
                <button type="button" className="button primary" onClick={() => setIsAsking(true)}>
                  New download
                </button>
              )}
            </div>
            {canStart && (isAsking || downloads.length === 0) && (
              <NewDownload
                onStarted={(id) => {
                  setIsAsking(false);
                  go({ download: id, view: 'download' });
                }}
                {...(downloads.length > 0 ? { onCancel: () => setIsAsking(false) } : {})}
              />
            )}
            <DownloadList downloads={downloads} canStart={canStart} />
          </div>
        )}
      </main>
    </div>
  );
}
