import { useState } from 'react';
import { formatMoment } from '../format.ts';
import { labelOf } from '../model/actors.ts';
import { findEvents } from '../model/find-events.ts';
import type { History, Moment } from '../model/history.ts';

interface EventLogProps {
  readonly history: History;
  readonly moment: Moment;
  /** The place that is shown; the log goes no further. */
  readonly at: number;
  readonly isNow: boolean;
  readonly actor: { readonly sessionId: string; readonly label: string };
  readonly onGo: (place: number) => void;
}

const SHOWN = 200;

/** Events, the newest first: all, or those that the chosen actor got and sent. */
export function EventLog({ history, moment, at, isNow, actor, onGo }: EventLogProps) {
  const [filter, setFilter] = useState('');
  const [isOnlyActor, setIsOnlyActor] = useState(false);
  const [heldAt, setHeldAt] = useState<number | null>(null);
  const until = isNow && heldAt !== null ? heldAt : at;
  const found = findEvents(history, {
    until,
    most: SHOWN,
    filter,
    sessionId: isOnlyActor ? actor.sessionId : null,
  });
  const nameOf = (sessionId: string | null) => {
    if (sessionId === null) return 'outside';
    const known = moment.get(sessionId);
    return known ? labelOf(known, moment) : sessionId;
  };
  return (
    <>
      <div className="log-tools">
        <input
          type="search"
          aria-label="Filter events"
          placeholder="Filter"
          title="Words out of an event’s name or its id, as in: advanced segment-3"
          value={filter}
          onChange={(event) => setFilter(event.target.value)}
        />
        <button
          type="button"
          className="button small"
          aria-pressed={isOnlyActor}
          onClick={() => setIsOnlyActor(!isOnlyActor)}
        >
          {actor.label} only
        </button>
        {isNow && (
          <button
            type="button"
            className="button small"
            aria-pressed={heldAt !== null}
            onClick={() => setHeldAt(heldAt === null ? at : null)}
          >
            {heldAt === null ? 'Hold' : 'Go on'}
          </button>
        )}
      </div>
      {history.dropped > 0 && (
        <p className="hint">{history.dropped} intermediate snapshots were left out: this page was too slow for them.</p>
      )}
      <ol className="log">
        {found.map(({ place, message }) => (
          <li key={place} className={place === at && !isNow ? 'log-line chosen' : 'log-line'}>
            <button type="button" onClick={() => onGo(place)} title={JSON.stringify(message.event)}>
              <span className="log-time">{formatMoment(Number(message.createdAt))}</span>
              <span className="log-type">{shortType(message.event.type)}</span>
              <span className="log-way">
                {nameOf(message.sourceId)} {'\u2192'} {nameOf(message.sessionId)}
              </span>
            </button>
          </li>
        ))}
      </ol>
      {found.length === 0 && <p className="hint">No event is like that.</p>}
    </>
  );
}

/** XState puts the path of the state into the names of its own events. */
function shortType(type: string): string {
  return type
    .replace(/^xstate\.(done|error)\.actor\.(?:\d+\.)?/, '$1: ')
    .replace(/^xstate\.after\.(\w+)\..*/, 'after $1');
}
