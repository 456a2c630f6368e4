/** How often the downloads of a process note progress for the case that it is killed, in simulated time. */
import { expect, it } from 'vitest';
import { newShared } from '../../src/actors/shared-by-all.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { fakeDownload } from '../support/fake-download.ts';

/** Notes of so many downloads at once, in a second. */
async function notesOf(count: number): Promise<number> {
  const [clock, shared] = [new FakeClock(), newShared()];
  const downloads = Array.from({ length: count }, () => fakeDownload({ connections: 1 }, { clock, shared }));
  for (const { source, actor } of downloads) {
    source.rate = 10;
    actor.start();
  }
  await clock.run(() => downloads.every(({ actor }) => actor.getSnapshot().matches('downloading')));
  const noted = () => downloads.reduce((sum, { storage }) => sum + storage.saves.live, 0);
  // The first one knows nothing of the others yet.
  await clock.run(() => clock.now() >= 1_000);
  const [before, began] = [noted(), clock.now()];
  await clock.run(() => clock.now() >= began + 1_000);
  const notes = noted() - before;
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
