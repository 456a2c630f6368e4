/** The rate limit over the whole tree of actors, in simulated time: within 5 %, whatever the connections. */
import { describe, expect, it } from 'vitest';
import { fakeDownload, someBytes } from '../support/fake-download.ts';

/** Of no round length, so that the same bytes come again at other offsets only. */
const pattern = someBytes(65_521);
const manyBytes = (size: number) => new Uint8Array(Buffer.alloc(size, pattern).buffer);

const LIMIT = 1_000_000;
const COUNTS = [1, 8, 32, 'auto'] as const;
/** Each connection alone could bring so much more than the limit, bytes a millisecond. */
const FAST = 4_000;

function limited(connections: number | 'auto', size: number, rateLimit: number | null = LIMIT) {
  const download = fakeDownload({ connections, rateLimit, minSplit: null }, { bytes: manyBytes(size) });
  download.source.rate = FAST;
  return download;
}

/** Bytes a second, over the limit, that arrive within so long from now. */
async function held(download: ReturnType<typeof limited>, ms: number, limit: number): Promise<number> {
  const { clock, source } = download;
  const [at, sent] = [clock.now(), source.bytesSent];
  await clock.run(() => clock.now() >= at + ms);
  return ((source.bytesSent - sent) / (clock.now() - at)) * (1_000 / limit);
}

const within = (ratio: number) => {
  expect(ratio).toBeGreaterThan(0.95);
  expect(ratio).toBeLessThan(1.05);
};

describe.each(COUNTS)('185 a rate limit over connections: %s', (connections) => {
  it('185 is held within 5 % from the first byte to the last of a run of 8 seconds', async () => {
    const download = limited(connections, 8 * LIMIT);
    download.actor.start();
    await download.untilEnd();
    within(8_000 / download.clock.now());
    // No connection is given up for being slow: it is we who wait.
    expect(download.source.requests.length).toBeLessThanOrEqual(connections === 'auto' ? 1 : connections * 2);
    expect(download.storage.published && Buffer.compare(download.storage.published, download.source.bytes)).toBe(0);
  });

  it('185 is held within 5 % after it was lowered, raised, lifted and set again while it ran', async () => {
    const download = limited(connections, 60 * LIMIT);
    const { actor } = download;
    const change = (bytesPerSecond: number | null) => actor.send({ type: 'download.setRateLimit', bytesPerSecond });
    actor.start();
    within(await held(download, 5_000, LIMIT));
    change(LIMIT / 2);
    within(await held(download, 4_000, LIMIT / 2));
    change(LIMIT * 2);
    within(await held(download, 4_000, LIMIT * 2));
    change(null);
    expect(await held(download, 100, LIMIT * 2)).toBeGreaterThan(1.5);
    change(LIMIT);
    within(await held(download, 5_000, LIMIT));
    actor.send({ type: 'download.stop' });
    await download.untilEnd();
  });
});
