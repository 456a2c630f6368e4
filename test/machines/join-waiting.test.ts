import { describe, expect, it } from 'vitest';
import type { Worker } from '../../src/machines/download.context.ts';
import { joinWaiting } from '../../src/machines/join-waiting.ts';
import type { Range } from '../../src/machines/ranges.ts';
import { openingTuning } from '../../src/machines/tuning.ts';
import { contextWith, range } from './contexts.ts';
import { expectSound } from './plan-model.ts';

const worker = (state: Worker['state']): Worker => ({ state, attempt: 0, bytesPerSecond: 0 });
const idsOf = (plan: readonly Range[]) => plan.map(({ id }) => id);

/** Eight ranges of ten bytes, of which `busy` are received and the others wait. */
function joinedOf(busy: readonly number[], ceiling: number, written: Record<number, number> = {}) {
  const plan = Array.from({ length: 8 }, (_, at) => range(`r${at}`, at * 10, at * 10 + 10, written[at] ?? at * 10));
  const workers = Object.fromEntries(
    plan.map(({ id }, at): [string, Worker] => [id, worker(busy.includes(at) ? 'receiving' : 'waiting')]),
  );
  const joined = joinWaiting(contextWith({ plan, workers, tuning: { ...openingTuning, ceiling } }));
  expectSound(joined.change.plan, 80);
  expect(Object.keys(joined.change.workers).sort()).toEqual(idsOf(joined.change.plan).sort());
  return joined;
}

describe('joinWaiting', () => {
  it('leaves as many ranges as there will be connections to ask for them', () => {
    const { change, gone, extended } = joinedOf([0, 1], 2);
    expect(idsOf(change.plan)).toEqual(['r0', 'r1', 'r2', 'r5']);
    expect(gone).toEqual(['r3', 'r4', 'r6', 'r7']);
    expect(extended).toEqual([
      { id: 'r2', end: 50 },
      { id: 'r5', end: 80 },
    ]);
  });

  it('joins neighbours only', () => {
    expect(joinedOf([2, 5], 2).extended).toEqual([
      { id: 'r0', end: 20 },
      { id: 'r3', end: 50 },
      { id: 'r6', end: 80 },
    ]);
  });

  it('leaves alone what has begun, but for its end', () => {
    const { change, extended } = joinedOf([0, 1], 2, { 3: 35, 6: 65 });
    expect(extended).toEqual([
      { id: 'r3', end: 60 },
      { id: 'r6', end: 80 },
    ]);
    expect(change.plan.find(({ id }) => id === 'r3')).toMatchObject({ start: 30, written: 35, end: 60 });
  });

  it.each([
    ['each has its connection', [0, 1], 6],
    ['more would be used', [0, 1], 32],
    ['nothing waits', [0, 1, 2, 3, 4, 5, 6, 7], 2],
  ])('changes nothing where %s', (_, busy, ceiling) => {
    const { change, gone, extended } = joinedOf(busy, ceiling);
    expect(idsOf(change.plan)).toEqual(['r0', 'r1', 'r2', 'r3', 'r4', 'r5', 'r6', 'r7']);
    expect({ gone, extended }).toEqual({ gone: [], extended: [] });
  });

  it('takes ranges that were given back, not those that are tried again', () => {
    const plan = [range('r0', 0, 10), range('r1', 10, 20), range('r2', 20, 30)];
    const workers = { r0: worker('receiving'), r1: worker('backingOff'), r2: worker('waiting') };
    expect(joinWaiting(contextWith({ plan, workers })).gone).toEqual([]);
  });
});
