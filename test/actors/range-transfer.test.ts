import { describe, expect, it } from 'vitest';
import { OpenExchanges } from '../../src/actors/open-exchanges.ts';
import { RangeTransfer } from '../../src/actors/range-transfer.ts';
import { RateLimiter } from '../../src/actors/rate-limiter.ts';
import { ReadQueue } from '../../src/actors/read-queue.ts';
import type { Whereabouts } from '../../src/actors/whereabouts.ts';
import { WriteBudget } from '../../src/actors/write-budget.ts';
import type { Entity } from '../../src/machines/entity.ts';
import { FailureError } from '../../src/machines/failures.ts';
import type { TransferInput, TransferToSegmentEvent } from '../../src/machines/segment.events.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { someBytes } from '../support/fake-download.ts';
import { FakeSource } from '../support/fake-source.ts';
import { GatedStorage, settled } from './gated-storage.ts';

const entity: Entity = { size: 100_000, etag: '"v1"', lastModified: null, date: null, acceptsRanges: true };
const whole: Entity = { ...entity, acceptsRanges: false };

function transferOf(input: Partial<TransferInput> = {}, bytes = someBytes(100_000)) {
  const clock = new FakeClock();
  const source = new FakeSource(clock, bytes);
  const storage = new GatedStorage();
  storage.isHeld = false;
  const exchanges = new OpenExchanges();
  const limiter = new RateLimiter(clock);
  const lessons = { ifRangeWorks: true };
  const transfers = new Map<string, Whereabouts>();
  const told: TransferToSegmentEvent[] = [];
  const budget = new WriteBudget();
  const readQueue = new ReadQueue(budget);
  const of = { id: 'segment-0', from: 0, end: 10_000, entity, exchangeId: null, timeoutMs: 1_000, ...input };
  const transfer = new RangeTransfer(
    {
      clock,
      source,
      storage,
      exchanges,
      limiter,
      transfers,
      lessons,
      traffic: { bytes: 0 },
      budget,
      readQueue,
    },
    of,
    (event) => told.push(event),
  );
  const last = () => told.at(-1);
  const isOver = () => ['transfer.completed', 'transfer.failed', 'transfer.landed'].includes(last()?.type ?? '');
  /** With sixteen others it would be one of many writers, who may keep half as much. */
  const isCounted = () => {
    const others = Array.from({ length: 16 }, () => ({}));
    for (const other of others) budget.join(other);
    const { kept } = budget;
    budget.keep(2 * 1024 * 1024 - kept);
    const { isSpent } = budget;
    budget.release(2 * 1024 * 1024 - kept);
    for (const other of others) budget.leave(other);
    return isSpent;
  };
  /** To its end, at which nothing is open and nothing ticks. */
  const untilOver = async () => {
    await clock.run(isOver, 60_000);
    const { length } = told;
    // A body that ends by itself may take a moment more.
    for (let count = 0; count < 20; count += 1) clock.xstate.increment(25);
    await settled();
    expect(source.open_.size).toBe(0);
    expect(transfers.size).toBe(0);
    expect(isCounted()).toBe(false);
    expect(told).toHaveLength(length);
  };
  const pass = (ms: number) => {
    const end = clock.now() + ms;
    return clock.run(() => clock.now() >= end);
  };
  const arrived = (from: number, to: number) => expect(storage.data.slice(from, to)).toEqual(bytes.slice(from, to));
  return {
    transfer,
    clock,
    source,
    storage,
    exchanges,
    limiter,
    transfers,
    lessons,
    told,
    budget,
    readQueue,
    last,
    untilOver,
    pass,
    isCounted,
    arrived,
  };
}

describe('a transfer', () => {
  it('asks for its range under a condition, and writes it', async () => {
    const { transfer, source, last, told, untilOver, arrived, storage } = transferOf({ from: 2_000, end: 9_000 });
    transfer.start();
    await untilOver();
    expect(source.requests).toEqual([{ from: 2_000, to: 9_000, ifRange: '"v1"', timeoutMs: 1_000 }]);
    expect(told[0]).toEqual({ type: 'transfer.responded', from: 2_000, isProved: true, piece: null });
    expect(last()).toMatchObject({ type: 'transfer.completed', written: 9_000 });
    arrived(2_000, 9_000);
    expect(storage.data).toHaveLength(9_000);
  });

  it('tells its progress ten times a second, with a speed', async () => {
    const { transfer, told, untilOver } = transferOf();
    transfer.start();
    await untilOver();
    const news = told.flatMap((event) => (event.type === 'transfer.advanced' ? [event] : []));
    expect(news.length).toBeGreaterThan(6);
    expect(news.every((event, index) => event.written >= (news[index - 1]?.written ?? 0))).toBe(true);
    // 10 bytes a millisecond.
    expect(news.at(-1)?.bytesPerSecond).toBeGreaterThan(8_000);
    expect(news.at(-1)?.bytesPerSecond).toBeLessThan(11_000);
  });

  it('lets others see how far it is, between its news', async () => {
    const { transfer, transfers, storage, pass, isCounted, untilOver } = transferOf();
    transfer.start();
    await pass(70);
    expect(isCounted()).toBe(true);
    const seen = transfers.get('segment-0');
    expect(seen?.written).toBeGreaterThan(0);
    expect(seen?.written).toBe(storage.data.length);
    // 10 bytes a millisecond, in pieces of 10 ms.
    expect(seen?.burstBytes).toBeGreaterThan(50);
    expect(seen?.burstBytes).toBeLessThan(200);
    await untilOver();
  });

  it('lets others see since when it waits for an answer, and that it has one', async () => {
    const { transfer, transfers, clock, told, untilOver } = transferOf();
    await clock.run(() => clock.now() >= 5);
    transfer.start();
    const seen = transfers.get('segment-0');
    expect(seen?.askedAt).toBe(clock.now());
    await clock.run(() => told.length > 0);
    expect(seen?.askedAt).toBeNull();
    await untilOver();
  });

  it('takes over the answer that the probe left open, and cuts it at its end', async () => {
    const { transfer, exchanges, source, last, untilOver, arrived } = transferOf({ exchangeId: 'fake-1' });
    const open = await source.open({ from: 0, to: null, ifRange: null, timeoutMs: 1 }, new AbortController().signal);
    exchanges.keep(open);
    transfer.start();
    await untilOver();
    expect(source.requests).toHaveLength(1);
    expect(last()).toMatchObject({ type: 'transfer.completed', written: 10_000 });
    arrived(0, 10_000);
    expect(source.bytesSent).toBeLessThan(10_500);
  });

  it('asks by itself when that answer is gone', async () => {
    const { transfer, source, untilOver, arrived } = transferOf({ exchangeId: 'gone' });
    transfer.start();
    await untilOver();
    expect(source.requests).toHaveLength(1);
    arrived(0, 10_000);
  });

  it('asks for the rest when the server sends less than was asked for', async () => {
    const { transfer, source, last, untilOver, arrived } = transferOf();
    source.script = ({ from }) => {
      const start = from ?? 0;
      const end = Math.min(start + 3_000, 10_000);
      const headers = { ...source.validators(), 'content-range': `bytes ${start}-${end - 1}/100000` };
      return { status: 206, headers, from: start, to: end };
    };
    transfer.start();
    await untilOver();
    expect(source.requests.map((request) => request.from)).toEqual([0, 3_000, 6_000, 9_000]);
    expect(last()).toMatchObject({ type: 'transfer.completed', written: 10_000 });
    arrived(0, 10_000);
  });

  it('asks for nothing when its range was cut behind what had landed', async () => {
    const run = transferOf({ from: 9_000, end: 7_500 });
    run.transfer.start();
    await run.untilOver();
    expect(run.last()).toMatchObject({ type: 'transfer.completed', written: 9_000 });
    expect(run.source.requests).toEqual([]);
  });

  it('takes no byte more than was asked for', async () => {
    const { transfer, source, storage, last, untilOver, arrived } = transferOf({ end: 9_955 });
    const headers = { ...source.validators(), 'content-range': 'bytes 0-9954/100000' };
    source.script = () => ({ status: 206, headers, from: 0, to: 12_345 });
    transfer.start();
    await untilOver();
    expect(last()).toMatchObject({ type: 'transfer.completed', written: 9_955 });
    arrived(0, 9_955);
    expect(storage.data).toHaveLength(9_955);
  });

  it('fails when the body ends without a byte', async () => {
    const { transfer, source, last, untilOver } = transferOf();
    const headers = { ...source.validators(), 'content-range': 'bytes 0-9999/100000' };
    source.script = () => ({ status: 206, headers, from: 0, to: 0 });
    transfer.start();
    await untilOver();
    expect(last()).toMatchObject({ type: 'transfer.failed', failure: { code: 'connection-lost' }, written: 0 });
  });

  it('writes what came before the break, then tells it', async () => {
    const { transfer, source, last, untilOver, arrived } = transferOf();
    const headers = { ...source.validators(), 'content-range': 'bytes 0-9999/100000' };
    source.script = () => ({ status: 206, headers, from: 0, to: 10_000, breakAfter: 4_321 });
    transfer.start();
    await untilOver();
    expect(last()).toMatchObject({
      type: 'transfer.failed',
      failure: { code: 'connection-lost' },
      written: 4_321,
      jitter: 0.5,
    });
    arrived(0, 4_321);
  });

  it.each([
    ['another version', { etag: '"v2"', 'content-range': 'bytes 0-9999/100000' }, 206, 'changed'],
    ['another part', { 'content-range': 'bytes 5-9999/100000' }, 206, 'protocol'],
    ['a status', {}, 503, 'http-status'],
  ])('writes nothing of %s', async (_, headers, status, code) => {
    const { transfer, source, storage, last, untilOver } = transferOf();
    source.script = () => ({ status, headers, from: 0, to: 10_000 });
    transfer.start();
    await untilOver();
    expect(last()).toMatchObject({ type: 'transfer.failed', failure: { code }, written: 0 });
    expect(storage.writes).toEqual([]);
  });

  it('learns, for the others too, that a host answers 200 to each If-Range', async () => {
    const { transfer, source, lessons, last, untilOver } = transferOf();
    source.script = ({ ifRange }) =>
      ifRange === null
        ? null
        : { status: 200, headers: { ...source.validators(), 'content-length': '100000' }, from: 0, to: 100_000 };
    transfer.start();
    await untilOver();
    expect(source.requests.map(({ ifRange }) => ifRange)).toEqual(['"v1"', null]);
    expect(last()?.type).toBe('transfer.completed');
    expect(lessons.ifRangeWorks).toBe(false);
  });

  it('asks for the whole where there are no ranges, and ends with the body', async () => {
    const unknown = { ...whole, size: null };
    const { transfer, source, last, untilOver, arrived } = transferOf({ end: null, entity: unknown }, someBytes(7_777));
    source.ranges = false;
    source.announceLength = false;
    transfer.start();
    await untilOver();
    expect(source.requests).toEqual([{ from: null, to: null, ifRange: null, timeoutMs: 1_000 }]);
    expect(last()).toMatchObject({ type: 'transfer.completed', written: 7_777 });
    arrived(0, 7_777);
  });

  it('fails when a whole file ends too early', async () => {
    const { transfer, source, last, untilOver } = transferOf({ end: 10_000, entity: { ...whole, size: 10_000 } });
    source.script = () => ({ status: 200, headers: source.validators(), from: 0, to: 9_000 });
    transfer.start();
    await untilOver();
    expect(last()).toMatchObject({ type: 'transfer.failed', failure: { code: 'connection-lost' }, written: 9_000 });
  });

  it('tells why a request fails', async () => {
    const { transfer, source, last, untilOver } = transferOf();
    source.script = () => {
      throw new FailureError({ code: 'connection-refused', message: 'no', pushBack: true });
    };
    transfer.start();
    await untilOver();
    expect(last()).toMatchObject({ type: 'transfer.failed', failure: { code: 'connection-refused', pushBack: true } });
  });

  it('fails when a write fails, and drops the connection', async () => {
    const { transfer, source, storage, last, untilOver, pass } = transferOf();
    transfer.start();
    await pass(300);
    storage.failing = { write: { code: 'disk-full', message: 'full' } };
    await untilOver();
    expect(last()).toMatchObject({ type: 'transfer.failed', failure: { code: 'disk-full' } });
    expect(source.bytesSent).toBeLessThan(10_000);
  });
});

describe('a cut', () => {
  it('above what has arrived: the transfer ends there', async () => {
    const { transfer, source, storage, last, untilOver, pass, arrived } = transferOf();
    transfer.start();
    await pass(300);
    transfer.truncate(5_000);
    await untilOver();
    expect(last()).toMatchObject({ type: 'transfer.completed', written: 5_000 });
    arrived(0, 5_000);
    expect(storage.data).toHaveLength(5_000);
    expect(source.bytesSent).toBeLessThan(5_200);
  });

  it('139 within what is gathered: the rest is forgotten', async () => {
    const { transfer, storage, last, pass, untilOver, arrived } = transferOf();
    storage.isHeld = true;
    transfer.start();
    await pass(250);
    const end = (storage.writes[0]?.length ?? 0) + 10;
    transfer.truncate(end);
    await storage.landAll();
    await untilOver();
    expect(last()).toMatchObject({ type: 'transfer.completed', written: end });
    arrived(0, end);
    expect(storage.data).toHaveLength(end);
  });

  it('139 below what is being written: that lands, and is right', async () => {
    const { transfer, storage, told, last, pass, untilOver, arrived } = transferOf();
    storage.isHeld = true;
    transfer.start();
    await pass(250);
    expect(storage.held).toBe(1);
    transfer.truncate(10);
    expect(told.some((event) => event.type === 'transfer.completed')).toBe(false);
    await storage.landAll();
    await untilOver();
    const { written } = last() as { written: number };
    expect(written).toBeGreaterThan(10);
    arrived(0, written);
  });

  it('while it still asks', async () => {
    const { transfer, source, last, untilOver } = transferOf();
    transfer.start();
    transfer.truncate(4_000);
    await untilOver();
    expect(last()).toMatchObject({ type: 'transfer.completed', written: 4_000 });
    expect(source.requests).toHaveLength(1);
  });

  it('that would make it longer is none', async () => {
    const { transfer, last, untilOver } = transferOf();
    transfer.start();
    transfer.truncate(20_000);
    transfer.truncate(10_000);
    await untilOver();
    expect(last()).toMatchObject({ written: 10_000 });
  });

  it('after the end is not heard', async () => {
    const { transfer, told, untilOver } = transferOf();
    transfer.start();
    await untilOver();
    const { length } = told;
    transfer.truncate(50);
    transfer.land();
    transfer.cancel();
    expect(told).toHaveLength(length);
  });
});

describe('landing', () => {
  it('while it asks: nothing has arrived', async () => {
    const { transfer, source, told, untilOver } = transferOf({ from: 3_000 });
    transfer.start();
    transfer.land();
    await untilOver();
    expect(told).toEqual([{ type: 'transfer.landed', written: 3_000, at: expect.any(Number) }]);
    await settled();
    expect(source.open_.size).toBe(0);
  });

  it('while it receives: what has arrived is written first', async () => {
    const { transfer, source, last, pass, untilOver, arrived } = transferOf();
    transfer.start();
    await pass(330);
    transfer.land();
    await untilOver();
    const { type, written } = last() as { type: string; written: number };
    expect([type, written]).toEqual(['transfer.landed', source.bytesSent]);
    arrived(0, written);
  });

  it('while it writes: the write lands, then what was gathered', async () => {
    const { transfer, source, storage, last, told, pass, untilOver, arrived } = transferOf();
    storage.isHeld = true;
    transfer.start();
    await pass(330);
    transfer.land();
    await settled();
    expect(last()?.type).not.toBe('transfer.landed');
    await storage.landAll();
    await untilOver();
    expect(last()).toEqual({ type: 'transfer.landed', written: source.bytesSent, at: expect.any(Number) });
    expect(told.filter((event) => event.type === 'transfer.landed')).toHaveLength(1);
    arrived(0, source.bytesSent);
  });

  it('tells a write that fails on the way', async () => {
    const { transfer, storage, last, pass, untilOver } = transferOf();
    transfer.start();
    await pass(330);
    storage.failing = { write: { code: 'disk', message: 'no' } };
    transfer.land();
    await untilOver();
    expect(last()).toMatchObject({ type: 'transfer.failed', failure: { code: 'disk' } });
  });
});

describe('cancelling', () => {
  it.each([0, 5, 330])('after %i ms: nothing more is told, nothing is left open', async (ms) => {
    const { transfer, source, told, clock, pass } = transferOf();
    transfer.start();
    if (ms > 0) await pass(ms);
    transfer.cancel();
    const { length } = told;
    await settled();
    for (let count = 0; count < 20; count += 1) clock.xstate.increment(25);
    await settled();
    expect(told).toHaveLength(length);
    expect(source.open_.size).toBe(0);
  });
});

describe('139 a range that has become another transfer’s', () => {
  it('what is cancelled while it writes writes no byte after that, and its late write changes nothing', async () => {
    const { transfer, source, storage, told, clock, pass, arrived } = transferOf();
    storage.isHeld = true;
    transfer.start();
    await pass(250);
    expect(storage.held).toBe(1);
    const [late] = storage.writes;
    transfer.cancel();
    const { length } = told;
    // The other one has all of it on disk before the first one's write lands.
    storage.data = source.bytes.slice(0, 10_000);
    await storage.landAll();
    for (let count = 0; count < 20; count += 1) clock.xstate.increment(25);
    await settled();
    expect(storage.writes).toEqual([late]);
    expect(told).toHaveLength(length);
    arrived(0, 10_000);
  });
});

describe('back-pressure', () => {
  const size = 5_000_000;
  const large = { end: size, entity: { ...entity, size } };

  it('pauses the server while the disk is behind, and goes on when it has caught up', async () => {
    const { transfer, source, storage, last, pass, untilOver, arrived } = transferOf(large, someBytes(size));
    source.rate = 5_000;
    storage.isHeld = true;
    transfer.start();
    await pass(3_000);
    const sent = source.bytesSent;
    // The bound, and the chunk that went over it.
    expect(sent).toBeLessThanOrEqual(512 * 1024 + 50_000);
    await pass(3_000);
    expect(source.bytesSent).toBe(sent);
    await storage.landAll();
    await untilOver();
    expect(last()).toMatchObject({ type: 'transfer.completed', written: size });
    arrived(0, size);
  });

  it('waits for its turn while all together keep too much, and writes at once what it has', async () => {
    const { transfer, source, storage, budget, last, pass, untilOver, arrived } = transferOf(large, someBytes(size));
    source.rate = 5_000;
    budget.keep(4 * 1024 * 1024);
    transfer.start();
    await pass(5_000);
    const sent = source.bytesSent;
    expect(sent).toBeLessThanOrEqual(64 * 1024 + 50_000);
    expect(storage.data.length).toBe(sent);
    budget.release(4 * 1024 * 1024);
    await untilOver();
    expect(last()).toMatchObject({ type: 'transfer.completed', written: size });
    arrived(0, size);
  });

  it('takes its turn when nobody else makes use of theirs', async () => {
    const { transfer, source, budget, readQueue, last, untilOver } = transferOf(large, someBytes(size));
    const idle = Array.from({ length: 8 }, () => readQueue.enter(() => {}));
    budget.keep(4 * 1024 * 1024);
    for (const turn of idle) turn.bring(64 * 1024, 64 * 1024);
    budget.release(2 * 1024 * 1024);
    await settled();
    budget.keep(2 * 1024 * 1024);
    source.rate = 5_000;
    transfer.start();
    await settled();
    budget.release(4 * 1024 * 1024);
    await untilOver();
    expect(last()).toMatchObject({ type: 'transfer.completed', written: size });
  });

  it('gives its place up with its end, however that comes', async () => {
    const ends = [
      (of: ReturnType<typeof transferOf>) => of.transfer.cancel(),
      (of: ReturnType<typeof transferOf>) => of.transfer.land(),
      (of: ReturnType<typeof transferOf>) => of.transfer.truncate(1),
    ];
    for (const end of ends) {
      const of = transferOf(large, someBytes(size));
      of.source.rate = 5_000;
      of.budget.keep(4 * 1024 * 1024);
      of.transfer.start();
      await of.pass(5_000);
      expect(of.readQueue.isEmpty).toBe(false);
      end(of);
      expect(of.readQueue.isEmpty).toBe(true);
    }
  });

  it('holds a rate limit, however fast the server is', async () => {
    const { transfer, source, limiter, clock, untilOver, arrived } = transferOf();
    source.rate = 100;
    limiter.limit(5_000);
    transfer.start();
    await untilOver();
    expect(clock.now()).toBeGreaterThan(1_800);
    arrived(0, 10_000);
  });

  it('does not wait for the limit once it is to land', async () => {
    const { transfer, source, limiter, last, pass, untilOver } = transferOf();
    source.rate = 100;
    limiter.limit(1);
    transfer.start();
    await pass(500);
    transfer.land();
    await untilOver();
    expect(last()).toEqual({ type: 'transfer.landed', written: source.bytesSent, at: expect.any(Number) });
  });
});

describe('a server that sends next to nothing', () => {
  const partial = (to: number) => ({
    status: 206,
    headers: { 'content-range': `bytes 0-${to - 1}/100000`, 'content-length': String(to), etag: '"v1"' },
    from: 0,
    to,
  });

  it('70 is given up: a stall is measured in bytes over time', async () => {
    const { transfer, source, last, untilOver } = transferOf({ timeoutMs: 20_000 });
    source.script = () => ({ ...partial(10_000), byteEveryMs: 10_000 });
    transfer.start();
    await untilOver();
    expect(last()).toMatchObject({
      type: 'transfer.failed',
      failure: { code: 'timeout', message: 'The server all but stopped sending: fewer than 320 bytes in 20 seconds.' },
    });
    const { at } = last() as { at: number };
    expect(at).toBeGreaterThanOrEqual(20_000);
    expect(at).toBeLessThanOrEqual(21_000);
  });

  it('70 in the middle is given up as late as at the beginning', async () => {
    const { transfer, source, last, untilOver } = transferOf({ timeoutMs: 5_000 });
    source.script = () => ({ ...partial(10_000), stallAfter: 4_000 });
    transfer.start();
    await untilOver();
    expect(last()).toMatchObject({ type: 'transfer.failed', written: 4_000, failure: { code: 'timeout' } });
    const { at } = last() as { at: number };
    // The 4,000 bytes take 400 ms.
    expect(at).toBeGreaterThanOrEqual(5_400);
    expect(at).toBeLessThanOrEqual(6_400);
  });

  it('70 is borne when it sends enough, however slowly', async () => {
    const { transfer, source, last, untilOver } = transferOf({ timeoutMs: 2_000, end: 500 });
    source.script = () => ({ ...partial(500), byteEveryMs: 50 });
    transfer.start();
    await untilOver();
    expect(last()).toMatchObject({ type: 'transfer.completed', written: 500 });
  });

  it('is seen by others before, but not where it is our own doing', async () => {
    const silent = transferOf({ timeoutMs: 2_000 });
    silent.source.script = () => ({ ...partial(10_000), stallAfter: 4_000 });
    const size = 2_000_000;
    const held = transferOf({ timeoutMs: 2_000, end: size, entity: { ...entity, size } }, someBytes(size));
    held.source.rate = 100_000;
    held.storage.isHeld = true;
    const seen = ({ transfers, clock }: typeof held) => transfers.get('segment-0')?.silentMs(clock.now());
    for (const one of [silent, held]) {
      one.transfer.start();
      expect(seen(one)).toBe(0);
      await one.pass(200);
      expect(seen(one)).toBe(0);
      await one.pass(700);
    }
    // The 4,000 bytes take 400 ms.
    expect(seen(silent)).toBeGreaterThan(450);
    expect(seen(held)).toBe(0);
    for (const { transfer, storage, untilOver } of [silent, held]) {
      transfer.land();
      await storage.landAll();
      await untilOver();
    }
  });

  it('70 because it is not allowed to is none: who waits for the limit or the disk has not stalled', async () => {
    const limited = transferOf({ timeoutMs: 1_000, end: 200 });
    limited.limiter.limit(5);
    limited.transfer.start();
    await limited.untilOver();
    expect(limited.last()).toMatchObject({ type: 'transfer.completed', written: 200 });
    const held = transferOf(
      { timeoutMs: 1_000, end: 2_000_000, entity: { ...entity, size: 2_000_000 } },
      someBytes(2_000_000),
    );
    held.source.rate = 100_000;
    held.storage.isHeld = true;
    held.transfer.start();
    await held.pass(10_000);
    expect(held.told.some(({ type }) => type === 'transfer.failed')).toBe(false);
    await held.storage.landAll();
    await held.untilOver();
    expect(held.last()).toMatchObject({ type: 'transfer.completed' });
  });
});
