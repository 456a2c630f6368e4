/** What leaves the machine: the inputs of its actors, its commands to segments, and the news for front ends. */
import { describe, expect, it } from 'vitest';
import { FailureError } from '../../src/machines/failures.ts';
import { defaultOptions } from '../../src/machines/options.ts';
import { entity, failure, range, single, source, taken, target } from './contexts.ts';
import {
  answer,
  ask,
  changed,
  claimed,
  completed,
  damaged,
  done,
  error,
  found,
  lost,
  nextFill,
  occupied,
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
import { effectsOf } from './effects.ts';
import type { Happening } from './world.ts';

const url = 'http://fake.test/file.bin';
const { timeoutMs, retries } = defaultOptions;
const checkedOtherwise = (verified: readonly string[]) =>
  done('merging.verifying', { digests: {}, verified, isMissing: true, damaged: [] });
const due: Happening = { type: 'xstate.after.checkpointInterval.download.downloading.checkpointing.durable.resting' };
const saving = 'downloading.checkpointing.durable.saving';

describe('what the actors are given', () => {
  const claim = { output: 'file.bin', suggestedName: null, url, restart: false, ifExists: 'fail' };

  it('claimTarget: what the user wants, and later the name that the server gave', () => {
    expect(effectsOf([]).inputs).toEqual({ claimTarget: claim });
    const wanted = { restart: true, ifExists: 'skip' } as const;
    expect(effectsOf([], wanted).inputs).toEqual({ claimTarget: { ...claim, ...wanted } });
    expect(effectsOf([unnamed, found], wanted).inputs).toEqual({
      claimTarget: { ...claim, ...wanted, suggestedName: 'file.bin' },
    });
  });

  it('probeSource: what is known, so that it can be compared', () => {
    expect(effectsOf([claimed]).inputs).toEqual({ probeSource: { plan: [], known: null, isCopy: false, timeoutMs } });
    const plan = [range('segment-0', 0, 60, 60, 60), range('segment-1', 60, 100)];
    expect(effectsOf([partial], { timeoutMs: 7 }).inputs).toEqual({
      probeSource: { plan, known: entity, isCopy: false, timeoutMs: 7 },
    });
  });

  it('compareExisting: the file that is to stay, and what it should be', () => {
    const digests = [{ algorithm: 'sha256', hex: 'ab' }] as const;
    expect(effectsOf([occupied], { ifExists: 'skip', digests }).inputs).toEqual({
      compareExisting: { path: taken.path, expected: digests, looksBeside: false },
    });
    expect(effectsOf([occupied], { ifExists: 'skip', findChecksum: true }).inputs).toEqual({
      compareExisting: { path: taken.path, expected: [], looksBeside: true },
    });
  });

  it('prepareTarget: the target, the size, and whether what is there is thrown away', () => {
    expect(effectsOf([claimed, found]).inputs).toEqual({
      prepareTarget: { size: 100, fresh: true, target, digests: ['sha256'], there: [], rename: null },
    });
    const again = done('probing.asking', { ...answer, open: null });
    expect(effectsOf([partial, again]).inputs).toMatchObject({
      prepareTarget: { fresh: false, there: [{ start: 0, end: 60 }] },
    });
    expect(effectsOf([occupied, found, says('rename')], ask).inputs).toMatchObject({
      prepareTarget: { rename: { rename: true } },
    });
  });

  it('a segment: its range, and how long it may try', () => {
    expect(effectsOf(running, { retries: 7, timeoutMs: 8 }).inputs.segment).toEqual({
      ...{ id: 'segment-0', start: 0, end: 100, written: 0 },
      ...{ entity, retries: 7, timeoutMs: 8 },
    });
    const again = done('probing.asking', { ...answer, open: null });
    expect(effectsOf([partial, again, prepared]).inputs.segment).toEqual({
      ...{ id: 'segment-1', start: 60, end: 100, written: 60 },
      ...{ entity, retries, timeoutMs },
    });
  });

  it('saveProgress: what is saved for a power cut', () => {
    const plan = [range('segment-0', 0, 100)];
    expect(effectsOf([...running, due]).inputs).toEqual({
      saveProgress: { checkpoint: { url, entity, plan, startedAt: 1, activeMs: 0 } },
    });
  });

  it('saveProgress: what is noted when it pauses', () => {
    expect(effectsOf([...running, pause, parked]).inputs).toEqual({
      saveProgress: {
        checkpoint: { url, entity, plan: [range('segment-0', 0, 100, 40)], startedAt: 1, activeMs: 0 },
      },
    });
  });

  it('verifyDigests: whatever the file can be compared with', () => {
    const piece = { start: 0, end: 9, algorithm: 'md5', hex: 'cd' } as const;
    const promised = { algorithm: 'sha512', hex: 'ef' } as const;
    const digests = [{ algorithm: 'sha256', hex: 'ab' }] as const;
    const from = done('probing.asking', { ...answer, digests: [promised] });
    const proved = { ...responded, piece };
    expect(effectsOf([...running, completed]).inputs).toEqual({
      verifyDigests: {
        ...{ expected: [], wantsDigest: true, looksBeside: false, size: 100, pieces: [] },
        ...{ mayRepair: true, unproved: [], entity, timeoutMs },
      },
    });
    const options = { digests, computeDigest: false, findChecksum: true };
    expect(effectsOf([claimed, from, prepared, proved, completed], options).inputs).toEqual({
      verifyDigests: {
        ...{ expected: [...digests, promised], wantsDigest: false, looksBeside: true, size: 100, pieces: [piece] },
        ...{ mayRepair: true, unproved: [], entity, timeoutMs },
      },
    });
  });

  it('verifyDigests: what was damaged may be fetched again twice', () => {
    const again = [damaged, saved, found, prepared, completed];
    const once = [...running, completed, ...again.slice(0, -1), { ...completed, id: 'segment-1', written: 20 }];
    expect(effectsOf(once).context.repairs).toBe(1);
    expect(effectsOf(once).inputs.verifyDigests).toMatchObject({ mayRepair: true });
    const twice = [...once, ...again.slice(0, -1), { ...completed, id: 'segment-1', written: 20 }];
    expect(effectsOf(twice).context.repairs).toBe(2);
    expect(effectsOf(twice).inputs.verifyDigests).toMatchObject({ mayRepair: false });
  });

  it('publishTarget: the size, and what becomes of a file that is there', () => {
    expect(effectsOf([...running, completed, verified], { ifExists: 'overwrite' }).inputs).toEqual({
      publishTarget: { size: 100, onConflict: 'overwrite' },
    });
    for (const onConflict of ['overwrite', 'rename']) {
      const events = [occupied, found, says(onConflict), prepared, completed, verified];
      expect(effectsOf(events, ask).inputs).toEqual({ publishTarget: { size: 100, onConflict } });
    }
  });
});

describe('what front ends hear', () => {
  const state = { type: 'state', source: null, path: null, resumedBytes: 0, question: null };
  const warning = (code: string, message: string) => ({ type: 'warning', code, message });

  it('of each state: where the file will be, where it comes from, and what is asked', () => {
    expect(effectsOf([]).news).toEqual([{ ...state, state: 'validating' }]);
    expect(effectsOf([partial]).news).toEqual([{ ...state, state: 'probing', path: target.path, resumedBytes: 60 }]);
    expect(effectsOf([occupied, found], ask).news).toContainEqual({
      ...state,
      state: 'confirmingOverwrite',
      path: taken.path,
      source,
      question: { kind: 'target-exists', path: taken.path, size: 5 },
    });
    expect(effectsOf([partial, changed], ask).news).toContainEqual({
      ...state,
      state: 'confirmingRestart',
      path: target.path,
      resumedBytes: 60,
      question: { kind: 'changed', path: target.path, keptBytes: 60, reason: 'r' },
    });
    expect(effectsOf([...running, pause, parked, saved]).news).toEqual([
      { ...state, state: 'paused', path: target.path },
    ]);
    expect(effectsOf([...running, pause]).news).toContainEqual({
      ...state,
      state: 'pausing',
      path: target.path,
      source,
    });
  });

  it.each([
    ['done', [...running, completed, verified, done('merging.publishing', '/a')]],
    ['stopped', [stop]],
    ['failed', [error('validating')]],
  ] as const)('%s is the last state, and then the end', (name, events) => {
    expect(effectsOf(events).news).toMatchObject([
      { type: 'state', state: name },
      { type: name === 'done' ? 'done' : 'failed' },
    ]);
  });

  it('of the end: where the file is, and what became of it', () => {
    const merged = [...running, completed, verified];
    expect(effectsOf([...merged, done('merging.publishing', '/folder/other')]).news).toContainEqual(
      expect.objectContaining({
        type: 'done',
        path: '/folder/other',
        skipped: false,
        dryRun: false,
        size: 100,
        digests: { sha256: 'ab' },
      }),
    );
    expect(effectsOf([occupied], { ifExists: 'skip' }).news).toContainEqual(
      expect.objectContaining({ type: 'done', path: taken.path, skipped: true, dryRun: false }),
    );
    expect(effectsOf([claimed, found], { dryRun: true }).news).toContainEqual(
      expect.objectContaining({ type: 'done', path: target.path, skipped: false, dryRun: true }),
    );
  });

  it('of a download that was declined', () => {
    for (const events of [
      [occupied, found, says('stop')],
      [partial, changed, says('stop')],
    ])
      expect(effectsOf(events, ask).news).toContainEqual(
        expect.objectContaining({
          code: 'declined',
          message: 'Stopped, as you chose. Nothing that was there has been changed.',
        }),
      );
  });

  it('of a stop, whether anything is kept', () => {
    const [kept, lostAll] = ['What has arrived is kept', 'Nothing is kept'].map((text) =>
      expect.objectContaining({ code: 'interrupted', message: expect.stringContaining(text) }),
    );
    expect(effectsOf([...running, pause, parked, saved, stop]).news).toContainEqual(kept);
    expect(effectsOf([...running, stop, parked, saved]).news).toContainEqual(kept);
    expect(effectsOf([...running, stop, parked, saved]).context.failure).toEqual(kept);
    expect(effectsOf([stop]).news).toContainEqual(lostAll);
  });

  it.each([
    [
      'a pause that would lose what has arrived',
      [claimed, whole, prepared, pause],
      'pause-unsupported',
      'This server sends whole files only: a pause would lose what has arrived, so the download goes on.',
    ],
    [
      'connections that are not shared',
      [...running, error('downloading.sharing')],
      'share-unknown',
      'The connections to the host are not shared with other downloads any more; this one goes on.',
    ],
    [
      'figures that have stopped',
      [...running, error('downloading.metering')],
      'figures-stopped',
      'The figures on the screen have stopped; the download goes on.',
    ],
    [
      'progress that cannot be saved',
      [...running, due, error(saving)],
      'checkpoint-failed',
      'Progress could not be saved just now; the download goes on.',
    ],
    [
      'a checksum that is not there',
      [...running, completed, unchecked],
      'checksum-not-found',
      'No checksum was found beside the file, so its content was not checked.',
    ],
    [
      'a checksum that is not there, where another was compared',
      [...running, completed, checkedOtherwise(['md5'])],
      'checksum-not-found',
      'No checksum was found beside the file; it was checked by the md5 that was given.',
    ],
    [
      'a checksum that is not there, where others were compared',
      [...running, completed, checkedOtherwise(['md5', 'sha256'])],
      'checksum-not-found',
      'No checksum was found beside the file; it was checked by the md5 and sha256 that were given.',
    ],
    ['a source that does not answer', [claimed, lost], 'retrying', 'it failed: timeout Trying again in 0.3 s.'],
    [
      'a part that is damaged',
      [...running, completed, damaged],
      'range-damaged',
      "A part of the file did not arrive as the server's digest says; only what is damaged is fetched again.",
    ],
    [
      'parts that are damaged',
      [
        ...running,
        completed,
        done('merging.verifying', {
          ...{ digests: {}, verified: [], isMissing: false },
          damaged: [
            { start: 0, end: 1 },
            { start: 5, end: 6 },
          ],
        }),
      ],
      'range-damaged',
      "2 parts of the file did not arrive as the server's digest says; only what is damaged is fetched again.",
    ],
    ['what the probe warns of', [claimed, found], 'identity-unproved', 'm'],
    [
      'a segment that backs off',
      [
        ...running,
        { type: 'segment.backedOff', id: 'segment-0', failure: failure('timeout'), attempt: 1, delayMs: 1_250, at: 5 },
      ],
      'retrying',
      'it failed: timeout Trying again in 1.3 s.',
    ],
    [
      'a server that pushes back',
      [
        ...running,
        {
          ...{ type: 'segment.backedOff', id: 'segment-0', attempt: 1, delayMs: 500, at: 5 },
          failure: failure('http-status', { pushBack: true }),
        },
      ],
      'push-back',
      'it failed: http-status Trying again in 0.5 s.',
    ],
  ] as const)('a warning of %s', (_, events, code, message) => {
    const warnings = effectsOf(events).news.filter((event) => (event as Happening).type === 'warning');
    expect(warnings).toEqual([warning(code, message)]);
  });

  it('a warning when it begins anew by itself', () => {
    expect(effectsOf([partial, changed], { ifChanged: 'restart' }).news).toContainEqual(
      warning('restarted', 'The file on the server has changed, so the download begins anew.'),
    );
  });
});

describe('what segments are told', () => {
  it('to start, the first one with the open answer of the probe', () => {
    expect(effectsOf(running).sent).toEqual([['segment-0', { type: 'segment.start', exchangeId: 'x' }]]);
    const { sent, spawned } = effectsOf([...running, responded, nextFill], two);
    expect(sent).toEqual([['segment-1', { type: 'segment.start', exchangeId: null }]]);
    expect(spawned).toEqual(['segment-1']);
  });

  it('to park, each of them', () => {
    expect(effectsOf([...running, responded, nextFill, pause], two).sent).toEqual([
      ['segment-0', { type: 'segment.park' }],
      ['segment-1', { type: 'segment.park' }],
    ]);
  });

  it('nothing, where a range still waits: it is parked at once, and that is said', () => {
    const { sent, news, context } = effectsOf([...running, responded, pause], two);
    expect(sent).toEqual([['segment-0', { type: 'segment.park' }]]);
    expect(Object.keys(context.workers)).toEqual(['segment-0']);
    expect(news).toContainEqual(expect.objectContaining({ type: 'segment', id: 'segment-1', state: 'parked' }));
  });
});

describe('a rate limit', () => {
  const limit: Happening = { type: 'download.setRateLimit', bytesPerSecond: 5 };

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('of %d bytes a second is none', (bytesPerSecond) => {
    for (const events of [[claimed], running]) {
      const { context, own, sent } = effectsOf([...events, limit, { ...limit, bytesPerSecond }]);
      expect([context.options.rateLimit, own, sent]).toEqual([5, [], []]);
    }
  });

  it.each([
    ['before the first byte', [claimed]],
    ['while it runs', running],
    ['while it is paused', [...running, pause, parked, saved]],
  ] as const)('is kept and applied %s', (_, events) => {
    const { context, own } = effectsOf([...events, limit]);
    expect(context.options.rateLimit).toBe(5);
    expect(own).toEqual([{ type: 'applyRateLimit', params: expect.objectContaining({ bytesPerSecond: 5 }) }]);
    expect(effectsOf([...events, limit, { ...limit, bytesPerSecond: null }]).context.options.rateLimit).toBeNull();
  });
});

describe('what is kept in mind', () => {
  it('a failure of what was invoked, as it was told', () => {
    const thrown = new FailureError(failure('disk-full'));
    for (const [state, events] of [
      ['validating', []],
      ['probing.asking', [claimed]],
      ['probing.naming', [unnamed, found]],
      ['preparing', [claimed, found]],
      ['pausing.saving', [...running, pause, parked]],
      ['merging.verifying', [...running, completed]],
      ['merging.publishing', [...running, completed, verified]],
    ] as const) {
      const noted = state.startsWith('merging') ? [error('pausing.saving', new Error('no room'))] : [];
      expect(effectsOf([...events, error(state, thrown), ...noted])).toMatchObject({
        value: 'failed',
        context: { failure: thrown.failure },
      });
    }
  });

  it('what was asked is forgotten when it is answered', () => {
    expect(effectsOf([occupied, found, says('overwrite')], ask).context).toMatchObject({
      question: null,
      onConflict: 'overwrite',
    });
    expect(effectsOf([partial, changed, says('restart')], ask).context).toMatchObject({ question: null, restarts: 1 });
  });

  it('the connections that were asked for, at any time', () => {
    for (const events of [[claimed], running, [...running, pause, parked, saved]])
      expect(
        effectsOf([...events, { type: 'download.setConnections', connections: 7 }]).context.options.connections,
      ).toBe(7);
  });

  it('the share of the host', () => {
    expect(effectsOf([...running, { type: 'host.shared', connections: 3 }]).context.share).toBe(3);
  });

  it('that nothing of a whole file can be gone on with', () => {
    const { context } = effectsOf([claimed, whole, prepared, { ...parked, type: 'segment.rewound' }]);
    expect(context.entity).toEqual(single);
    expect(context.plan).toEqual([range('segment-0', 0, 100)]);
  });

  it('what is on disk for good', () => {
    const advanced = { type: 'segment.advanced', id: 'segment-0', written: 30, bytesPerSecond: 9 };
    const saved = done(saving, { plan: [range('segment-0', 0, 100, 30)] });
    const durable = effectsOf([...running, advanced, due, saved]);
    expect(durable.context.plan).toEqual([range('segment-0', 0, 100, 30, 30)]);
    const paused = effectsOf([
      ...[...running, pause, parked],
      done('pausing.saving', { plan: [range('segment-0', 0, 100, 40)] }),
    ]);
    expect(paused.context.plan).toEqual([range('segment-0', 0, 100, 40, 40)]);
  });

  it('that a save is over, well or not: the next one is waited for', () => {
    for (const [over, news] of [
      [done(saving, { plan: [] }), []],
      [error(saving), [{ type: 'warning', code: 'checkpoint-failed' }]],
    ] as const) {
      const after = effectsOf([...running, due, over]);
      expect(after.value).toMatchObject({ downloading: { checkpointing: { durable: 'resting' } } });
      expect(after.news).toMatchObject(news);
      expect(after.waits).toHaveLength(1);
    }
  });

  it('what was noted while it parks: answers, progress and the end', () => {
    const news = [
      [{ ...responded, from: 5, isProved: false }, { seams: [5] }],
      [
        { type: 'segment.advanced', id: 'segment-0', written: 30, bytesPerSecond: 9 },
        { plan: [range('segment-0', 0, 100, 30)] },
      ],
      [completed, { plan: [range('segment-0', 0, 100, 100)] }],
    ] as const;
    for (const [event, kept] of news) expect(effectsOf([...running, pause, event]).context).toMatchObject(kept);
  });

  it('the digests that were found', () => {
    expect(effectsOf([...running, completed, unchecked]).context.digests).toEqual({ sha256: 'ab' });
    const digests = [{ algorithm: 'sha256', hex: 'ab' }] as const;
    const compared = done('probing.comparing', { digests: { sha256: 'ab' }, verified: ['sha256'], isMissing: false });
    expect(effectsOf([occupied, compared], { ifExists: 'skip', digests }).context).toMatchObject({
      digests: { sha256: 'ab' },
      verified: ['sha256'],
      result: { skipped: true, path: taken.path },
    });
  });

  it('the name that the server gave, once it is claimed', () => {
    const named = done('probing.naming', { claim: { kind: 'fresh', target }, at: 9 });
    expect(effectsOf([unnamed, found, named])).toMatchObject({
      value: 'preparing',
      context: { target, startedAt: 9 },
    });
  });

  it('why it is parked: another file is begun anew, or asked about, when all is parked', () => {
    const failed = { type: 'segment.failed', id: 'segment-0', failure: failure('changed', { reason: 'r' }) };
    for (const [ifChanged, value, state] of [
      ['restart', { probing: 'asking' }, 'probing'],
      ['ask', 'confirmingRestart', 'confirmingRestart'],
    ] as const) {
      const over = effectsOf([...running, failed, saved], { ifChanged });
      expect(over.value).toEqual(value);
      expect(over.news).toContainEqual(expect.objectContaining({ type: 'state', state }));
    }
  });

  it('that one which fails while it parks is no more', () => {
    const failed = { type: 'segment.failed', id: 'segment-0', failure: failure('connection-lost') };
    const { value, stopped, context } = effectsOf([...running, pause, failed]);
    expect([value, stopped, context.workers]).toEqual([{ pausing: 'saving' }, ['segment-0'], {}]);
    expect(context.failure).toBeNull();
  });

  it('that somebody wants to go on, or not, until it is parked', () => {
    expect(effectsOf([...running, pause]).context.intent).toBe('pause');
    expect(effectsOf([...running, pause, resume]).context.intent).toBe('resume');
    expect(effectsOf([...running, pause, resume, pause]).context.intent).toBe('pause');
    expect(effectsOf([...running, pause, stop]).context.intent).toBe('stop');
  });
});
