/** Connections that crawl or stall, second tries, and counts found by trying: the whole tree over fakes. */
import { describe, expect, it } from 'vitest';
import type { DownloadEvent } from '../../src/machines/events.ts';
import { FailureError } from '../../src/machines/failures.ts';
import { fakeDownload, someBytes } from '../support/fake-download.ts';
import type { FakeAnswer, FakeSource } from '../support/fake-source.ts';

/** The usual answer to a request, changed. */
function answerTo(source: FakeSource, from: number, to: number, change: Partial<FakeAnswer>): FakeAnswer {
  const headers = {
    ...source.validators(),
    'content-range': `bytes ${from}-${to - 1}/${source.bytes.length}`,
    'content-length': String(to - from),
  };
  return { status: 206, headers, from, to, ...change };
}

/** Every n-th request of a range is answered like this. */
function every(source: FakeSource, nth: number, change: Partial<FakeAnswer>) {
  source.script = ({ from, to }, count) =>
    count % nth === 0 && from !== null ? answerTo(source, from, to ?? source.bytes.length, change) : null;
}

const elapsed = (download: ReturnType<typeof fakeDownload>) => download.clock.now();
const warningsOf = (events: readonly DownloadEvent[]) => events.filter((event) => event.type === 'warning');
/** 10 MB at 10 kB/ms on each connection: 0.25 s on four. */
const bytes = someBytes(10_000_000);
/** `toEqual` takes seconds for millions of bytes. */
const expectSame = (published: Uint8Array | null | undefined, wanted = bytes) =>
  expect(published && Buffer.compare(published, wanted)).toBe(0);

function fast(options: Parameters<typeof fakeDownload>[0] = {}) {
  const download = fakeDownload({ connections: 4, minSplit: null, ...options }, { bytes });
  download.source.rate = 1_000;
  return download;
}

describe('a connection that stalls for ever', () => {
  it.each([2, 3, 4])('as number %i costs no time-out: a second one fetches the rest', async (number) => {
    const download = fast();
    const { actor, source, storage, events, untilEnd } = download;
    source.script = ({ from, to }, count) =>
      count === number && from !== null ? answerTo(source, from, to ?? bytes.length, { stallAfter: 500_000 }) : null;
    actor.start();
    await untilEnd();
    expectSame(storage.published);
    // It takes 2.5 s without the stall, and the time-out is 30 s.
    expect(elapsed(download)).toBeLessThan(6_000);
    expect(warningsOf(events)).toEqual([]);
    expect(source.open_.size).toBe(0);
  });

  it('is not waited for when all the others are done', async () => {
    const download = fast({ connections: 2 });
    const { actor, source, storage, untilEnd } = download;
    source.script = ({ from, to }, count) =>
      count === 2 && from !== null ? answerTo(source, from, to ?? bytes.length, { stallAfter: 0 }) : null;
    actor.start();
    await untilEnd();
    expectSame(storage.published);
    // One connection alone takes 10 s: what stalls costs no more than that.
    expect(elapsed(download)).toBeLessThan(11_000);
  });
});

describe('a server whose every third connection crawls', () => {
  it('does not keep the download at 99 %', async () => {
    const download = fast({ connections: 8 });
    const { actor, source, storage, clock, untilEnd } = download;
    // It sends some, and then no more, for as long as the connection is open.
    every(source, 3, { stallAfter: 2_000 });
    actor.start();
    await untilEnd();
    expectSame(storage.published);
    expect(clock.now()).toBeLessThan(6_000);
  });

  it.each([3, 8, 16])('at 16 KiB/s, over %i connections, does not either', async (connections) => {
    const download = fast({ connections });
    const { actor, source, storage, clock, untilEnd } = download;
    every(source, 3, { rate: 16.384 });
    actor.start();
    await untilEnd();
    expectSame(storage.published);
    // Two in three bring a megabyte a second each. One that crawls would need minutes for its part.
    const ideal = bytes.length / (source.rate * connections * (2 / 3));
    expect(clock.now()).toBeLessThan(2.5 * ideal);
    expect(source.requests.length).toBeLessThan(connections * 6);
    expect(source.open_.size).toBe(0);
  });
});

describe('a second try', () => {
  /** The second connection stalls: a hedge comes, and this happens to it. */
  function stalling(change: (source: FakeSource, from: number, to: number) => FakeAnswer | null) {
    const download = fast({ connections: 2 });
    const { source } = download;
    const seen: number[] = [];
    source.script = ({ from, to }, count) => {
      if (from === null) return null;
      if (count === 2) return answerTo(source, from, to ?? bytes.length, { stallAfter: 500_000 });
      seen.push(from);
      return seen.length > 1 ? change(source, from, to ?? bytes.length) : null;
    };
    return download;
  }

  it('that fails is dropped, and the first one goes on', async () => {
    let refused = 0;
    const download = stalling(() => {
      refused += 1;
      if (refused > 3) return null;
      throw new FailureError({ code: 'connection-lost', message: 'The connection was lost.' });
    });
    download.actor.start();
    await download.untilEnd();
    expect(refused).toBeGreaterThan(0);
    expect(download.actor.getSnapshot().output).toMatchObject({ status: 'done' });
    expectSame(download.storage.published);
  });

  it('is parked with the first one, and its bytes are kept', async () => {
    const download = stalling(() => null);
    const { actor, clock, storage, source } = download;
    actor.start();
    await clock.run(() => Object.keys(actor.getSnapshot().context.workers).some((id) => id.endsWith('-hedge')));
    actor.send({ type: 'download.pause' });
    await clock.run(() => actor.getSnapshot().matches('paused'));
    expect(source.open_.size).toBe(0);
    expect(Object.keys(actor.getSnapshot().children)).toEqual([]);
    actor.send({ type: 'download.resume' });
    await download.untilEnd();
    expectSame(storage.published);
  });

  it('is never made where the server sends whole files', async () => {
    const download = fast();
    download.source.ranges = false;
    download.actor.start();
    await download.untilEnd();
    expect(download.source.requests).toHaveLength(1);
  });
});

describe('as many connections as pay', () => {
  /** What is open at most, while a download runs to its end. */
  async function mostOpen(download: ReturnType<typeof fakeDownload>): Promise<number> {
    let most = 0;
    download.actor.start();
    await download.clock.run(() => {
      most = Math.max(most, download.source.open_.size);
      return download.actor.getSnapshot().status !== 'active';
    });
    expectSame(download.storage.published, download.source.bytes);
    return most;
  }

  it('are many where each brings its own', async () => {
    const download = fakeDownload({ connections: 'auto', minSplit: null }, { bytes: someBytes(20_000_000) });
    download.source.rate = 500;
    const most = await mostOpen(download);
    expect(most).toBe(32);
    // One alone would need 40 s.
    expect(download.clock.now()).toBeLessThan(6_000);
  });

  it('is one where a file is small, with one request', async () => {
    const download = fakeDownload({ connections: 'auto', minSplit: null }, { bytes: someBytes(1_000) });
    expect(await mostOpen(download)).toBe(1);
    expect(download.source.requests).toHaveLength(1);
  });

  it('are no more than the host stands, told while it runs', async () => {
    const download = fakeDownload({ connections: 'auto', minSplit: null }, { bytes: someBytes(20_000_000) });
    const { actor, source, clock, storage } = download;
    source.rate = 500;
    source.share = 3;
    let most = 0;
    actor.start();
    await clock.run(() => {
      most = Math.max(most, source.open_.size);
      return clock.now() > 2_000;
    });
    expect(most).toBe(3);
    source.setShare(1);
    await clock.run(() => source.open_.size <= 1, 2_000);
    source.setShare(6);
    await clock.run(() => source.open_.size === 6, 5_000);
    await download.untilEnd();
    expectSame(storage.published, source.bytes);
  });

  it('can be chosen and left while it runs', async () => {
    const download = fakeDownload({ connections: 2, minSplit: null }, { bytes: someBytes(20_000_000) });
    const { actor, source, clock } = download;
    source.rate = 500;
    actor.start();
    await clock.run(() => source.open_.size === 2);
    actor.send({ type: 'download.setConnections', connections: 'auto' });
    await clock.run(() => source.open_.size > 8, 5_000);
    expect(actor.getSnapshot().context.options.connections).toBe('auto');
    actor.send({ type: 'download.setConnections', connections: 3 });
    await clock.run(() => source.open_.size === 3, 5_000);
    await download.untilEnd();
    expectSame(download.storage.published, source.bytes);
  });
});
