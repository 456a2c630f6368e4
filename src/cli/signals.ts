const watched = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export interface SignalHandlers {
  /** Stop and keep what has arrived. */
  readonly first: () => void;
  /** End at once. */
  readonly second: () => void;
}

/**
 * Ctrl-C, a polite kill and a closed terminal all mean "stop and keep"; a
 * second of them, whichever it is, means "at once".
 *
 * @returns what leaves the signals to the system again
 */
export function watchSignals({ first, second }: SignalHandlers): () => void {
  let count = 0;
  const handler = () => {
    count += 1;
    if (count === 1) first();
    else second();
  };
  for (const signal of watched) process.on(signal, handler);
  return () => {
    for (const signal of watched) process.off(signal, handler);
  };
}
