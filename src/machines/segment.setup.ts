import { assign, sendParent, sendTo, setup } from 'xstate';
import type { Entity } from './entity.ts';
import type { Failure } from './failures.ts';
import { type Retry, retryDelay, withVerdict } from './retry.ts';
import type {
  IncomingAnswer,
  SegmentCommand,
  SegmentToDownloadEvent,
  TransferCommand,
  TransferInput,
  TransferToSegmentEvent,
} from './segment.events.ts';
import { leastWithin } from './stall.ts';
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
  /** The offset up to which there was progress: to get there again is none. */
  readonly furthest: number;
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

export const segmentSetup = setup({
  types: {} as { context: SegmentContext; events: SegmentEvent; input: SegmentInput; tags: 'busy' },
  actors: {
    transferRange: unprovidedCallback<TransferCommand, TransferInput>('transferRange'),
  },
  actions: {
    keepExchange: assign((_, params: { exchangeId: string | null }) => ({ exchangeId: params.exchangeId })),
    moveEnd: assign((_, params: { end: number }) => ({ end: params.end })),
    truncateTransfer: sendTo(
      'transfer',
      (_, params: { end: number }): TransferCommand => ({
        type: 'transfer.truncate',
        end: params.end,
      }),
    ),
    extendTransfer: sendTo(
      'transfer',
      (_, params: { end: number }): TransferCommand => ({
        type: 'transfer.extend',
        end: params.end,
      }),
    ),
    landTransfer: sendTo('transfer', { type: 'transfer.land' } satisfies TransferCommand),
    // Progress refills the budget: only failures in a row count.
    advance: assign(({ context }, { written }: { written: number }) => ({
      ...(written > context.written ? { written } : {}),
      ...(isProgress(context, written) ? { furthest: written, attempt: 0 } : {}),
    })),
    recordFailure: assign(({ context }, params: AttemptFailure) => ({
      failure: withVerdict(params.failure, retryOf(context, params)),
      // Without ranges the next answer begins at the file's first byte again.
      written: context.entity.acceptsRanges ? Math.max(params.written, context.written) : context.start,
      furthest: isProgress(context, params.written) ? params.written : context.furthest,
      delayMs: delayAfter(context, params),
      attempt: failuresInARow(context, params) + 1,
      exchangeId: null,
    })),
    forget: assign({ exchangeId: null, attempt: 0 }),
    tell: sendParent((_, params: SegmentToDownloadEvent) => params),
  },
  guards: {
    canRetry: ({ context }, params: AttemptFailure) => delayAfter(context, params) !== null,
    /** What has landed is all of the range. */
    isWhole: ({ context: { end, entity } }, params: { written: number }) =>
      entity.acceptsRanges && end !== null && params.written >= end,
  },
  delays: {
    backOff: ({ context }) => context.delayMs ?? 0,
  },
});

/* What a segment tells the download, out of its context. */

export function parked({ context }: { context: SegmentContext }): SegmentToDownloadEvent {
  return { type: 'segment.parked', id: context.id, written: context.written };
}

export function completed({
  context: { id, written },
  event: { at },
}: {
  context: SegmentContext;
  event: { readonly at: number };
}): SegmentToDownloadEvent {
  return { type: 'segment.completed', id, written, at };
}

export function released({ context }: { context: SegmentContext }): SegmentToDownloadEvent {
  return { type: 'segment.released', id: context.id, written: context.written };
}

export function responded({
  context: { id },
  event: { from, isProved, piece },
}: {
  context: SegmentContext;
  event: IncomingAnswer;
}): SegmentToDownloadEvent {
  return { type: 'segment.responded', id, from, isProved, piece };
}

export function rewoundOrAdvanced({ context }: { context: SegmentContext }): SegmentToDownloadEvent {
  return context.entity.acceptsRanges
    ? { type: 'segment.advanced', id: context.id, written: context.written, bytesPerSecond: 0 }
    : { type: 'segment.rewound', id: context.id };
}

export function backedOff(context: SegmentContext, at: number): SegmentToDownloadEvent {
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
  return isProgress(context, written) ? 0 : context.attempt;
}

/** A few bytes are none: who sends no more than that is not asked for ever. */
function isProgress({ furthest, timeoutMs }: SegmentContext, written: number): boolean {
  return written - furthest >= leastWithin(timeoutMs);
}

function delayAfter(context: SegmentContext, params: AttemptFailure): number | null {
  return retryDelay(params.failure, retryOf(context, params));
}

function retryOf(context: SegmentContext, params: AttemptFailure): Retry {
  const { retries } = context;
  return { attempt: failuresInARow(context, params), retries, jitter: params.jitter, established: true };
}

export function broken(error: unknown): Failure {
  return { code: 'unexpected', message: `Something unexpected went wrong in a segment: ${String(error)}` };
}
