import { assign, fromCallback, fromPromise, sendTo, setup } from 'xstate';
import type { PageMessage } from '../../protocol.ts';

export type ConnectionEvent =
  | { readonly type: 'stream.opened' }
  | { readonly type: 'stream.closed' }
  /** Says something to the server; lost when there is no connection. */
  | { readonly type: 'page.says'; readonly message: PageMessage }
  | { readonly type: 'user.retried' };

export interface ConnectionInput {
  /** Out of the address; null for a page that is reloaded and has its cookie. */
  readonly token: string | null;
}

interface ConnectionContext extends ConnectionInput {
  /** Failed attempts in a row. */
  readonly attempt: number;
  /** There has been a connection since the page was opened. */
  readonly wasOpen: boolean;
}

/** The longest wait before the next attempt, milliseconds. */
const LONGEST_MS = 10_000;
/** After so many failures the process has most likely ended. */
export const GIVEN_UP_AFTER = 2;

/**
 * How the page comes to its server and back again: the token for a cookie
 * first, then one WebSocket, and after a break another one, each later.
 */
export const connectionMachine = setup({
  types: {} as { context: ConnectionContext; events: ConnectionEvent; input: ConnectionInput; tags: 'trying' },
  actors: {
    exchangeToken: fromPromise<void, { token: string }>(() => Promise.reject(new Error('exchangeToken'))),
    stream: fromCallback<ConnectionEvent>(() => {}),
  },
  actions: {
    pass: sendTo('stream', (_, message: PageMessage) => ({ type: 'page.says' as const, message })),
    noteOpen: assign({ attempt: 0, wasOpen: true, token: null }),
    noteBreak: assign({ attempt: ({ context }) => context.attempt + 1 }),
  },
  guards: { hasToken: ({ context }) => context.token !== null },
  delays: { backOff: ({ context }) => Math.min(LONGEST_MS, 250 * 2 ** context.attempt) },
}).createMachine({
  id: 'connection',
  context: ({ input }) => ({ ...input, attempt: 0, wasOpen: false }),
  initial: 'deciding',
  states: {
    deciding: { always: [{ guard: 'hasToken', target: 'introducing' }, { target: 'streaming' }] },
    introducing: {
      tags: 'trying',
      description: 'The token is given for a cookie, once.',
      invoke: {
        src: 'exchangeToken',
        input: ({ context }) => ({ token: context.token ?? '' }),
        onDone: 'streaming',
        // A page that is opened a second time by the same address has the cookie of the first.
        onError: 'streaming',
      },
    },
    streaming: {
      initial: 'opening',
      invoke: { id: 'stream', src: 'stream' },
      on: { 'stream.closed': { target: 'backingOff', actions: 'noteBreak' } },
      states: {
        opening: { tags: 'trying', on: { 'stream.opened': { target: 'open', actions: 'noteOpen' } } },
        open: {
          on: { 'page.says': { actions: { type: 'pass', params: ({ event }) => event.message } } },
        },
      },
    },
    backingOff: {
      tags: 'trying',
      after: { backOff: 'streaming' },
      on: { 'user.retried': 'streaming' },
    },
  },
});
