import { downloadSetup } from './download.setup.ts';
import { toFailure } from './failures.ts';

/** All bytes are there: prove it, then give the file its name. */
export const mergingState = downloadSetup.createStateConfig({
  description: 'The digest is checked, the file synced and published. One data file: nothing is copied.',
  tags: 'working',
  initial: 'deciding',
  entry: ['stopWorkers', 'announceProgress', { type: 'announce', params: { state: 'merging' } }],
  states: {
    deciding: {
      description: 'Passed at once.',
      always: [{ guard: 'hasDigests', target: 'verifying' }, { target: 'publishing' }],
    },
    verifying: {
      invoke: {
        src: 'verifyDigests',
        input: ({ context }) => ({ expected: context.options.digests, size: context.entity?.size ?? 0 }),
        onDone: {
          target: 'publishing',
          actions: { type: 'noteDigests', params: ({ event }) => ({ digests: event.output }) },
        },
        onError: {
          target: '#download.failed',
          actions: { type: 'fail', params: ({ event }) => ({ failure: toFailure(event.error) }) },
        },
      },
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
          target: '#download.failed',
          actions: { type: 'fail', params: ({ event }) => ({ failure: toFailure(event.error) }) },
        },
      },
    },
  },
});
