/** The live note of one download: what it holds, when the next one is due, and when there are no more. */
import { describe, expect, it } from 'vitest';
import { createActor } from 'xstate';
import { defineKeepLiveNote } from '../../src/actors/keep-live-note.ts';
import type { Checkpoint } from '../../src/machines/checkpoint.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { fakeDownload } from '../support/fake-download.ts';

const checkpoint: Checkpoint = {
  url: 'u',
  entity: { size: 9, etag: null, lastModified: null, date: null, acceptsRanges: true },
  plan: [{ id: 'segment-0', start: 0, end: 9, written: 4, durable: 0 }],
  startedAt: 1,
  activeMs: 2,
};

/** Notes progress on a disk that is told how long it takes, or that it fails. */
function noting(input: { checkpoint: () => Checkpoint | null } = { checkpoint: () => checkpoint }) {
  const clock = new FakeClock();
  const transfers = new Map<string, { written: number }>();
  const running = { count: 1 };
  const notes: { at: number; written: number | undefined }[] = [];
  const disk = { takesMs: 0, fails: false };
  const saveLive = async (note: Checkpoint | null) => {
    notes.push({ at: clock.now(), written: note?.plan[0]?.written });
    if (disk.takesMs > 0) await new Promise<void>((resolve) => clock.after(disk.takesMs, resolve));
    if (disk.fails) throw new Error('full');
  };
  const logic = defineKeepLiveNote({ storage: { saveLive }, clock, transfers, running });
  const begin = () => createActor(logic, { input }).start();
  const times = () => notes.map(({ at }) => at);
  /** Lets so much time pass, a millisecond at a time. */
  const pass = (ms: number) => {
    const end = clock.now() + ms;
    return clock.run(() => clock.now() >= end, ms + 1, 1);
  };
  return { clock, transfers, running, notes, disk, begin, times, pass };
}

describe('the live note', () => {
  it('is made every ten milliseconds, from ten milliseconds on, until it is stopped', async () => {
    const { begin, times, pass } = noting();
    const actor = begin();
    await pass(45);
    expect(times()).toEqual([10, 20, 30, 40]);
    actor.stop();
    await pass(100);
    expect(times()).toHaveLength(4);
  });

  it('holds what has landed since the machine last heard, within the range', async () => {
    const { begin, transfers, notes, pass } = noting();
    begin();
    for (const written of [3, 7, 12]) {
      transfers.set('segment-0', { written });
      await pass(10);
    }
    expect(notes.map(({ written }) => written)).toEqual([4, 7, 9]);
  });

  it('is made when the last one is on disk, later by ten times what that took, up to 20 ms', async () => {
    const { begin, disk, times, pass } = noting();
    begin();
    disk.takesMs = 1;
    await pass(25);
    expect(times()).toEqual([10, 21]);
    disk.takesMs = 2;
    await pass(30);
    expect(times().slice(2)).toEqual([32, 54]);
    disk.takesMs = 300;
    await pass(350);
    expect(times().slice(4)).toEqual([76, 396]);
  });

  it('is due later in an old run, pauses included, and of many downloads', async () => {
    const { begin, running, times, pass } = noting();
    const first = begin();
    await pass(15);
    first.stop();
    await pass(4_995);
    begin();
    await pass(65);
    expect(times()).toEqual([10, 5_020, 5_071]);
    running.count = 8;
    await pass(155);
    expect(times().slice(3)).toEqual([5_122, 5_225]);
  });

  it('is tried again when it fails, as soon as it would have been', async () => {
    const { begin, disk, times, pass } = noting();
    begin();
    disk.fails = true;
    await pass(35);
    expect(times()).toEqual([10, 20, 30]);
    disk.fails = false;
    await pass(10);
    expect(times()).toEqual([10, 20, 30, 40]);
  });

  it('is not due any more when it was stopped while one was being made', async () => {
    const { begin, disk, times, pass } = noting();
    const actor = begin();
    disk.takesMs = 20;
    await pass(15);
    actor.stop();
    await pass(200);
    expect(times()).toEqual([10]);
  });

  it('is not made while there is nothing to go on from', async () => {
    let known: Checkpoint | null = null;
    const { begin, times, pass } = noting({ checkpoint: () => known });
    begin();
    await pass(25);
    expect(times()).toEqual([]);
    known = checkpoint;
    await pass(10);
    expect(times()).toEqual([30]);
  });
});

it('tells at each moment what the machine knows by then', async () => {
  const { actor, storage, source, clock } = fakeDownload({ connections: 1 });
  source.rate = 5;
  actor.start();
  await clock.run(() => storage.live !== null);
  const early = storage.live?.plan.map(({ end }) => end);
  expect(early).toEqual([100_000]);
  actor.send({ type: 'download.setConnections', connections: 2 });
  await clock.run(() => actor.getSnapshot().context.plan.length > 1);
  const { plan } = actor.getSnapshot().context;
  const before = storage.saves.live;
  await clock.run(() => storage.saves.live > before);
  expect(storage.live?.plan.map(({ end }) => end)).toEqual(plan.map(({ end }) => end));
  actor.stop();
});
