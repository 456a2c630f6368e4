import { type CallbackActorLogic, type EventObject, fromCallback } from 'xstate';
import type { TrafficMeasured } from '../machines/download.io.ts';
import type { ClockPort } from './ports.ts';

/** Between two measurements, milliseconds: much shorter than a figure for people, and only while it matters. */
const TICK_MS = 5;

/** Tells the machine how much has arrived, while it finds out how many connections pay. */
export function defineMeasureTraffic({
  clock,
  traffic,
}: {
  clock: ClockPort;
  /** Bytes that have arrived, over all transfers. */
  traffic: { readonly bytes: number };
}): CallbackActorLogic<EventObject, undefined> {
  return fromCallback(({ sendBack }) => {
    const tell = () => {
      const measured = { at: clock.now(), bytes: traffic.bytes, activeMs: clock.activeMs() };
      sendBack({ type: 'traffic.measured', ...measured } satisfies TrafficMeasured);
    };
    return clock.every(TICK_MS, tell);
  });
}
