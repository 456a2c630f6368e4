import { initialTransition, transition } from 'xstate';
import type { DownloadContext } from '../../src/machines/download.context.ts';
import { downloadMachine } from '../../src/machines/download.machine.ts';
import type { DownloadOptions } from '../../src/machines/options.ts';
import { alone } from './download-happenings.ts';
import type { Happening } from './world.ts';

/** What a transition of the download brings about, by kind. */
export interface Effects {
  readonly value: unknown;
  readonly context: DownloadContext;
  /** Of the actors that begin, by name; of segments the last one's. */
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly spawned: readonly unknown[];
  readonly stopped: readonly unknown[];
  readonly news: readonly unknown[];
  readonly sent: readonly unknown[];
  /** Delays that begin, milliseconds. */
  readonly waits: readonly unknown[];
  readonly own: readonly unknown[];
}

/**
 * What the last of these events brings about.
 *
 * @param parts how the context is before that one, whatever came before
 */
export function effectsOf(
  events: readonly Happening[],
  options: Partial<DownloadOptions> = {},
  parts: Partial<DownloadContext> = {},
): Effects {
  let [snapshot, actions] = initialTransition(downloadMachine, alone(options));
  events.forEach((event, at) => {
    const from = at === events.length - 1 ? doctored(snapshot, parts) : snapshot;
    [snapshot, actions] = transition(downloadMachine, from, event as never);
  });
  const all = actions.map(({ type, params }) => ({ type, params: (params ?? {}) as Record<string, unknown> }));
  const of = (type: string) => all.filter((action) => action.type === type).map(({ params }) => params);
  return {
    value: snapshot.value,
    context: snapshot.context,
    inputs: Object.fromEntries(of('xstate.spawnChild').map(({ src, input }) => [src, input])),
    spawned: of('xstate.spawnChild').map(({ id }) => id),
    stopped: of('xstate.stopChild').map(({ actorRef, id }) => (actorRef as { id?: unknown } | undefined)?.id ?? id),
    news: of('xstate.emit').map(({ event }) => event),
    sent: of('xstate.sendTo').map(({ targetId, event }) => [targetId, event]),
    waits: of('xstate.raise').map(({ delay }) => delay),
    own: all.filter(({ type }) => !type.startsWith('xstate.')),
  };
}

type Snapshot = ReturnType<typeof initialTransition<typeof downloadMachine>>[0];

/** The same, with another context, and with an actor for each of its workers. */
function doctored(snapshot: Snapshot, parts: Partial<DownloadContext>): Snapshot {
  const children = Object.fromEntries(Object.keys(parts.workers ?? {}).map((id) => [id, { id }]));
  return {
    ...snapshot,
    context: { ...snapshot.context, ...parts },
    children: { ...snapshot.children, ...children },
  } as Snapshot;
}
