import { type CallbackActorLogic, type EventObject, fromCallback } from 'xstate';
import type { MeterTicked } from '../machines/download.io.ts';
import type { ClockPort } from './ports.ts';

/** Between two figures, milliseconds. */
const TICK_MS = 250;

/** Tells the machine the time, a few times a second: the machine has no clock of its own. */
export function defineMeterProgress({ clock }: { clock: ClockPort }): CallbackActorLogic<EventObject, undefined> {
  return fromCallback(({ sendBack }) => {
    const tick = () => sendBack({ type: 'meter.ticked', at: clock.now() } satisfies MeterTicked);
    tick();
    return clock.every(TICK_MS, tick);
  });
}
