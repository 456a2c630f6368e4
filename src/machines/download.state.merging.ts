import { doubtsOf, missingChecksum, probeFailure, unprovedPieces } from './download.decisions.ts';
import { downloadSetup } from './download.setup.ts';
import { toFailure } from './failures.ts';

/** A part that is still wrong when it has been fetched so often again is wrong on the server. */
const MOST_REPAIRS = 2;

/** One request, all by itself: there is nothing to spread by chance. */
function failedProbe(error: unknown) {
  return { kind: 'failed', failure: toFailure(error), jitter: 0.5 } as const;
}

/** All bytes are there: prove it, then give the file its name. */
export const mergingState = downloadSetup.createStateConfig({
  description: 'The digest is checked, the file synced and published. One data file: nothing is copied.',
  tags: 'working',
  initial: 'verifying',
  entry: ['stopWorkers', 'announceProgress', { type: 'announce', params: { state: 'merging' } }],
  on: {
    // By way of a checkpoint, as failures go: a small file may have arrived before the first note.
    'download.stop': {
      target: '#download.pausing',
      actions: { type: 'intend', params: { intent: 'stop' } },
    },
  },
  states: {
    verifying: {
      description: 'The SHA-256 of the file, and whatever else it is to be compared with.',
      invoke: {
        src: 'verifyDigests',
        input: ({ context }) => ({
          expected: [...context.options.digests, ...context.promised],
          wantsDigest: context.options.computeDigest,
          looksBeside: context.options.findChecksum,
          size: context.entity?.size ?? 0,
          pieces: context.pieces,
          mayRepair: context.repairs < MOST_REPAIRS,
          unproved: unprovedPieces(context),
          entity: context.entity,
          timeoutMs: context.options.timeoutMs,
        }),
        onDone: [
          {
            guard: { type: 'isDamaged', params: ({ event }) => event.output },
            target: '#download.pausing',
            actions: [
              { type: 'noteDamage', params: ({ event }) => event.output },
              { type: 'warnOfDamage', params: ({ event }) => event.output },
              { type: 'intend', params: { intent: 'resume' } },
            ],
          },
          {
            target: 'publishing',
            actions: [
              { type: 'noteDigests', params: ({ event }) => event.output },
              { type: 'warnAll', params: ({ context, event }) => ({ warnings: doubtsOf(context, event.output) }) },
              { type: 'warnAll', params: ({ event }) => ({ warnings: missingChecksum(event.output) }) },
            ],
          },
        ],
        onError: [
          {
            guard: { type: 'isSetAside', params: ({ event }) => ({ failure: toFailure(event.error) }) },
            target: '#download.failed',
            actions: { type: 'fail', params: ({ event }) => ({ failure: toFailure(event.error) }) },
          },
          {
            guard: { type: 'canProbeAgain', params: ({ event }) => failedProbe(event.error) },
            target: 'backingOff',
            actions: { type: 'noteFailedProbe', params: ({ event }) => failedProbe(event.error) },
          },
          {
            target: '#download.pausing',
            actions: {
              type: 'intendAfter',
              params: ({ context, event }) => ({ failure: probeFailure(context, failedProbe(event.error)) }),
            },
          },
        ],
      },
    },
    backingOff: {
      description: 'The server did not answer the comparison: waits before it asks again.',
      entry: 'warnOfProbe',
      after: { probeBackOff: 'verifying' },
    },
    publishing: {
      description: 'Not interrupted: in a moment the file is there or it is not.',
      on: { 'download.stop': {} },
      invoke: {
        src: 'publishTarget',
        input: ({ context }) => ({ size: context.entity?.size ?? 0, onConflict: context.onConflict }),
        onDone: {
          target: '#download.done',
          actions: { type: 'concludeAt', params: ({ event }) => ({ path: event.output }) },
        },
        onError: {
          target: '#download.pausing',
          actions: { type: 'intendAfter', params: ({ event }) => ({ failure: toFailure(event.error) }) },
        },
      },
    },
  },
});
