import { describe, expect, it } from 'vitest';
import type { Worker } from '../../src/machines/download.context.ts';
import { joinWaiting } from '../../src/machines/join-waiting.ts';
import type { Range } from '../../src/machines/ranges.ts';
import { openingTuning } from '../../src/machines/tuning.ts';
import { contextWith, range } from './contexts.ts';
import { expectSound } from './plan-model.ts';

const worker = (state: Worker['state']): Worker => ({ state, attempt: 0, bytesPerSecond: 0 });
const idsOf = (plan: readonly Range[]) => plan.map(({ id }) => id);

interface Parts {
  /** By range: what is there. */
  readonly written?: Record<number, number>;
  /** This process is the bottleneck. */
  readonly wasBusy?: boolean;
  readonly more?: Record<string, Worker>;
}

/** Eight ranges of ten bytes, of which `busy` are received and the others wait. */
function joinedOf(busy: readonly number[], ceiling: number, { written = {}, wasBusy = false, more = {} }: Parts = {}) {
  const plan = Array.from({ length: 8 }, (_, at) => range(`r${at}`, at * 10, at * 10 + 10, written[at] ?? at * 10));
  const workers = Object.fromEntries(
    plan.map(({ id }, at): [string, Worker] => [id, worker(busy.includes(at) ? 'receiving' : 'waiting')]),
  );
  const tuning = { ...openingTuning, ceiling, wasBusy };
  const { change, extended } = joinWaiting(contextWith({ plan, workers: { ...workers, ...more }, tuning }));
  expectSound(change.plan, 80);
  const kept = [...new Set([...idsOf(change.plan), ...Object.keys(more)])];
  expect(Object.keys(change.workers).sort()).toEqual(kept.sort());
  return { plan: change.plan, extended };
}

describe('joinWaiting', () => {
  it('leaves as many ranges as there will be connections to ask for them', () => {
    expect(joinedOf([0, 1], 2).plan).toMatchObject([
      { id: 'r0', end: 10 },
      { id: 'r1', end: 20 },
      { id: 'r2', end: 50 },
      { id: 'r5', end: 80 },
    ]);
  });

  it('joins neighbours only', () => {
    expect(idsOf(joinedOf([2, 5], 2).plan)).toEqual(['r0', 'r2', 'r3', 'r5', 'r6']);
  });

  it('leaves alone what has begun, but for its end', () => {
    const { plan } = joinedOf([0, 1], 2, { written: { 3: 35, 6: 65 } });
    expect(idsOf(plan)).toEqual(['r0', 'r1', 'r2', 'r3', 'r6']);
    expect(plan.find(({ id }) => id === 'r3')).toMatchObject({ start: 30, written: 35, end: 60 });
  });

  it.each([
    ['each has its connection', [0, 1], 6],
    ['more would be used', [0, 1], 32],
    ['nothing waits', [0, 1, 2, 3, 4, 5, 6, 7], 2],
  ])('changes nothing where %s', (_, busy, ceiling) => {
    expect(idsOf(joinedOf(busy, ceiling).plan)).toEqual(['r0', 'r1', 'r2', 'r3', 'r4', 'r5', 'r6', 'r7']);
  });

  it('takes ranges that were given back, not those that are tried again', () => {
    const plan = [range('r0', 0, 10), range('r1', 10, 20), range('r2', 20, 30)];
    const workers = { r0: worker('receiving'), r1: worker('backingOff'), r2: worker('waiting') };
    expect(joinWaiting(contextWith({ plan, workers }))).toEqual({ change: { plan, workers }, extended: [] });
  });

  it('lets those that are at work go on through what waits behind them, where each request costs the bottleneck', () => {
    const { plan, extended } = joinedOf([0, 4], 2, { wasBusy: true, written: { 0: 5 } });
    expect(plan).toMatchObject([
      { id: 'r0', start: 0, written: 5, end: 40 },
      { id: 'r4', start: 40, written: 40, end: 80 },
    ]);
    expect(extended).toEqual([
      { id: 'r0', end: 40 },
      { id: 'r4', end: 80 },
    ]);
  });

  it('leaves the others what is more than a share', () => {
    const { plan, extended } = joinedOf([0, 6], 2, { wasBusy: true });
    expect(idsOf(plan)).toEqual(['r0', 'r4', 'r6']);
    expect(extended).toEqual([
      { id: 'r0', end: 40 },
      { id: 'r6', end: 80 },
    ]);
  });

  it('tells none to go on that has nothing behind it, nor where bytes are there already', () => {
    const { plan, extended } = joinedOf([0, 1, 2], 2, { wasBusy: true, written: { 3: 33 } });
    expect(idsOf(plan)).toEqual(['r0', 'r1', 'r2', 'r3', 'r6']);
    expect(extended).toEqual([]);
  });

  it.each([
    ['the end of a range that is fetched twice', { 'r0-hedge': worker('receiving') }],
    ['the end of a range that has no answer yet', { r0: worker('requesting') }],
  ])('does not move %s', (_, more) => {
    const { plan, extended } = joinedOf([0], 1, { wasBusy: true, more });
    expect(plan).toMatchObject([
      { id: 'r0', end: 10 },
      { id: 'r1', end: 80 },
    ]);
    expect(extended).toEqual([]);
  });
});
