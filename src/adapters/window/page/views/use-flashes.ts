import { useRef } from 'react';
import type { ChartGraph } from '../chart/graph.ts';
import type { History } from '../model/history.ts';
import { arrowsTaken } from '../model/transitions.ts';

/** Messages that are looked through at once: a page that was in the background has more behind it. */
const MOST = 2_000;

/** So long an arrow that was taken is lit, milliseconds. */
const LIT_MS = 1_500;

/**
 * The arrows taken last, each with the place in the history at which it was:
 * while things run those since the page was last drawn, at a place in the past
 * the one that led there.
 */
export function useFlashes(
  history: History,
  sessionId: string | null,
  graph: ChartGraph | null,
  at: number | null,
): ReadonlyMap<string, number> {
  const seen = useRef<{ key: string; next: number; taken: ReadonlyMap<string, number> }>(null);
  if (sessionId === null || graph === null) return new Map();
  if (at !== null) {
    seen.current = null;
    const last = history.at(at).get(sessionId)?.at ?? at;
    return arrowsTaken(history, sessionId, graph, last, last + 1);
  }
  const key = `${sessionId} ${graph.id}`;
  const known = seen.current?.key === key ? seen.current : null;
  const from = Math.max(known?.next ?? history.end - 1, history.end - MOST);
  if (known && known.next === history.end) return known.taken;
  const fresh = arrowsTaken(history, sessionId, graph, from, history.end);
  const now = history.timeAt(history.end - 1);
  const taken = new Map(
    [...(known?.taken ?? []), ...fresh].filter(([, place]) => now - history.timeAt(place) < LIT_MS),
  );
  seen.current = { key, next: history.end, taken };
  return taken;
}
