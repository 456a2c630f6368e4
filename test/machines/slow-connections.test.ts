/** Second tries, stuck segments and what is guessed of a connection that is yet to be opened. */
import { describe, expect, it } from 'vitest';
import { connectionLimit, giveConnections, surplus } from '../../src/machines/download.connections.ts';
import {
  type DownloadContext,
  initialContext,
  restoreContext,
  type Worker,
} from '../../src/machines/download.context.ts';
import { figuresOf } from '../../src/machines/download.figures.ts';
import {
  noteBackOff,
  noteCompleted,
  noteProgress,
  noteTraffic,
  setConnections,
} from '../../src/machines/download.updates.ts';
import type { SegmentStateName } from '../../src/machines/events.ts';
import { measure, startMeter } from '../../src/machines/speed.ts';
import { AUTO_MOST, openingTuning } from '../../src/machines/tuning.ts';
import { contextWith, entity, failure, input, range, source } from './contexts.ts';

const worker = (state: SegmentStateName, more: Partial<Worker> = {}): Worker => ({
  state,
  attempt: 0,
  bytesPerSecond: 0,
  ...more,
});
const many = { ceiling: 64, growAt: null, pace: 2_000 };
const tuned = (ceiling: number) => ({ ...openingTuning, ceiling });
const big = { ...entity, size: 1_000 };
/** One range of which nothing can be parted, at 1 byte a second where 100 are usual. */
const crawling = (of: Partial<Worker>, parts: Partial<DownloadContext> = {}) =>
  contextWith(
    {
      entity: big,
      plan: [range('segment-0', 0, 1_000)],
      workers: { 'segment-0': worker('receiving', of) },
      allowance: many,
      usual: 100,
      ...parts,
    },
    { connections: 4, minSplit: 600 },
  );
const ordersOf = (context: DownloadContext) => giveConnections(context).orders.map(({ id }) => id);

describe('a second try', () => {
  it('is made for a range that crawls, is counted, and is a segment of its own', () => {
    const { change, orders } = giveConnections(crawling({ bytesPerSecond: 1, hedges: 1 }));
    expect(orders).toEqual([{ id: 'segment-0-hedge', exchangeId: null, isNew: true, cut: null }]);
    expect(change.workers).toEqual({
      'segment-0': { ...worker('receiving'), bytesPerSecond: 1, hedges: 2 },
      'segment-0-hedge': worker('requesting'),
    });
    expect(change.plan).toEqual([range('segment-0', 0, 1_000)]);
    expect(giveConnections(crawling({ bytesPerSecond: 1 })).change.workers['segment-0']?.hedges).toBe(1);
  });

  it.each([
    ['which is fast', { bytesPerSecond: 100 }, {}],
    ['of which nothing is known', {}, {}],
    ['that has had three already', { bytesPerSecond: 1, hedges: 3 }, {}],
    ['of a server without ranges', { bytesPerSecond: 1 }, { entity: { ...big, acceptsRanges: false } }],
    ['when no connection is free', { bytesPerSecond: 1 }, { allowance: { ...many, ceiling: 1 } }],
    ['when the way there takes longer', { bytesPerSecond: 1 }, { source: { ...source, latencyMs: 1_000_000 } }],
  ] as const)('is not made for a range %s', (_, of, parts) => {
    expect(ordersOf(crawling(of, parts))).toEqual([]);
  });

  it('is not made while one is under way', () => {
    const workers = { 'segment-0': worker('receiving', { bytesPerSecond: 1 }), 'segment-0-hedge': worker('receiving') };
    expect(ordersOf(crawling({}, { workers }))).toEqual([]);
  });

  it.each([
    ['it brought nothing twice', { slow: 2 }, 1],
    ['it brought nothing once', { slow: 1 }, 0],
    ['it brings something', { slow: 2, bytesPerSecond: 99 }, 0],
  ])('is made for a stuck one: %s', (_, of, count) => {
    expect(ordersOf(crawling(of))).toHaveLength(count);
  });

  it('is not made for one that waits for its next attempt', () => {
    const backing = { 'segment-0': worker('backingOff', { slow: 5 }) };
    expect(ordersOf(crawling({}, { workers: backing }))).toEqual([]);
  });

  it('takes only the connections that the ranges leave', () => {
    const plan = [range('segment-0', 0, 1_000), range('segment-1', 1_000, 2_000)];
    const context = crawling(
      { bytesPerSecond: 1 },
      { entity: { ...big, size: 2_000 }, plan, allowance: { ...many, ceiling: 2 } },
    );
    expect(ordersOf(context)).toEqual(['segment-1']);
  });

  it('is the first to give way', () => {
    const workers = {
      'segment-0-hedge': worker('receiving', { bytesPerSecond: 500 }),
      'segment-0': worker('backingOff'),
      'segment-1': worker('requesting'),
    };
    const given = (ceiling: number) => surplus(contextWith({ entity, workers, allowance: { ...many, ceiling } }));
    expect(given(2)).toEqual(['segment-0-hedge']);
    expect(given(1)).toEqual(['segment-0', 'segment-0-hedge']);
  });
});

describe('what a segment has been through', () => {
  it('is kept when it is given another connection', () => {
    const workers = { 'segment-0': worker('waiting', { replaced: 2, hedges: 1, slow: 4, attempt: 3 }) };
    expect(giveConnections(crawling({}, { workers })).change.workers).toEqual({
      'segment-0': { ...worker('requesting'), replaced: 2, hedges: 1 },
    });
  });

  it('is nothing at first', () => {
    expect(giveConnections(crawling({}, { workers: {} })).change.workers).toEqual({
      'segment-0': worker('requesting'),
    });
  });

  it('that asks is not cut', () => {
    const asking = { 'segment-0': worker('requesting', { bytesPerSecond: 100 }) };
    const context = {
      ...crawling({}, { workers: asking }),
      options: { ...input().options, connections: 4, minSplit: 10 },
    };
    expect(ordersOf(context)).toEqual([]);
    expect(
      ordersOf({ ...context, workers: { 'segment-0': worker('receiving', { bytesPerSecond: 100 }) } }),
    ).not.toEqual([]);
  });
});

describe('automatic connections', () => {
  const auto = (parts: Partial<DownloadContext>) =>
    contextWith({ entity, allowance: many, ...parts }, { connections: 'auto' });

  it('are as many as have paid, and no more than may ever pay', () => {
    expect(connectionLimit(auto({ tuning: tuned(5) }))).toBe(5);
    expect(connectionLimit(auto({ tuning: tuned(64) }))).toBe(AUTO_MOST);
    expect(connectionLimit(contextWith({ entity, allowance: many, tuning: tuned(1) }, { connections: 7 }))).toBe(7);
    expect(connectionLimit(auto({ tuning: tuned(9), share: 3 }))).toBe(3);
  });

  it('are shown as such, with those that are at work', () => {
    const workers = Object.fromEntries([1, 2, 3].map((id) => [`segment-${id}`, worker('receiving')]));
    const waiting = { 'segment-9': worker('waiting') };
    const shown = (ceiling: number) =>
      figuresOf(auto({ tuning: tuned(ceiling), workers: { ...workers, ...waiting } })).connections;
    expect(shown(8)).toEqual({ active: 3, limit: 8, isAuto: true });
    expect(shown(2)).toEqual({ active: 3, limit: 3, isAuto: true });
    expect(figuresOf(contextWith({ entity }, { connections: 7 })).connections).toEqual({
      active: 0,
      limit: 7,
      isAuto: false,
    });
  });

  it('begin anew when they are asked for', () => {
    const change = setConnections(contextWith({ tuning: tuned(9) }), { connections: 'auto' });
    expect(change).toMatchObject({ options: { connections: 'auto' }, tuning: openingTuning });
    expect(setConnections(contextWith({ tuning: tuned(9) }), { connections: 3 })).not.toHaveProperty('tuning');
  });

  it('learn from who brings and who asks', () => {
    const workers = { a: worker('receiving'), b: worker('receiving'), c: worker('requesting'), d: worker('waiting') };
    const { tuning } = noteTraffic(auto({ workers, tuning: tuned(2) }), { at: 10, bytes: 5, activeMs: 3 });
    expect(tuning).not.toEqual(
      noteTraffic(auto({ workers: {}, tuning: tuned(2) }), { at: 10, bytes: 5, activeMs: 3 }).tuning,
    );
  });

  it('divide what is restored', () => {
    const plan = [range('segment-0', 0, 1_000)];
    const checkpoint = { url: 'u', entity: big, plan, startedAt: 1, activeMs: 2 };
    const pieces = (connections: number | 'auto') =>
      restoreContext(contextWith({}, { connections, minSplit: 1 }), checkpoint).plan.length;
    expect(pieces('auto')).toBe(AUTO_MOST);
    expect(pieces(3)).toBe(3);
  });
});

describe('figures', () => {
  it('say how long it will take, by what is missing', () => {
    const meter = [0, 1, 2, 3, 4].reduce((now, at) => measure(now, at * 1_000, at * 10), startMeter(0));
    const context = contextWith({ entity, plan: [range('segment-0', 0, 100, 40)], meter });
    expect(figuresOf(context).remainingMs).toBe(6_000);
    expect(figuresOf({ ...context, entity: { ...entity, size: null } }).remainingMs).toBeNull();
  });

  it('show one connection where the size is not known', () => {
    expect(figuresOf(contextWith({ entity: { ...entity, size: null } })).connections.limit).toBe(1);
  });
});

describe('a context', () => {
  it.each([
    ['overwrite', 'overwrite'],
    ['rename', 'rename'],
    ['ask', 'fail'],
    ['skip', 'fail'],
    ['fail', 'fail'],
  ] as const)('begins empty: with %s a conflict is to %s', (ifExists, onConflict) => {
    expect(initialContext(input({ ifExists }))).toMatchObject({ onConflict, plan: [], intent: 'pause', workers: {} });
  });
});

describe('news', () => {
  it('of push-back counts who was served and who asked', () => {
    const workers = Object.fromEntries(
      ['receiving', 'receiving', 'receiving', 'requesting', 'requesting', 'waiting', 'parked'].map((state, index) => [
        `segment-${index}`,
        worker(state as SegmentStateName),
      ]),
    );
    const pushed = (served: Record<string, Worker>) =>
      noteBackOff(contextWith({ workers: served, allowance: many }), {
        type: 'segment.backedOff',
        id: 'segment-3',
        failure: failure('http-status', { status: 503, pushBack: true }),
        attempt: 1,
        delayMs: 500,
        at: 0,
      }).allowance?.ceiling;
    // 3 were served, 1 still asks, 1 was refused: half of 5.
    expect(pushed(workers)).toBe(3);
    const { 'segment-0': _0, 'segment-1': _1, ...fewer } = workers;
    expect(pushed(fewer)).toBe(1);
  });

  it('of progress tells the speed, also when it is none', () => {
    const context = contextWith({
      entity,
      plan: [range('segment-0', 0, 100)],
      workers: { 'segment-0': worker('receiving', { bytesPerSecond: 7, attempt: 2 }) },
    });
    const told = (bytesPerSecond: number) =>
      noteProgress(context, { type: 'segment.advanced', id: 'segment-0', written: 5, bytesPerSecond }).workers?.[
        'segment-0'
      ];
    expect(told(0)).toMatchObject({ bytesPerSecond: 0, attempt: 2 });
    expect(told(9)).toMatchObject({ bytesPerSecond: 9, attempt: 0 });
  });

  it('of an end gives the file a size only where it had none', () => {
    const plan = [range('segment-0', 0, 50), range('segment-1', 50, 100)];
    const done = noteCompleted(contextWith({ entity, plan, meter: startMeter(0) }), {
      type: 'segment.completed',
      id: 'segment-1',
      written: 120,
      at: 1,
    });
    expect(done).toMatchObject({ entity: { size: 100 }, plan: [{ written: 0 }, { written: 100 }] });
  });
});
