import { describe, expect, it } from 'vitest';
import { fakeDownload } from '../support/fake-download.ts';

describe('the actor tree over fakes', () => {
  it('fetches a file on several connections, one request each, none for asking', async () => {
    const { actor, source, storage, untilEnd } = fakeDownload();
    actor.start();
    await untilEnd();
    expect(actor.getSnapshot().output).toMatchObject({
      status: 'done',
      result: { size: 100_000, path: '/folder/file.bin' },
    });
    expect(storage.published).toEqual(source.bytes);
    expect(source.requests[0]).toMatchObject({ from: 0, to: null, ifRange: null });
    expect(source.requests.slice(1).every((request) => request.ifRange === '"v1"')).toBe(true);
    expect(source.open_.size).toBe(0);
  });
});
