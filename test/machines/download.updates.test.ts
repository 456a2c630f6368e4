import { describe, expect, it } from 'vitest';
import { withoutWorker } from '../../src/machines/download.connections.ts';
import {
  checkpointOf,
  type DownloadContext,
  parkContext,
  restoreContext,
} from '../../src/machines/download.context.ts';
import type { ProbeSourceOutput } from '../../src/machines/download.io.ts';
import {
  adoptClaim,
  adoptProbe,
  changeWorker,
  noteBackOff,
  noteCompleted,
  noteDamage,
  noteFailedProbe,
  noteParked,
  noteProgress,
  noteResponse,
  noteSurvey,
  noteTime,
  setConnections,
  startAnew,
} from '../../src/machines/download.updates.ts';
import type { DownloadOptions } from '../../src/machines/options.ts';
import { startMeter } from '../../src/machines/speed.ts';
import { contextWith, entity, failure, range, single, source, taken, target } from './contexts.ts';

const receiving = { state: 'receiving', attempt: 0, bytesPerSecond: 0 } as const;
const found = (of: typeof entity): ProbeSourceOutput => ({
  kind: 'found',
  entity: of,
  source,
  suggestedName: 'file.bin',
  open: { exchangeId: 'x', offset: 0 },
  digests: [],
  warnings: [],
});
const half = [range('segment-0', 0, 100, 40, 30)];

describe('noteSurvey', () => {
  const plan = [range('segment-0', 0, 50, 10), range('segment-1', 50, 100, 60), range('segment-2', 100, null, 100)];
  const after = (id: string, written: number) =>
    noteSurvey(contextWith({ plan }), {
      transfers: [{ id, written, bytesPerSecond: 1, burstBytes: 0, unansweredMs: 0, silentMs: 0 }],
    }).plan?.map((one) => one.written);

  it.each([
    ['where a transfer is', 'segment-0', 20, [20, 60, 100]],
    ['where a second try is', 'segment-1-hedge', 70, [10, 70, 100]],
    ['no step back', 'segment-0', 5, [10, 60, 100]],
    ['all but the last byte: the segment tells when its range is done', 'segment-0', 50, [49, 60, 100]],
    ['what has no known end', 'segment-2', 500, [10, 60, 500]],
    ['nothing of ranges that are no more', 'segment-9', 70, [10, 60, 100]],
  ])('takes in %s', (_, id, written, expected) => {
    expect(after(id, written)).toEqual(expected);
  });
});

describe('adoptClaim', () => {
  const at = 7;
  it('keeps the time when there is no name yet', () => {
    expect(adoptClaim(contextWith(), { claim: { kind: 'unnamed', directory: '/folder' }, at })).toEqual({
      startedAt: 7,
    });
  });

  it('takes the target', () => {
    expect(adoptClaim(contextWith(), { claim: { kind: 'fresh', target }, at })).toMatchObject({
      target,
      startedAt: 7,
      fresh: true,
    });
  });

  it('takes what is of another address for an obstacle', () => {
    const claim = { kind: 'foreign', target, url: 'http://other.test/', keptBytes: 7 } as const;
    expect(adoptClaim(contextWith(), { claim, at })).toMatchObject({
      target,
      obstacle: { kind: 'partial-exists', keptBytes: 7, url: 'http://other.test/' },
    });
  });

  it('takes what a former run has published for the end', () => {
    expect(adoptClaim(contextWith(), { claim: { kind: 'published', target: taken }, at })).toMatchObject({
      target: taken,
      obstacle: { kind: 'published' },
    });
  });

  it('takes data that is lost for an obstacle', () => {
    const change = adoptClaim(contextWith(), { claim: { kind: 'fresh', target, isLost: true }, at });
    expect(change).toMatchObject({ target, obstacle: { kind: 'data-lost' } });
  });

  it('remembers that a partial is a copy, until that has been looked into', () => {
    const checkpoint = { url: 'u', entity, plan: half, startedAt: 3, activeMs: 500 };
    const change = adoptClaim(contextWith(), { claim: { kind: 'partial', target, checkpoint, isCopy: true }, at });
    expect(change.isCopy).toBe(true);
    const context = contextWith({ entity, plan: half, isCopy: true });
    expect(adoptProbe(context, found(entity)).isCopy).toBe(false);
    expect(startAnew(context).isCopy).toBe(false);
  });

  it('goes on from a partial, and asks the source again', () => {
    const checkpoint = { url: 'u', entity, plan: half, startedAt: 3, activeMs: 500 };
    const change = adoptClaim(contextWith({ source }), { claim: { kind: 'partial', target, checkpoint }, at });
    expect(change).toMatchObject({ source: null, entity, plan: half, startedAt: 3, fresh: false, resumedBytes: 40 });
    expect(change.meter?.activeMs).toBe(500);
  });
});

describe('a checkpoint', () => {
  const context = contextWith({ entity, plan: half, startedAt: 3, meter: startMeter(500.4), source });

  it('is of what is known, without secrets or workers', () => {
    expect(checkpointOf(context)).toEqual({ url: context.url, entity, plan: half, startedAt: 3, activeMs: 500 });
    const pieces = [{ algorithm: 'sha256', hex: 'ab', start: 0, end: 40 }] as const;
    expect(checkpointOf({ ...context, pieces })).toMatchObject({ pieces });
    expect(checkpointOf(contextWith())).toBeNull();
    expect(checkpointOf({ ...context, entity: single })).toBeNull();
  });

  it('gives back what was parked, as plain JSON', () => {
    const checkpoint = checkpointOf(context);
    expect(JSON.parse(JSON.stringify(checkpoint))).toEqual(checkpoint);
    if (!checkpoint) throw new Error('a checkpoint is missing');
    const restored = restoreContext(contextWith(), checkpoint);
    expect(checkpointOf(restored)).toEqual(checkpoint);
  });

  it('joins what is complete when it is read', () => {
    const plan = [range('segment-0', 0, 20, 20, 20), range('segment-1', 20, 60, 60, 50), range('segment-2', 60, 100)];
    const alone = contextWith({}, { connections: 1 });
    const restored = restoreContext(alone, { url: 'u', entity, plan, startedAt: 1, activeMs: 0 });
    expect(restored.plan).toEqual([range('segment-0', 0, 60, 60, 50), range('segment-2', 60, 100)]);
  });

  it('gives nothing back where the server sends whole files only', () => {
    const checkpoint = { url: 'u', entity: single, plan: half, startedAt: 1, activeMs: 700 };
    const restored = restoreContext(contextWith({ startedAt: 9 }), checkpoint);
    expect(restored).toMatchObject({ entity: null, plan: [], fresh: true, resumedBytes: 0, startedAt: 9 });
    // The time went with the bytes.
    expect(restored.meter.activeMs).toBe(0);
  });

  it('is parked without anything that runs', () => {
    const busy = { ...context, workers: { 'segment-0': receiving }, open: { exchangeId: 'x', offset: 0 } };
    expect(parkContext(busy)).toMatchObject({
      workers: {},
      open: null,
      source: null,
      question: null,
      plan: half,
      entity,
    });
  });
});

describe('adoptProbe', () => {
  it.each([
    [
      'a first answer makes the plan',
      {},
      found(entity),
      {
        entity,
        // Parted for all four connections to come.
        plan: [
          range('segment-0', 0, 25),
          range('segment-2', 25, 50),
          range('segment-1', 50, 75),
          range('segment-3', 75, 100),
        ],
        fresh: true,
        open: { exchangeId: 'x' },
      },
    ],
    [
      'a later one goes on',
      { entity, plan: half, fresh: false },
      found({ ...entity, etag: null }),
      { source, open: { exchangeId: 'x' } },
    ],
    [
      'a whole file begins anew',
      { entity, plan: half, fresh: false, resumedBytes: 40 },
      found(single),
      { entity: single, plan: [range('segment-0', 0, 100)], fresh: true, resumedBytes: 0 },
    ],
    ['an empty file has no ranges', {}, found({ ...single, size: 0 }), { plan: [] }],
    [
      'a change is an obstacle',
      { entity, plan: half },
      { kind: 'changed', reason: 'r' },
      { obstacle: { kind: 'changed', reason: 'r' } },
    ],
    ['lost data is an obstacle', { entity, plan: half }, { kind: 'data-lost' }, { obstacle: { kind: 'data-lost' } }],
    [
      'a failure is kept',
      {},
      { kind: 'failed', failure: failure('timeout'), jitter: 0 },
      { failure: { code: 'timeout' } },
    ],
    [
      'a failure after others says how many',
      { probe: { attempt: 5, delayMs: 9, message: '' } },
      { kind: 'failed', failure: failure('timeout'), jitter: 0 },
      { failure: { message: 'it failed: timeout multidown gave up after 6 attempts in a row.' } },
    ],
  ] as const)('%s', (_, parts, output, change) => {
    expect(adoptProbe(contextWith(parts, { minSplit: 10 }), output)).toMatchObject(change);
  });

  it('keeps the entity of the first answer as the measure', () => {
    const change = adoptProbe(contextWith({ entity, plan: half }), found({ ...entity, etag: null }));
    expect(change).not.toHaveProperty('entity');
    expect(change).not.toHaveProperty('plan');
  });

  it('holds the file against the digests that the first answer promised, or the first that promised any', () => {
    const [first, second] = ['aa', 'bb'].map((hex) => ({ algorithm: 'sha256', hex }) as const);
    if (!first || !second) throw new Error('a digest is missing');
    const answer = (...digests: (typeof first)[]) => ({ ...found(entity), digests }) as ProbeSourceOutput;
    const promisedBy = (before: readonly (typeof first)[], ...digests: (typeof first)[]) =>
      adoptProbe(contextWith({ entity, plan: half, promised: before }), answer(...digests)).promised;
    expect(promisedBy([], first)).toEqual([first]);
    expect(promisedBy([first], second)).toEqual([first]);
    expect(promisedBy([first])).toEqual([first]);
  });

  it('knows nothing of a former file when it begins anew', () => {
    const [old, now] = ['aa', 'bb'].map((hex) => ({ algorithm: 'sha256', hex }) as const);
    const piece = { start: 0, end: 50, algorithm: 'sha256', hex: 'ab' } as const;
    if (!old || !now) throw new Error('a digest is missing');
    const context = contextWith({ entity, plan: half, promised: [old], pieces: [piece], seams: [7], repairs: 2 });
    const whole = { ...found(single), digests: [now] } as ProbeSourceOutput;
    expect(adoptProbe(context, whole)).toMatchObject({ promised: [now], pieces: [], seams: null });
    expect(startAnew(context)).toMatchObject({ promised: [], pieces: [], seams: null, repairs: 0, question: null });
  });

  it('counts nothing where the probe has not failed', () => {
    expect(noteFailedProbe(contextWith(), found(entity))).toEqual({});
  });

  it('counts failures in a row, and forgets them after an answer', () => {
    const output = { kind: 'failed', failure: failure('timeout'), jitter: 0 } as const;
    expect(noteFailedProbe(contextWith({ probe: { attempt: 2, delayMs: 9, message: '' } }), output)).toEqual({
      probe: { attempt: 3, delayMs: 1_000, message: 'it failed: timeout' },
    });
    expect(noteFailedProbe(contextWith({}, { retries: 0 }), output)).toMatchObject({
      probe: { attempt: 1, delayMs: 0 },
    });
    expect(
      adoptProbe(contextWith({ probe: { attempt: 2, delayMs: 9, message: '' } }), found(entity)).probe?.attempt,
    ).toBe(0);
  });

  it('forgets all that the partial was, and counts how often', () => {
    const context = contextWith({ entity, plan: half, source, fresh: false, restarts: 1 });
    expect({ ...context, ...startAnew(context) }).toMatchObject({
      entity: null,
      plan: [],
      source: null,
      obstacle: null,
      open: null,
      fresh: true,
      restarts: 2,
    });
  });
});

describe('news of segments', () => {
  const workers = {
    'segment-0': { state: 'requesting', attempt: 1, bytesPerSecond: 0 },
    'segment-1': receiving,
  } as const;
  const plan = [range('segment-0', 0, 50), range('segment-1', 50, 100)];
  const context = contextWith({ entity, plan, workers });

  it('an answer: it receives, and more connections are allowed', () => {
    const change = noteResponse(context, {
      type: 'segment.responded',
      id: 'segment-0',
      from: 0,
      isProved: true,
      piece: null,
    });
    expect(change.workers?.['segment-0']?.state).toBe('receiving');
    expect(change.allowance?.ceiling).toBeGreaterThan(context.allowance.ceiling);
  });

  it('an answer: the first few connections are opened without a measurement, where their count was left open', () => {
    const news = { type: 'segment.responded', id: 'segment-0', from: 0, isProved: true, piece: null } as const;
    const alone = { 'segment-0': { ...receiving, state: 'requesting' } } as const;
    const ceilingOf = (options: Partial<DownloadOptions>, others: DownloadContext['workers'] = {}) =>
      noteResponse(contextWith({ entity, plan, workers: { ...alone, ...others } }, options), news).tuning?.ceiling;
    expect(ceilingOf({ connections: 'auto' })).toBe(4);
    expect(ceilingOf({ connections: 'auto' }, { 'segment-1': { ...receiving, state: 'requesting' } })).toBe(1);
    expect(ceilingOf({ connections: 'auto', rateLimit: 1_000 })).toBe(1);
    expect(ceilingOf({ connections: 4 })).toBe(1);
  });

  it('an answer: what it says of its bytes is kept, once', () => {
    const piece = { start: 0, end: 50, algorithm: 'sha256', hex: 'ab' } as const;
    const news = { type: 'segment.responded', id: 'segment-0', from: 0, isProved: true, piece } as const;
    const { pieces = [] } = noteResponse(context, news);
    expect(pieces).toEqual([piece]);
    expect(noteResponse({ ...context, pieces }, news).pieces).toEqual([piece]);
    const other = { ...news, piece: { ...piece, hex: 'cd' } };
    expect(noteResponse({ ...context, pieces }, other).pieces).toHaveLength(2);
  });

  it('an answer that proves itself leaves no seam; one that does not, does, and so does each after it', () => {
    const answer = (from: number, isProved: boolean) =>
      ({ type: 'segment.responded', id: 'segment-0', from, isProved, piece: null }) as const;
    expect(noteResponse(context, answer(10, true)).seams).toBeNull();
    expect(noteResponse(context, answer(10, false)).seams).toEqual([10]);
    expect(noteResponse({ ...context, seams: [10] }, answer(20, true)).seams).toEqual([10, 20]);
    expect(noteResponse({ ...context, seams: [10] }, answer(10, false)).seams).toEqual([10]);
  });

  it('a resume that only samples speak for begins with a seam to come; one that is proved does not', () => {
    expect(adoptProbe(context, found(entity)).seams).toBeUndefined();
    expect(adoptProbe(context, found({ ...entity, etag: null })).seams).toEqual([]);
    expect(adoptProbe({ ...context, seams: [7] }, found({ ...entity, etag: null })).seams).toEqual([7]);
    expect(adoptProbe({ ...context, seams: [7] }, found(single)).seams).toBeNull();
    expect(startAnew({ ...context, seams: [7] }).seams).toBeNull();
  });

  it('a checkpoint keeps the seams, and all ranges where there are any', () => {
    const complete = [range('segment-0', 0, 50, 50, 50), range('segment-1', 50, 100, 100, 100)];
    const taken = checkpointOf({ ...context, plan: complete, seams: [30] });
    expect(taken?.seams).toEqual([30]);
    const restored = taken && restoreContext(context, taken);
    expect([restored?.seams, restored?.plan.length]).toEqual([[30], 2]);
    const proved = checkpointOf({ ...context, plan: complete });
    expect(proved).not.toHaveProperty('seams');
    expect(proved && restoreContext(context, proved)).toMatchObject({ seams: null, plan: { length: 1 } });
    // Of a server without validators nothing was ever proved, whatever an older note says.
    const bare = checkpointOf({ ...context, entity: { ...entity, etag: null }, plan: complete });
    expect(bare && restoreContext(context, bare)).toMatchObject({ seams: [], plan: { length: 2 } });
  });

  it('damage: it is missing again, and counted', () => {
    const done = contextWith({ entity, plan: [range('segment-0', 0, 100, 100, 100)] });
    expect(noteDamage(done, { damaged: [{ start: 20, end: 30 }] })).toEqual({
      plan: [
        range('segment-0', 0, 20, 20, 20),
        range('segment-1', 20, 30, 20, 20),
        range('segment-2', 30, 100, 100, 100),
      ],
      repairs: 1,
    });
  });

  it('progress: the plan moves, and the failures are forgotten when bytes flow', () => {
    const news = { type: 'segment.advanced', id: 'segment-0', written: 30, bytesPerSecond: 9 } as const;
    expect(noteProgress(context, news)).toMatchObject({
      plan: [{ written: 30 }, { written: 50 }],
      workers: { 'segment-0': { attempt: 0, bytesPerSecond: 9 } },
    });
    expect(noteProgress(context, { ...news, bytesPerSecond: 0 }).workers?.['segment-0']?.attempt).toBe(1);
  });

  it('a back-off: with push-back the ceiling comes down, without it does not', () => {
    const news = { type: 'segment.backedOff', id: 'segment-0', attempt: 2, delayMs: 500, at: 1_000 } as const;
    const lost = noteBackOff(context, { ...news, failure: failure('connection-lost') });
    expect(lost.workers?.['segment-0']).toEqual({ state: 'backingOff', attempt: 2, bytesPerSecond: 0 });
    expect(lost.allowance).toBeUndefined();
    const pushed = noteBackOff(context, {
      ...news,
      failure: failure('http-status', { pushBack: true, retryAfterMs: 9_000 }),
    });
    expect(pushed.allowance).toMatchObject({ ceiling: 1, growAt: 10_000 });
  });

  it('completion: the worker goes, the bytes are counted', () => {
    const change = noteCompleted(context, { type: 'segment.completed', id: 'segment-0', written: 70, at: 1_000 });
    expect(change.plan?.[0]).toEqual(range('segment-0', 0, 50, 50));
    expect(Object.keys(change.workers ?? {})).toEqual(['segment-1']);
    expect(change.entity).toBe(entity);
    expect(change.meter?.samples.at(-1)).toEqual({ at: 1_000, bytes: 50 });
  });

  it('completion of an unknown length tells the size', () => {
    const open = contextWith({ entity: { ...single, size: null }, plan: [range('segment-0', 0, null, 20)] });
    const change = noteCompleted(open, { type: 'segment.completed', id: 'segment-0', written: 70, at: 1_000 });
    expect(change.entity?.size).toBe(70);
    expect(change.plan).toEqual([range('segment-0', 0, 70, 70)]);
  });

  it('completion of a range before one of unknown length tells no size, and none is told where no file is known', () => {
    const plan = [range('segment-0', 0, 50), range('segment-1', 50, null)];
    const open = contextWith({ entity: { ...entity, size: null }, plan });
    const news = { type: 'segment.completed', id: 'segment-0', written: 50, at: 1 } as const;
    expect(noteCompleted(open, news)).toMatchObject({
      entity: { size: null },
      plan: [range('segment-0', 0, 50, 50), range('segment-1', 50, null)],
    });
    expect(noteCompleted({ ...open, entity: null }, { ...news, id: 'segment-1', written: 90 })).toMatchObject({
      entity: null,
      plan: [range('segment-0', 0, 50), range('segment-1', 50, 90, 90)],
    });
  });

  it('a parked one leaves its last offset', () => {
    const change = noteParked(context, { type: 'segment.parked', id: 'segment-1', written: 80 });
    expect(change.plan?.[1]?.written).toBe(80);
    expect(Object.keys(change.workers ?? {})).toEqual(['segment-0']);
  });

  it('of a segment that is not there changes nothing', () => {
    expect(changeWorker(context, 'segment-9', { state: 'receiving' })).toBe(workers);
    expect(withoutWorker(context, 'segment-9')).toEqual(workers);
  });

  it('time: a measure, and a slow step up after push-back', () => {
    const change = noteTime({ ...context, allowance: { ceiling: 1, growAt: 500, pace: 2_000 } }, { at: 1_000 });
    expect(change.allowance).toEqual({ ceiling: 2, growAt: 3_000, pace: 2_000 });
    expect(change.meter?.samples).toEqual([{ at: 1_000, bytes: 0 }]);
  });
});

describe('setConnections', () => {
  it.each([
    [8, 8],
    [0, 1],
    [-5, 1],
    [64, 64],
    [65, 64],
    [2.9, 2],
    [Number.NaN, 1],
    [Number.POSITIVE_INFINITY, 64],
  ])('%d gives %d', (wanted, connections) => {
    expect(setConnections(contextWith(), { connections: wanted }).options?.connections).toBe(connections);
  });
});
