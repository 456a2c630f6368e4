import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  busyWorkers,
  connectionLimit,
  digestsToRun,
  giveConnections,
  hasIdleConnections,
  hasWaiting,
  openingParts,
  surplus,
  waitingWorkers,
  withoutWaiting,
} from '../../src/machines/download.connections.ts';
import type { DownloadContext, Worker } from '../../src/machines/download.context.ts';
import type { SegmentStateName } from '../../src/machines/events.ts';
import type { DigestAlgorithm, DownloadOptions, ExpectedDigest } from '../../src/machines/options.ts';
import { isComplete } from '../../src/machines/ranges.ts';
import { openingTuning } from '../../src/machines/tuning.ts';
import { contextWith, entity, range, single, source as sourceView } from './contexts.ts';
import { expectSound, steps, walkPlan } from './plan-model.ts';

const worker = (state: SegmentStateName, bytesPerSecond = 0): Worker => ({ state, attempt: 0, bytesPerSecond });
const ceiling = (count: number) => ({ ceiling: count, growAt: null, pace: 2_000 });

describe('connectionLimit', () => {
  it.each([
    ['what the server stands', { entity, allowance: ceiling(2) }, {}, 2],
    ['what is asked for', { entity, allowance: ceiling(20) }, { connections: 4 }, 4],
    ['never more than 64', { entity, allowance: ceiling(200) }, { connections: 100 }, 64],
    ['one without ranges', { entity: single, allowance: ceiling(20) }, {}, 1],
    ['one without a size', { entity: { ...entity, size: null }, allowance: ceiling(20) }, {}, 1],
    ['still many after one change', { entity, restarts: 1, allowance: ceiling(20) }, {}, 4],
    ['one when others were refused', { entity, isAlone: true, allowance: ceiling(20) }, {}, 1],
    ['one when the file changed twice', { entity, restarts: 2, allowance: ceiling(20) }, {}, 1],
    ['one before the first answer', { allowance: ceiling(20) }, {}, 1],
  ])('is %s', (_, parts, options, limit) => {
    expect(connectionLimit(contextWith(parts, options))).toBe(limit);
  });
});

describe('a rate limit', () => {
  const limited = (rateLimit: number, connections: number | 'auto') =>
    contextWith({ entity, allowance: ceiling(20) }, { rateLimit, connections });

  it('is begun with one part where the count is left open, and with what was asked for else', () => {
    expect(openingParts(limited(1_000_000, 'auto'), entity)).toBe(1);
    expect(openingParts(limited(1_000_000, 8), entity)).toBe(8);
  });

  it('feeds each connection with 16 KiB a second at least, and one in any case', () => {
    expect(connectionLimit(limited(5 * 16 * 1024, 8))).toBe(5);
    expect(connectionLimit(limited(1, 8))).toBe(1);
  });
});

describe('a second try', () => {
  const plan = [range('a', 0, 1_000_000, 999_000), range('b', 1_000_000, 2_000_000, 2_000_000)];
  const crawling = (more: Partial<DownloadContext>, options: { rateLimit?: number } = {}) =>
    giveConnections(
      contextWith(
        { entity, plan, usual: 1_000_000, allowance: ceiling(4), workers: { a: worker('receiving', 1) }, ...more },
        { minSplit: 1_000_000, ...options },
      ),
    ).orders.map(({ id }) => id);

  it('is made where one crawls, but not under a rate limit, nor where nothing proves that both bring the same version', () => {
    expect(crawling({})).toEqual(['a-hedge']);
    expect(crawling({}, { rateLimit: 1_000_000 })).toEqual([]);
    expect(crawling({ seams: [] })).toEqual([]);
  });

  it('waits while there is more to be parted than connections are opened at once', () => {
    const parts = Array.from({ length: 8 }, (_, at) => range(`segment-${at}`, at * 1e8, (at + 1) * 1e8));
    const workers = Object.fromEntries(parts.map(({ id }, at) => [id, worker('receiving', at < 2 ? 2e6 : 1.2e6)]));
    const more = { entity: { ...entity, size: 8e8 }, plan: parts, workers, usual: 2e6, allowance: ceiling(32) };
    const orders = (connections: number) => giveConnections(contextWith(more, { connections })).orders;
    // Six of them would be fetched again sooner than they end.
    expect(orders(32).map(({ cut }) => cut !== null)).toEqual([true, true, true]);
    expect(orders(10).map(({ cut }) => cut !== null)).toEqual([true, true]);
    // Two that wait are all that is left to be given away, and five are at work: three may be opened.
    const few = parts.slice(0, 7).map((part, at) => (at === 0 ? { ...part, written: 99_990_000 } : part));
    const five = Object.fromEntries(few.slice(0, 5).map(({ id }, at) => [id, worker('receiving', at === 0 ? 1 : 2e6)]));
    const last = contextWith({ ...more, plan: few, workers: five }, { connections: 32, minSplit: 1e8 });
    expect(giveConnections(last).orders.map(({ id }) => id)).toEqual(['segment-5', 'segment-6', 'segment-0-hedge']);
  });
});

describe('a digest that is made while bytes arrive', () => {
  const sum = (algorithm: DigestAlgorithm): ExpectedDigest => ({ algorithm, hex: 'ab' });

  it.each([
    ['none when nobody wants one', {}, [], []],
    ['the SHA-256 where that is wanted', { computeDigest: true }, [], ['sha256']],
    ['those that the user has', { digests: [sum('sha512'), sum('md5'), sum('md5')] }, [], ['sha512', 'md5']],
    ['those that the server promised', {}, [sum('sha1')], ['sha1']],
    ['all of them', { digests: [sum('md5')], computeDigest: true }, [sum('sha512')], ['md5', 'sha512', 'sha256']],
    ['none twice', { digests: [sum('sha256')], computeDigest: true }, [sum('sha256')], ['sha256']],
    ['what most often lies beside a file, when that is looked for', { findChecksum: true }, [], ['sha256']],
  ] as const)('is %s', (_, options, promised, algorithms) => {
    expect(digestsToRun(contextWith({}, { computeDigest: false, ...options }).options, promised)).toEqual(algorithms);
  });

  const MIB = 1024 * 1024;
  const partsOf = (size: number, options = {}, more: Partial<DownloadContext> = {}) =>
    openingParts(contextWith({ ...more }, { connections: 8, computeDigest: true, ...options }), { ...entity, size });

  it.each([
    ['one after the other, of 16 MiB', 512 * MIB, 0, 32],
    ['at most eight for each connection', 8192 * MIB, 0, 64],
    ['one for each connection of a small file', 255 * MIB, 0, 8],
    ['one for each connection where not even that is much', 1, 0, 8],
    ['fewer where a request takes long: two in 0.25 s', 1024 * MIB, 250, 16],
    ['fewer where a request takes long: six in 30 ms', 1024 * MIB, 30, 48],
    ['one where nothing is gained by more', 1024 * MIB, 10_000, 8],
    ['one for each connection of nothing', 0, 0, 8],
  ])('parts the file: %s', (_, size, latencyMs, parts) => {
    const source = { ...sourceView, latencyMs };
    expect(partsOf(size, {}, { source })).toBe(parts);
  });

  it('does not know how long a request takes where nobody has asked yet', () => {
    expect(partsOf(8192 * MIB, {}, { source: null })).toBe(64);
  });

  it.each([
    ['none is wanted', { computeDigest: false }, {}, 8],
    ['bytes come slowly anyway', { rateLimit: 100 * MIB }, {}, 8],
    ['one connection brings them in order', { connections: 1 }, {}, 1],
    ['there are many parts already', { connections: 'auto' }, {}, 32],
  ] as const)('needs no more parts where %s', (_, options, more, parts) => {
    expect(partsOf(8192 * MIB, options, more)).toBe(parts);
  });

  it('needs as many where it is to be compared with something', () => {
    expect(partsOf(8192 * MIB, { computeDigest: false, digests: [sum('md5')] })).toBe(64);
    expect(partsOf(8192 * MIB, { computeDigest: false }, { promised: [sum('sha512')] })).toBe(64);
  });
});

describe('connections with nothing to do', () => {
  const plan = [range('a', 0, 1_000_000, 100_000), range('b', 1_000_000, 2_000_000), range('c', 2_000_000, 3_000_000)];
  const workers = { a: worker('receiving', 1_000), b: worker('waiting') };
  const context = (allowed: number, more: Partial<DownloadContext> = {}) =>
    contextWith({ entity, plan, workers, allowance: ceiling(allowed), ...more }, { minSplit: 10 });

  it('are there while fewer are busy than may be, and one is', () => {
    const one = { a: worker('receiving') };
    const whole = { plan: plan.slice(0, 1), workers: one };
    expect(hasIdleConnections(context(1, whole))).toBe(false);
    expect(hasIdleConnections(context(2, whole))).toBe(true);
    expect(hasIdleConnections(context(2, { ...whole, workers: {} }))).toBe(false);
  });

  it('are not those that a range waits for', () => {
    expect([hasIdleConnections(context(2)), hasWaiting(context(2))]).toEqual([false, true]);
    // There is none for it.
    expect(hasWaiting(context(1))).toBe(false);
    const complete = { plan: [range('a', 0, 10), range('b', 10, 20, 20)] };
    expect(hasIdleConnections(context(2, { plan: [range('a', 0, 10, 10)], workers: {} }))).toBe(false);
    expect([hasIdleConnections(context(2, complete)), hasWaiting(context(2, complete))]).toEqual([true, false]);
  });

  it('take what waits, and part nothing nor try again before one has looked where the others are', () => {
    expect(giveConnections(context(8), null).orders.map(({ id, cut }) => [id, cut])).toEqual([
      ['b', null],
      ['c', null],
    ]);
    expect(giveConnections(context(8, { plan: plan.slice(0, 1), usual: 1e9 }), null).orders).toEqual([]);
  });

  it('part by the speed that was seen last, where that is higher', () => {
    const one = context(2, { plan: plan.slice(0, 1) });
    const seen = (bytesPerSecond: number, burstBytes = 0) =>
      new Map([['a', { bytesPerSecond, burstBytes, unansweredMs: 0, silentMs: 0 }]]);
    expect(giveConnections(one, seen(10)).orders).toHaveLength(1);
    expect(giveConnections(one, seen(100_000_000)).orders).toEqual([]);
    // All that is left of it comes with the next two bursts.
    expect(giveConnections(one, seen(10, 450_000)).orders).toEqual([]);
  });
});

describe('a request without an answer', () => {
  const context = (latencyMs: number) =>
    contextWith(
      {
        entity,
        plan: [range('a', 0, 1_000_000)],
        workers: { a: worker('requesting') },
        allowance: ceiling(2),
        usual: 10_000_000,
        source: { ...sourceView, latencyMs },
      },
      { minSplit: 10 },
    );
  const tries = (latencyMs: number, unansweredMs: number) =>
    giveConnections(
      context(latencyMs),
      new Map([['a', { bytesPerSecond: 0, burstBytes: 0, unansweredMs, silentMs: 0 }]]),
    ).orders;

  it.each([
    ['0.15 s', 10, 150],
    ['four round trips, if that is more', 100, 400],
  ])('is made a second time by a connection with nothing else to do after %s', (_, latencyMs, ms) => {
    expect(tries(latencyMs, ms - 1)).toEqual([]);
    expect(tries(latencyMs, ms)).toEqual([{ id: 'a-hedge', exchangeId: null, cut: null }]);
  });
});

describe('an answer that has gone silent', () => {
  const tries = (latencyMs: number, silentMs: number) => {
    const few = contextWith({
      entity,
      plan: [range('a', 0, 1_000, 990)],
      workers: { a: { ...worker('receiving'), bytesPerSecond: 1_000_000 } },
      allowance: ceiling(2),
      usual: 1_000_000,
      source: { ...sourceView, latencyMs },
    });
    const seen = { bytesPerSecond: 0, burstBytes: 0, unansweredMs: 0, silentMs };
    return giveConnections(few, new Map([['a', seen]])).orders.map(({ id }) => id);
  };

  it.each([
    ['0.15 s', 10, 150],
    ['four round trips, if that is more', 50, 200],
  ])('with its last bytes is asked for them again after %s', (_, latencyMs, ms) => {
    expect(tries(latencyMs, ms - 1)).toEqual([]);
    expect(tries(latencyMs, ms)).toEqual(['a-hedge']);
  });
});

describe('ranges that wait', () => {
  it('are all that are missing, in the beginning', () => {
    const plan = [range('a', 0, 10, 10), range('b', 10, 20, 15), range('c', 20, 30)];
    expect(waitingWorkers(plan)).toEqual({ b: worker('waiting'), c: worker('waiting') });
  });

  it('are no actors', () => {
    const workers = { a: worker('receiving'), b: worker('waiting'), c: worker('backingOff') };
    expect(withoutWaiting(workers)).toEqual({ a: workers.a, c: workers.c });
  });
});

describe('busyWorkers', () => {
  it('counts those that hold a connection or will in a moment', () => {
    const states = ['parked', 'waiting', 'requesting', 'receiving', 'backingOff', 'done', 'failed'] as const;
    const workers = Object.fromEntries(states.map((state) => [state, worker(state)]));
    expect([...busyWorkers(contextWith({ workers })).keys()]).toEqual(['requesting', 'receiving', 'backingOff']);
  });
});

describe('giveConnections', () => {
  it('gives the open answer to the range at whose first missing byte it is', () => {
    const plan = [range('segment-0', 0, 50, 50), range('segment-1', 50, 100, 60)];
    const open = { exchangeId: 'x', offset: 60 };
    const workers = { 'segment-1': worker('waiting') };
    const { change, orders } = giveConnections(contextWith({ entity, plan, open, workers }));
    expect(orders).toEqual([{ id: 'segment-1', exchangeId: 'x', cut: null }]);
    expect(change).toMatchObject({ open: null, plan, workers: { 'segment-1': { state: 'requesting' } } });
  });

  describe('where several ranges wait', () => {
    const plan = Array.from({ length: 8 }, (_, at) => range(`segment-${at}`, at * 10, at * 10 + 10));
    const workers = Object.fromEntries(plan.map(({ id }) => [id, worker('waiting')]));
    const orderedBy = (options: Partial<DownloadOptions>, parts: Partial<DownloadContext> = {}) => {
      const open = { exchangeId: 'x', offset: 0 };
      const tuning = { ...openingTuning, ceiling: 4 };
      const context = contextWith(
        { entity, plan, open, workers, allowance: ceiling(4), tuning, ...parts },
        { computeDigest: false, ...options },
      );
      return giveConnections(context).orders.map(({ id }) => id);
    };

    it('begins with the one that is answered, and goes on far apart, where their number is yet to be found out', () => {
      const chosen = ['segment-0', 'segment-4', 'segment-2', 'segment-6'];
      expect(orderedBy({ connections: 'auto' })).toEqual(chosen);
      const open = { exchangeId: 'x', offset: 30 };
      expect(orderedBy({ connections: 'auto' }, { open })[0]).toBe('segment-3');
      expect(orderedBy({ connections: 'auto' }, { open: null })[0]).toBe('segment-4');
    });

    it.each<[string, Partial<DownloadOptions>, Partial<DownloadContext>]>([
      ['the number is fixed', { connections: 4 }, {}],
      ['a digest is made of what has come in order', { connections: 'auto', computeDigest: true }, {}],
      ['one was promised', { connections: 'auto' }, { promised: [{ algorithm: 'sha256', hex: 'ab' }] }],
    ])('goes in order where %s', (_, options, parts) => {
      expect(orderedBy(options, parts)).toEqual(['segment-0', 'segment-1', 'segment-2', 'segment-3']);
    });
  });

  it('keeps an open answer that is at another byte', () => {
    const open = { exchangeId: 'x', offset: 61 };
    const workers = { 'segment-0': worker('waiting') };
    const plan = [range('segment-0', 0, 100)];
    const { change, orders } = giveConnections(contextWith({ entity, plan, open, workers }));
    expect(orders).toEqual([{ id: 'segment-0', exchangeId: null, cut: null }]);
    expect(change.open).toBe(open);
  });

  it('gives the open answer to one only', () => {
    const open = { exchangeId: 'x', offset: 0 };
    const context = contextWith(
      {
        ...{ entity, plan: [range('segment-0', 0, 100)], open, allowance: ceiling(3) },
        workers: { 'segment-0': worker('waiting') },
      },
      { minSplit: 10 },
    );
    const { orders } = giveConnections(context);
    expect(orders).toEqual([
      { id: 'segment-0', exchangeId: 'x', cut: null },
      { id: 'segment-1', exchangeId: null, cut: { id: 'segment-0', end: 50 } },
      { id: 'segment-2', exchangeId: null, cut: { id: 'segment-0', end: 25 } },
    ]);
  });

  it('takes a range whose segment is no more', () => {
    const { orders } = giveConnections(contextWith({ entity, plan: [range('segment-0', 0, 100, 40)] }));
    expect(orders).toEqual([{ id: 'segment-0', exchangeId: null, cut: null }]);
  });

  it.each([
    ['eight at first', 0, 8],
    ['up to eight', 5, 3],
    ['three at least', 7, 3],
    ['three where there are many', 20, 3],
    ['no more than there may be', 31, 1],
  ])('opens a few at a time: %s', (_, busy, count) => {
    const plan = Array.from({ length: 64 }, (_one, at) => range(`r${at}`, at * 10, at * 10 + 10));
    const workers = Object.fromEntries(plan.map(({ id }, at) => [id, worker(at < busy ? 'receiving' : 'waiting')]));
    const many = contextWith({ entity, plan, workers, allowance: ceiling(32) }, { connections: 64 });
    expect(giveConnections(many, null).orders).toHaveLength(count);
    expect(hasWaiting(many)).toBe(true);
  });

  it('never splits where the server sends whole files', () => {
    const plan = [range('segment-0', 0, 100)];
    const workers = { 'segment-0': worker('receiving') };
    expect(giveConnections(contextWith({ entity: single, plan, workers, allowance: ceiling(9) })).orders).toEqual([]);
    expect(giveConnections(contextWith({ entity: single, plan })).orders).toHaveLength(1);
  });

  it('never makes more busy than the limit, and orders only what the plan has', () => {
    fc.assert(
      fc.property(steps, fc.nat(80), fc.nat(80), fc.array(fc.nat(3)), (walk, connections, most, choices) => {
        const plan = walkPlan(100_000, walk);
        const states = ['requesting', 'receiving', 'backingOff', 'waiting'] as const;
        const unfinished = plan.filter((one) => !isComplete(one));
        const workers = Object.fromEntries(
          unfinished.map((one, index) => [one.id, worker(states[choices[index] ?? 3] ?? 'waiting', index)]),
        );
        const context = contextWith(
          { entity: { ...entity, size: 100_000 }, plan, workers, allowance: ceiling(most) },
          { connections },
        );
        const before = busyWorkers(context).size;
        const { change, orders } = giveConnections(context);
        expectSound(change.plan, 100_000);
        const after = busyWorkers({ ...context, ...change }).size;
        expect(after).toBe(before + orders.length);
        expect(after).toBeLessThanOrEqual(Math.max(before, connectionLimit(context)));
        for (const { id, cut } of orders) {
          const made = change.plan.find((one) => one.id === id);
          expect(made && !isComplete(made)).toBe(true);
          if (cut)
            expect(change.plan.some((one) => one.id === cut.id && one.end !== null && one.end <= cut.end)).toBe(true);
          else expect(plan.some((one) => one.id === id)).toBe(true);
        }
        expect(surplus(context)).toHaveLength(Math.max(0, before - connectionLimit(context)));
      }),
    );
  });
});

describe('surplus', () => {
  it('takes from those that are served least', () => {
    const workers = {
      slow: worker('receiving', 10),
      fast: worker('receiving', 100),
      asking: worker('requesting'),
      backing: worker('backingOff'),
      waiting: worker('waiting'),
    };
    const given = (count: number) => surplus(contextWith({ entity, workers, allowance: ceiling(count) }));
    expect(given(4)).toEqual([]);
    expect(given(3)).toEqual(['backing']);
    expect(given(2)).toEqual(['asking', 'backing']);
    expect(given(1)).toEqual(['slow', 'asking', 'backing']);
  });
});
