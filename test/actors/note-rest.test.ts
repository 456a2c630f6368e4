/** How often the downloads of a process note progress for the case that it is killed, in simulated time. */
import { expect, it } from 'vitest';
import { newShared } from '../../src/actors/shared-by-all.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { fakeDownload } from '../support/fake-download.ts';

/** Notes of so many downloads at once, a second, from then to then (milliseconds after their start). */
async function notesOf(count: number, from = 200, to = 1_000): Promise<number> {
  const [clock, shared] = [new FakeClock(), newShared()];
  const downloads = Array.from({ length: count }, () => fakeDownload({ connections: 1 }, { clock, shared }));
  for (const { source, actor } of downloads) {
    source.rate = 5;
    actor.start();
  }
  await clock.run(() => downloads.every(({ actor }) => actor.getSnapshot().matches('downloading')));
  const noted = () => downloads.reduce((sum, { storage }) => sum + storage.saves.live, 0);
  // The first one knows nothing of the others yet.
  await clock.run(() => clock.now() >= from);
  const before = noted();
  await clock.run(() => clock.now() >= to);
  const notes = ((noted() - before) * 1_000) / (to - from);
  for (const { actor } of downloads) actor.stop();
  expect(shared.running.count).toBe(0);
  return notes;
}

it('187 one download notes a hundred times a second, and sixty together no more than four', async () => {
  expect(await notesOf(1)).toBeGreaterThanOrEqual(90);
  const few = await notesOf(4);
  expect(few).toBeGreaterThanOrEqual(4 * 90);
  const many = await notesOf(60);
  expect(many).toBeLessThanOrEqual(few * 1.1);
  // Each of them still does.
  expect(many).toBeGreaterThanOrEqual(60 * 3);
});

it('a download of more than ten seconds notes ten times a second: few kills come so late', async () => {
  const late = await notesOf(1, 12_000, 14_000);
  expect(late).toBeGreaterThanOrEqual(9);
  expect(late).toBeLessThanOrEqual(11);
});
