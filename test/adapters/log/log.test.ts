import { readFile, stat, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { attachLog, type LogEntry, logRequest } from '../../../src/adapters/log/attach-log.ts';
import { openLogFile } from '../../../src/adapters/log/log-file.ts';
import { createLogger } from '../../../src/adapters/log/logger.ts';
import { readable } from '../../../src/adapters/log/readable.ts';

import { FailureError } from '../../../src/machines/failures.ts';
import { FakeControl } from '../../support/fake-control.ts';
import { makeTempDir } from '../../support/temp-dir.ts';

const source = {
  url: 'https://example.org/a',
  size: 10,
  acceptsRanges: true,
  etag: null,
  lastModified: null,
  latencyMs: 1,
};

function record() {
  const hub = new FakeControl();
  const lines: [string, LogEntry, string][] = [];
  attachLog(hub, (...line) => void lines.push(line));
  return { hub, lines };
}

describe('attachLog', () => {
  it('tells every change of state', () => {
    const { hub, lines } = record();
    hub.emit({ type: 'state', state: 'downloading', path: '/d/a', source, resumedBytes: 4, question: null });
    expect(lines).toEqual([
      [
        'info',
        {
          event: 'state',
          state: 'downloading',
          path: '/d/a',
          url: source.url,
          size: 10,
          ranges: true,
          resumedBytes: 4,
          question: undefined,
        },
        'state downloading',
      ],
    ]);
  });

  it('tells what is asked, each segment, each warning and the end', () => {
    const { hub, lines } = record();
    const question = { kind: 'target-exists', path: '/d/a', size: 1 } as const;
    const segment = {
      id: 'segment-3',
      state: 'backingOff',
      start: 0,
      end: 9,
      written: 4,
      attempt: 2,
      bytesPerSecond: 0,
    };
    hub.emit({ type: 'state', state: 'confirmingOverwrite', path: '/d/a', source: null, resumedBytes: 0, question });
    hub.emit({ type: 'segment', ...segment, state: 'backingOff' });
    hub.emit({ type: 'warning', code: 'retrying', message: 'It was reset. Trying again in 1.0 s.' });
    hub.emit({ type: 'failed', code: 'http-status', message: 'Not found.', status: 404, resumable: false });
    hub.emit({ type: 'failed', code: 'interrupted', message: 'Stopped.', status: null, resumable: true });
    expect(lines.map(([level, { event }, message]) => [level, event, message])).toEqual([
      ['info', 'state', 'state confirmingOverwrite'],
      ['debug', 'segment', 'segment-3 backingOff'],
      ['warn', 'warning', 'It was reset. Trying again in 1.0 s.'],
      ['error', 'failed', 'Not found.'],
      ['info', 'failed', 'Stopped.'],
    ]);
    expect(lines[0]?.[1].question).toBe('target-exists');
    expect(lines[1]?.[1]).toMatchObject({ id: 'segment-3', attempt: 2, written: 4 });
  });

  it('is silent about figures', () => {
    const { hub, lines } = record();
    const speed = { now: 1, least: 1, mean: 1, best: 1 };
    const connections = { active: 1, limit: 1, isAuto: false };
    const figures = { bytes: 1, total: 2, fraction: 0.5, speed, startedAt: 0, elapsedMs: 1, remainingMs: 1 };
    hub.emit({ type: 'progress', ...figures, connections, rateLimit: null, segments: [] });
    expect(lines).toEqual([]);
  });
});

describe('createLogger', () => {
  it('writes JSON lines to every sink, with level and ISO time, redacted', () => {
    const first: string[] = [];
    const second: string[] = [];
    const redact = (text: string) => text.replaceAll('hunter22', '***');
    const sinks = [first, second].map((lines) => (line: string) => void lines.push(line));
    const write = createLogger({ sinks, redact });
    write('warn', { event: 'warning', code: 'retrying', url: 'http://hunter22/' }, 'said hunter22');
    logRequest(write, { method: 'GET', url: 'http://a/', range: 'bytes=0-', status: 206, ms: 1.6, failure: null });
    logRequest(write, { method: 'GET', url: 'http://a/', range: null, status: null, ms: 3, failure: 'timeout' });
    expect(second).toEqual(first);
    const entries = first.map((line) => JSON.parse(line));
    expect(entries[0]).toMatchObject({ level: 'warn', code: 'retrying', url: 'http://***/', msg: 'said ***' });
    expect(entries[0].time).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    expect(entries[1]).toMatchObject({ level: 'info', event: 'request', range: 'bytes=0-', status: 206, ms: 2 });
    expect(entries[2]).toMatchObject({ level: 'warn', status: null, failure: 'timeout', msg: 'GET timeout' });
    expect(first.every((line) => line.endsWith('\n') && line.indexOf('\n') === line.length - 1)).toBe(true);
  });
});

describe('openLogFile', () => {
  it('appends, for its owner only', async () => {
    await using folder = await makeTempDir();
    for (const line of ['one\n', 'two\n']) {
      const log = openLogFile(folder.file('log'), () => {});
      log.write(line);
      log.close();
      log.write('after its end\n');
    }
    expect(await readFile(folder.file('log'), 'utf8')).toBe('one\ntwo\n');
    expect((await stat(folder.file('log'))).mode & 0o777).toBe(0o600);
  });

  it.each([
    ['missing/log', 'its folder does not exist'],
    ['file/log', 'a part of its path is a file'],
    ['.', 'it is a folder'],
    ['x'.repeat(300), 'its name is too long'],
  ])('refuses %s with a sentence', async (name, why) => {
    await using folder = await makeTempDir();
    await writeFile(folder.file('file'), '');
    const open = () => openLogFile(folder.file(name), () => {});
    expect(open).toThrow(FailureError);
    expect(open).toThrow(why);
  });

  it('goes on without it when the disk is full, and says so once', () => {
    const told: string[] = [];
    const log = openLogFile('/dev/full', (message) => void told.push(message));
    log.write('one\n');
    log.write('two\n');
    log.close();
    expect(told).toEqual([
      'The log file /dev/full cannot be written any more: the disk is full. The download goes on.',
    ]);
  });
});

describe('readable', () => {
  it('is a line for people', () => {
    const entry = { level: 'warn', time: '2026-01-02T10:15:02.123Z', pid: 7, event: 'request', msg: 'GET 206' };
    expect(readable(JSON.stringify({ ...entry, url: 'http://a/', range: null, ms: 12, note: 'two words' }))).toBe(
      '10:15:02.123 warn  GET 206 url=http://a/ ms=12 note="two words"',
    );
  });

  it('draws nothing on the terminal and stays on its line', () => {
    const line = readable(JSON.stringify({ level: 'info', msg: 'a\x1b[2J\nb', path: 'c\u202e\u0007 d' }));
    expect(line).not.toMatch(/\p{C}/u);
  });
});
