import { describe, expect, it } from 'vitest';
import { createActor } from 'xstate';
import { createDownloadImplementations } from '../../src/actors/implementations.ts';
import { downloadMachine } from '../../src/machines/download.machine.ts';
import type { DownloadEvent } from '../../src/machines/events.ts';
import type { DownloadOptions } from '../../src/machines/options.ts';
import { fakeDownload } from '../support/fake-download.ts';

/** A download in which one actor was forgotten. */
function without(name: string, options: Partial<DownloadOptions> = {}) {
  const digests = [{ algorithm: 'sha256', hex: 'ab' }] as const;
  const { clock, source, storage, input } = fakeDownload({ digests, ...options });
  if (options.ifExists === 'skip') storage.existingSize = 5;
  const { actors, actions } = createDownloadImplementations({ source, storage, clock });
  const rest = Object.fromEntries(Object.entries(actors).filter(([key]) => key !== name));
  const machine = downloadMachine.provide({ actors: rest as unknown as typeof actors, actions });
  const actor = createActor(machine, { input, clock: clock.xstate });
  const events: DownloadEvent[] = [];
  actor.on('*', (event) => events.push(event));
  return { actor, clock, source, storage, events, actors };
}

describe('a forgotten actor', () => {
  it.each([
    ['claimTarget', 'claimTarget'],
    ['probeSource', 'probeSource'],
    ['prepareTarget', 'prepareTarget'],
    ['verifyDigests', 'verifyDigests'],
    ['publishTarget', 'publishTarget'],
    ['segment', 'transferRange'],
  ])('%s: the download fails and names it', async (name, named) => {
    const { actor, clock } = without(name);
    actor.start();
    await clock.run(() => actor.getSnapshot().status !== 'active', 10_000);
    expect(actor.getSnapshot().output).toMatchObject({
      status: 'failed',
      failure: { code: 'unexpected', message: expect.stringContaining(`The actor "${named}" was not provided`) },
    });
  });

  it('compareExisting: a file is not taken for one that was compared', async () => {
    const { actor, clock } = without('compareExisting', { ifExists: 'skip' });
    actor.start();
    await clock.run(() => actor.getSnapshot().status !== 'active', 10_000);
    expect(actor.getSnapshot().output).toMatchObject({
      status: 'failed',
      failure: { message: expect.stringContaining('The actor "compareExisting" was not provided') },
    });
  });

  it('saveProgress: what arrives is not lost, but a pause says that it cannot be saved', async () => {
    const { actor, clock } = without('saveProgress');
    actor.start();
    await clock.run(() => actor.getSnapshot().matches('downloading'));
    actor.send({ type: 'download.pause' });
    await clock.run(() => actor.getSnapshot().status !== 'active', 10_000);
    expect(actor.getSnapshot().output).toMatchObject({
      status: 'failed',
      failure: { message: expect.stringContaining('The actor "saveProgress" was not provided') },
    });
  });

  it('keepLiveNote: what a power cut leaves is saved all the same, and the download goes on', async () => {
    const { actor, clock, source, storage } = without('keepLiveNote');
    source.rate = 5;
    actor.start();
    await clock.run(() => actor.getSnapshot().status !== 'active', 60_000);
    expect(actor.getSnapshot().output).toMatchObject({ status: 'done' });
    expect(storage.saves).toEqual({ live: 0, durable: expect.any(Number) });
    expect(storage.saves.durable).toBeGreaterThan(0);
  });

  it('meterProgress: the figures stop, and the download goes on', async () => {
    const { actor, clock, events } = without('meterProgress');
    actor.start();
    await clock.run(() => actor.getSnapshot().status !== 'active', 60_000);
    expect(actor.getSnapshot().output).toMatchObject({ status: 'done' });
    expect(events).toContainEqual({
      type: 'warning',
      code: 'figures-stopped',
      message: 'The figures on the screen have stopped; the download goes on.',
    });
  });

  it('measureTraffic: the count stays as it is, and the download goes on', async () => {
    const { actor, clock } = without('measureTraffic');
    actor.start();
    actor.send({ type: 'download.setConnections', connections: 'auto' });
    await clock.run(() => actor.getSnapshot().matches('downloading'));
    expect(actor.getSnapshot().value).toMatchObject({ downloading: { tuning: 'fixed' } });
    await clock.run(() => actor.getSnapshot().status !== 'active', 60_000);
    expect(actor.getSnapshot().output).toMatchObject({ status: 'done' });
  });

  it('watchHost: nothing is shared, and the download goes on', async () => {
    const { actor, clock, events } = without('watchHost');
    actor.start();
    await clock.run(() => actor.getSnapshot().status !== 'active', 60_000);
    expect(actor.getSnapshot().output).toMatchObject({ status: 'done' });
    expect(events).toContainEqual(expect.objectContaining({ type: 'warning', code: 'share-unknown' }));
  });

  it('was looked for in each of them', () => {
    expect(Object.keys(without('').actors).sort()).toEqual([
      'claimTarget',
      'compareExisting',
      'keepLiveNote',
      'measureTraffic',
      'meterProgress',
      'prepareTarget',
      'probeSource',
      'publishTarget',
      'saveProgress',
      'segment',
      'surveyTransfers',
      'verifyDigests',
      'watchHost',
    ]);
  });
});
