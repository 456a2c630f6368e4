import { describe, expect, it } from 'vitest';
import { Samples } from '../../../../src/adapters/window/page/model/figures.ts';
import { History } from '../../../../src/adapters/window/page/model/history.ts';
import { shownFigures } from '../../../../src/adapters/window/page/model/shown-figures.ts';
import {
  countSteps,
  speedSteps,
  speedTicks,
  timeTicks,
} from '../../../../src/adapters/window/page/views/plot-ticks.ts';
import { initialContext } from '../../../../src/machines/download.context.ts';
import type { DownloadResult, DownloadStateName, Figures, SegmentView } from '../../../../src/machines/events.ts';
import { defaultOptions } from '../../../../src/machines/options.ts';
import { measure, startMeter } from '../../../../src/machines/speed.ts';
import { emptyCard } from '../../../support/window-hub.ts';
import { Recording } from './messages.ts';

const segment: SegmentView = {
  id: 'segment-0',
  state: 'receiving',
  start: 0,
  end: 500,
  written: 400,
  attempt: 1,
  bytesPerSecond: 50,
};
const figures: Figures = {
  bytes: 900,
  total: 1_000,
  fraction: 0.9,
  speed: { now: 90, least: 10, mean: 80, best: 100 },
  startedAt: 1,
  elapsedMs: 11_000,
  remainingMs: 2_000,
  connections: { active: 2, limit: 2, isAuto: false },
  rateLimit: null,
  segments: [segment, { ...segment, id: 'segment-1', start: 500, end: 1_000, written: 1_000 }],
};
const inState = (state: DownloadStateName) => ({
  ...emptyCard,
  state: { type: 'state', state, question: null, path: null, source: null, resumedBytes: 0 } as const,
});

describe('the figures of a download at rest', () => {
  it('are those of something that does not move', () => {
    const shown = shownFigures(figures, inState('paused'));
    expect(shown).toMatchObject({
      bytes: 900,
      elapsedMs: 11_000,
      remainingMs: null,
      speed: { now: 0, least: 10, mean: 80, best: 100 },
      connections: { active: 0, limit: 2 },
    });
    expect(shown.segments.map(({ state, bytesPerSecond }) => [state, bytesPerSecond])).toEqual([
      ['parked', 0],
      ['done', 0],
    ]);
  });

  it('are left as they are while it runs', () => {
    for (const state of ['probing', 'downloading', 'pausing'] as const) {
      expect(shownFigures(figures, inState(state))).toBe(figures);
    }
    expect(shownFigures(figures, emptyCard)).toBe(figures);
  });

  it('are whole when it is done, however old the last measurement is', () => {
    const result: DownloadResult = {
      path: '/a',
      size: 1_000,
      elapsedMs: 12_000,
      meanBytesPerSecond: 83,
      digests: {},
      verified: [],
      skipped: false,
      dryRun: false,
    };
    const shown = shownFigures(figures, { ...inState('done'), result });
    expect(shown).toMatchObject({ bytes: 1_000, fraction: 1, elapsedMs: 12_000, speed: { now: null, mean: 83 } });
    expect(shown.segments.map(({ state, written }) => [state, written])).toEqual([
      ['done', 500],
      ['done', 1_000],
    ]);
    // What is not done is not made so.
    const failure = { type: 'failed', code: 'timeout', message: 'No.', status: null, resumable: true } as const;
    expect(shownFigures(figures, { ...emptyCard, failure })).toMatchObject({ bytes: 900, fraction: 0.9 });
  });
});

describe('the points of the plots', () => {
  const context = initialContext({ url: 'https://example.org/', output: null, options: defaultOptions });
  /** A second of download at a constant speed; `from` says how much there was before. */
  const run = (recording: Recording, from: number, value: unknown = { downloading: {} }) => {
    let meter = startMeter(from);
    for (let at = 0; at <= 1_000; at += 250) {
      meter = measure(meter, 1_000 + at, at * 100);
      recording.snapshot('root', 'meter.ticked', value, { context: { ...context, startedAt: 1, meter } });
    }
    return recording;
  };
  const pointsOf = (recording: Recording) => {
    const history = new History();
    for (const message of recording.messages) history.add(message);
    return new Samples(history).points;
  };

  it('are at the time that was spent downloading, and fall to nothing at once at a pause', () => {
    const recording = run(new Recording(), 0);
    for (let count = 0; count < 50; count++) recording.snapshot('root', 'xstate.init', 'paused', { context });
    const points = pointsOf(run(recording, 1_000));
    expect(points.map(({ elapsedMs }) => elapsedMs)).toEqual([
      0, 250, 500, 750, 1_000, 1_000, 1_250, 1_500, 1_750, 2_000,
    ]);
    expect(points[5]).toEqual({ elapsedMs: 1_000, bytesPerSecond: 0, connections: 0 });
  });

  it('end at nothing when the download has ended', () => {
    const recording = run(new Recording(), 0).snapshot('root', 'x', 'done', { context, status: 'done' });
    expect(pointsOf(recording).at(-1)).toEqual({ elapsedMs: 1_000, bytesPerSecond: 0, connections: 0 });
  });
});

describe('the axes of the plots', () => {
  it('are divided at what is round in binary units, in one unit', () => {
    const mib = 1024 ** 2;
    expect(speedTicks([0, mib / 2, mib, 1.5 * mib])).toEqual(['0', '0.5 MiB/s', '1 MiB/s', '1.5 MiB/s']);
    expect(speedTicks([0, 256, 512])).toEqual(['0', '256 B/s', '512 B/s']);
    for (const step of speedSteps.filter((one) => one >= 1024)) {
      // Four of them are written with at most two digits after the point.
      for (const text of speedTicks([0, step, 2 * step, 3 * step])) expect(text).toMatch(/^\d+(\.\d{1,2})?( |$)/);
    }
    expect(countSteps.every(Number.isInteger)).toBe(true);
  });

  it('have times alike', () => {
    expect(timeTicks([0, 0.5, 1])).toEqual(['0 s', '0.5 s', '1 s']);
    expect(timeTicks([0, 60, 119])).toEqual(['0 s', '60 s', '119 s']);
    expect(timeTicks([0, 90, 180])).toEqual(['0:00', '1:30', '3:00']);
    expect(timeTicks([0, 1_800, 3_600])).toEqual(['0:00:00', '0:30:00', '1:00:00']);
  });
});
