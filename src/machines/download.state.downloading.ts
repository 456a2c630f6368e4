import type { Survey } from './download.connections.ts';
import { checkpointOf } from './download.context.ts';
import type { TransfersSurveyed } from './download.io.ts';
import { downloadSetup } from './download.setup.ts';
import { rangeIdOf } from './hedge.ts';
import { refusalNotice } from './refused.ts';

/** Its range is still being fetched by the first one. */
const dropHedge = [
  { type: 'dropWorker', params: ({ event }: { event: { id: string } }) => event },
  { type: 'stopSegment', params: ({ event }: { event: { id: string } }) => event },
] as const;

function surveyOf({ transfers }: TransfersSurveyed): Survey {
  return new Map(transfers.map(({ id, ...seen }) => [id, seen]));
}

/** Bytes arrive: segments fetch, progress is noted, figures are made, each in a region of its own. */
export const downloadingState = downloadSetup.createStateConfig({
  description: 'Segments fetch the file.',
  type: 'parallel',
  tags: ['working', 'pausable'],
  entry: { type: 'announce', params: { state: 'downloading' } },
  always: [
    { guard: 'isAllThere', target: 'merging' },
    { guard: 'wantsPause', actions: 'takePause' },
  ],
  on: {
    'download.pause': [
      { guard: 'canPause', target: 'pausing', actions: { type: 'intend', params: { intent: 'pause' } } },
      {
        actions: {
          type: 'warn',
          params: {
            code: 'pause-unsupported',
            message:
              'This server sends whole files only: a pause would lose what has arrived, so the download goes on.',
          },
        },
      },
    ],
    'download.stop': { target: 'pausing', actions: { type: 'intend', params: { intent: 'stop' } } },
    // It does so already, and nothing offers it.
    'download.resume': {},
  },
  states: {
    transferring: {
      description: 'A free connection takes a waiting range.',
      initial: 'filled',
      entry: 'queueRanges',
      on: {
        'segment.requested': {
          actions: [
            { type: 'moveWorker', params: ({ event }) => ({ id: event.id, state: 'requesting' }) },
            { type: 'announceSegment', params: ({ event }) => event },
          ],
        },
        'segment.responded': {
          actions: [
            { type: 'noteResponse', params: ({ event }) => event },
            { type: 'announceSegment', params: ({ event }) => event },
            'dropIdleHedges',
          ],
        },
        'segment.advanced': { actions: { type: 'noteProgress', params: ({ event }) => event } },
        'segment.rewound': { actions: { type: 'noteRewind', params: ({ event }) => event } },
        'segment.completed': {
          actions: [
            { type: 'stopRivals', params: ({ event }) => event },
            { type: 'noteCompleted', params: ({ event }) => event },
            { type: 'stopSegment', params: ({ event }) => event },
            { type: 'announceSegment', params: ({ event }) => ({ id: rangeIdOf(event.id) }) },
          ],
        },
        'segment.backedOff': [
          // A second try was an attempt to be quicker, no more.
          { guard: { type: 'isHedge', params: ({ event }) => event }, actions: dropHedge },
          {
            actions: [
              { type: 'noteBackOff', params: ({ event }) => event },
              { type: 'announceSegment', params: ({ event }) => event },
              { type: 'warnOfBackOff', params: ({ event }) => event },
              'releaseSurplus',
            ],
          },
        ],
        'segment.released': [
          {
            guard: { type: 'isHedge', params: ({ event }) => event },
            actions: [{ type: 'noteReleased', params: ({ event }) => event }, ...dropHedge],
          },
          {
            actions: [
              { type: 'noteReleased', params: ({ event }) => event },
              { type: 'moveWorker', params: ({ event }) => ({ id: event.id, state: 'waiting' }) },
              { type: 'stopSegment', params: ({ event }) => event },
              { type: 'announceSegment', params: ({ event }) => event },
            ],
          },
        ],
        'segment.failed': [
          { guard: { type: 'isHedge', params: ({ event }) => event }, actions: dropHedge },
          {
            guard: { type: 'canDoWithout', params: ({ event }) => event },
            actions: [
              { type: 'warnAll', params: ({ context, event }) => ({ warnings: refusalNotice(context, event) }) },
              { type: 'stopSegment', params: ({ event }) => event },
              { type: 'giveBack', params: ({ event }) => event },
            ],
          },
          {
            target: '#download.pausing',
            actions: [
              { type: 'dropWorker', params: ({ event }) => event },
              { type: 'stopSegment', params: ({ event }) => event },
              { type: 'intendAfter', params: ({ event }) => event },
            ],
          },
        ],
        'download.setConnections': {
          actions: [{ type: 'setConnections', params: ({ event }) => event }, 'releaseSurplus'],
        },
      },
      states: {
        filled: {
          description: 'No range waits, or no connection is free for it.',
          always: { guard: 'hasWaiting', target: 'filling' },
        },
        filling: {
          description: 'A few were given connections; the next few are in a moment.',
          entry: 'fillConnections',
          after: { fillInterval: 'filled' },
        },
      },
    },
    parting: {
      description: 'For a free connection that no range waits for, the one that will take longest is parted.',
      initial: 'resting',
      states: {
        resting: {
          on: {
            'segment.completed': 'looking',
            'segment.responded': { guard: 'hasIdleConnections', target: 'looking' },
            'traffic.measured': { guard: { type: 'wantsMore', params: ({ event }) => event }, target: 'looking' },
            'meter.ticked': { guard: 'hasIdleConnections', target: 'looking' },
            'host.shared': 'looking',
            'download.setConnections': 'looking',
            'download.setRateLimit': 'looking',
          },
        },
        looking: {
          description: 'Where is everybody? News is old by as much as would be parted in the end.',
          invoke: {
            src: 'surveyTransfers',
            onError: { target: 'resting', actions: { type: 'fillConnections', params: () => ({ survey: new Map() }) } },
          },
          on: {
            'transfers.surveyed': {
              target: 'resting',
              actions: [
                { type: 'noteSurvey', params: ({ event }) => event },
                { type: 'fillConnections', params: ({ event }) => ({ survey: surveyOf(event) }) },
              ],
            },
          },
        },
      },
    },
    tuning: {
      description: 'Finds out how many connections pay, where that was left open.',
      initial: 'deciding',
      on: {
        'download.setConnections': '.deciding',
        'download.setRateLimit': {
          guard: { type: 'isRateLimit', params: ({ event }) => event },
          target: '.deciding',
          actions: [
            { type: 'setRateLimit', params: ({ event }) => event },
            { type: 'applyRateLimit', params: ({ event }) => event },
            'releaseSurplus',
          ],
        },
      },
      states: {
        deciding: {
          description: 'Was the count left open?',
          always: [{ guard: 'isAuto', target: 'measuring' }, 'fixed'],
        },
        fixed: { description: 'As many as the user said.' },
        measuring: {
          description: 'Doubles the count while the total speed gains.',
          invoke: {
            src: 'measureTraffic',
            // The count stays as it is.
            onError: 'fixed',
          },
          on: {
            'traffic.measured': {
              actions: { type: 'noteTraffic', params: ({ event }) => event },
            },
          },
          always: { guard: 'isTuned', target: 'resting', actions: 'joinWaiting' },
        },
        resting: { after: { tuningRest: { target: 'measuring', actions: 'tuneAgain' } } },
      },
    },
    sharing: {
      description: 'All downloads of the process share the connections that a host stands.',
      invoke: {
        src: 'watchHost',
        onError: {
          actions: {
            type: 'warn',
            params: {
              code: 'share-unknown',
              message: 'The connections to the host are not shared with other downloads any more; this one goes on.',
            },
          },
        },
      },
      on: {
        'host.shared': {
          actions: [{ type: 'noteShare', params: ({ event }) => event }, 'releaseSurplus'],
        },
      },
    },
    checkpointing: {
      description: 'Notes progress: often for a killed process, every few seconds for a power cut.',
      type: 'parallel',
      states: {
        live: {
          initial: 'noting',
          states: {
            noting: {
              invoke: {
                src: 'keepLiveNote',
                input: ({ self }) => ({ checkpoint: () => checkpointOf(self.getSnapshot().context) }),
                onError: 'silent',
              },
            },
            silent: { description: 'What a power cut leaves is saved all the same.' },
          },
        },
        durable: {
          initial: 'resting',
          states: {
            resting: { after: { checkpointInterval: 'saving' } },
            saving: {
              invoke: {
                src: 'saveProgress',
                input: ({ context }) => ({ checkpoint: checkpointOf(context) }),
                onDone: {
                  target: 'resting',
                  actions: { type: 'noteDurable', params: ({ event }) => event.output },
                },
                onError: {
                  target: 'resting',
                  actions: {
                    type: 'warn',
                    params: {
                      code: 'checkpoint-failed',
                      message: 'Progress could not be saved just now; the download goes on.',
                    },
                  },
                },
              },
            },
          },
        },
      },
    },
    metering: {
      description: 'Figures for front ends, a few times a second.',
      invoke: {
        src: 'meterProgress',
        onError: {
          actions: {
            type: 'warn',
            params: {
              code: 'figures-stopped',
              message: 'The figures on the screen have stopped; the download goes on.',
            },
          },
        },
      },
      on: {
        'meter.ticked': {
          actions: [
            { type: 'noteTime', params: ({ event }) => event },
            'announceProgress',
            'replaceSlow',
            'dropIdleHedges',
          ],
        },
      },
    },
  },
});
