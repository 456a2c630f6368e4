/** What the download does with its segments: which it makes, stops and tells what. */
import { describe, expect, it } from 'vitest';
import { createActor, type fromPromise } from 'xstate';
import { openingAllowance } from '../../src/machines/allowance.ts';
import type { Worker } from '../../src/machines/download.context.ts';
import { downloadMachine } from '../../src/machines/download.machine.ts';
import { FailureError } from '../../src/machines/failures.ts';
import { openingTuning } from '../../src/machines/tuning.ts';
import { entity, failure, range, target } from './contexts.ts';
import {
  answer,
  claimed,
  completed,
  done,
  error,
  found,
  nextFill,
  partial,
  prepared,
  running,
} from './download-happenings.ts';
import { effectsOf } from './effects.ts';
import type { Happening } from './world.ts';

const worker = (state: Worker['state'], more: Partial<Worker> = {}): Worker => ({
  ...{ state, attempt: 0, bytesPerSecond: 0 },
  ...more,
});
const halves = [range('segment-0', 0, 50, 20), range('segment-1', 50, 100)];
const both = { 'segment-0': worker('receiving'), 'segment-1': worker('receiving') };
const hedged = { ...both, 'segment-1-hedge': worker('receiving') };
const tick: Happening = { type: 'meter.ticked', at: 20 };
const ended = (id: string, written: number): Happening => ({ ...completed, id, written });
const of = (type: string, id: string, more: object = {}): Happening => ({ type: `segment.${type}`, id, ...more });
const many = { ...openingAllowance, ceiling: 64 };
const gone = failure('http-status', { status: 410 });

describe('when it begins', () => {
  it('each range that is not complete waits for a connection, and gets a segment with it', () => {
    const again = done('probing.asking', { ...answer, open: null });
    expect(effectsOf([partial, again, prepared]).spawned).toContain('segment-1');
    expect(effectsOf([partial, again, prepared]).spawned).not.toContain('segment-0');
    const { context, sent } = effectsOf(running, { minSplit: 20, connections: 2 });
    expect(context.workers).toEqual({ 'segment-0': worker('requesting'), 'segment-1': worker('waiting') });
    expect(sent).toHaveLength(1);
  });

  it('the target is what was prepared, and is not thrown away again', () => {
    const renamed = { ...target, path: '/folder/file (1).bin' };
    expect(effectsOf([claimed, found, done('preparing', renamed)]).context).toMatchObject({
      target: renamed,
      fresh: false,
    });
  });
});

describe('a segment', () => {
  it.each([
    ['asks', of('requested', 'segment-0'), 'requesting'],
    ['is answered', of('responded', 'segment-0', { from: 0, isProved: true, piece: null }), 'receiving'],
    [
      'backs off',
      of('backedOff', 'segment-0', { failure: failure('timeout'), attempt: 1, delayMs: 5, at: 5 }),
      'backingOff',
    ],
  ] as const)('that %s is told of', (_, event, state) => {
    const workers = { 'segment-0': worker(state === 'requesting' ? 'backingOff' : 'requesting') };
    const { context, news } = effectsOf([...running, event], {}, { workers });
    expect(context.workers['segment-0']?.state).toBe(state);
    expect(news).toContainEqual(expect.objectContaining({ type: 'segment', id: 'segment-0', state }));
  });

  it('that has let its connection go waits, and is told of; another one is given to it', () => {
    const free = effectsOf(
      [...running, nextFill, of('released', 'segment-0')],
      {},
      { workers: { 'segment-0': worker('receiving') } },
    );
    expect(free.news).toContainEqual(expect.objectContaining({ id: 'segment-0', state: 'waiting' }));
    expect(free.stopped).toContain('segment-0');
    expect(free.spawned).toContain('segment-0');
    expect(free.sent).toEqual([['segment-0', { type: 'segment.start', exchangeId: null }]]);
  });

  it('that waits is no actor: nothing is told by it', () => {
    const event = of('requested', 'segment-1');
    const { context } = effectsOf([...running, event], { minSplit: 20, connections: 2 });
    expect(context.workers['segment-1']?.state).toBe('waiting');
  });

  it('that nobody knows is not told of', () => {
    expect(effectsOf([...running, of('requested', 'segment-9')]).news).toEqual([]);
  });

  it('that begins at the first byte again has lost what it had', () => {
    const plan = [range('segment-0', 0, 100, 60)];
    expect(effectsOf([...running, of('rewound', 'segment-0')], {}, { plan }).context.plan).toEqual([
      range('segment-0', 0, 100),
    ]);
  });

  it('takes the half of a range that another one leaves, and is made for that', () => {
    const options = { minSplit: 20, connections: 2 };
    const parts = { plan: [range('segment-0', 0, 100)], workers: { 'segment-0': worker('receiving') } };
    const surveyed = {
      type: 'transfers.surveyed',
      transfers: [{ id: 'segment-0', written: 2, bytesPerSecond: 5, burstBytes: 0 }],
    };
    const { sent, spawned, inputs, context } = effectsOf(
      [...running, { type: 'host.shared', connections: 9 }, surveyed],
      options,
      {
        ...parts,
        allowance: many,
      },
    );
    const end = context.plan[0]?.end;
    expect(spawned).toEqual(['segment-1']);
    expect(inputs.segment).toMatchObject({ id: 'segment-1', start: end, end: 100, entity });
    expect(sent).toEqual([
      ['segment-0', { type: 'segment.truncate', end }],
      ['segment-1', { type: 'segment.start', exchangeId: null }],
    ]);
  });
});

describe('fewer connections', () => {
  const parts = { plan: halves, workers: both, allowance: many };
  const release = [['segment-1', { type: 'segment.release' }]];

  it.each([
    ['by the user', { type: 'download.setConnections', connections: 1 }],
    ['by the share of the host', { type: 'host.shared', connections: 1 }],
    ['by a rate limit', { type: 'download.setRateLimit', bytesPerSecond: 1 }],
  ] as const)('%s let one go', (_, event) => {
    expect(effectsOf([...running, event], { connections: 2 }, parts).sent).toEqual(release);
  });

  it('after a push-back let one go that is served no better', () => {
    const pushed = of('backedOff', 'segment-1', {
      ...{ failure: failure('http-status', { pushBack: true }), attempt: 1, delayMs: 5, at: 5 },
    });
    const { sent } = effectsOf([...running, pushed], { connections: 2 }, parts);
    expect(sent).toEqual(release);
  });

  it('are none where no more are busy than may be', () => {
    expect(effectsOf([...running, { type: 'host.shared', connections: 2 }], { connections: 2 }, parts).sent).toEqual(
      [],
    );
  });
});

describe('one that has let its connection go', () => {
  const parts = { plan: halves, workers: both, allowance: many };
  const released = of('released', 'segment-1', { written: 70 });

  it('leaves what has landed: nobody fetches it again', () => {
    const { context, stopped, spawned } = effectsOf([...running, released], { connections: 1, minSplit: 90 }, parts);
    expect(context.plan).toEqual([halves[0], { ...halves[1], written: 70 }]);
    expect([context.workers['segment-1']?.state, stopped, spawned]).toEqual(['waiting', ['segment-1'], []]);
  });

  it('leaves it as well where it was a second try', () => {
    const hedge = of('released', 'segment-1-hedge', { written: 70 });
    const { context, stopped } = effectsOf([...running, hedge], { minSplit: 90 }, { ...parts, workers: hedged });
    expect(context.plan[1]?.written).toBe(70);
    expect(stopped).toEqual(['segment-1-hedge']);
    expect(Object.keys(context.workers)).toEqual(['segment-0', 'segment-1']);
  });
});

describe('one of two that fetch the same, in a pause', () => {
  it('ends the other one as well', () => {
    const paused: Happening[] = [...running, { type: 'download.pause' }];
    const { stopped, context } = effectsOf([...paused, ended('segment-1', 100)], {}, { plan: halves, workers: hedged });
    expect(stopped).toEqual(['segment-1-hedge', 'segment-1']);
    expect(Object.keys(context.workers)).toEqual(['segment-0']);
  });
});

describe('one that is far behind', () => {
  const slow = worker('receiving', { bytesPerSecond: 1, slow: { from: -999, to: 0 } });
  const fast = worker('receiving', { bytesPerSecond: 1_000 });
  const plan = [0, 1, 2].map((at) => range(`segment-${at}`, at * 30_000, (at + 1) * 30_000));
  const workers = { 'segment-0': slow, 'segment-1': fast, 'segment-2': fast };
  const parts = { plan, workers, entity: { ...entity, size: 90_000 }, usual: 1_000 };
  const options = { connections: 3, minSplit: 90_000 };

  it('is given another connection, and that is counted', () => {
    const { sent, context } = effectsOf([...running, tick], options, parts);
    expect(sent).toEqual([['segment-0', { type: 'segment.release' }]]);
    expect(context.workers['segment-0']).toMatchObject({ slow: null, replaced: 1 });
  });

  it('keeps its own where none is', () => {
    const even = { ...workers, 'segment-0': fast };
    const { sent, context } = effectsOf([...running, tick], options, { ...parts, workers: even });
    expect(sent).toEqual([]);
    expect(context.workers['segment-0']).not.toHaveProperty('replaced');
  });
});

describe('a second try', () => {
  it.each([
    ['fails', of('failed', 'segment-1-hedge', { failure: failure('changed') })],
    ['backs off', of('backedOff', 'segment-1-hedge', { failure: failure('timeout'), attempt: 1, delayMs: 5, at: 5 })],
    ['lets go', of('released', 'segment-1-hedge')],
  ])('that %s is dropped, and the first one goes on', (_, event) => {
    const { stopped, news, context, value } = effectsOf([...running, event], {}, { plan: halves, workers: hedged });
    expect(stopped).toEqual(['segment-1-hedge']);
    expect(news).toEqual([]);
    expect(context.workers).toEqual(both);
    expect(value).toHaveProperty('downloading');
  });

  it.each(['segment-1', 'segment-1-hedge'])('is over when %s has all', (id) => {
    const other = id === 'segment-1' ? 'segment-1-hedge' : 'segment-1';
    const parts = { plan: halves, workers: hedged };
    const { stopped, news, context } = effectsOf([...running, ended(id, 100)], { connections: 2, minSplit: 90 }, parts);
    expect(stopped).toEqual([other, id]);
    expect(context.workers).toEqual({ 'segment-0': worker('receiving') });
    expect(news).toEqual([expect.objectContaining({ type: 'segment', id: 'segment-1', state: 'done', written: 100 })]);
  });

  it('that was never made is not stopped', () => {
    const parts = { plan: halves, workers: both };
    expect(effectsOf([...running, ended('segment-1', 100)], { minSplit: 90 }, parts).stopped).toEqual(['segment-1']);
  });

  it.each([
    ['an answer', of('responded', 'segment-0', { from: 0, isProved: false, piece: null })],
    ['a look', tick],
  ])('is dropped at %s where nothing proves any more that both bring the same version', (_, event) => {
    const parts = { plan: halves, workers: { ...hedged, 'segment-0-hedge': worker('receiving') }, seams: [7] };
    const { stopped, context } = effectsOf([...running, event], { connections: 4, minSplit: 90 }, parts);
    expect(stopped).toEqual(['segment-1-hedge', 'segment-0-hedge']);
    expect(Object.keys(context.workers)).toEqual(['segment-0', 'segment-1']);
  });

  it('stays while both bring the same', () => {
    const parts = { plan: halves, workers: hedged };
    const { stopped, context } = effectsOf([...running, tick], { connections: 4, minSplit: 90 }, parts);
    expect(stopped).toEqual([]);
    expect(Object.keys(context.workers)).toEqual(Object.keys(hedged));
  });
});

describe('when more connections have gained nothing, since this process is the bottleneck', () => {
  const plan = Array.from({ length: 16 }, (_, at) => range(`segment-${at}`, at * 5, at * 5 + 5));
  const workers = Object.fromEntries(plan.map(({ id }, at) => [id, worker(at % 2 === 0 ? 'receiving' : 'waiting')]));
  const window = { at: 0, bytes: 0, activeMs: 0 };
  const before = { connections: 4, bytesPerSecond: 300_000_000 };
  const measured: Happening = { type: 'traffic.measured', at: 100, bytes: 30_000_000, activeMs: 95 };

  it('those at work go on through what waits behind them', () => {
    const tuning = { ...openingTuning, ceiling: 8, before, window };
    const { sent, context } = effectsOf([...running, measured], { connections: 'auto' }, { plan, workers, tuning });
    const hosts = plan.filter((_, at) => at % 2 === 0);
    expect(sent).toEqual(hosts.map(({ id, start }) => [id, { type: 'segment.extend', end: start + 10 }]));
    expect(context.plan).toEqual(hosts.map((host) => ({ ...host, end: host.start + 10 })));
    expect(Object.keys(context.workers)).toEqual(hosts.map(({ id }) => id));
    expect(context.tuning).toMatchObject({ ceiling: 4, wasBusy: true });
  });
});

describe('one that is refused while another is served', () => {
  const plan = [range('segment-0', 0, 40, 20), range('segment-1', 40, 70), range('segment-2', 70, 100)];
  const workers = {
    'segment-0': worker('receiving'),
    'segment-1': worker('requesting'),
    'segment-2': worker('waiting'),
  };

  it('gives its range, and what waits behind it, to that one', () => {
    const refused = of('failed', 'segment-1', { failure: gone });
    const { stopped, sent, news, context } = effectsOf([...running, refused], {}, { plan, workers });
    expect(stopped).toEqual(['segment-1', 'segment-2']);
    expect(sent).toEqual([['segment-0', { type: 'segment.extend', end: 100 }]]);
    expect(news).toEqual([expect.objectContaining({ type: 'warning', code: 'single-connection' })]);
    expect(context).toMatchObject({ isAlone: true, plan: [range('segment-0', 0, 100, 20)] });
    expect(Object.keys(context.workers)).toEqual(['segment-0']);
  });

  it('waits where that one cannot go on through it', () => {
    const refused = of('failed', 'segment-0', { failure: gone });
    const turned = { ...workers, 'segment-0': worker('requesting'), 'segment-1': worker('receiving') };
    const { stopped, sent, context } = effectsOf([...running, refused], {}, { plan, workers: turned });
    expect([stopped, sent]).toEqual([['segment-0'], []]);
    expect(Object.keys(context.workers)).toEqual(['segment-1', 'segment-2']);
  });

  it('ends the download where nobody else is served', () => {
    const refused = of('failed', 'segment-1', { failure: gone });
    const alone = { ...workers, 'segment-0': worker('requesting') };
    const { value, context } = effectsOf([...running, refused], {}, { plan, workers: alone });
    expect(value).toEqual({ pausing: 'draining' });
    expect(context).toMatchObject({ intent: 'fail', failure: gone });
  });
});

describe('when all is there', () => {
  it('those that have nothing to do are stopped', () => {
    const plan = [range('segment-0', 0, 50, 50), range('segment-1', 50, 100, 60)];
    const workers = { 'segment-1': worker('receiving'), 'segment-7': worker('waiting') };
    const open = { exchangeId: 'x', offset: 0 };
    const { stopped, context } = effectsOf([...running, ended('segment-1', 100)], {}, { plan, workers, open });
    expect(stopped).toContain('segment-7');
    expect(context).toMatchObject({ workers: {}, open: null });
  });

  it('the mean speed is told', () => {
    const verified = done('merging.verifying', { digests: {}, verified: [], isMissing: false, damaged: [] });
    const later = [
      { type: 'meter.ticked', at: 0 },
      { type: 'meter.ticked', at: 1_000 },
    ];
    const { news } = effectsOf([...running, ...later, completed, verified, done('merging.publishing', '/a')]);
    expect(news).toContainEqual(expect.objectContaining({ type: 'done', meanBytesPerSecond: expect.any(Number) }));
  });

  it('a comparison that finds another file asks, or begins anew, as the user said', () => {
    const changed = error('merging.verifying', new FailureError(failure('changed', { reason: 'r' })));
    for (const [ifChanged, intent] of [
      ['restart', 'restart'],
      ['ask', 'ask'],
      ['fail', 'fail'],
    ] as const)
      expect(effectsOf([...running, completed, changed], { ifChanged })).toMatchObject({
        value: { pausing: 'saving' },
        context: { intent },
      });
  });

  it('a comparison that is not answered ends it at last, and says how often it was tried', () => {
    const unanswered = error('merging.verifying', new FailureError(failure('timeout')));
    const probe = { attempt: 5, delayMs: 9, message: '' };
    expect(effectsOf([...running, completed, unanswered], { retries: 5 }, { probe }).context.failure?.message).toBe(
      'it failed: timeout multidown gave up after 6 attempts in a row.',
    );
  });

  it('a comparison that finds no ranges any more begins anew over one connection', () => {
    const without = error('merging.verifying', new FailureError(failure('protocol', { withoutRanges: true })));
    expect(effectsOf([...running, completed, without])).toMatchObject({
      value: { pausing: 'saving' },
      context: { intent: 'restart', obstacle: { kind: 'ranges-withdrawn' } },
    });
  });
});

describe('where the count is left open', () => {
  const auto = { connections: 'auto' } as const;
  const tuningOf = ({ value }: ReturnType<typeof effectsOf>) =>
    (value as { downloading?: { tuning?: unknown } }).downloading?.tuning;

  it('it is measured, until it is known; else it stays', () => {
    expect(tuningOf(effectsOf(running, auto))).toBe('measuring');
    expect(effectsOf(running, auto).inputs).toHaveProperty('measureTraffic');
    expect(tuningOf(effectsOf(running, { connections: 2 }))).toBe('fixed');
    const traffic: Happening = { type: 'traffic.measured', at: 20, bytes: 10, activeMs: 5 };
    const workers = { 'segment-0': worker('receiving') };
    const measuring = effectsOf([...running, traffic], auto, { workers, allowance: many });
    expect(measuring.context.tuning.ceiling).toBe(4);
    expect(tuningOf(measuring)).toBe('measuring');
    const fixed = effectsOf([...running, traffic], { connections: 2 }, { workers, allowance: many });
    expect(fixed.context.tuning).toEqual(openingTuning);
  });

  it('it is decided anew when the user says how many, or how fast', () => {
    const asked: Happening = { type: 'download.setConnections', connections: 2 };
    expect(tuningOf(effectsOf([...running, asked], auto))).toBe('fixed');
    expect(tuningOf(effectsOf([...running, { ...asked, connections: 'auto' }], { connections: 2 }))).toBe('measuring');
    const limited: Happening = { type: 'download.setRateLimit', bytesPerSecond: 5 };
    const again = effectsOf([...running, limited], auto, { tuning: { ...openingTuning, restMs: 7_000 } });
    expect([tuningOf(again), again.context.tuning.restMs]).toEqual(['measuring', null]);
    expect(again.inputs).toHaveProperty('measureTraffic');
  });

  it('it is measured again after a rest', () => {
    const tuning = { ...openingTuning, restMs: 7_000 };
    const shared: Happening = { type: 'host.shared', connections: 9 };
    const rested = effectsOf([...running, shared], auto, { tuning });
    expect(tuningOf(rested)).toBe('resting');
    const over: Happening = { type: 'xstate.after.tuningRest.download.downloading.tuning.resting' };
    const idle = [0, 300].map((at): Happening => ({ type: 'traffic.measured', at, bytes: 0, activeMs: 0 }));
    // One connection is all that the host has left, and it brings nothing.
    const asked = of('responded', 'segment-0', { from: 0, isProved: true, piece: null });
    const waiting = [...running, asked, { type: 'host.shared', connections: 1 }, ...idle];
    expect(tuningOf(effectsOf(waiting, auto))).toBe('resting');
    expect(effectsOf(waiting, auto)).toMatchObject({ waits: [500], context: { tuning: { restMs: 500 } } });
    const again = effectsOf([...waiting, over], auto);
    expect([tuningOf(again), again.context.tuning.restMs]).toEqual(['measuring', null]);
  });
});

describe('what nobody provided', () => {
  const { actors, actions } = downloadMachine.implementations as unknown as {
    readonly actors: Readonly<Record<string, ReturnType<typeof fromPromise>>>;
    readonly actions: Readonly<Record<string, (...given: unknown[]) => void>>;
  };
  const { segment: _made, ...stubs } = actors;

  it.each(Object.entries(stubs))('is named: the actor %s', (name, logic) => {
    const told = Promise.withResolvers<unknown>();
    const actor = createActor(logic);
    actor.subscribe({ error: told.resolve });
    actor.start();
    return expect(told.promise).resolves.toMatchObject({ message: expect.stringContaining(`"${name}"`) });
  });

  it('is named: the action applyRateLimit', () => {
    expect(() => actions.applyRateLimit?.({}, {})).toThrow('"applyRateLimit" was not provided');
  });
});
