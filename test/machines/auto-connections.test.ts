/** How many connections there are when nobody says, what is shown of them, and what news does to them. */
import { describe, expect, it } from 'vitest';
import { connectionLimit } from '../../src/machines/download.connections.ts';
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

  it('begin with those that are at work, as far as so many may be', () => {
    const chosen = (count: number) => {
      const workers = Object.fromEntries(Array.from({ length: count }, (_, at) => [`s${at}`, worker('receiving')]));
      const context = contextWith(
        { workers: { ...workers, w: worker('waiting') }, tuning: tuned(9) },
        { connections: 64 },
      );
      return setConnections(context, { connections: 'auto' }).tuning;
    };
    expect([0, 1, 7, 64].map((count) => chosen(count)?.ceiling)).toEqual([1, 1, 7, AUTO_MOST]);
    expect(chosen(7)).toEqual({ ...openingTuning, ceiling: 7 });
  });

  it('go on as they are when they are asked for once more', () => {
    expect(setConnections(auto({ tuning: tuned(9) }), { connections: 'auto' })).toEqual({});
  });

  it('learn from who brings and who asks', () => {
    const learnt = (...states: SegmentStateName[]) => {
      const workers = Object.fromEntries(states.map((state, index) => [`segment-${index}`, worker(state)]));
      return noteTraffic(auto({ workers, tuning: tuned(2) }), { at: 10, bytes: 5, activeMs: 3 }).tuning;
    };
    // All bring: more are tried. One asks: nothing can be told. One has nothing to do: that is noted.
    expect(learnt('receiving', 'receiving', 'waiting')).toMatchObject({ ceiling: 8, idleSince: null });
    expect(learnt('receiving', 'receiving', 'requesting')).toEqual(tuned(2));
    expect(learnt('receiving', 'waiting', 'backingOff')).toMatchObject({ ceiling: 2, idleSince: 10 });
  });

  it('learn sooner where the way is short', () => {
    const workers = Object.fromEntries(Array.from({ length: 8 }, (_, id) => [`segment-${id}`, worker('receiving')]));
    const learnt = (latencyMs: number) => {
      const tuning = { ...tuned(8), window: { at: 0, bytes: 0, activeMs: 0 } };
      const context = auto({ workers, tuning, source: { ...source, latencyMs } });
      return noteTraffic(context, { at: 15, bytes: 5, activeMs: 3 }).tuning?.ceiling;
    };
    expect([learnt(5), learnt(6)]).toEqual([16, 8]);
  });

  it('divide what is restored', () => {
    const plan = [range('segment-0', 0, 1_000)];
    const checkpoint = { url: 'u', entity: big, plan, startedAt: 1, activeMs: 2 };
    const pieces = (connections: number | 'auto', rateLimit: number | null = null) =>
      restoreContext(contextWith({}, { connections, rateLimit, minSplit: 1 }), checkpoint).plan.length;
    expect(pieces('auto')).toBe(AUTO_MOST);
    expect(pieces(3)).toBe(3);
    // As a file that is begun is.
    expect(pieces('auto', 1024 ** 2)).toBe(1);
    expect(pieces(16, 32 * 1024)).toBe(2);
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
    const pushed = (receiving: number, requesting: number) => {
      const states = [
        ...Array(receiving).fill('receiving'),
        ...Array(requesting).fill('requesting'),
        'waiting',
        'parked',
      ];
      const workers = Object.fromEntries(
        ['requesting', ...states].map((state, index) => [`segment-${index}`, worker(state as SegmentStateName)]),
      );
      const news = { type: 'segment.backedOff' as const, id: 'segment-0', attempt: 1, delayMs: 500, at: 0 };
      const refusal = failure('http-status', { status: 503, pushBack: true });
      return noteBackOff(contextWith({ workers, allowance: many }), { ...news, failure: refusal }).allowance?.ceiling;
    };
    // Half of those that were served, that asked, and the one that was refused.
    expect(pushed(5, 0)).toBe(3);
    expect(pushed(5, 2)).toBe(4);
    // But no more than were served.
    expect(pushed(1, 9)).toBe(1);
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
