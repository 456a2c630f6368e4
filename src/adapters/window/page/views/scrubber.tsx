import { useEffect, useState } from 'react';
import { formatMoment, formatOffset } from '../format.ts';
import type { History } from '../model/history.ts';
import { nextChange } from '../model/transitions.ts';
import { Icon, type IconName } from '../parts/icons.tsx';

interface ScrubberProps {
  readonly history: History;
  readonly at: number;
  readonly isNow: boolean;
  readonly isReplay: boolean;
  /** Whose changes of state the buttons step to. */
  readonly actor: string;
  /** Null goes to now, or to a recording's end. */
  readonly onGo: (place: number | null) => void;
}

/** Steps back and forth through the recorded history; plays it as it happened. */
export function Scrubber({ history, at, isNow, isReplay, actor, onGo }: ScrubberProps) {
  const [isPlaying, setIsPlaying] = useState(false);
  const last = history.end - 1;
  usePlaying(isPlaying, history, at, (place) => {
    if (place >= history.end - 1) {
      setIsPlaying(false);
      onGo(null);
    } else onGo(place);
  });
  const step = (by: 1 | -1) => {
    setIsPlaying(false);
    const next = nextChange(history, actor, at, by);
    onGo(next === null ? (by === 1 ? null : history.first) : next);
  };
  const play = () => {
    if (isNow) onGo(history.first);
    setIsPlaying(!isPlaying);
  };
  const type = eventAt(history, at);
  const since = history.timeAt(at) - history.timeAt(history.first);
  return (
    <section className="scrubber" aria-label="History">
      <div className="scrubber-buttons">
        <ScrubButton icon="first" name="To the beginning" onPress={() => onGo(history.first)} />
        <ScrubButton icon="previous" name="Back to the last change of state" onPress={() => step(-1)} />
        <ScrubButton icon={isPlaying ? 'pause' : 'play'} name={isPlaying ? 'Hold' : 'Play'} onPress={play} />
        <ScrubButton icon="next" name="On to the next change of state" onPress={() => step(1)} />
      </div>
      <input
        type="range"
        aria-label="Place in the history"
        aria-valuetext={`${formatMoment(history.timeAt(at))}, ${type}`}
        min={history.first}
        max={Math.max(history.first, last)}
        value={at}
        onChange={(event) => {
          setIsPlaying(false);
          const place = Number(event.target.value);
          onGo(place >= last ? null : place);
        }}
      />
      <p className="scrubber-text">
        <span className="scrubber-time">{formatMoment(history.timeAt(at))}</span>
        <span className="hint">
          +{formatOffset(since)}, {at - history.first + 1} of {history.end - history.first}
        </span>
      </p>
      <button
        type="button"
        className={isNow ? 'button small' : 'button small primary'}
        aria-pressed={isNow}
        onClick={() => {
          setIsPlaying(false);
          onGo(null);
        }}
      >
        {isReplay ? 'End' : 'Now'}
      </button>
    </section>
  );
}

function ScrubButton({
  icon,
  name,
  onPress,
}: {
  readonly icon: IconName;
  readonly name: string;
  readonly onPress: () => void;
}) {
  return (
    <button type="button" className="button icon-only" aria-label={name} title={name} onClick={onPress}>
      <Icon name={icon} />
    </button>
  );
}

function eventAt(history: History, at: number): string {
  const message = history.message(at);
  return message === undefined || message.type === '@xstate.actor' ? 'start of an actor' : message.event.type;
}

/** Goes on in the recording's own time. */
function usePlaying(isPlaying: boolean, history: History, at: number, onGo: (place: number) => void): void {
  useEffect(() => {
    if (!isPlaying) return;
    const shownAt = performance.now();
    const frame = requestAnimationFrame(() => {
      const passed = Math.max(16, performance.now() - shownAt);
      onGo(Math.max(at + 1, history.placeAt(history.timeAt(at) + passed)));
    });
    return () => cancelAnimationFrame(frame);
  });
}
