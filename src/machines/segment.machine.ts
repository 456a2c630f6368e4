import { assign, sendParent, sendTo, setup } from 'xstate';
import type { Entity } from './entity.ts';
import type { Failure } from './failures.ts';
import { retryDelay } from './retry.ts';
import type {
  SegmentCommand,
  SegmentToDownloadEvent,
  TransferCommand,
  TransferInput,
  TransferToSegmentEvent,
} from './segment.events.ts';
import { unprovidedCallback } from './unprovided.ts';

export interface SegmentInput {
  readonly id: string;
  readonly start: number;
  readonly end: number | null;
  readonly written: number;
  readonly entity: Entity;
  readonly retries: number;
  readonly timeoutMs: number;
}

export interface SegmentContext extends SegmentInput {
  /** Failed attempts in a row. */
  readonly attempt: number;
  /** Back-off before the next attempt, milliseconds; null for none left. */
  readonly delayMs: number | null;
  readonly exchangeId: string | null;
  readonly failure: Failure | null;
}

export type SegmentEvent = SegmentCommand | TransferToSegmentEvent;

export interface AttemptFailure {
  readonly failure: Failure;
  readonly written: number;
  readonly jitter: number;
}

/** One range: it asks for it, receives it, backs off and tries again. */
export const segmentMachine = setup({
  types: {} as { context: SegmentContext; events: SegmentEvent; input: SegmentInput; tags: 'busy' },
  actors: {
    transferRange: unprovidedCallback<TransferCommand, TransferInput>('transferRange'),
  },
  actions: {
    keepExchange: assign((_, params: { exchangeId: string | null }) => ({ exchangeId: params.exchangeId })),
    truncate: assign((_, params: { end: number }) => ({ end: params.end })),
    truncateTransfer: sendTo(
      'transfer',
      (_, params: { end: number }): TransferCommand => ({
        type: 'transfer.truncate',
        end: params.end,
      }),
    ),
    landTransfer: sendTo('transfer', { type: 'transfer.land' } satisfies TransferCommand),
    // Progress refills the budget: only failures in a row count.
    advance: assign(({ context }, params: { written: number }) =>
      params.written > context.written ? { written: params.written, attempt: 0 } : {},
    ),
    recordFailure: assign(({ context }, params: AttemptFailure) => ({
      failure: params.failure,
      // Without ranges the next answer begins at the file's first byte again.
      written: context.entity.acceptsRanges ? Math.max(params.written, context.written) : context.start,
      delayMs: delayAfter(context, params),
      attempt: failuresInARow(context, params) + 1,
      exchangeId: null,
    })),
    forget: assign({ exchangeId: null, attempt: 0 }),
    tell: sendParent((_, params: SegmentToDownloadEvent) => params),
  },
  guards: {
    canRetry: ({ context }, params: AttemptFailure) => delayAfter(context, params) !== null,
  },
  delays: {
    backOff: ({ context }) => context.delayMs ?? 0,
  },
}).createMachine({
  id: 'segment',
  context: ({ input }) => ({ ...input, attempt: 0, delayMs: null, exchangeId: null, failure: null }),
  initial: 'waiting',
  on: {
    'segment.truncate': { actions: { type: 'truncate', params: ({ event }) => ({ end: event.end }) } },
  },
  states: {
    parked: { description: 'Nothing runs. A parked segment is what a checkpoint holds.' },
    waiting: {
      description: 'The range has no connection.',
      on: {
        'segment.start': {
          target: 'active',
          actions: { type: 'keepExchange', params: ({ event }) => ({ exchangeId: event.exchangeId }) },
        },
        'segment.park': { target: 'parked', actions: { type: 'tell', params: parked } },
      },
    },
    active: {
      tags: 'busy',
      initial: 'requesting',
      invoke: {
        id: 'transfer',
        src: 'transferRange',
        input: ({ context }): TransferInput => ({
          id: context.id,
          from: context.written,
          end: context.end,
          entity: context.entity,
          exchangeId: context.exchangeId,
          timeoutMs: context.timeoutMs,
        }),
        onError: {
          target: 'failed',
          actions: {
            type: 'recordFailure',
            params: ({ event, context }) => ({ failure: broken(event.error), written: context.written, jitter: 0 }),
          },
        },
      },
      on: {
        'segment.truncate': {
          actions: [
            { type: 'truncate', params: ({ event }) => ({ end: event.end }) },
            { type: 'truncateTransfer', params: ({ event }) => ({ end: event.end }) },
          ],
        },
        'transfer.advanced': {
          actions: [
            { type: 'advance', params: ({ event }) => ({ written: event.written }) },
            {
              type: 'tell',
              params: ({ context, event }) => ({
                type: 'segment.advanced',
                id: context.id,
                written: event.written,
                bytesPerSecond: event.bytesPerSecond,
              }),
            },
          ],
        },
        'transfer.completed': {
          target: 'done',
          actions: [
            { type: 'advance', params: ({ event }) => ({ written: event.written }) },
            {
              type: 'tell',
              params: ({ context, event }) => ({
                type: 'segment.completed',
                id: context.id,
                written: event.written,
                at: event.at,
              }),
            },
          ],
        },
        'transfer.failed': [
          {
            guard: { type: 'canRetry', params: ({ event }) => event },
            target: 'backingOff',
            actions: [
              { type: 'recordFailure', params: ({ event }) => event },
              { type: 'tell', params: rewoundOrAdvanced },
              { type: 'tell', params: ({ context, event }) => backedOff(context, event.at) },
            ],
          },
          { target: 'failed', actions: { type: 'recordFailure', params: ({ event }) => event } },
        ],
      },
      states: {
        requesting: {
          description: 'The request is on its way, or an open answer is taken over.',
          entry: { type: 'tell', params: ({ context }) => ({ type: 'segment.requested', id: context.id }) },
          on: {
            'transfer.responded': {
              target: 'receiving',
              actions: { type: 'tell', params: ({ context }) => ({ type: 'segment.responded', id: context.id }) },
            },
            'segment.park': 'parking',
            'segment.release': 'releasing',
          },
        },
        receiving: {
          description: 'Bytes arrive and are written by the transfer; here only news of them passes.',
          on: { 'segment.park': 'parking', 'segment.release': 'releasing' },
        },
        parking: {
          description: 'Writes in flight land.',
          entry: 'landTransfer',
          on: {
            'transfer.landed': {
              target: '#segment.parked',
              actions: [
                { type: 'advance', params: ({ event }) => ({ written: event.written }) },
                { type: 'tell', params: parked },
              ],
            },
            'transfer.failed': {
              target: '#segment.parked',
              actions: [
                { type: 'recordFailure', params: ({ event }) => event },
                { type: 'tell', params: parked },
              ],
            },
          },
        },
        releasing: {
          description: 'Writes in flight land; then the range waits for another connection.',
          entry: 'landTransfer',
          on: {
            'segment.park': 'parking',
            'transfer.landed': {
              target: '#segment.waiting',
              actions: [
                { type: 'advance', params: ({ event }) => ({ written: event.written }) },
                'forget',
                { type: 'tell', params: released },
              ],
            },
          },
        },
      },
    },
    backingOff: {
      tags: 'busy',
      description: 'Waits before the next attempt, longer after each failure.',
      after: { backOff: 'active' },
      on: {
        'segment.park': { target: 'parked', actions: { type: 'tell', params: parked } },
        'segment.release': { target: 'waiting', actions: ['forget', { type: 'tell', params: released }] },
      },
    },
    done: { type: 'final' },
    failed: {
      type: 'final',
      entry: {
        type: 'tell',
        params: ({ context }) => ({
          type: 'segment.failed',
          id: context.id,
          failure: context.failure ?? broken('a segment failed without saying why'),
        }),
      },
    },
  },
});

function parked({ context }: { context: SegmentContext }): SegmentToDownloadEvent {
  return { type: 'segment.parked', id: context.id, written: context.written };
}

function released({ context }: { context: SegmentContext }): SegmentToDownloadEvent {
  return { type: 'segment.released', id: context.id };
}

function rewoundOrAdvanced({ context }: { context: SegmentContext }): SegmentToDownloadEvent {
  return context.entity.acceptsRanges
    ? { type: 'segment.advanced', id: context.id, written: context.written, bytesPerSecond: 0 }
    : { type: 'segment.rewound', id: context.id };
}

function backedOff(context: SegmentContext, at: number): SegmentToDownloadEvent {
  const { id, attempt, delayMs } = context;
  return {
    type: 'segment.backedOff',
    id,
    failure: context.failure ?? broken('an attempt failed without saying why'),
    attempt,
    delayMs: delayMs ?? 0,
    at,
  };
}

/** Progress refills the budget: only failures in a row count. */
function failuresInARow(context: SegmentContext, { written }: AttemptFailure): number {
  return written > context.written ? 0 : context.attempt;
}

function delayAfter(context: SegmentContext, params: AttemptFailure): number | null {
  return retryDelay(params.failure, {
    attempt: failuresInARow(context, params),
    retries: context.retries,
    jitter: params.jitter,
    established: true,
  });
}

function broken(error: unknown): Failure {
  return { code: 'unexpected', message: `Something unexpected went wrong in a segment: ${String(error)}` };
}
