import { type FormEvent, useState } from 'react';
import type { Figures } from '../../../../machines/events.ts';
import { CONNECTIONS_MAX } from '../../../../machines/options.ts';
import type { DownloadCard } from '../../protocol.ts';
import { Icon } from '../parts/icons.tsx';
import { useCommand } from '../parts/use-window.ts';
import { parseSize } from './form-check.ts';

interface ControlsProps {
  readonly card: DownloadCard;
  readonly figures: Figures;
}

export function Controls({ card, figures }: ControlsProps) {
  const send = useCommand(card.id);
  const state = card.state?.state;
  const isPaused = state === 'paused' || state === 'pausing';
  const { limit, isAuto } = figures.connections;
  const set = (connections: number | 'auto') => send({ type: 'download.setConnections', connections });
  return (
    <div className="controls">
      {isPaused ? (
        <button type="button" className="button primary" onClick={() => send({ type: 'download.resume' })}>
          <Icon name="play" /> Resume
        </button>
      ) : (
        <button
          type="button"
          className="button primary"
          disabled={state !== 'downloading' && state !== 'probing'}
          onClick={() => send({ type: 'download.pause' })}
        >
          <Icon name="pause" /> Pause
        </button>
      )}
      <button type="button" className="button" onClick={() => send({ type: 'download.stop' })}>
        <Icon name="stop" /> Stop
      </button>
      <fieldset className="stepper">
        <legend>Connections</legend>
        <button
          type="button"
          className="button icon-only"
          aria-label="Fewer connections"
          disabled={limit <= 1}
          onClick={() => set(limit - 1)}
        >
          <Icon name="minus" />
        </button>
        <output aria-live="polite">{limit}</output>
        <button
          type="button"
          className="button icon-only"
          aria-label="More connections"
          disabled={limit >= CONNECTIONS_MAX}
          onClick={() => set(limit + 1)}
        >
          <Icon name="plus" />
        </button>
        <button type="button" className="button" aria-pressed={isAuto} onClick={() => set(isAuto ? limit : 'auto')}>
          Auto
        </button>
      </fieldset>
      <RateLimit
        value={figures.rateLimit}
        onSet={(bytesPerSecond) => send({ type: 'download.setRateLimit', bytesPerSecond })}
      />
    </div>
  );
}

interface RateLimitProps {
  readonly value: number | null;
  readonly onSet: (bytesPerSecond: number | null) => void;
}

function RateLimit({ value, onSet }: RateLimitProps) {
  const [text, setText] = useState('');
  const [fault, setFault] = useState('');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const bytes = text.trim() === '' ? null : parseSize(text);
    if (text.trim() !== '' && (bytes === null || bytes < 1)) {
      setFault('Write it as 500K or 1.5M.');
      return;
    }
    setFault('');
    setText('');
    onSet(bytes);
  };
  return (
    <form className="rate-limit" onSubmit={submit}>
      <label>
        <span>Rate limit</span>
        <input
          value={text}
          onChange={(event) => setText(event.target.value)}
          placeholder="1.5M"
          aria-invalid={fault !== ''}
          aria-describedby="rate-limit-note"
          autoComplete="off"
        />
      </label>
      <button type="submit" className="button">
        {text.trim() === '' && value !== null ? 'Lift' : 'Set'}
      </button>
      <span id="rate-limit-note" className="fault" role="status">
        {fault}
      </span>
    </form>
  );
}
