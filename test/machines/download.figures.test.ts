import { describe, expect, it } from 'vitest';
import { figuresOf, resultOf, segmentView } from '../../src/machines/download.figures.ts';
import { startMeter } from '../../src/machines/speed.ts';
import { contextWith, entity, range, single, taken } from './contexts.ts';

const plan = [range('segment-0', 0, 40, 40), range('segment-1', 40, 70, 50), range('segment-2', 70, 100)];
const workers = { 'segment-1': { state: 'receiving', attempt: 2, bytesPerSecond: 30 } } as const;
const running = contextWith({ entity, plan, workers, startedAt: 7, meter: startMeter(1_234) });

describe('segmentView', () => {
  it.each([
    ['segment-0', { state: 'done', written: 40, attempt: 0, bytesPerSecond: 0 }],
    ['segment-1', { state: 'receiving', start: 40, end: 70, written: 50, attempt: 2, bytesPerSecond: 30 }],
    ['segment-2', { state: 'parked', written: 70 }],
  ])('shows %s', (id, view) => {
    expect(segmentView(running, id)).toMatchObject({ id, ...view });
  });

  it('shows nothing of what is not', () => {
    expect(segmentView(running, 'segment-9')).toBeNull();
  });
});

describe('figuresOf', () => {
  it('adds up', () => {
    expect(figuresOf(running)).toMatchObject({
      bytes: 50,
      total: 100,
      fraction: 0.5,
      startedAt: 7,
      elapsedMs: 1_234,
      remainingMs: null,
      connections: { active: 1, limit: 4 },
      rateLimit: null,
      segments: [{ id: 'segment-0' }, { id: 'segment-1' }, { id: 'segment-2' }],
    });
  });

  it.each([
    ['before the first answer', {}, { bytes: 0, total: null, fraction: null, connections: { active: 0, limit: 4 } }],
    ['one connection', { entity: single }, { connections: { limit: 1 } }],
    [
      'one connection, not found out',
      { entity: single, options: { ...running.options, connections: 'auto' as const } },
      { connections: { limit: 1, isAuto: false } },
    ],
    [
      'an unknown size',
      { entity: { ...single, size: null }, plan: [range('segment-0', 0, null, 50)] },
      { bytes: 50, total: null, fraction: null, remainingMs: null },
    ],
    [
      'an empty file',
      { entity: { ...single, size: 0 }, plan: [] },
      { bytes: 0, total: 0, fraction: 1, remainingMs: 0 },
    ],
  ])('%s', (_, parts, figures) => {
    expect(figuresOf(contextWith(parts))).toMatchObject(figures);
  });
});

describe('resultOf', () => {
  it.each([
    ['fetched', { size: 100, skipped: false, dryRun: false, meanBytesPerSecond: (100 / 1_234) * 1_000 }],
    ['skipped', { size: 5, skipped: true, dryRun: false, meanBytesPerSecond: null }],
    ['dryRun', { size: 100, skipped: false, dryRun: true, meanBytesPerSecond: null }],
  ] as const)('%s', (how, result) => {
    const context = { ...running, target: taken, digests: { md5: 'x' } };
    expect(resultOf(context, '/a', how)).toEqual({
      path: '/a',
      elapsedMs: 1_234,
      digests: { md5: 'x' },
      verified: [],
      ...result,
    });
  });

  it('has no mean when no time has passed', () => {
    expect(resultOf(contextWith({ entity }), '/a', 'fetched').meanBytesPerSecond).toBeNull();
  });

  it('counts what was written when the size was never told', () => {
    const context = contextWith({ entity: { ...single, size: null }, plan: [range('segment-0', 0, null, 50)] });
    expect(resultOf(context, '/a', 'fetched').size).toBe(50);
  });
});
