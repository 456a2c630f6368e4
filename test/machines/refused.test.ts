import { describe, expect, it } from 'vitest';
import type { Worker } from '../../src/machines/download.context.ts';
import type { SegmentStateName } from '../../src/machines/events.ts';
import { canDoWithout, giveBack, refusalNotice } from '../../src/machines/refused.ts';
import { contextWith, entity, failure, range } from './contexts.ts';

const worker = (state: SegmentStateName): Worker => ({ state, attempt: 0, bytesPerSecond: 0 });
const plan = [
  range('segment-0', 0, 40, 10),
  range('segment-1', 40, 60),
  range('segment-2', 60, 80),
  range('segment-3', 80, 100),
];
const contextOf = (states: readonly (SegmentStateName | null)[], ranges = plan) =>
  contextWith({
    entity,
    plan: ranges,
    workers: Object.fromEntries(
      states.flatMap((state, index) => (state === null ? [] : [[`segment-${index}`, worker(state)]])),
    ),
  });
const gone = failure('http-status', { status: 410 });

describe('canDoWithout', () => {
  const served = contextOf(['receiving', 'requesting', 'waiting', 'waiting']);

  it.each([401, 403, 404, 410])('says yes to %i while another one is received', (status) => {
    const refused = { id: 'segment-1', failure: failure('http-status', { status }) };
    expect(canDoWithout(served, refused)).toBe(true);
  });

  it.each([
    ['another status', served, failure('http-status', { status: 451 })],
    ['no status', served, failure('http-status')],
    ['another failure', served, failure('protocol', { status: 410 })],
    ['nobody else who is received', contextOf(['requesting', 'requesting', 'backingOff', 'waiting']), gone],
    ['nobody else at all', contextOf([null, 'receiving']), gone],
  ])('says no to %s', (_, context, reason) => {
    expect(canDoWithout(context, { id: 'segment-1', failure: reason })).toBe(false);
  });
});

describe('refusalNotice', () => {
  it('is told once', () => {
    const refused = { id: 'segment-1', failure: gone };
    const [notice, ...others] = refusalNotice(contextOf(['receiving']), refused);
    expect([notice?.code, others]).toEqual(['single-connection', []]);
    expect(notice?.message).toContain('it failed: http-status That was said to one connection');
    expect(refusalNotice({ ...contextOf(['receiving']), isAlone: true }, refused)).toEqual([]);
  });
});

describe('giveBack', () => {
  const refused = { id: 'segment-1' };

  it('lets the answer that is received go on through all that nobody receives', () => {
    const {
      change,
      gone: over,
      extended,
    } = giveBack(contextOf(['receiving', 'requesting', 'requesting', 'waiting']), refused);
    expect(change.plan).toEqual([range('segment-0', 0, 100, 10)]);
    expect(Object.keys(change.workers)).toEqual(['segment-0']);
    expect(over).toEqual(['segment-1', 'segment-2', 'segment-3']);
    expect(extended).toEqual({ id: 'segment-0', end: 100 });
    expect(change.isAlone).toBe(true);
  });

  it('lets the nearest one go on, not the first', () => {
    const ranges = plan.map((each) => (each.id === 'segment-1' ? { ...each, written: 45 } : each));
    const { extended, gone: over } = giveBack(contextOf(['receiving', 'receiving', 'requesting', 'waiting'], ranges), {
      id: 'segment-2',
    });
    expect([extended, over]).toEqual([{ id: 'segment-1', end: 100 }, ['segment-2', 'segment-3']]);
  });

  it('looks over what waits before the range', () => {
    const { change, extended } = giveBack(contextOf(['receiving', 'waiting', 'requesting', 'waiting']), {
      id: 'segment-2',
    });
    expect(change.plan).toEqual([range('segment-0', 0, 100, 10)]);
    expect(extended).toEqual({ id: 'segment-0', end: 100 });
  });

  it('stops before a range that another one receives', () => {
    const { change, gone: over } = giveBack(contextOf(['receiving', 'requesting', 'receiving', 'waiting']), refused);
    expect(change.plan).toEqual([range('segment-0', 0, 60, 10), ...plan.slice(2)]);
    expect(Object.keys(change.workers)).toEqual(['segment-0', 'segment-2', 'segment-3']);
    expect(over).toEqual(['segment-1']);
  });

  it('stops before a range that has bytes', () => {
    const begun = plan.with(2, range('segment-2', 60, 80, 65));
    const { change } = giveBack(contextOf(['receiving', 'requesting', 'waiting', 'waiting'], begun), refused);
    expect(change.plan).toEqual([range('segment-0', 0, 60, 10), begun[2], begun[3]]);
  });

  it('stops before a range that is fetched a second time', () => {
    const context = contextOf(['receiving', 'requesting', 'waiting', 'waiting']);
    const workers = { ...context.workers, 'segment-2-hedge': worker('requesting') };
    expect(giveBack({ ...context, workers }, refused).gone).toEqual(['segment-1']);
  });

  it.each([
    ['that nobody receives', contextOf(['backingOff', 'requesting', 'receiving', 'waiting'])],
    ['that is all there', contextOf([null, 'requesting', 'receiving'], plan.with(0, range('segment-0', 0, 40, 40)))],
    [
      'that is fetched a second time',
      contextWith({
        entity,
        plan,
        workers: { ...contextOf(['receiving', 'requesting']).workers, 'segment-0-hedge': worker('requesting') },
      }),
    ],
  ])('leaves the range waiting behind one %s', (_, context) => {
    const { change, gone: over, extended } = giveBack(context, refused);
    expect(change.plan).toEqual(context.plan);
    expect(Object.keys(change.workers)).not.toContain('segment-1');
    expect([over, extended, change.isAlone]).toEqual([[], null, true]);
  });

  it('leaves a range waiting that has bytes of its own, and its neighbours with it', () => {
    const begun = plan.with(1, range('segment-1', 40, 60, 45));
    const { change, gone: over } = giveBack(
      contextOf(['receiving', 'requesting', 'waiting', 'waiting'], begun),
      refused,
    );
    expect(change.plan).toEqual(begun);
    expect(over).toEqual([]);
  });

  it('leaves the first range waiting', () => {
    expect(giveBack(contextOf(['requesting', 'receiving']), { id: 'segment-0' }).change.plan).toEqual(plan);
  });
});
