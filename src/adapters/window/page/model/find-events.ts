import type { InspectionMessage } from '../../protocol.ts';
import type { History } from './history.ts';

export type EventMessage = Extract<InspectionMessage, { type: '@xstate.event' }>;

export interface EventQuery {
  /** The newest place that is looked at. */
  readonly until: number;
  readonly most: number;
  /** Words that all must stand in the event's type or its `id`; empty for every event. */
  readonly filter: string;
  /** The actor that got or sent it; null for any. */
  readonly sessionId: string | null;
}

/** Events out of a history, the newest first. */
export function findEvents(
  history: History,
  { until, most, filter, sessionId }: EventQuery,
): readonly { readonly place: number; readonly message: EventMessage }[] {
  const words = filter
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  const found: { place: number; message: EventMessage }[] = [];
  for (let place = Math.min(until, history.end - 1); place >= history.first && found.length < most; place--) {
    const message = history.message(place);
    if (message?.type !== '@xstate.event') continue;
    if (sessionId !== null && message.sessionId !== sessionId && message.sourceId !== sessionId) continue;
    const text = `${message.event.type} ${'id' in message.event ? message.event.id : ''}`.toLowerCase();
    if (words.every((word) => text.includes(word))) found.push({ place, message });
  }
  return found;
}
