import { assign, fromCallback, fromPromise, sendTo, setup } from 'xstate';
import type { PageMessage } from '../../protocol.ts';

export type ConnectionEvent =
  | { readonly type: 'stream.opened' }
  /** `isGoodbye`: the server itself said that it ends. */
  | { readonly type: 'stream.closed'; readonly isGoodbye: boolean }
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
  /** The token was the right one, and somebody had given it before. */
  readonly isTokenUsed: boolean;
}

/** The token was the right one, but somebody has come in with it already. */
export class TokenUsedError extends Error {
  override readonly name = 'TokenUsedError';
}

/** The longest wait before the next attempt, milliseconds. */
const LONGEST_MS = 10_000;
/** After so many failures the process has most likely ended; with a used token one is enough. */
const GIVEN_UP_AFTER = 2;

export function hasGivenUp({ attempt, isTokenUsed }: ConnectionContext): boolean {
  return attempt >= (isTokenUsed ? 1 : GIVEN_UP_AFTER);
}

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
    noteOpen: assign({ attempt: 0, wasOpen: true, token: null, isTokenUsed: false }),
    noteUsedToken: assign({ isTokenUsed: true }),
    noteBreak: assign({ attempt: ({ context }) => context.attempt + 1 }),
  },
  guards: {
    hasToken: ({ context }) => context.token !== null,
    isGoodbye: (_, isGoodbye: boolean) => isGoodbye,
  },
  delays: { backOff: ({ context }) => Math.min(LONGEST_MS, 250 * 2 ** context.attempt) },
}).createMachine({
  id: 'connection',
  context: ({ input }) => ({ ...input, attempt: 0, wasOpen: false, isTokenUsed: false }),
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
        onError: [
          {
            guard: ({ event }) => event.error instanceof TokenUsedError,
            target: 'streaming',
            actions: 'noteUsedToken',
          },
          { target: 'streaming' },
        ],
      },
    },
    streaming: {
      initial: 'opening',
      invoke: { id: 'stream', src: 'stream' },
      on: {
        'stream.closed': [
          { guard: { type: 'isGoodbye', params: ({ event }) => event.isGoodbye }, target: 'ended' },
          { target: 'backingOff', actions: 'noteBreak' },
        ],
      },
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
    ended: { description: 'The process has said goodbye. Another one has another address.' },
  },
});
