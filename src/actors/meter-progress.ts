import { type CallbackActorLogic, type EventObject, fromCallback } from 'xstate';
import type { MeterTicked } from '../machines/download.io.ts';
import type { ClockPort } from './ports.ts';
import type { Running } from './running.ts';

/** Between two figures, milliseconds. */
const TICK_MS = 250;
/** The same while it is young, and most connections have just begun: the sooner those that crawl are given up. */
const YOUNG_TICK_MS = 125;
const YOUNG_TICKS = 8;

/**
 * Tells the machine the time, a few times a second: the machine has no clock of
 * its own. It does so for as long as the download runs, and so it is counted here.
 */
export function defineMeterProgress({
  clock,
  running,
}: {
  clock: ClockPort;
  running: Running;
}): CallbackActorLogic<EventObject, undefined> {
  return fromCallback(({ sendBack }) => {
    const tick = () => sendBack({ type: 'meter.ticked', at: clock.now() } satisfies MeterTicked);
    tick();
    const leave = running.enter();
    let young = YOUNG_TICKS;
    let stop = clock.every(YOUNG_TICK_MS, () => {
      tick();
      young -= 1;
      if (young > 0) return;
      stop();
      stop = clock.every(TICK_MS, tick);
    });
    return () => {
      stop();
      leave();
    };
  });
}
