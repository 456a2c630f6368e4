import { type ChartGraph, takenEdges } from '../chart/graph.ts';
import { activeStates } from './actors.ts';
import type { History } from './history.ts';

/** Arrows that an actor took in a stretch of its history, each with the place at which it was taken last. */
export function arrowsTaken(
  history: History,
  sessionId: string,
  graph: ChartGraph,
  from: number,
  to: number,
): ReadonlyMap<string, number> {
  const taken = new Map<string, number>();
  let before = statesAt(history, sessionId, graph, from - 1);
  for (let place = Math.max(from, history.first); place < to; place++) {
    const message = history.message(place);
    if (message?.type !== '@xstate.snapshot' || message.sessionId !== sessionId) continue;
    const after = activeStates(graph.id, message.snapshot.value);
    for (const id of takenEdges(graph, before, after, message.event.type)) taken.set(id, place);
    before = after;
  }
  return taken;
}

function statesAt(history: History, sessionId: string, graph: ChartGraph, place: number): ReadonlySet<string> {
  if (place < history.first) return new Set();
  return activeStates(graph.id, history.at(place).get(sessionId)?.snapshot.value);
}

/**
 * The next place, in steps of `by`, at which the actor is in another state;
 * null when there is none. What parallel regions do among themselves, which is
 * much and often, does not count.
 */
export function nextChange(history: History, sessionId: string, from: number, by: 1 | -1): number | null {
  let last = outermost(history.at(from).get(sessionId)?.snapshot.value);
  let found: number | null = null;
  for (let place = from + by; place >= history.first && place < history.end; place += by) {
    const message = history.message(place);
    if (message?.type !== '@xstate.snapshot' || message.sessionId !== sessionId) continue;
    const value = outermost(message.snapshot.value);
    if (value === last) {
      // Backwards, the change is where the same state was first seen.
      if (found !== null) found = place;
      continue;
    }
    if (by === 1) return place;
    if (found !== null) return found;
    found = place;
    last = value;
  }
  return found;
}

function outermost(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  const [[key, inner] = ['', undefined], ...others] = Object.entries(value);
  if (others.length > 0) return '';
  return `${key}.${outermost(inner)}`;
}
