import { describe, expect, it } from 'vitest';
import type { DownloadEvent } from '../../src/machines/events.ts';
import { type DownloadListeners, listen } from '../../src/machines/front-end.ts';
import { doneEvent, FakeControl, failedEvent, progressEvent, segment, stateEvent } from '../support/fake-control.ts';

const events: readonly DownloadEvent[] = [
  stateEvent({ state: 'downloading' }),
  progressEvent(),
  { type: 'segment', ...segment() },
  { type: 'warning', code: 'retrying', message: 'It tries again.' },
  doneEvent(),
  failedEvent(),
];

describe('a front end', () => {
  it.each(events.map((event) => [event.type, event] as const))('hears of %s, and of nothing else', (type, event) => {
    const control = new FakeControl();
    const heard: DownloadEvent[] = [];
    const note = (told: DownloadEvent) => heard.push(told);
    listen(control, { [type]: note } as DownloadListeners);
    for (const each of events) control.emit(each);
    expect(heard).toEqual([event]);
  });

  it('may care for nothing', () => {
    const control = new FakeControl();
    listen(control, {});
    for (const event of events) expect(() => control.emit(event)).not.toThrow();
  });

  it('hears of nothing once it has stopped', () => {
    const control = new FakeControl();
    const heard: string[] = [];
    const stop = listen(control, { done: ({ path }) => heard.push(path) });
    control.emit(doneEvent({ path: '/one' }));
    stop();
    control.emit(doneEvent({ path: '/two' }));
    expect(heard).toEqual(['/one']);
  });
});
