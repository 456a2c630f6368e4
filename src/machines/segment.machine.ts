import type { TransferInput } from './segment.events.ts';
import {
  backedOff,
  broken,
  completed,
  parked,
  released,
  responded,
  rewoundOrAdvanced,
  segmentSetup,
} from './segment.setup.ts';

export type { SegmentContext, SegmentInput } from './segment.setup.ts';

/** One range: it asks for it, receives it, backs off and tries again. */
export const segmentMachine = segmentSetup.createMachine({
  id: 'segment',
  context: ({ input }) => ({
    ...input,
    furthest: input.written,
    attempt: 0,
    delayMs: null,
    exchangeId: null,
    failure: null,
  }),
  initial: 'waiting',
  on: {
    'segment.truncate': { actions: { type: 'moveEnd', params: ({ event }) => ({ end: event.end }) } },
    'segment.extend': { actions: { type: 'moveEnd', params: ({ event }) => ({ end: event.end }) } },
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
            { type: 'moveEnd', params: ({ event }) => ({ end: event.end }) },
            { type: 'truncateTransfer', params: ({ event }) => ({ end: event.end }) },
          ],
        },
        'segment.extend': {
          actions: [
            { type: 'moveEnd', params: ({ event }) => ({ end: event.end }) },
            { type: 'extendTransfer', params: ({ event }) => ({ end: event.end }) },
          ],
        },
        // Also while it receives: what is left of a short answer is asked for by the transfer itself.
        'transfer.responded': { actions: { type: 'tell', params: responded } },
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
            { type: 'tell', params: completed },
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
            'transfer.responded': { target: 'receiving', actions: { type: 'tell', params: responded } },
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
          description: 'Writes in flight land; then what is left of the range waits for another connection.',
          entry: 'landTransfer',
          on: {
            'segment.park': 'parking',
            'transfer.landed': [
              {
                guard: { type: 'isWhole', params: ({ event }) => event },
                target: '#segment.done',
                actions: [
                  { type: 'advance', params: ({ event }) => ({ written: event.written }) },
                  { type: 'tell', params: completed },
                ],
              },
              {
                target: '#segment.waiting',
                actions: [
                  { type: 'advance', params: ({ event }) => ({ written: event.written }) },
                  'forget',
                  { type: 'tell', params: released },
                ],
              },
            ],
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
