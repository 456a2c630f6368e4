interface ConnectionNoticeProps {
  readonly isConnected: boolean;
  readonly wasOpen: boolean;
  readonly hasGivenUp: boolean;
  readonly onRetry: () => void;
}

/** Says so when nothing can be heard of multidown; empty while all is well. */
export function ConnectionNotice({ isConnected, wasOpen, hasGivenUp, onRetry }: ConnectionNoticeProps) {
  const text = isConnected ? '' : sentence(wasOpen, hasGivenUp);
  return (
    <div className={text === '' ? 'notice-place' : 'notice-place notice'} role="status" aria-live="polite">
      {text !== '' && (
        <>
          <span>{text}</span>
          {hasGivenUp && (
            <button type="button" className="button small" onClick={onRetry}>
              Try now
            </button>
          )}
        </>
      )}
    </div>
  );
}

function sentence(wasOpen: boolean, hasGivenUp: boolean): string {
  if (wasOpen) {
    return hasGivenUp
      ? 'multidown has ended, or cannot be reached. What is shown is the last that was heard of it.'
      : 'The connection was lost. Connecting again.';
  }
  return hasGivenUp
    ? 'multidown does not let this page in. Open the window by the address that it printed when it started.'
    : 'Connecting to multidown.';
}
