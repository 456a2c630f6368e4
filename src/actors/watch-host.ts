import { type CallbackActorLogic, type EventObject, fromCallback } from 'xstate';
import type { HostShared } from '../machines/download.io.ts';
import type { SourcePort } from './ports.ts';

/** Tells the machine its share of the host's connections, now and whenever it changes. */
export function defineWatchHost({ source }: { source: SourcePort }): CallbackActorLogic<EventObject, undefined> {
  return fromCallback(({ sendBack }) =>
    source.watchShare((connections) => sendBack({ type: 'host.shared', connections } satisfies HostShared)),
  );
}
