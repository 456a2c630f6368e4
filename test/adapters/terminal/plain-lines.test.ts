import { describe, expect, it } from 'vitest';
import { attachPlainLines } from '../../../src/adapters/terminal/plain-lines.ts';
import type { DownloadEvent, WarningCode } from '../../../src/machines/events.ts';
import {
  doneEvent,
  FakeControl,
  failedEvent,
  MIB,
  progressEvent,
  someSource,
  stateEvent,
} from '../../support/fake-control.ts';

function told(events: readonly (DownloadEvent | number)[], quiet = false): string[] {
  const actor = new FakeControl();
  const lines: string[] = [];
  let now = 0;
  attachPlainLines(actor, { write: (line) => lines.push(line), quiet, now: () => now });
  for (const event of events) {
    if (typeof event === 'number') now += event;
    else actor.emit(event);
  }
  return lines;
}

function warning(message: string, code: WarningCode = 'retrying'): DownloadEvent {
  return { type: 'warning', code, message };
}

const whole: readonly DownloadEvent[] = [
  stateEvent({ state: 'validating', source: null }),
  stateEvent({ state: 'probing', source: null }),
  stateEvent({ state: 'preparing' }),
  stateEvent({ state: 'downloading' }),
  progressEvent({ elapsedMs: 100 }),
  progressEvent({ elapsedMs: 15_000 }),
  progressEvent({ elapsedMs: 15_100 }),
  stateEvent({ state: 'merging' }),
  stateEvent({ state: 'done' }),
  doneEvent(),
];

describe('plain lines', () => {
  it('tell a download in a few sentences', () => {
    expect(told(whole)).toEqual([
      'Downloading http://127.0.0.1/file.iso to /home/user/file.iso: 128.0 MiB, server answered in 32 ms.',
      '80.0 MiB of 128.0 MiB (62.5 %), 16.0 MiB/s, left 51 s',
      '/home/user/file.iso: 128.0 MiB in 8 s, 16.0 MiB/s on average.',
    ]);
  });

  it('are a few a minute, also when earlier runs took hours', () => {
    const minutes = 10;
    const events = Array.from({ length: minutes * 240 }, (_, index) =>
      progressEvent({ elapsedMs: 7_200_000 + index * 250 }),
    );
    expect(told(events)).toHaveLength(minutes * 4 - 1);
  });

  it('say what is resumed, and what is not known', () => {
    const source = { ...someSource, size: null, acceptsRanges: false };
    expect(told([stateEvent({ state: 'downloading', resumedBytes: 3 * MIB })]).join()).toContain(
      'going on from 3.0 MiB',
    );
    expect(told([stateEvent({ state: 'downloading', source })]).join()).toContain('size unknown, on one connection');
    expect(
      told([
        progressEvent({ elapsedMs: 0 }),
        progressEvent({ elapsedMs: 2e4, total: null, fraction: null, remainingMs: null }),
      ]),
    ).toEqual(['80.0 MiB, 16.0 MiB/s, left unknown']);
  });

  it('say a warning once, and not sixty-four at a time', () => {
    const events = [
      warning('Reset. Trying again in 1.0 s.'),
      warning('Reset. Trying again in 1.1 s.'),
      6_000,
      warning('Reset. Trying again in 2.0 s.'),
      warning('No ranges.', 'single-connection'),
      6_000,
      warning('No ranges.', 'single-connection'),
    ];
    expect(told(events)).toEqual(['Reset. Trying again in 1.0 s.', 'Reset. Trying again in 2.0 s.', 'No ranges.']);
  });

  it('say each attempt to ask the server', () => {
    const asking = stateEvent({ state: 'probing', source: null });
    const one = 'The server answered 503. Trying again in 1 s.';
    const events = [asking, warning(one), 500, asking, warning(one), 500, asking, warning('Two. Trying again in 2 s.')];
    expect(told(events)).toEqual([one, one, 'Two. Trying again in 2 s.']);
  });

  it('say a failure, and that the same command goes on', () => {
    expect(told([failedEvent()])).toEqual([
      'multidown: The network is gone. What has arrived is kept: the same command goes on from there.',
    ]);
    expect(told([failedEvent({ resumable: false })])).toEqual(['multidown: The network is gone.']);
    const said = 'Stopped. What has arrived is kept: the same command goes on from there.';
    expect(told([failedEvent({ code: 'interrupted', message: said })])).toEqual([`multidown: ${said}`]);
  });

  it('say what was there already, and which digests match', () => {
    expect(told([doneEvent({ skipped: true, verified: ['sha256'] })])).toEqual([
      '/home/user/file.iso was there already (128.0 MiB), sha256 matches; nothing was fetched.',
    ]);
    expect(told([doneEvent({ skipped: true })])).toEqual([
      '/home/user/file.iso was there already (128.0 MiB); nothing was fetched.',
    ]);
    expect(
      told([doneEvent({ digests: { sha256: 'ab' }, verified: ['sha256'], elapsedMs: 40, meanBytesPerSecond: null })]),
    ).toEqual(['/home/user/file.iso: 128.0 MiB in 40 ms, sha256 matches.']);
    expect(told([doneEvent({ dryRun: true })])).toEqual([]);
  });

  it('obey nothing that a server put into a name, a URL or a message', () => {
    const evil = '\u001b[2J\u0007';
    const lines = told([
      stateEvent({ state: 'downloading', path: `/a${evil}`, source: { ...someSource, url: `http://a/${evil}` } }),
      warning(`b${evil}`),
      doneEvent({ path: `/c${evil}` }),
      failedEvent({ message: `d${evil}` }),
    ]);
    expect(lines).toHaveLength(4);
    expect(lines.join('')).not.toMatch(/\p{Cc}/u);
  });

  it('are failures only when quiet', () => {
    expect(told([...whole, warning('Reset.')], true)).toEqual([]);
    expect(told([failedEvent({ resumable: false })], true)).toEqual(['multidown: The network is gone.']);
  });
});
