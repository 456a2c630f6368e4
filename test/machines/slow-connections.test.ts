/** Second tries, stuck segments and what is guessed of a connection that is yet to be opened. */
import { describe, expect, it } from 'vitest';
import { giveConnections, surplus } from '../../src/machines/download.connections.ts';
import type { DownloadContext, Worker } from '../../src/machines/download.context.ts';
import type { SegmentStateName } from '../../src/machines/events.ts';
import { defaultOptions } from '../../src/machines/options.ts';
import { contextWith, entity, input, range, source } from './contexts.ts';

const worker = (state: SegmentStateName, more: Partial<Worker> = {}): Worker => ({
  state,
  attempt: 0,
  bytesPerSecond: 0,
  ...more,
});
const many = { ceiling: 64, growAt: null, pace: 2_000 };
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
    expect(orders).toEqual([{ id: 'segment-0-hedge', exchangeId: null, cut: null }]);
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
    ['under a rate limit', { bytesPerSecond: 1 }, { options: { ...defaultOptions, rateLimit: 1e9 } }],
    ['when no connection is free', { bytesPerSecond: 1 }, { allowance: { ...many, ceiling: 1 } }],
    ['when the way there takes longer', { bytesPerSecond: 1 }, { source: { ...source, latencyMs: 1_000_000 } }],
  ] as const)('is not made for a range %s', (_, of, parts) => {
    expect(ordersOf(crawling(of, parts))).toEqual([]);
  });

  it('is made where the way there is short', () => {
    expect(ordersOf(crawling({ bytesPerSecond: 1 }, { source: { ...source, latencyMs: 500 } }))).toHaveLength(1);
  });

  it('is not made while one is under way', () => {
    const workers = { 'segment-0': worker('receiving', { bytesPerSecond: 1 }), 'segment-0-hedge': worker('receiving') };
    expect(ordersOf(crawling({}, { workers }))).toEqual([]);
  });

  it.each([
    ['it brought nothing for a fifth of a second', { slow: { from: 5, to: 205 } }, 1],
    ['it brought nothing for less', { slow: { from: 5, to: 204 } }, 0],
    ['it brings something', { slow: { from: 5, to: 205 }, bytesPerSecond: 99 }, 0],
  ])('is made for a stuck one: %s', (_, of, count) => {
    expect(ordersOf(crawling(of))).toHaveLength(count);
  });

  it('is not made for one that waits for its next attempt', () => {
    const backing = { 'segment-0': worker('backingOff', { slow: { from: 5, to: 999 } }) };
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
    const workers = {
      'segment-0': worker('waiting', { replaced: 2, hedges: 1, slow: { from: 5, to: 999 }, attempt: 3 }),
    };
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
