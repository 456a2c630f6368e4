import type { DownloadCard } from '../../protocol.ts';
import { formatBytes, formatDuration, formatSpeed, printable } from '../format.ts';

/** How it ended: the path and digests of what is done, the sentence and what to do of what is not. */
export function Outcome({ card: { result, failure } }: { readonly card: DownloadCard }) {
  if (result) {
    const { path, size, elapsedMs, meanBytesPerSecond, digests, verified, skipped } = result;
    return (
      <section className="panel outcome good" aria-label="Result" role="status">
        <h2>{skipped ? 'It was there already' : 'The file is complete'}</h2>
        <p className="path">{printable(path)}</p>
        <p>
          {formatBytes(size)}
          {!skipped && ` in ${formatDuration(elapsedMs)}`}
          {meanBytesPerSecond !== null && `, ${formatSpeed(meanBytesPerSecond)} on average`}.
        </p>
        {Object.entries(digests).map(([algorithm, hex]) => (
          <p key={algorithm} className="digest">
            {algorithm} {hex}
            {verified.includes(algorithm) && ' matches'}
          </p>
        ))}
        {verified.length === 0 && !skipped && (
          <p className="hint">No checksum was given, so the content itself was not checked.</p>
        )}
      </section>
    );
  }
  if (!failure) return null;
  const isCalm = failure.code === 'interrupted' || failure.code === 'declined';
  return (
    <section className={`panel outcome ${isCalm ? 'calm' : 'bad'}`} aria-label="Result" role="alert">
      <h2>{isCalm ? 'Stopped' : 'The download failed'}</h2>
      <p>{printable(failure.message)}</p>
      {failure.resumable && !/goes on|is kept/.test(failure.message) && (
        <p className="hint">What has arrived is kept. Start the same download again, and it goes on from there.</p>
      )}
    </section>
  );
}
