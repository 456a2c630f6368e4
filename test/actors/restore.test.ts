import { describe, expect, it } from 'vitest';
import { createActor } from 'xstate';
import { createDownloadImplementations } from '../../src/actors/implementations.ts';
import { parkContext } from '../../src/machines/download.context.ts';
import { downloadMachine } from '../../src/machines/download.machine.ts';
import { isWhole, writtenBytes } from '../../src/machines/ranges.ts';
import { fakeDownload } from '../support/fake-download.ts';
import type { FakeStorage } from '../support/fake-storage.ts';

const moments = Array.from({ length: 26 }, (_, index) => index * 110);

describe('a download that is torn away at any moment', () => {
  it.each(moments)('after %i ms: its parked form goes on to the right bytes', async (moment) => {
    const first = fakeDownload();
    first.source.rate = 4;
    first.actor.start();
    await first.clock.run(() => first.clock.now() >= moment || first.actor.getSnapshot().status !== 'active');
    const torn = first.actor.getSnapshot();
    first.actor.stop();
    await first.source.close();
    if (torn.status !== 'active' || torn.context.target === null) return;

    const parked = first.machine.resolveState({ value: 'paused', context: parkContext(torn.context) });
    const text = JSON.stringify(
      createActor(first.machine, { snapshot: parked, input: first.input }).getPersistedSnapshot(),
    );
    const second = fakeDownload({}, { storage: first.storage });
    const machine = downloadMachine.provide(
      createDownloadImplementations({ source: second.source, storage: second.storage, clock: second.clock }),
    );
    const actor = createActor(machine, {
      snapshot: JSON.parse(text),
      input: second.input,
      clock: second.clock.xstate,
    }).start();
    await second.clock.run(() => second.clock.now() >= 20_000);
    expect(actor.getSnapshot().value).toBe('paused');
    expect(Object.keys(actor.getSnapshot().children)).toEqual([]);
    expect(second.source.requests).toEqual([]);
    actor.send({ type: 'download.resume' });
    await second.clock.run(() => actor.getSnapshot().status !== 'active');
    expect(actor.getSnapshot().output?.status).toBe('done');
    expect(second.storage.published).toEqual(second.source.bytes);
    expect(second.source.open_.size).toBe(0);
    const missing = 100_000 - writtenBytes(torn.context.plan);
    expect(second.source.bytesSent).toBeLessThanOrEqual(missing * 1.05 + 100);
  });

  it.each(moments)('after %i ms: its notes on disk go on to the right bytes', async (moment) => {
    const first = fakeDownload();
    first.source.rate = 4;
    first.actor.start();
    await first.clock.run(() => first.clock.now() >= moment || first.actor.getSnapshot().status !== 'active');
    first.actor.stop();
    await first.source.close();
    if (first.storage.published) return;
    const second = fakeDownload({ connections: 1 + (moment % 7) }, { storage: first.storage });
    second.actor.start();
    await second.untilEnd();
    expect(second.storage.published).toEqual(second.source.bytes);
    expect(second.source.open_.size).toBe(0);
  });

  it('many times in a row', async () => {
    let storage: FakeStorage | undefined;
    for (let run = 0; run < 40; run += 1) {
      const {
        actor,
        clock,
        source,
        storage: disk,
      } = fakeDownload({ connections: 1 + (run % 5) }, storage ? { storage } : {});
      storage = disk;
      actor.start();
      await clock.run(() => clock.now() >= 130 + run * 10 || actor.getSnapshot().status !== 'active');
      const { status, context } = actor.getSnapshot();
      if (status === 'done') {
        expect(disk.published).toEqual(source.bytes);
        return;
      }
      expect(isWhole(context.plan, 100_000)).toBe(false);
      actor.stop();
      await source.close();
    }
    throw new Error('it never came to an end');
  });
});

describe('a pause at any moment', () => {
  it.each(moments)('after %i ms: nothing is left open, and a resume goes on to the right bytes', async (moment) => {
    const { actor, clock, source, storage, untilEnd } = fakeDownload();
    source.rate = 4;
    actor.start();
    await clock.run(() => clock.now() >= moment || actor.getSnapshot().status !== 'active');
    actor.send({ type: 'download.pause' });
    if (actor.getSnapshot().matches('pausing')) {
      await clock.run(() => actor.getSnapshot().matches('paused'));
      expect(source.open_.size).toBe(0);
      expect(Object.keys(actor.getSnapshot().children)).toEqual([]);
      const { plan } = actor.getSnapshot().context;
      expect(storage.checkpoint?.plan.map((range) => range.written)).toEqual(plan.map((range) => range.written));
      for (const { start, written } of plan) {
        expect(storage.data.subarray(start, written)).toEqual(source.bytes.subarray(start, written));
      }
      actor.send({ type: 'download.resume' });
    }
    await untilEnd();
    expect(storage.published).toEqual(source.bytes);
    expect(source.open_.size).toBe(0);
  });
});
