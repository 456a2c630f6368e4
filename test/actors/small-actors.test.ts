import { describe, expect, it } from 'vitest';
import { createActor, setup, toPromise } from 'xstate';
import { compareOverlaps } from '../../src/actors/compare-overlaps.ts';
import { defineMeterProgress } from '../../src/actors/meter-progress.ts';
import { OpenExchanges } from '../../src/actors/open-exchanges.ts';
import { definePrepareTarget } from '../../src/actors/prepare-target.ts';
import { RateLimiter } from '../../src/actors/rate-limiter.ts';
import { readExchange } from '../../src/actors/read-exchange.ts';
import { Running } from '../../src/actors/running.ts';
import { defineSaveProgress } from '../../src/actors/save-progress.ts';
import { defineSurveyTransfers } from '../../src/actors/survey-transfers.ts';
import { Turns } from '../../src/actors/turns.ts';
import { defineVerifyDigests } from '../../src/actors/verify-digests.ts';
import type { Whereabouts } from '../../src/actors/whereabouts.ts';
import type { MeterTicked, TransfersSurveyed } from '../../src/machines/download.io.ts';
import { FailureError, toFailure } from '../../src/machines/failures.ts';
import { overlapsOf, type Plan } from '../../src/machines/ranges.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { someBytes } from '../support/fake-download.ts';
import { FakeSource } from '../support/fake-source.ts';
import { FakeStorage } from '../support/fake-storage.ts';

const { signal } = new AbortController();
const ask = (from: number | null, to: number | null) => ({ from, to, ifRange: null, timeoutMs: 1_000 });

/** Lets simulated time pass until a promise is settled. */
async function settle<Value>(clock: FakeClock, promise: Promise<Value>): Promise<Value> {
  let isSettled = false;
  promise.then(
    () => (isSettled = true),
    () => (isSettled = true),
  );
  await clock.run(() => isSettled, 60_000);
  return promise;
}

function world(bytes = someBytes(100_000)) {
  const clock = new FakeClock();
  const source = new FakeSource(clock, bytes);
  const storage = new FakeStorage();
  storage.data = bytes.slice();
  return { clock, source, storage };
}

describe('surveyTransfers', () => {
  const where = (written: () => number, more: Partial<Whereabouts> = {}): Whereabouts => ({
    get written() {
      return written();
    },
    ...{ burstBytes: 0, askedAt: null, silentMs: () => 0, ...more },
  });
  const surveyed = (transfers: Map<string, Whereabouts>) => {
    const clock = new FakeClock();
    const heard: TransfersSurveyed[] = [];
    const parent = setup({
      types: {} as { events: TransfersSurveyed },
      actors: { survey: defineSurveyTransfers({ clock, transfers }) },
    }).createMachine({
      invoke: { src: 'survey' },
      on: { 'transfers.surveyed': { actions: ({ event }) => heard.push(event) } },
    });
    const actor = createActor(parent, { clock: clock.xstate }).start();
    return { clock, heard, actor };
  };

  it('looks twice, and tells where they are and how fast they were between', () => {
    const at = { a: 100, b: 50 };
    const transfers = new Map([
      ['a', where(() => at.a, { burstBytes: 64, silentMs: (now) => now / 2 })],
      ['d', where(() => 3, { askedAt: -5 })],
      ['b', where(() => at.b)],
    ]);
    const { clock, heard } = surveyed(transfers);
    at.a = 500;
    transfers.set(
      'c',
      where(() => 7),
    );
    transfers.delete('b');
    clock.xstate.increment(39);
    expect(heard).toEqual([]);
    clock.xstate.increment(1);
    clock.xstate.increment(1_000);
    expect(heard).toEqual([
      {
        type: 'transfers.surveyed',
        transfers: [
          { id: 'a', written: 500, bytesPerSecond: 10_000, burstBytes: 64, unansweredMs: 0, silentMs: 20 },
          { id: 'd', written: 3, bytesPerSecond: 0, burstBytes: 0, unansweredMs: 45, silentMs: 0 },
          // It has just begun: nothing is known of its speed.
          { id: 'c', written: 7, bytesPerSecond: 0, burstBytes: 0, unansweredMs: 0, silentMs: 0 },
        ],
      },
    ]);
  });

  it('is heard of no more once it was stopped', () => {
    const { clock, heard, actor } = surveyed(new Map([['a', where(() => 1)]]));
    actor.stop();
    clock.xstate.increment(1_000);
    expect(heard).toEqual([]);
  });
});

describe('readExchange', () => {
  it.each([
    [50, 50],
    [100, 100],
    [250, 250],
    [1_000, 400],
  ])('reads %i bytes of 400 and leaves nothing open', async (length, read) => {
    const { clock, source } = world();
    const exchange = await source.open(ask(100, 500), signal);
    expect(await settle(clock, readExchange(exchange, length, { clock, timeoutMs: 1_000, signal }))).toEqual(
      Buffer.from(source.bytes.slice(100, 100 + read)),
    );
    expect(source.open_.size).toBe(0);
  });

  it('rejects when the body breaks off', async () => {
    const { clock, source } = world();
    source.script = () => ({ status: 206, headers: {}, from: 0, to: 400, breakAfter: 150 });
    const exchange = await source.open(ask(0, 400), signal);
    await expect(
      settle(clock, readExchange(exchange, 400, { clock, timeoutMs: 1_000, signal })),
    ).rejects.toBeInstanceOf(FailureError);
    expect(source.open_.size).toBe(0);
  });
});

describe('readExchange, left alone', () => {
  it('70 gives up a body of which next to nothing arrives', async () => {
    const { clock, source } = world();
    source.script = () => ({ status: 206, headers: {}, from: 0, to: 400, byteEveryMs: 500 });
    const exchange = await source.open(ask(0, 400), signal);
    await expect(
      settle(clock, readExchange(exchange, 400, { clock, timeoutMs: 10_000, signal })),
    ).rejects.toMatchObject({
      failure: { code: 'timeout' },
    });
    expect(clock.now()).toBeLessThanOrEqual(10_200);
    expect(source.open_.size).toBe(0);
  });

  it('ends when it is told to', async () => {
    const { clock, source } = world();
    source.script = () => ({ status: 206, headers: {}, from: 0, to: 400, stallAfter: 100 });
    const stop = new AbortController();
    const exchange = await source.open(ask(0, 400), signal);
    const reading = readExchange(exchange, 400, { clock, timeoutMs: 10_000, signal: stop.signal });
    stop.abort();
    await expect(reading).rejects.toMatchObject({ failure: { code: 'interrupted' } });
    expect(source.open_.size).toBe(0);
  });
});

describe('compareOverlaps', () => {
  const plan: Plan = [
    { id: 'segment-0', start: 0, end: 40_000, written: 30_000, durable: 0 },
    { id: 'segment-1', start: 40_000, end: 60_000, written: 40_000, durable: 40_000 },
    { id: 'segment-2', start: 60_000, end: 100_000, written: 60_500, durable: 60_000 },
  ];
  const compare = ({ clock, source, storage }: ReturnType<typeof world>, of = plan) =>
    settle(
      clock,
      compareOverlaps({ source, storage, clock, pieces: overlapsOf(of), entity: null, timeoutMs: 1_000, signal }),
    );

  it('asks for the last bytes of what is written, and is content when they agree', async () => {
    const here = world();
    expect(await compare(here)).toBeNull();
    expect(here.source.requests.map(({ from, to }) => [from, to])).toEqual([
      [30_000 - 16_384, 30_000],
      [60_000, 60_500],
    ]);
    expect(here.source.requests.every(({ ifRange }) => ifRange === null)).toBe(true);
    expect(here.source.open_.size).toBe(0);
  });

  it.each([29_999, 30_000 - 16_384, 60_499])('sees a byte that differs at %i', async (offset) => {
    const here = world();
    here.storage.data[offset] = (here.storage.data[offset] ?? 0) ^ 1;
    expect(await compare(here)).toMatch(/the bytes from (13616|60000) on/);
    expect(here.source.open_.size).toBe(0);
  });

  it('sees that less is on disk than was noted', async () => {
    const here = world();
    here.storage.data = here.storage.data.slice(0, 60_200);
    expect(await compare(here)).toMatch(/60000/);
  });

  it('refuses a whole file and another part', async () => {
    for (const contentRange of [undefined, 'bytes 5-99/100000', 'lines 0-9/10']) {
      const here = world();
      const headers: Record<string, string> = contentRange ? { 'content-range': contentRange } : {};
      here.source.script = () => ({ status: contentRange ? 206 : 200, headers, from: 0, to: 100_000 });
      await expect(compare(here)).rejects.toMatchObject({ failure: { code: 'protocol' } });
      expect(here.source.open_.size).toBe(0);
    }
  });

  it('says of an overloaded server that it is overloaded, so that it is asked again', async () => {
    const here = world();
    here.source.script = () => ({ status: 503, headers: { 'retry-after': '7' }, from: 0, to: 0 });
    const why = { code: 'http-status', status: 503, retryAfterMs: 7_000, pushBack: true };
    await expect(compare(here)).rejects.toMatchObject({ failure: why });
    expect(here.source.open_.size).toBe(0);
  });

  it('compares what it is sent when that is less than it asked for', async () => {
    for (const isSame of [true, false]) {
      const here = world();
      here.source.script = ({ from }) => {
        const start = from ?? 0;
        return {
          status: 206,
          headers: { 'content-range': `bytes ${start}-${start + 99}/100000` },
          from: start,
          to: start + 100,
        };
      };
      if (!isSame) here.storage.data[13_616 + 99] = 255;
      expect(await compare(here)).toEqual(isSame ? null : expect.stringContaining('13616'));
    }
  });

  it('asks nothing when nothing is written', async () => {
    const here = world();
    expect(await compare(here, [])).toBeNull();
    expect(here.source.requests).toEqual([]);
  });
});

describe('OpenExchanges', () => {
  it('gives each answer once', async () => {
    const { source } = world();
    const exchanges = new OpenExchanges();
    const exchange = await source.open(ask(0, null), signal);
    const id = exchanges.keep(exchange);
    expect(exchanges.take('other')).toBeNull();
    expect(exchanges.take(null)).toBeNull();
    expect(exchanges.take(id)).toBe(exchange);
    expect(exchanges.take(id)).toBeNull();
    exchanges.cancelAll();
    expect(source.open_.size).toBe(1);
  });

  it('cancels what nobody took', async () => {
    const { source } = world();
    const exchanges = new OpenExchanges();
    for (let count = 0; count < 3; count += 1) exchanges.keep(await source.open(ask(0, null), signal));
    expect(source.open_.size).toBe(3);
    exchanges.cancelAll();
    expect(source.open_.size).toBe(0);
  });
});

describe('RateLimiter', () => {
  it('lets everything pass without a limit', () => {
    const limiter = new RateLimiter(new FakeClock());
    expect(limiter.wait(limiter.take(1e9))).toBe(0);
  });

  it('holds the limit over all who take, after a burst of a tenth of a second', () => {
    const clock = new FakeClock();
    clock.xstate.increment(1_000);
    const limiter = new RateLimiter(clock);
    limiter.limit(10_000);
    clock.xstate.increment(1_000);
    const tickets = [limiter.take(1_000), limiter.take(1_000), limiter.take(1_000)];
    expect(tickets.map((ticket) => limiter.wait(ticket))).toEqual([0, 100, 200]);
    clock.xstate.increment(150);
    expect(tickets.map((ticket) => limiter.wait(ticket))).toEqual([0, 0, 50]);
    expect(limiter.wait(limiter.take(500))).toBe(100);
  });

  it('keeps what is owed when the limit changes, at the new rate', () => {
    const clock = new FakeClock();
    const limiter = new RateLimiter(clock);
    limiter.limit(10);
    const ticket = limiter.take(1_001);
    expect(limiter.wait(ticket)).toBe(100_100);
    clock.xstate.increment(100);
    limiter.limit(1_000);
    expect(limiter.wait(ticket)).toBe(1_000);
    limiter.limit(1_000);
    limiter.limit(10);
    expect(limiter.wait(ticket)).toBe(100_000);
    limiter.limit(null);
    expect(limiter.wait(ticket)).toBe(0);
    // What came without a limit is not owed under a later one.
    limiter.take(1e9);
    limiter.limit(1_000);
    expect(limiter.wait(limiter.take(1_000))).toBe(1_000);
  });
});

describe('meterProgress', () => {
  it('tells the time at once, every eighth of a second while it is young and every quarter then, until it is stopped', () => {
    const clock = new FakeClock();
    const running = new Running();
    const told: number[] = [];
    const parent = setup({
      types: {} as { events: MeterTicked },
      actors: { meter: defineMeterProgress({ clock, running }) },
    }).createMachine({
      invoke: { src: 'meter' },
      on: { 'meter.ticked': { actions: ({ event }) => void told.push(event.at) } },
    });
    const actor = createActor(parent).start();
    for (let count = 0; count < 66; count += 1) clock.xstate.increment(25);
    expect(running.count).toBe(1);
    actor.stop();
    expect(running.count).toBe(0);
    for (let count = 0; count < 20; count += 1) clock.xstate.increment(50);
    expect(told).toEqual([0, 125, 250, 375, 500, 625, 750, 875, 1_000, 1_250, 1_500]);
  });
});

describe('saveProgress', () => {
  const checkpoint = {
    url: 'u',
    entity: { size: 9, etag: null, lastModified: null, date: null, acceptsRanges: true },
    plan: [{ id: 'segment-0', start: 0, end: 9, written: 4, durable: 0 }],
    startedAt: 1,
    activeMs: 2,
  };
  const transfers = new Map<string, Pick<Whereabouts, 'written'>>();
  const save = (storage: FakeStorage, input: { checkpoint: typeof checkpoint | null }) => {
    const actor = createActor(defineSaveProgress({ storage, transfers }), { input });
    actor.subscribe({ error: () => {} });
    return toPromise(actor.start());
  };

  it('resolves to the plan that was saved', async () => {
    const storage = new FakeStorage();
    expect(await save(storage, { checkpoint })).toEqual({ plan: checkpoint.plan });
    expect(storage.calls).toEqual(['saveCheckpoint']);
  });

  it('saves what has landed since the machine last heard, within the range', async () => {
    for (const [now, written] of [
      [3, 4],
      [7, 7],
      [12, 9],
    ] as const) {
      transfers.set('segment-0', { written: now });
      const storage = new FakeStorage();
      expect(await save(storage, { checkpoint })).toMatchObject({ plan: [{ written }] });
      expect(storage.checkpoint?.plan).toMatchObject([{ written }]);
    }
    transfers.clear();
  });

  it('saves nothing when nothing is known', async () => {
    const storage = new FakeStorage();
    expect(await save(storage, { checkpoint: null })).toEqual({ plan: [] });
    expect(storage.calls).toEqual([]);
  });

  it('fails with the reason', async () => {
    const storage = new FakeStorage();
    storage.failing = { saveCheckpoint: { code: 'disk-full', message: 'full' } };
    const error: unknown = await save(storage, { checkpoint }).catch((reason: unknown) => reason);
    expect(toFailure(error)).toEqual({ code: 'disk-full', message: 'full' });
  });
});

describe('prepareTarget', () => {
  const target = { path: '/folder/file.bin', existingSize: 5 };
  const rename = { output: 'file.bin', suggestedName: null, url: 'u', rename: true, restart: true };
  const prepare = (storage: FakeStorage, with_: typeof rename | null) =>
    toPromise(
      createActor(definePrepareTarget({ storage }), {
        input: { size: 9, fresh: true, target, digests: [], there: [], rename: with_ },
      }).start(),
    );

  it('keeps the target, or takes the numbered name first', async () => {
    const storage = new FakeStorage();
    expect(await prepare(storage, null)).toEqual(target);
    expect(storage.calls).toEqual(['prepare']);
    expect(await prepare(storage, rename)).toEqual({ path: '/folder/file.bin (1)', existingSize: null });
    expect(storage.calls).toEqual(['prepare', 'claim', 'prepare']);
  });
});

describe('verifyDigests', () => {
  function verify(
    storage: FakeStorage,
    hexes: readonly string[],
    beside: Record<string, string> | null = null,
    change = {},
  ) {
    const source = new FakeSource(new FakeClock(), new Uint8Array());
    source.beside = beside ?? {};
    const expected = hexes.map((hex) => ({ algorithm: 'sha256', hex }) as const);
    const looksBeside = beside !== null;
    const rest = {
      wantsDigest: true,
      size: 9,
      pieces: [],
      mayRepair: true,
      unproved: [],
      entity: null,
      timeoutMs: 1_000,
    };
    const input = { expected, looksBeside, ...rest, ...change };
    const actor = createActor(defineVerifyDigests({ source, storage, clock: new FakeClock(), checks: new Turns(1) }), {
      input,
    });
    actor.subscribe({ error: () => {} });
    return toPromise(actor.start()).catch((error: unknown) => toFailure(error));
  }
  const hex = 'ab'.repeat(32);
  const storageWith = (digest: string) =>
    Object.assign(new FakeStorage(), { digest: async () => ({ sha256: digest }) });

  it('takes what matches, in any case of letters', async () => {
    const storage = new FakeStorage();
    expect(await verify(storage, ['ab', 'AB'])).toEqual({
      digests: { sha256: 'ab' },
      verified: ['sha256'],
      isMissing: false,
      damaged: [],
    });
    expect(storage.rejected).toBe(false);
  });

  it('tells the SHA-256 where there is nothing to compare it with', async () => {
    expect(await verify(new FakeStorage(), [])).toMatchObject({
      digests: { sha256: 'ab' },
      verified: [],
      isMissing: false,
    });
  });

  it('reads nothing where no digest is wanted and none is known', async () => {
    const storage = new FakeStorage();
    const found = await verify(storage, [], null, { wantsDigest: false });
    expect(found).toEqual({ digests: {}, verified: [], isMissing: false, damaged: [] });
    expect(storage.calls).not.toContain('digest');
    expect(await verify(storage, ['ab'], null, { wantsDigest: false })).toMatchObject({ verified: ['sha256'] });
  });

  it('sets the data aside when one of them does not match', async () => {
    const storage = new FakeStorage();
    expect(await verify(storage, ['ab', 'cd'])).toMatchObject({ code: 'digest-mismatch', path: expect.any(String) });
    expect(storage.rejected).toBe(true);
  });

  it.each([
    ['its own file', { '*.sha256': `${hex}  file.bin\n` }],
    ['the digest alone', { '*.sha256': hex }],
    ['a list', { SHA256SUMS: `${'00'.repeat(32)}  other\n${hex} *./sub/file.bin\n` }],
    ['the form of the BSDs', { SHA256SUMS: `SHA256 (file.bin) = ${hex}\n` }],
  ])('uses a checksum that lies beside the file: %s', async (_, beside) => {
    expect(await verify(storageWith(hex), [], beside)).toMatchObject({ verified: ['sha256'], isMissing: false });
    expect(await verify(storageWith('cd'), [], beside)).toMatchObject({ code: 'digest-mismatch' });
  });

  it('says when none was found', async () => {
    expect(await verify(new FakeStorage(), [], { SHA256SUMS: `${hex}  other\n` })).toMatchObject({ isMissing: true });
  });
});
