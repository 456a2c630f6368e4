import { checkpointOf } from './download.context.ts';
import { stoppedFailure } from './download.decisions.ts';
import { downloadSetup } from './download.setup.ts';
import { toFailure } from './failures.ts';

/** Every way out of `downloading` and `merging` but success: park the segments, save, then what was intended. */
export const pausingState = downloadSetup.createStateConfig({
  description: 'Segments are parked, writes in flight land, a durable checkpoint is written.',
  tags: 'working',
  initial: 'draining',
  entry: { type: 'announce', params: { state: 'pausing' } },
  on: {
    // A failure keeps its reason: it ends the download anyway.
    'download.stop': [{ guard: 'isNotFailing', actions: { type: 'intend', params: { intent: 'stop' } } }, {}],
    'download.resume': {
      guard: { type: 'isIntent', params: { intent: 'pause' } },
      actions: { type: 'intend', params: { intent: 'resume' } },
    },
    'download.pause': [
      {
        guard: { type: 'isIntent', params: { intent: 'resume' } },
        actions: { type: 'intend', params: { intent: 'pause' } },
      },
      { guard: { type: 'isIntent', params: { intent: 'pause' } } },
    ],
    'segment.responded': { actions: { type: 'noteResponse', params: ({ event }) => event } },
    'segment.advanced': { actions: { type: 'noteProgress', params: ({ event }) => event } },
  },
  states: {
    draining: {
      entry: 'parkSegments',
      always: { guard: 'isDrained', target: 'saving' },
      on: {
        'segment.parked': {
          actions: [
            { type: 'noteParked', params: ({ event }) => event },
            { type: 'stopSegment', params: ({ event }) => event },
            { type: 'announceSegment', params: ({ event }) => event },
          ],
        },
        'segment.completed': {
          actions: [
            { type: 'stopRivals', params: ({ event }) => event },
            { type: 'noteCompleted', params: ({ event }) => event },
            { type: 'stopSegment', params: ({ event }) => event },
            { type: 'announceSegment', params: ({ event }) => event },
          ],
        },
        'segment.failed': {
          actions: [
            { type: 'dropWorker', params: ({ event }) => event },
            { type: 'stopSegment', params: ({ event }) => event },
          ],
        },
      },
    },
    saving: {
      // The last bytes are in it: front ends say how much is kept.
      entry: ['park', 'announceProgress'],
      invoke: {
        src: 'saveProgress',
        input: ({ context }) => ({ checkpoint: checkpointOf(context) }),
        onDone: {
          target: 'leaving',
          actions: { type: 'noteDurable', params: ({ event }) => event.output },
        },
        onError: [
          // What ends the download is told, not what followed from it.
          { guard: { type: 'isIntent', params: { intent: 'fail' } }, target: '#download.failed' },
          {
            target: '#download.failed',
            actions: { type: 'fail', params: ({ event }) => ({ failure: toFailure(event.error) }) },
          },
        ],
      },
    },
    leaving: {
      description: 'Passed at once: to what was intended.',
      always: [
        { guard: { type: 'isIntent', params: { intent: 'resume' } }, target: '#download.probing' },
        { guard: { type: 'isIntent', params: { intent: 'restart' } }, target: '#download.probing' },
        { guard: { type: 'isIntent', params: { intent: 'ask' } }, target: '#download.confirmingRestart' },
        { guard: { type: 'isIntent', params: { intent: 'fail' } }, target: '#download.failed' },
        {
          guard: { type: 'isIntent', params: { intent: 'stop' } },
          target: '#download.stopped',
          actions: { type: 'fail', params: ({ context }) => ({ failure: stoppedFailure(context) }) },
        },
        { target: '#download.paused' },
      ],
    },
  },
});
