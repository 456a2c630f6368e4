import { describe, expect, it } from 'vitest';
import type { AnyMachineSnapshot } from 'xstate';
import type { DownloadContext } from '../../src/machines/download.context.ts';
import { downloadMachine } from '../../src/machines/download.machine.ts';
import { FailureError } from '../../src/machines/failures.ts';
import type { DownloadOptions } from '../../src/machines/options.ts';
import { failure, input } from './contexts.ts';
import {
  alone,
  answer,
  ask,
  bereft,
  changed,
  claimed,
  completed,
  damaged,
  done,
  empty,
  error,
  foreign,
  found,
  lost,
  nextFill,
  occupied,
  oneIsDone,
  parked,
  partial,
  pause,
  prepared,
  responded,
  resume,
  running,
  saved,
  says,
  stop,
  two,
  unchecked,
  unnamed,
  verified,
  whole,
} from './download-happenings.ts';
import { follow } from './walk.ts';
import type { Happening } from './world.ts';

const context = (snapshot: AnyMachineSnapshot) => snapshot.context as DownloadContext;

const downloading = {
  downloading: {
    transferring: 'filling',
    parting: 'resting',
    tuning: 'fixed',
    sharing: {},
    checkpointing: { live: 'noting', durable: 'resting' },
    metering: {},
  },
};
const entering = [
  'emit state downloading',
  'spawn segment',
  'send segment-0 segment.start',
  'wait 1',
  'wait 3000',
  'spawn watchHost',
  'spawn keepLiveNote',
  'spawn meterProgress',
];
const leaving = [
  'cancel',
  'cancel',
  'stop 0.download.downloading.sharing',
  'stop 0.download.downloading.checkpointing.live.noting',
  'stop 0.download.downloading.metering',
];

/** Nothing is to be parted any more. */
const nearlyThere = {
  type: 'transfers.surveyed',
  transfers: [{ id: 'segment-1', written: 52, bytesPerSecond: 1_000, burstBytes: 0, unansweredMs: 0, silentMs: 0 }],
};

/** What is there has been noted. */
const kept = done('pausing.saving', { plan: [], tookMs: 1, ageMs: 1, running: 1 });

describe('a download, event by event', () => {
  it.each([
    ['begins', {}, [], 'validating', ['emit state validating', 'spawn claimTarget']],
    ['asks the source', {}, [claimed], { probing: 'asking' }, ['emit state probing', 'spawn probeSource']],
    ['asks without a name', {}, [unnamed], { probing: 'asking' }, ['spawn probeSource']],
    [
      'names the file',
      {},
      [unnamed, found],
      { probing: 'naming' },
      ['emit warning identity-unproved', 'spawn claimTarget'],
    ],
    ['refuses a target', {}, [occupied], 'failed', ['emit state failed', 'emit failed target-exists']],
    ['skips a target', { ifExists: 'skip' }, [occupied], 'done', ['emit state done', 'emit done']],
    [
      'compares a target that is to stay',
      { ifExists: 'skip', digests: [{ algorithm: 'sha256', hex: 'ab' }] },
      [occupied],
      { probing: 'comparing' },
      ['spawn compareExisting'],
    ],
    [
      'skips a target that has its digest',
      { ifExists: 'skip', digests: [{ algorithm: 'sha256', hex: 'ab' }] },
      [occupied, done('probing.comparing', { digests: { sha256: 'ab' }, verified: ['sha256'], isMissing: false })],
      'done',
      ['emit state done', 'emit done'],
    ],
    [
      'skips a target for which no checksum was found, and says so',
      { ifExists: 'skip', findChecksum: true },
      [occupied, done('probing.comparing', { digests: {}, verified: [], isMissing: true })],
      'done',
      ['emit warning checksum-not-found', 'emit state done', 'emit done'],
    ],
    [
      'fails on a target that has another digest',
      { ifExists: 'skip', digests: [{ algorithm: 'sha256', hex: 'ab' }] },
      [occupied, error('probing.comparing', new FailureError(failure('digest-mismatch')))],
      'failed',
      ['emit state failed', 'emit failed digest-mismatch'],
    ],
    ['asks of a partial', ask, [foreign], 'confirmingRestart', ['emit state confirmingRestart']],
    ['asks of a target', ask, [occupied, found], 'confirmingOverwrite', ['emit state confirmingOverwrite']],
    [
      'overwrites',
      ask,
      [occupied, found, says('overwrite')],
      'preparing',
      ['emit state preparing', 'spawn prepareTarget'],
    ],
    ['keeps both', ask, [occupied, found, says('rename')], 'preparing', ['spawn prepareTarget']],
    ['is declined', ask, [occupied, found, says('stop')], 'stopped', ['emit state stopped', 'emit failed declined']],
    ['does not hear an answer to another question', ask, [occupied, found, says('restart')], 'confirmingOverwrite', []],
    ['begins anew when told', ask, [partial, changed, says('restart')], { probing: 'asking' }, ['spawn probeSource']],
    [
      'begins anew by itself',
      { ifChanged: 'restart' },
      [partial, changed],
      { probing: 'asking' },
      ['emit warning restarted', 'spawn probeSource'],
    ],
    ['fails on a change', {}, [partial, changed], 'failed', ['emit failed changed']],
    ['backs off', {}, [claimed, lost], { probing: 'backingOff' }, ['emit warning retrying', 'wait 250']],
    ['gives up', { retries: 0 }, [claimed, lost], 'failed', ['emit failed timeout']],
    ['rests while it asks', {}, [claimed, pause], 'paused', ['stop 0.download.probing.asking', 'emit state paused']],
    ['rests while it waits', {}, [claimed, lost, pause], 'paused', ['cancel', 'emit state paused']],
    ['asks again', {}, [claimed, pause, resume], { probing: 'asking' }, ['emit state probing', 'spawn probeSource']],
    ['asks nobody when it is to rest first', {}, [pause, claimed], 'paused', ['emit state paused']],
    [
      'begins nothing anew when it is to rest first',
      { ifChanged: 'restart' },
      [pause, bereft],
      'paused',
      ['emit state paused'],
    ],
    ['asks when that was taken back', {}, [pause, resume, claimed], { probing: 'asking' }, ['spawn probeSource']],
    ['has forgotten it later', {}, [pause, claimed, resume, found], 'preparing', ['spawn prepareTarget']],
    [
      'rests once all is prepared, as if it were told so then',
      {},
      [claimed, found, pause, prepared],
      { pausing: 'draining' },
      ['emit state downloading', 'emit state pausing', 'send segment-0 segment.park'],
    ],
    ['does not rest when that was taken back', {}, [claimed, found, pause, resume, prepared], downloading, entering],
    [
      'does not rest where it cannot',
      {},
      [claimed, whole, pause, prepared],
      downloading,
      ['emit warning pause-unsupported'],
    ],
    [
      'has its attempts back after a rest',
      { retries: 1 },
      [claimed, lost, pause, resume, lost],
      { probing: 'backingOff' },
      ['emit warning retrying'],
    ],
    [
      'does not rest twice',
      {},
      [...running, pause, pause, resume, parked, saved],
      { probing: 'asking' },
      ['spawn probeSource'],
    ],
    [
      'rests while it asks whether the file is the same',
      {},
      [...running, pause, parked, saved, resume, pause],
      'paused',
      ['stop 0.download.probing.asking', 'emit state paused'],
    ],
    ['ends dry', { dryRun: true }, [claimed, found], 'done', ['emit done']],
    ['prepares', {}, [claimed, found], 'preparing', ['emit state preparing', 'spawn prepareTarget']],
    ['fetches', {}, running, downloading, entering],
    [
      'fetches nothing of an empty file',
      {},
      [claimed, empty, prepared],
      { merging: 'verifying' },
      ['emit progress', 'emit state merging', 'spawn verifyDigests'],
    ],
    [
      'starts another a moment after the first is answered',
      two,
      [...running, responded, nextFill],
      downloading,
      ['spawn segment', 'send segment-1 segment.start', 'wait 1'],
    ],
    [
      'looks where the others are when one is done',
      two,
      oneIsDone,
      { downloading: { ...downloading.downloading, parting: 'looking' } },
      ['emit segment done', 'spawn surveyTransfers', 'stop segment-0'],
    ],
    [
      'halves what is left then',
      two,
      [
        ...oneIsDone,
        {
          type: 'transfers.surveyed',
          transfers: [
            { id: 'segment-1', written: 52, bytesPerSecond: 10, burstBytes: 0, unansweredMs: 0, silentMs: 0 },
          ],
        },
      ],
      downloading,
      [
        'stop 0.download.downloading.parting.looking',
        'send segment-1 segment.truncate',
        'spawn segment',
        'send segment-2 segment.start',
      ],
    ],
    [
      'halves nothing that is as good as there',
      two,
      [...oneIsDone, nearlyThere],
      downloading,
      ['stop 0.download.downloading.parting.looking'],
    ],
    [
      'pauses',
      {},
      [...running, pause],
      { pausing: 'draining' },
      [...leaving, 'emit state pausing', 'send segment-0 segment.park'],
    ],
    [
      'does not pause what cannot be gone on with',
      {},
      [claimed, whole, prepared, pause],
      downloading,
      ['emit warning pause-unsupported'],
    ],
    [
      'saves when all are parked',
      {},
      [...running, pause, parked],
      { pausing: 'saving' },
      ['emit segment parked', 'spawn saveProgress', 'stop segment-0'],
    ],
    ['is paused', {}, [...running, pause, parked, saved], 'paused', ['emit state paused']],
    [
      'goes on',
      {},
      [...running, pause, parked, saved, resume],
      { probing: 'asking' },
      ['emit state probing', 'spawn probeSource'],
    ],
    [
      'goes on when it is told before it is paused',
      {},
      [...running, pause, resume, parked, saved],
      { probing: 'asking' },
      ['spawn probeSource'],
    ],
    ['pauses after all', {}, [...running, pause, resume, pause, parked, saved], 'paused', ['emit state paused']],
    ['stops', {}, [...running, stop, parked, saved], 'stopped', ['emit state stopped', 'emit failed interrupted']],
    ['stops when paused', {}, [...running, pause, parked, saved, stop], 'stopped', ['emit failed interrupted']],
    [
      'does not go on after a stop',
      {},
      [...running, stop, resume, parked, saved],
      'stopped',
      ['emit failed interrupted'],
    ],
    [
      'keeps its reason when it is told to stop while it parks',
      {},
      [...running, { type: 'segment.failed', id: 'segment-0', failure: failure('disk-full') }, stop, saved],
      'failed',
      ['emit failed disk-full'],
    ],
    ['cannot save', {}, [...running, pause, parked, error('pausing.saving')], 'failed', ['emit failed unexpected']],
    [
      'parks when a segment fails',
      {},
      [...running, { type: 'segment.failed', id: 'segment-0', failure: failure('disk-full') }],
      { pausing: 'saving' },
      ['stop segment-0', 'emit state pausing', 'spawn saveProgress'],
    ],
    [
      'fails for the first reason',
      {},
      [...running, { type: 'segment.failed', id: 'segment-0', failure: failure('disk-full') }, error('pausing.saving')],
      'failed',
      ['emit failed disk-full'],
    ],
    [
      'merges',
      {},
      [...running, completed],
      { merging: 'verifying' },
      [...leaving, 'stop segment-0', 'emit segment done', 'emit progress', 'emit state merging', 'spawn verifyDigests'],
    ],
    [
      'publishes what is verified',
      {},
      [...running, completed, verified],
      { merging: 'publishing' },
      ['spawn publishTarget'],
    ],
    [
      'goes on where parts are damaged: saves that they are missing, then asks',
      {},
      [...running, completed, damaged],
      { pausing: 'saving' },
      ['emit warning range-damaged', 'emit state pausing', 'spawn saveProgress'],
    ],
    [
      'fetches again what was damaged',
      {},
      [...running, completed, damaged, saved],
      { probing: 'asking' },
      ['spawn probeSource'],
    ],
    [
      'compares once more, later, what an overloaded server would not send',
      {},
      [...running, completed, error('merging.verifying', new FailureError(failure('timeout')))],
      { merging: 'backingOff' },
      ['emit warning retrying', 'wait 375'],
    ],
    [
      'says when nothing was found to check it by',
      { findChecksum: true },
      [...running, completed, unchecked],
      { merging: 'publishing' },
      ['emit warning checksum-not-found', 'spawn publishTarget'],
    ],
    [
      'merges what was complete when it paused',
      {},
      [...running, pause, completed, saved],
      'paused',
      ['emit state paused'],
    ],
    ['does not stop while it publishes', {}, [...running, completed, verified, stop], { merging: 'publishing' }, []],
    [
      'is done',
      {},
      [...running, completed, verified, done('merging.publishing', '/a')],
      'done',
      ['emit state done', 'emit done'],
    ],
    [
      'saves for a power cut',
      {},
      [...running, { type: 'xstate.after.checkpointInterval.download.downloading.checkpointing.durable.resting' }],
      { downloading: { ...downloading.downloading, checkpointing: { live: 'noting', durable: 'saving' } } },
      ['cancel', 'spawn saveProgress'],
    ],
    [
      'hears a rate limit',
      {},
      [...running, { type: 'download.setRateLimit', bytesPerSecond: 5 }],
      { downloading: { ...downloading.downloading, parting: 'looking' } },
      ['applyRateLimit'],
    ],
  ] as const)('%s', (_, options, events, value, actions) => {
    const all: readonly Happening[] = events;
    const before = follow(downloadMachine, { input: alone(options as Partial<DownloadOptions>) }, ...all.slice(0, -1));
    const last = all.at(-1);
    const after = last ? follow(downloadMachine, before.snapshot, last) : before;
    expect(after.snapshot.value).toEqual(value);
    for (const action of actions) expect(after.actions).toContain(action);
    if (actions.length === 0) expect(after.actions).toEqual([]);
  });

  it.each([
    ['validating', [error('validating')]],
    ['probing.asking', [claimed, error('probing.asking')]],
    ['probing.naming', [unnamed, found, error('probing.naming')]],
    ['preparing', [claimed, found, error('preparing')]],
    ['merging.publishing', [...running, completed, verified, error('merging.publishing'), kept]],
  ])('fails with the reason when the actor of %s fails', (_, events) => {
    const { snapshot } = follow(downloadMachine, { input: alone() }, ...events);
    expect(snapshot.output).toMatchObject({
      status: 'failed',
      failure: { code: 'unexpected', message: expect.stringContaining('it broke') },
    });
  });

  it.each([
    ['be checked', [...running, completed, error('merging.verifying')]],
    ['be given its name', [...running, completed, verified, error('merging.publishing')]],
  ])('notes what could not %s before it fails, and tells that reason, however the note goes', (_, events) => {
    const { snapshot } = follow(downloadMachine, { input: alone() }, ...events);
    expect(snapshot.value).toEqual({ pausing: 'saving' });
    expect(context(follow(downloadMachine, snapshot, stop).snapshot).intent).toBe('fail');
    const noteFails = error('pausing.saving', new Error('no room'));
    for (const end of [kept, noteFails])
      expect(follow(downloadMachine, snapshot, end).snapshot.output).toMatchObject({
        status: 'failed',
        failure: { message: expect.stringContaining('it broke') },
        resumable: true,
      });
  });

  it('notes what was being checked before it stops', () => {
    const { snapshot } = follow(downloadMachine, { input: alone() }, ...running, completed, stop);
    expect(snapshot.value).toEqual({ pausing: 'saving' });
    expect(follow(downloadMachine, snapshot, kept).snapshot.output).toMatchObject({
      status: 'stopped',
      failure: { code: 'interrupted', message: expect.stringContaining('is kept') },
      resumable: true,
    });
  });

  it('has nothing to note of data that was set aside', () => {
    const mismatch = new FailureError({ code: 'digest-mismatch', message: 'not that file' });
    const { snapshot } = follow(
      downloadMachine,
      { input: alone() },
      ...running,
      completed,
      error('merging.verifying', mismatch),
    );
    expect(snapshot.output).toMatchObject({ status: 'failed', failure: mismatch.failure, resumable: false });
  });

  it('goes on while figures and notes fail', () => {
    const { snapshot, actions } = follow(
      downloadMachine,
      { input: alone() },
      ...running,
      error('downloading.metering'),
    );
    expect(snapshot.value).toEqual(downloading);
    expect(actions).toEqual(['emit warning figures-stopped']);
  });

  it('goes on from a partial at the first byte that is missing', () => {
    const again = done('probing.asking', { ...answer, open: { exchangeId: 'y', offset: 60 }, warnings: [] });
    const { snapshot, actions } = follow(downloadMachine, { input: alone() }, partial, again, prepared);
    expect(actions.filter((action) => action.startsWith('send'))).toEqual(['send segment-1 segment.start']);
    expect(context(snapshot)).toMatchObject({ resumedBytes: 60, open: null, fresh: false });
  });

  it('does not measure across a pause', () => {
    const before = follow(downloadMachine, { input: alone() }, ...running, { type: 'meter.ticked', at: 1_000 });
    expect(context(before.snapshot).meter.samples).toHaveLength(1);
    const again = done('probing.asking', { ...answer, open: { exchangeId: 'y', offset: 40 }, warnings: [] });
    const { snapshot } = follow(downloadMachine, before.snapshot, pause, parked, saved, resume, again, prepared);
    expect(snapshot.value).toEqual(downloading);
    expect(context(snapshot).meter.samples).toEqual([]);
  });

  it('parks one of two and waits for the other', () => {
    const events = [...running, responded, nextFill, pause, { ...parked, written: 30 }];
    const { snapshot } = follow(downloadMachine, { input: input(two) }, ...events);
    expect(snapshot.value).toEqual({ pausing: 'draining' });
    expect(Object.keys(context(snapshot).workers)).toEqual(['segment-1']);
    const other: Happening = { type: 'segment.parked', id: 'segment-1', written: 70 };
    const { snapshot: next } = follow(downloadMachine, snapshot, other);
    expect(next.value).toEqual({ pausing: 'saving' });
    expect(context(next).plan.map(({ written }) => written)).toEqual([30, 70]);
  });
});
