import { missingChecksum, refusalOf, restartNotice, warningsOf } from './download.decisions.ts';
import { downloadSetup } from './download.setup.ts';
import { toFailure } from './failures.ts';

/** From "what is to be fetched?" to "go", "ask" or "no". The first request is the first segment's too. */
export const probingState = downloadSetup.createStateConfig({
  description: 'One request finds out what the file is; its answer is the first segment.',
  tags: 'working',
  initial: 'deciding',
  states: {
    deciding: {
      description: 'Passed at once: what follows from what is known.',
      always: [
        { guard: { type: 'isDecided', params: { decision: 'probe' } }, target: 'asking' },
        { guard: { type: 'isDecided', params: { decision: 'name' } }, target: 'naming' },
        { guard: { type: 'isDecided', params: { decision: 'prepare' } }, target: '#download.preparing' },
        {
          guard: { type: 'isDecided', params: { decision: 'startAnew' } },
          target: 'asking',
          actions: [
            {
              type: 'warn',
              params: ({ context }) => ({ code: 'restarted' as const, message: restartNotice(context) }),
            },
            'startAnew',
          ],
        },
        { guard: { type: 'isDecided', params: { decision: 'askOverwrite' } }, target: '#download.confirmingOverwrite' },
        { guard: { type: 'isDecided', params: { decision: 'askRestart' } }, target: '#download.confirmingRestart' },
        {
          guard: { type: 'isDecided', params: { decision: 'skip' } },
          target: '#download.done',
          actions: { type: 'conclude', params: { how: 'skipped' } },
        },
        { guard: { type: 'isDecided', params: { decision: 'compare' } }, target: 'comparing' },
        {
          guard: { type: 'isDecided', params: { decision: 'finishDry' } },
          target: '#download.done',
          actions: { type: 'conclude', params: { how: 'dryRun' } },
        },
        {
          target: '#download.failed',
          actions: { type: 'fail', params: ({ context }) => ({ failure: refusalOf(context) }) },
        },
      ],
    },
    asking: {
      tags: 'pausable',
      entry: { type: 'announce', params: { state: 'probing' } },
      always: { guard: 'wantsPause', actions: 'takePause' },
      // Nothing has come that a pause could lose, and nothing new to be saved.
      on: { 'download.pause': '#download.paused' },
      invoke: {
        src: 'probeSource',
        input: ({ context }) => ({
          plan: context.plan,
          known: context.entity,
          isCopy: context.isCopy,
          timeoutMs: context.options.timeoutMs,
        }),
        onDone: [
          {
            guard: { type: 'canProbeAgain', params: ({ event }) => event.output },
            target: 'backingOff',
            actions: { type: 'noteFailedProbe', params: ({ event }) => event.output },
          },
          {
            guard: { type: 'hasFailed', params: ({ event }) => event.output },
            target: '#download.failed',
            actions: { type: 'adoptProbe', params: ({ event }) => event.output },
          },
          {
            target: 'deciding',
            actions: [
              { type: 'adoptProbe', params: ({ event }) => event.output },
              { type: 'warnAll', params: ({ context, event }) => ({ warnings: warningsOf(context, event.output) }) },
            ],
          },
        ],
        onError: {
          target: '#download.failed',
          actions: { type: 'fail', params: ({ event }) => ({ failure: toFailure(event.error) }) },
        },
      },
    },
    backingOff: {
      description: 'Waits before it asks again.',
      tags: 'pausable',
      entry: 'warnOfProbe',
      on: { 'download.pause': '#download.paused' },
      after: { probeBackOff: 'asking' },
    },
    comparing: {
      description: 'The file that is there is to stay: does it have the digests that were asked for?',
      invoke: {
        src: 'compareExisting',
        input: ({ context }) => ({
          path: context.target?.path ?? '',
          expected: context.options.digests,
          looksBeside: context.options.findChecksum,
        }),
        onDone: {
          target: '#download.done',
          actions: [
            { type: 'noteDigests', params: ({ event }) => event.output },
            { type: 'warnAll', params: ({ event }) => ({ warnings: missingChecksum(event.output) }) },
            { type: 'conclude', params: { how: 'skipped' } },
          ],
        },
        onError: {
          target: '#download.failed',
          actions: { type: 'fail', params: ({ event }) => ({ failure: toFailure(event.error) }) },
        },
      },
    },
    naming: {
      description: 'The server has named the file: is that name free?',
      invoke: {
        src: 'claimTarget',
        input: ({ context }) => ({
          output: context.output,
          suggestedName: context.suggestedName,
          url: context.url,
          restart: context.options.restart,
          ifExists: context.options.ifExists,
        }),
        onDone: { target: 'deciding', actions: { type: 'adoptClaim', params: ({ event }) => event.output } },
        onError: {
          target: '#download.failed',
          actions: { type: 'fail', params: ({ event }) => ({ failure: toFailure(event.error) }) },
        },
      },
    },
  },
});
