import { type CallbackActorLogic, type EventObject, fromCallback } from 'xstate';
import type { TransfersSurveyed } from '../machines/download.io.ts';
import type { ClockPort } from './ports.ts';
import type { Whereabouts } from './whereabouts.ts';

/** Between the two looks, milliseconds: what is in the system's buffers has come by then, and the end is hardly later for it. */
const LOOK_MS = 40;

/** Tells the machine, once, where all transfers are and how fast they have just been. */
export function defineSurveyTransfers({
  clock,
  transfers,
}: {
  clock: ClockPort;
  /** Those that run, by segment. */
  transfers: ReadonlyMap<string, Whereabouts>;
}): CallbackActorLogic<EventObject, undefined> {
  return fromCallback(({ sendBack }) => {
    const began = clock.now();
    const before = new Map([...transfers].map(([id, { written }]) => [id, written]));
    return clock.after(LOOK_MS, () => {
      const now = clock.now();
      const seconds = (now - began) / 1_000;
      const seen = [...transfers].map(([id, transfer]) => {
        const { written, burstBytes, askedAt } = transfer;
        const bytesPerSecond = Math.max(0, written - (before.get(id) ?? written)) / seconds;
        const unansweredMs = askedAt === null ? 0 : now - askedAt;
        return { id, written, bytesPerSecond, burstBytes, unansweredMs, silentMs: transfer.silentMs(now) };
      });
      sendBack({ type: 'transfers.surveyed', transfers: seen } satisfies TransfersSurveyed);
    });
  });
}
