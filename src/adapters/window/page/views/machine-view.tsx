import { useMemo, useState } from 'react';
import { ChartPane } from '../chart/chart-pane.tsx';
import { chartGraph } from '../chart/graph.ts';
import { activeStates, actorRows, labelOf, rootOf, stateText } from '../model/actors.ts';
import type { DownloadModel } from '../model/window-store.ts';
import { AcceptedEvents } from './accepted-events.tsx';
import { ActorTable } from './actor-table.tsx';
import { EventLog } from './event-log.tsx';
import { JsonTree } from './json-tree.tsx';
import { Scrubber } from './scrubber.tsx';
import { useFlashes } from './use-flashes.ts';

interface MachineViewProps {
  readonly model: DownloadModel;
  readonly canControl: boolean;
  readonly isReplay: boolean;
}

/** The machine as it runs, or as it was: chart, actors, context and events, at the scrubber's place. */
export function MachineView({ model, canControl, isReplay }: MachineViewProps) {
  const { history, card } = model;
  // Null is now.
  const [place, setPlace] = useState<number | null>(null);
  const [chosen, setChosen] = useState<string | null>(null);
  const [withEnded, setWithEnded] = useState(false);
  const [panel, setPanel] = useState<'context' | 'events'>('events');

  const at = place === null ? history.end - 1 : Math.max(history.first, Math.min(place, history.end - 1));
  const moment = history.at(at);
  const root = rootOf(moment) ?? null;
  const actor = (chosen === null ? undefined : moment.get(chosen)) ?? root;
  // An actor that is no machine has no chart of its own: its parent's stays.
  const charted = actor?.definition ? actor : (actor?.parentId && moment.get(actor.parentId)) || root;
  const definition = charted?.definition ?? null;
  const graph = useMemo(() => (definition ? chartGraph(definition) : null), [definition]);
  const value = charted?.snapshot.value;
  const active = useMemo(() => activeStates(graph?.id ?? '', value), [graph, value]);
  const flashes = useFlashes(history, charted?.sessionId ?? null, graph, place === null ? null : at);

  if (!root || !actor || history.end === 0) return <p className="empty">Nothing has been heard of the machine yet.</p>;
  const label = labelOf(actor, moment);
  const rows = actorRows(moment, withEnded);
  return (
    <div className={isReplay ? 'machine replay' : 'machine'}>
      <section className="chart-place" aria-label="Statechart">
        {graph && charted && (
          <ChartPane
            graph={graph}
            active={active}
            flashes={flashes}
            isHeld={place !== null}
            title={labelOf(charted, moment)}
            state={stateText(charted.snapshot.value)}
          />
        )}
        {canControl && place === null && charted === root && definition && (
          <AcceptedEvents card={card} definition={definition} active={active} />
        )}
      </section>
      <div className="side">
        <section className="side-part actors" aria-label="Actors">
          <div className="side-head">
            <h2>Actors</h2>
            <label className="check">
              <input type="checkbox" checked={withEnded} onChange={(event) => setWithEnded(event.target.checked)} />
              ended too
            </label>
          </div>
          <ActorTable rows={rows} root={root} chosen={actor.sessionId} onChoose={setChosen} />
        </section>
        <section className="side-part inspector" aria-label="Inspector">
          <div className="side-head">
            <fieldset className="switch" aria-label="What is shown below">
              <button type="button" aria-pressed={panel === 'events'} onClick={() => setPanel('events')}>
                Events
              </button>
              <button type="button" aria-pressed={panel === 'context'} onClick={() => setPanel('context')}>
                Context
              </button>
            </fieldset>
            <span className="hint side-of">{panel === 'context' ? `of ${label}` : ''}</span>
          </div>
          {panel === 'context' ? (
            <JsonTree value={shownOf(actor.snapshot)} label={`Context of ${label}`} />
          ) : (
            <EventLog
              history={history}
              moment={moment}
              at={at}
              isNow={place === null}
              actor={{ sessionId: actor.sessionId, label }}
              onGo={setPlace}
            />
          )}
        </section>
      </div>
      <Scrubber
        history={history}
        at={at}
        isNow={place === null}
        isReplay={isReplay}
        actor={charted?.sessionId ?? root.sessionId}
        onGo={setPlace}
      />
    </div>
  );
}

function shownOf({
  status,
  context,
  output,
  error,
}: {
  status: string;
  context?: unknown;
  output?: unknown;
  error?: unknown;
}) {
  return {
    ...(typeof context === 'object' && context !== null ? context : context === undefined ? {} : { context }),
    ...(output === undefined ? {} : { output }),
    ...(error === undefined ? {} : { error }),
    ...(status === 'active' ? {} : { status }),
  };
}
