import { Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { attachJsonLines } from '../../../src/adapters/json-lines/json-lines.ts';
import type { DownloadEvent, Question } from '../../../src/machines/events.ts';
import {
  doneEvent,
  FakeControl,
  failedEvent,
  progressEvent,
  segment,
  someSource,
  stateEvent,
} from '../../support/fake-control.ts';
import { type JsonLine, parseJsonLines } from '../../support/json-lines.ts';

/** A reader that can fall behind. */
function attached() {
  const actor = new FakeControl();
  let text = '';
  let isBehind = false;
  let resume: () => void = () => {};
  attachJsonLines(actor, {
    write: (line) => {
      text += line;
      return !isBehind;
    },
    onDrain: (callback) => {
      resume = callback;
    },
  });
  return {
    actor,
    text: () => text,
    lines: (): readonly JsonLine[] => (text === '' ? [] : parseJsonLines(text)),
    fallBehind: () => {
      isBehind = true;
    },
    catchUp: () => {
      isBehind = false;
      resume();
    },
  };
}

const questions: readonly Question[] = [
  { kind: 'target-exists', path: '/a', size: 5 },
  { kind: 'changed', path: '/a', keptBytes: 5, reason: 'another ETag' },
  { kind: 'partial-exists', path: '/a', keptBytes: 5, url: 'http://b/' },
];

const everyKind: readonly DownloadEvent[] = [
  stateEvent({ state: 'validating', path: null, source: null }),
  ...questions.map((question) => stateEvent({ state: 'confirmingRestart', question })),
  stateEvent({ state: 'downloading', source: { ...someSource, size: null, etag: null, lastModified: 'x' } }),
  progressEvent(),
  { type: 'segment', ...segment({ end: null }) },
  { type: 'warning', code: 'push-back', message: 'Fewer.' },
  doneEvent({ digests: { sha256: 'ab' }, meanBytesPerSecond: null }),
  failedEvent({ code: 'http-status', status: 404 }),
];

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

describe('attachJsonLines', () => {
  it.each(everyKind.map((event) => [event.type, event] as const))('writes %s as the schema has it', (_, event) => {
    const { actor, lines } = attached();
    actor.emit(event);
    expect(lines()).toEqual([{ v: 1, time: new Date().toISOString(), ...event }]);
  });

  it('keeps a line a line, whatever the texts hold', () => {
    const { actor, lines, text } = attached();
    actor.emit({ type: 'warning', code: 'retrying', message: 'a\nb\u2028c\u001b[31m' });
    expect(text().split('\n')).toHaveLength(2);
    expect(lines()).toMatchObject([{ message: 'a\nb\u2028c\u001b[31m' }]);
  });

  it('writes figures twice a second, and the last ones before a step ends', () => {
    const { actor, lines } = attached();
    for (let at = 0; at < 20; at += 1) {
      actor.emit(progressEvent({ bytes: at }));
      vi.advanceTimersByTime(100);
    }
    expect(lines().map((line) => line.type === 'progress' && line.bytes)).toEqual([0, 5, 10, 15]);
    actor.emit({ type: 'warning', code: 'retrying', message: 'Again.' });
    actor.emit(stateEvent({ state: 'merging' }));
    actor.emit(doneEvent());
    expect(lines().slice(4)).toMatchObject([
      { type: 'warning' },
      { type: 'progress', bytes: 19 },
      { type: 'state' },
      { type: 'done' },
    ]);
  });

  it('spares a reader that is behind the figures, never the news', () => {
    const { actor, lines, fallBehind, catchUp } = attached();
    fallBehind();
    actor.emit(stateEvent({ state: 'downloading' }));
    for (let at = 0; at < 1_000; at += 1) {
      actor.emit(progressEvent({ bytes: at }));
      vi.advanceTimersByTime(1_000);
    }
    actor.emit({ type: 'segment', ...segment() });
    expect(lines().map(({ type }) => type)).toEqual(['state', 'segment']);
    catchUp();
    actor.emit(progressEvent({ bytes: 1_000 }));
    expect(lines().at(-1)).toMatchObject({ type: 'progress', bytes: 1_000 });
  });

  it('lets no memory grow behind a stream that nobody reads', () => {
    const actor = new FakeControl();
    const stuck = new Writable({ highWaterMark: 16_384, write: () => {} });
    attachJsonLines(actor, {
      write: (line) => stuck.write(line),
      onDrain: (resume) => void stuck.once('drain', resume),
    });
    for (let at = 0; at < 10_000; at += 1) {
      actor.emit(progressEvent({ bytes: at }));
      vi.advanceTimersByTime(1_000);
    }
    expect(stuck.writableLength).toBeLessThan(32_768);
    expect(stuck.listenerCount('drain')).toBe(1);
  });
});

describe('the schema', () => {
  const time = '2026-01-02T03:04:05.678Z';

  it.each([
    ['a field more', { ...doneEvent(), extra: 1 }],
    ['a field less', { ...doneEvent(), size: undefined }],
    ['another version', { ...doneEvent(), v: 2 }],
    ['no time', { ...doneEvent(), time: undefined }],
    ['half a byte', { ...doneEvent(), size: 1.5 }],
    ['less than nothing', { ...doneEvent(), size: -1 }],
    ['an unknown kind', { ...doneEvent(), type: 'finished' }],
    ['an unknown state', { ...stateEvent({ state: 'done' }), state: 'dancing' }],
    ['an unknown failure', { ...failedEvent(), code: 'bad-luck' }],
    ['an unknown warning', { type: 'warning', code: 'rain', message: '' }],
    ['more than all of it', progressEvent({ fraction: 1.1 })],
    ['a segment of no name', { type: 'segment', ...segment({ id: 'x' }) }],
    [
      'a question with the fields of another',
      {
        ...stateEvent({ state: 'confirmingRestart' }),
        question: { kind: 'changed', path: '/a', size: 5 },
      },
    ],
  ])('takes no line with %s', (_, line) => {
    expect(() => parseJsonLines(`${JSON.stringify({ v: 1, time, ...line })}\n`)).toThrow(/Not as the schema says/);
  });
});
