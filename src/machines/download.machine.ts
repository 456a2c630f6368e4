import { outcomeOf, prepareInput, stoppedFailure } from './download.decisions.ts';
import { downloadSetup, newContext } from './download.setup.ts';
import { downloadingState } from './download.state.downloading.ts';
import { mergingState } from './download.state.merging.ts';
import { pausingState } from './download.state.pausing.ts';
import { probingState } from './download.state.probing.ts';
import { toFailure } from './failures.ts';

/**
 * One download, from a URL to a file. It decides; actors do (stubs here, made
 * real by `createDownloadImplementations`). Front ends send it
 * `DownloadCommand`s, hear its emitted `DownloadEvent`s and match its tags.
 */
export const downloadMachine = downloadSetup.createMachine({
  id: 'download',
  context: newContext,
  initial: 'validating',
  output: ({ context }) => outcomeOf(context),
  on: {
    'download.stop': {
      target: '.stopped',
      actions: { type: 'fail', params: ({ context }) => ({ failure: stoppedFailure(context) }) },
    },
    // Where nothing can pause yet it is for later.
    'download.pause': { actions: { type: 'wantPause', params: { wantsPause: true } } },
    'download.resume': { actions: { type: 'wantPause', params: { wantsPause: false } } },
    'download.setConnections': { actions: { type: 'setConnections', params: ({ event }) => event } },
    'download.setRateLimit': {
      guard: { type: 'isRateLimit', params: ({ event }) => event },
      actions: [
        { type: 'setRateLimit', params: ({ event }) => event },
        { type: 'applyRateLimit', params: ({ event }) => event },
      ],
    },
  },
  states: {
    validating: {
      description: 'Where will the file be, and is a part of it there already?',
      tags: 'working',
      entry: { type: 'announce', params: { state: 'validating' } },
      invoke: {
        src: 'claimTarget',
        input: ({ context }) => ({
          output: context.output,
          suggestedName: null,
          url: context.url,
          restart: context.options.restart,
          ifExists: context.options.ifExists,
        }),
        onDone: { target: 'probing', actions: { type: 'adoptClaim', params: ({ event }) => event.output } },
        onError: {
          target: 'failed',
          actions: { type: 'fail', params: ({ event }) => ({ failure: toFailure(event.error) }) },
        },
      },
    },
    probing: probingState,
    confirmingOverwrite: {
      description: 'A file stands at the target. What is to become of it?',
      tags: 'question',
      entry: ['ask', { type: 'announce', params: { state: 'confirmingOverwrite' } }],
      on: {
        'download.answer': [
          {
            guard: { type: 'isAnswer', params: ({ event }) => ({ given: event.answer, wanted: 'overwrite' }) },
            target: 'preparing',
            actions: { type: 'settleConflict', params: { onConflict: 'overwrite' } },
          },
          {
            guard: { type: 'isAnswer', params: ({ event }) => ({ given: event.answer, wanted: 'rename' }) },
            target: 'preparing',
            actions: { type: 'settleConflict', params: { onConflict: 'rename' } },
          },
          {
            guard: { type: 'isAnswer', params: ({ event }) => ({ given: event.answer, wanted: 'stop' }) },
            target: 'stopped',
            actions: 'decline',
          },
        ],
      },
    },
    confirmingRestart: {
      description: 'The partial is of another file than the server has now. Begin anew?',
      tags: 'question',
      entry: ['ask', { type: 'announce', params: { state: 'confirmingRestart' } }],
      on: {
        'download.answer': [
          {
            guard: { type: 'isAnswer', params: ({ event }) => ({ given: event.answer, wanted: 'restart' }) },
            target: 'probing',
            actions: 'startAnew',
          },
          {
            guard: { type: 'isAnswer', params: ({ event }) => ({ given: event.answer, wanted: 'stop' }) },
            target: 'stopped',
            actions: 'decline',
          },
        ],
      },
    },
    preparing: {
      description: 'The state folder, its lock, the data file and room on the disk.',
      tags: 'working',
      entry: { type: 'announce', params: { state: 'preparing' } },
      invoke: {
        src: 'prepareTarget',
        input: ({ context }) => prepareInput(context),
        onDone: {
          target: 'downloading',
          actions: { type: 'adoptTarget', params: ({ event }) => ({ target: event.output }) },
        },
        onError: {
          target: 'failed',
          actions: { type: 'fail', params: ({ event }) => ({ failure: toFailure(event.error) }) },
        },
      },
    },
    downloading: downloadingState,
    pausing: pausingState,
    paused: {
      description: 'Nothing runs. The same as what a checkpoint holds.',
      tags: 'paused',
      entry: { type: 'announce', params: { state: 'paused' } },
      on: { 'download.resume': { target: 'probing', actions: 'refillAttempts' }, 'download.pause': {} },
    },
    merging: mergingState,
    done: {
      type: 'final',
      tags: 'ended',
      entry: [{ type: 'announce', params: { state: 'done' } }, 'announceEnd'],
    },
    stopped: {
      type: 'final',
      tags: 'ended',
      entry: [{ type: 'announce', params: { state: 'stopped' } }, 'announceEnd'],
    },
    failed: {
      type: 'final',
      tags: 'ended',
      entry: [{ type: 'announce', params: { state: 'failed' } }, 'announceEnd'],
    },
  },
});
