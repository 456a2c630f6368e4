import type { ReactNode } from 'react';

interface ConnectionNoticeProps {
  readonly isConnected: boolean;
  readonly wasOpen: boolean;
  /** The process has said that it ends. */
  readonly hasEnded: boolean;
  readonly isTokenUsed: boolean;
  readonly hasGivenUp: boolean;
  readonly onRetry: () => void;
}

/** Says so when nothing can be heard of multidown; empty while all is well. */
export function ConnectionNotice({ onRetry, ...how }: ConnectionNoticeProps) {
  const text = sentence(how);
  const canRetry = how.hasGivenUp && !how.hasEnded && !isLockedOut(how);
  return (
    <div className={text === '' ? 'notice-place' : how.hasEnded ? 'notice calm' : 'notice'} role="status">
      {text !== '' && (
        <>
          <span>{text}</span>
          {canRetry && (
            <button type="button" className="button small" onClick={onRetry}>
              Try now
            </button>
          )}
        </>
      )}
    </div>
  );
}

type How = Omit<ConnectionNoticeProps, 'onRetry'>;

function sentence(how: How): ReactNode {
  const { isConnected, wasOpen, hasEnded, hasGivenUp } = how;
  if (isConnected) return '';
  if (hasEnded) return 'multidown has ended. What you see is what was recorded until then.';
  if (isLockedOut(how)) {
    return (
      <>
        This address has been used already: it works once. Look in the browser that opened it first, or start another
        window with <code>multidown window</code>.
      </>
    );
  }
  if (wasOpen) {
    return hasGivenUp
      ? 'multidown has ended, or cannot be reached. What is shown is the last that was heard of it.'
      : 'The connection was lost. Connecting again.';
  }
  // The page itself says that it is on its way.
  if (!hasGivenUp) return '';
  return (
    'multidown does not let this page in. Open the whole address that it printed when it started, ' +
    'or look in the browser that opened it first.'
  );
}

/** The cookie of the one who came first is in another browser. */
function isLockedOut({ wasOpen, isTokenUsed, hasGivenUp }: How): boolean {
  return !wasOpen && isTokenUsed && hasGivenUp;
}
