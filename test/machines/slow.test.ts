import { describe, expect, it } from 'vitest';
import type { DownloadContext, Worker } from '../../src/machines/download.context.ts';
import { idleHedges, lookAround, noteReplaced, replaceable } from '../../src/machines/slow.ts';
import { contextWith, entity, range, source } from './contexts.ts';

const worker = (bytesPerSecond: number, more: Partial<Worker> = {}): Worker => ({
  state: 'receiving',
  attempt: 0,
  bytesPerSecond,
  isSettled: bytesPerSecond > 0,
  ...more,
});
const plan = ['a', 'b', 'c', 'd'].map((id, index) => range(id, index * 10_000, (index + 1) * 10_000));
const fetching = (workers: Record<string, Worker>, more: Partial<DownloadContext> = {}) =>
  contextWith({ entity, source, plan, workers, usual: 1_000, ...more });
/** Between two looks, milliseconds. */
const LOOK_MS = 250;
/** Looks around so many times. */
const after = (looks: number, context: DownloadContext): DownloadContext => {
  let next = context;
  for (let count = 0; count < looks; count += 1) next = { ...next, ...lookAround(next, count * LOOK_MS) };
  return next;
};
/** It was so for many looks. */
const long = { from: -9_000, to: 0 };
const three = { b: worker(1_000), c: worker(1_100), d: worker(900) };

describe('a look around', () => {
  it('notes for how long one has been far below the median of the others', () => {
    expect(after(3, fetching({ ...three, a: worker(249) })).workers.a?.slow).toEqual({ from: 0, to: 500 });
    expect(after(3, fetching({ ...three, a: worker(250) })).workers.a?.slow).toBeUndefined();
    const better = fetching({ ...three, a: worker(900, { slow: long }) });
    expect(after(1, better).workers.a?.slow).toBeNull();
    // Looks may come at any time.
    const again = { ...better, workers: { ...three, a: worker(1, { slow: null }) } };
    const first = { ...again, ...lookAround(again, 20) };
    expect(lookAround(first, 71).workers.a?.slow).toEqual({ from: 20, to: 71 });
  });

  it('counts one that brings nothing, however few the others are', () => {
    const twice = { from: 0, to: 250 };
    expect(after(2, fetching({ a: worker(0) })).workers.a?.slow).toEqual(twice);
    expect(after(2, fetching({ a: worker(0, { state: 'requesting' }) })).workers.a?.slow).toEqual(twice);
    expect(after(2, fetching({ a: worker(0, { state: 'backingOff' }) })).workers.a?.slow).toBeUndefined();
  });

  it('cannot tell with one other, and can with two', () => {
    expect(after(2, fetching({ a: worker(1), b: worker(1_000) })).workers.a?.slow).toBeUndefined();
    const two = { b: worker(1_000), c: worker(1_000) };
    expect(after(2, fetching({ a: worker(1), ...two })).workers.a?.slow).toEqual({ from: 0, to: 250 });
  });

  it('judges each by the others alone, however many are equal, silent or not yet answered', () => {
    const speeds = [0, 1, 3, 4, 5, 16, 17, 64, 64];
    const pick = <Item>(items: readonly Item[], at: number) => items[at % items.length] as Item;
    for (let set = 0; set < 500; set += 1) {
      const workers: Record<string, Worker> = {};
      for (let one = 0; one <= set % 8; one += 1) {
        const state = pick(['receiving', 'receiving', 'requesting'] as const, set * 5 + one * one);
        workers[`s${one}`] = worker(pick(speeds, set * 7 + one * (set % 11)), { state });
      }
      const looked = lookAround(fetching(workers, { usual: 0 }), 7).workers;
      for (const [id, { state, bytesPerSecond }] of Object.entries(workers)) {
        const others = Object.entries(workers)
          .filter(([other, { state: its, bytesPerSecond: speed }]) => other !== id && its === 'receiving' && speed > 0)
          .map(([, { bytesPerSecond: speed }]) => speed)
          .sort((a, b) => a - b);
        const median = others[Math.floor(others.length / 2)] ?? 0;
        const isSlow = bytesPerSecond === 0 || (others.length >= 2 && bytesPerSecond < median / 4);
        expect(looked[id]?.slow, `${set} ${id} ${state}`).toEqual(isSlow ? { from: 7, to: 7 } : undefined);
      }
    }
  });

  it('leaves as they are those of whom there is no news', () => {
    const context = fetching({ ...three, a: worker(900, { slow: null }) });
    const { workers } = lookAround(context, 0);
    for (const id of ['a', 'b', 'c', 'd']) expect(workers[id]).toBe(context.workers[id]);
  });

  it('forgets by and by how fast it was', () => {
    expect(after(1, fetching(three, { usual: 10_000 })).usual).toBe(9_000);
    expect(after(30, fetching(three, { usual: 10_000 })).usual).toBe(1_000);
  });

  it('keeps in mind what is usual, while three or more tell', () => {
    expect(after(1, fetching(three, { usual: 5 })).usual).toBe(1_000);
    expect(after(1, fetching({ a: worker(7), b: worker(9) }, { usual: 5 })).usual).toBe(5);
  });
});

describe('what is usual', () => {
  it('is not what those bring at once that have just begun', () => {
    const begun = { b: worker(9_000, { isSettled: false }), c: worker(8_000, { isSettled: false }) };
    const context = fetching({ ...three, a: worker(10_000, { isSettled: false }), ...begun }, { usual: 0 });
    expect(after(1, context).usual).toBe(0);
    const old = { ...three, e: worker(1_050) };
    const mixed = fetching({ ...old, x: worker(9_000, { isSettled: false }), y: worker(9_000, { isSettled: false }) });
    expect(after(1, mixed).usual).toBe(1_050);
    // By the next look they have settled.
    expect(after(2, mixed).usual).toBe(1_100);
  });

  it('is told by nobody who has lost the connection meanwhile', () => {
    const context = fetching({ ...three, a: worker(1_000, { state: 'backingOff' }) }, { usual: 0 });
    const looked = after(1, context);
    expect(looked.workers.a?.isSettled).toBe(false);
    expect(looked.workers.b).toBe(context.workers.b);
  });
});

describe('another connection', () => {
  it('is given to one that has been seen far behind for a fifth of a second', () => {
    const behind = fetching({ ...three, a: worker(100) });
    expect(replaceable(after(1, behind))).toEqual([]);
    expect(replaceable(after(2, behind))).toEqual(['a']);
    const seen = (to: number) => fetching({ ...three, a: worker(100, { slow: { from: 100, to } }) });
    expect([replaceable(seen(299)), replaceable(seen(300))]).toEqual([[], ['a']]);
  });

  it('is given later where a round trip is long', () => {
    const far = fetching({ ...three, a: worker(100) }, { source: { ...source, latencyMs: 500 } });
    expect(replaceable(after(8, far))).toEqual([]);
    expect(replaceable(after(9, far))).toEqual(['a']);
  });

  it('is given to one that stalls', () => {
    expect(replaceable(after(2, fetching({ ...three, a: worker(0) })))).toEqual(['a']);
  });

  it('is not given where the end would come hardly sooner', () => {
    const near = fetching({ ...three, a: worker(100) }, { plan: [range('a', 0, 110)] });
    expect(replaceable(after(3, near))).toEqual([]);
    expect(replaceable(after(3, { ...near, plan: [range('a', 0, 120)] }))).toEqual(['a']);
  });

  it.each([['was replaced three times', { replaced: 3 }]])('is not given to one that %s', (_, more) => {
    expect(replaceable(after(3, fetching({ ...three, a: worker(100, more) })))).toEqual([]);
  });

  it('is not given where it would gain a second, and no more', () => {
    const near = { source: { ...source, latencyMs: 0 }, plan: [range('a', 0, 200)] };
    const workers = { ...three, a: worker(100, { slow: long }) };
    // Two seconds as it is, and one at 200 bytes a second.
    expect(replaceable(fetching(workers, { ...near, usual: 200 }))).toEqual([]);
    expect(replaceable(fetching(workers, { ...near, usual: 201 }))).toEqual(['a']);
  });

  it('is not given where a limit makes all wait', () => {
    const behind = after(2, fetching({ ...three, a: worker(100) }));
    const limited = { ...behind, options: { ...behind.options, rateLimit: 1_000 } };
    expect([replaceable(behind), replaceable(limited)]).toEqual([['a'], []]);
  });

  it('is not given to one that has a rival', () => {
    const workers = { ...three, a: worker(100), 'a-hedge': worker(0) };
    expect(replaceable(after(3, fetching(workers)))).toEqual([]);
  });

  it('is not given to a file of unknown length', () => {
    expect(replaceable(after(3, fetching({ ...three, a: worker(100) }, { plan: [range('a', 0, null)] })))).toEqual([]);
  });

  it('is counted, and given time', () => {
    const slow = after(2, fetching({ ...three, a: worker(100) }));
    const replaced = { ...slow, workers: noteReplaced(slow, ['a', 'gone']) };
    expect(replaced.workers.a).toMatchObject({ slow: null, replaced: 1 });
    expect(Object.keys(replaced.workers)).not.toContain('gone');
    expect(replaceable(replaced)).toEqual([]);
  });
});

describe('a second try', () => {
  it('makes room for another when it has been seen to bring nothing for a fifth of a second', () => {
    const workers = { a: worker(0), 'a-hedge': worker(0), 'b-hedge': worker(500) };
    expect(idleHedges(after(1, fetching(workers)))).toEqual([]);
    expect(idleHedges(after(2, fetching(workers)))).toEqual(['a-hedge']);
  });

  it('goes, however fast it is, once nothing proves that both bring the same version', () => {
    const workers = { a: worker(1_000), 'a-hedge': worker(1_000) };
    expect(idleHedges(fetching(workers, { seams: null }))).toEqual([]);
    expect(idleHedges(fetching(workers, { seams: [] }))).toEqual(['a-hedge']);
  });

  it('makes room for another when it crawls as the first one does, though nobody else is left', () => {
    const crawling = (hedge: number, hedges = 1) => fetching({ a: worker(20, { hedges }), 'a-hedge': worker(hedge) });
    expect(idleHedges(after(1, crawling(20)))).toEqual([]);
    expect(idleHedges(after(2, crawling(20)))).toEqual(['a-hedge']);
    expect(idleHedges(after(2, crawling(249)))).toEqual(['a-hedge']);
    expect(idleHedges(after(9, crawling(250)))).toEqual([]);
    // The last one that is tried is kept: there is nothing better.
    expect(idleHedges(after(9, crawling(20, 2)))).toEqual(['a-hedge']);
    expect(idleHedges(after(9, crawling(20, 3)))).toEqual([]);
    // One that brings nothing is no try at all.
    expect(idleHedges(after(9, crawling(0, 3)))).toEqual(['a-hedge']);
  });

  it('stays where another would have the rest hardly sooner', () => {
    const left = (bytes: number) => ({ plan: [range('a', 0, 10_000, 10_000 - bytes)] });
    const workers = { a: worker(20), 'a-hedge': worker(100) };
    // The other one has them after a twentieth of a second and a thousandth of their number.
    expect(idleHedges(after(2, fetching(workers, left(100))))).toEqual([]);
    expect(idleHedges(after(2, fetching(workers, left(200))))).toEqual(['a-hedge']);
  });
});

describe('those that are compared with', () => {
  it('receive, and bring something', () => {
    const mute = { b: worker(1_000), c: worker(0), d: worker(1_000, { state: 'backingOff' }) };
    expect(after(2, fetching({ ...mute, a: worker(10) })).workers.a?.slow).toBeUndefined();
    expect(after(1, fetching({ ...mute, a: worker(10) }, { usual: 5 })).usual).toBe(5);
  });

  it('must be two at least, for another connection too', () => {
    const stuck = worker(100, { slow: long });
    expect(replaceable(fetching({ a: stuck, b: worker(1_000) }))).toEqual([]);
    expect(replaceable(fetching({ a: stuck, b: worker(1_000), c: worker(1_000) }))).toEqual(['a']);
  });

  it('are none of a range whose end is not known, or that is fetched twice', () => {
    const workers = { a: worker(100, { slow: long }), b: worker(1_000), c: worker(1_000) };
    expect(replaceable(fetching(workers, { plan: [range('a', 0, null)] }))).toEqual([]);
    expect(replaceable(fetching({ ...workers, 'a-hedge': worker(1) }))).toEqual([]);
  });

  it('make room only when a second try brings little or nothing', () => {
    const tries = {
      'a-hedge': worker(0, { slow: long }),
      'b-hedge': worker(999, { slow: long }),
      c: worker(0, { slow: long }),
    };
    expect(idleHedges(fetching(tries))).toEqual(['a-hedge']);
  });

  it('need no source to be known', () => {
    const workers = {
      a: worker(100, { slow: long }),
      b: worker(1_000),
      c: worker(1_000),
      'd-hedge': worker(0, { slow: long }),
    };
    expect(replaceable(fetching(workers, { source: null }))).toEqual(['a']);
    expect(idleHedges(fetching(workers, { source: null }))).toEqual(['d-hedge']);
  });
});
