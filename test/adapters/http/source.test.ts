import { Dispatcher } from 'undici';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { RangeRequest, SourcePort } from '../../../src/actors/ports.ts';
import { limitOf } from '../../../src/adapters/http/host-limits.ts';
import { LEAST_READ, SlabLedger } from '../../../src/adapters/http/slab-reader.ts';
import { createHttpSource, type HttpSourceOptions, type RequestLog } from '../../../src/adapters/http/source.ts';
import { FailureError } from '../../../src/machines/failures.ts';
import { someBytes } from '../../support/fake-download.ts';
import { head, honest, type Script, type Step, startMisbehaving } from '../../support/misbehaving-server.ts';
import { rawRequest } from '../../support/raw-http.ts';
import { readAll } from '../../support/read-all.ts';

const whole: RangeRequest = { from: 0, to: null, ifRange: null, timeoutMs: 10_000 };
const bytes = someBytes(5_000);
const cleanUps: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function against(script: Script, options: Partial<HttpSourceOptions> = {}) {
  const server = await startMisbehaving(script);
  const source = createHttpSource({ url: server.url, userAgent: 'test', ...options });
  cleanUps.push(
    () => server[Symbol.asyncDispose](),
    () => source.close(),
  );
  return { server, source };
}

function open(source: SourcePort, request: Partial<RangeRequest> = {}, signal = new AbortController().signal) {
  return source.open({ ...whole, ...request }, signal);
}

/** What undici is told of a request that is never answered. */
async function dispatched(request: Partial<RangeRequest>): Promise<Dispatcher.DispatchOptions | null> {
  let told: Dispatcher.DispatchOptions | null = null;
  class Told extends Dispatcher {
    override dispatch(options: Dispatcher.DispatchOptions): boolean {
      told = options;
      return true;
    }
  }
  const source = createHttpSource({ url: 'http://h.test/a', userAgent: 'test', dispatcher: new Told() });
  const stop = new AbortController();
  const opening = open(source, request, stop.signal);
  await new Promise((resolve) => setImmediate(resolve));
  stop.abort();
  await failureOf(opening);
  await source.close();
  return told;
}

async function failureOf(promise: Promise<unknown>) {
  const error: unknown = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(FailureError);
  return (error as FailureError).failure;
}

function textOfCauses(error: unknown): string {
  return error instanceof Error ? `${error.message} ${textOfCauses(error.cause)}` : '';
}

it('70 a head and a body may each take so long as was said, not longer', async () => {
  expect(await dispatched({ timeoutMs: 7_000 })).toMatchObject({ headersTimeout: 7_000, bodyTimeout: 7_000 });
});

describe('a request', () => {
  it('says what it wants, in few words', async () => {
    const { server, source } = await against((request) => honest(bytes, request), {
      headers: [
        ['X-Mine', 'yes'],
        ['Accept-Encoding', 'gzip'],
        ['Range', 'bytes=7-'],
      ],
    });
    await readAll(await open(source, { from: 100, to: 200, ifRange: '"v1"' }));
    expect(server.requests[0]?.line).toBe('GET /file.bin HTTP/1.1');
    expect(server.requests[0]?.headers).toMatchObject({
      range: 'bytes=100-199',
      'if-range': '"v1"',
      'user-agent': 'test',
      'accept-encoding': 'identity',
      accept: '*/*',
      'x-mine': 'yes',
    });
    const names = server.requests[0]?.fields.map((name) => name.toLowerCase()) ?? [];
    expect(new Set(names).size).toBe(names.length);
  });

  it.each(['/file.bin?', '/file.bin?a=b', '/?', '/', '//a//?/#'])('asks for %s as it was given', async (target) => {
    const server = await startMisbehaving((request) => honest(bytes, request));
    const source = createHttpSource({ url: new URL(server.url).origin + target, userAgent: 'test' });
    cleanUps.push(
      () => server[Symbol.asyncDispose](),
      () => source.close(),
    );
    await readAll(await open(source));
    expect(server.requests[0]?.line).toBe(`GET ${target.replace('#', '')} HTTP/1.1`);
  });

  it('asks for the whole file without a Range field', async () => {
    const { server, source } = await against((request) => honest(bytes, request));
    const exchange = await open(source, { from: null });
    expect(await readAll(exchange)).toEqual(Buffer.from(bytes));
    expect(server.requests[0]?.headers.range).toBeUndefined();
  });

  it('uses its connection again', async () => {
    const { server, source } = await against((request) => honest(bytes, request));
    for (const from of [0, 1_000, 2_000]) {
      await readAll(await open(source, { from, to: from + 1_000 }));
      // The answer is over a moment before its connection is free.
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(server.requests.map((request) => request.connection)).toEqual([1, 1, 1]);
  });

  it('tells the log of each, redacted', async () => {
    const seen: RequestLog[] = [];
    const server = await startMisbehaving((request) => honest(bytes, request), { path: '/f?token=hidden&a=1' });
    const source = createHttpSource({ url: server.url, userAgent: 'test', observe: (one) => seen.push(one) });
    cleanUps.push(
      () => server[Symbol.asyncDispose](),
      () => source.close(),
    );
    await readAll(await open(source));
    expect(seen).toMatchObject([{ method: 'GET', range: 'bytes=0-', status: 206, failure: null }]);
    expect(seen[0]?.url).toMatch(/token=REDACTED&a=1$/);
    expect(server.requests[0]?.path).toBe('/f?token=hidden&a=1');
  });
});

describe('an answer', () => {
  it('brings its head, and its body when that is wanted', async () => {
    const { source } = await against((request) =>
      honest(bytes, request, ['ETag: "v1"', 'Content-Disposition: attachment; filename="named.iso"']),
    );
    const exchange = await open(source);
    expect(exchange.head).toMatchObject({
      status: 206,
      headers: { etag: '"v1"', 'content-range': 'bytes 0-4999/5000' },
      suggestedName: 'named.iso',
      latencyMs: expect.any(Number),
    });
    expect(await readAll(exchange)).toEqual(Buffer.from(bytes));
  });

  it.each([
    [
      'chunked',
      ['Transfer-Encoding: chunked'],
      `a\r\n0123456789\r\n5;x=y\r\nabcde\r\n0\r\nTrailer: x\r\n\r\n`,
      '0123456789abcde',
    ],
    ['until it closes', ['Connection: close'], '0123456789', '0123456789'],
    ['of no bytes', ['Content-Length: 0'], '', ''],
  ])('%s', async (_, fields, body, wanted) => {
    const { source } = await against(() => [{ send: head('200 OK', fields) + body, every: 1 }, { end: true }]);
    expect((await readAll(await open(source))).toString()).toBe(wanted);
  });

  it('may be announced by others', async () => {
    const early = `${head('103 Early Hints', ['Link: </a>'])}${head('102 Processing')}`;
    const { source } = await against((request) => [{ send: early }, ...honest(bytes, request)]);
    expect((await open(source)).head.status).toBe(206);
  });

  it('126 is read no faster than it is taken', async () => {
    const large = someBytes(20 * 1024 * 1024);
    const { source } = await against((request) => honest(large, request));
    const exchange = await open(source);
    let taken = 0;
    await new Promise<void>((resolve, reject) => {
      exchange.consume({
        data: (chunk) => {
          taken += chunk.length;
          resolve();
          return false;
        },
        end: () => reject(new Error('it all came at once')),
        error: reject,
      });
    });
    const before = taken;
    for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(taken - before).toBeLessThan(2 * 1024 * 1024);
    exchange.cancel();
  });
});

describe('what is no answer', () => {
  it.each([
    [
      'a body that is too short',
      [{ send: `${head('200 OK', ['Content-Length: 10'])}12345` }, { end: true }],
      'connection-lost',
    ],
    [
      'a body that is reset',
      [{ send: `${head('200 OK', ['Content-Length: 10'])}12345` }, { wait: 50 }, { reset: true }],
      'connection-lost',
    ],
    [
      'chunks without an end',
      [{ send: `${head('200 OK', ['Transfer-Encoding: chunked'])}5\r\n12345\r\n` }, { end: true }],
      'connection-lost',
    ],
    [
      'a chunk size that is none',
      [{ send: `${head('200 OK', ['Transfer-Encoding: chunked'])}zz\r\n12345\r\n0\r\n\r\n` }],
      'protocol',
    ],
    ['a body that stalls', [{ send: `${head('200 OK', ['Content-Length: 10'])}12345` }, { wait: null }], 'timeout'],
  ] as const)('%s: %s', async (_, steps, code) => {
    const { source } = await against(() => steps);
    const exchange = await open(source, { timeoutMs: 400 });
    expect(await failureOf(readAll(exchange))).toMatchObject({ code });
  });

  it.each([
    ['nothing but the end', [{ end: true }], 'connection-lost'],
    ['a reset', [{ reset: true }], 'connection-lost'],
    ['silence', [{ wait: null }], 'timeout'],
    ['half a head', [{ send: 'HTTP/1.1 200 OK\r\nContent-Le' }, { end: true }], 'connection-lost'],
    ['one length twice', [{ send: `${head('200 OK', ['Content-Length: 3', 'Content-Length: 3'])}abc` }], 'protocol'],
    ['"go on", which nobody asked for', [{ send: head('100 Continue') }], 'protocol'],
    ['no HTTP', [{ send: 'SSH-2.0-OpenSSH_9.6\r\n\r\n' }], 'protocol'],
    ['two lengths', [{ send: `${head('200 OK', ['Content-Length: 3', 'Content-Length: 4'])}abcd` }], 'protocol'],
    ['a length that is none', [{ send: `${head('200 OK', ['Content-Length: 3x'])}abc` }], 'protocol'],
    ['a negative length', [{ send: `${head('200 OK', ['Content-Length: -3'])}abc` }], 'protocol'],
    [
      'a length beyond counting',
      [{ send: `${head('200 OK', ['Content-Length: 99999999999999999999999'])}abc` }],
      'protocol',
    ],
    [
      'a coding that nobody asked for',
      [{ send: `${head('200 OK', ['Transfer-Encoding: gzip, chunked'])}0\r\n\r\n` }],
      'protocol',
    ],
    [
      'chunked and something else',
      [{ send: `${head('200 OK', ['Transfer-Encoding: chunked, another'])}3\r\nabc\r\n0\r\n\r\n` }],
      'protocol',
    ],
    [
      'a length beside chunks',
      [{ send: `${head('200 OK', ['Transfer-Encoding: chunked', 'Content-Length: 3'])}3\r\nabc\r\n0\r\n\r\n` }],
      'protocol',
    ],
    ['a head of a megabyte', [{ send: head('200 OK', [`X: ${'x'.repeat(1_000_000)}`]) }], 'protocol'],
    ['a line that goes on', [{ send: 'HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 0\0\r\n\r\n' }], 'protocol'],
    [
      'another protocol',
      [{ send: head('101 Switching Protocols', ['Upgrade: h2c', 'Connection: upgrade']) }],
      'protocol',
    ],
  ] as const)('%s: %s', async (_, steps, code) => {
    const { source } = await against(() => steps);
    const failure = await failureOf(open(source, { timeoutMs: 400 }));
    expect(failure.code).toBe(code);
    expect(failure.message).toMatch(/^[A-Z0-9].*[.?]$/);
  });

  it('a refused connection, which says "fewer"', async () => {
    const server = await startMisbehaving(() => []);
    await server[Symbol.asyncDispose]();
    const source = createHttpSource({ url: server.url, userAgent: 'test' });
    cleanUps.push(() => source.close());
    expect(await failureOf(open(source))).toMatchObject({ code: 'connection-refused', pushBack: true });
  });

  it('a host that is not there', async () => {
    const source = createHttpSource({ url: 'http://nowhere.invalid/f', userAgent: 'test' });
    cleanUps.push(() => source.close());
    expect(await failureOf(open(source))).toMatchObject({ code: 'host-not-found' });
  });

  it('51 an endless row of announcements', async () => {
    const { source } = await against(() => [{ send: head('100 Continue').repeat(20_000) }, { wait: null }]);
    expect(await failureOf(open(source, { timeoutMs: 400 }))).toMatchObject({
      code: expect.stringMatching(/timeout|protocol/),
    });
  });

  it('68 a second answer on a connection that rests: it is no answer to the next request', async () => {
    const stale = `${head('200 OK', ['Content-Length: 5'])}stale`;
    const { source } = await against((request) =>
      request.count === 1 ? [...honest(bytes, request), { send: stale }] : honest(bytes, request),
    );
    expect(await readAll(await open(source))).toEqual(Buffer.from(bytes));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await readAll(await open(source, { from: 10 }))).toEqual(Buffer.from(bytes.subarray(10)));
  });

  it('68 a second answer that comes in the moment the connection is used again: it is no answer either', async () => {
    const wanted = Promise.withResolvers<undefined>();
    const stale = `${head('206 Partial Content', ['Content-Length: 5'])}stale`;
    const { server, source } = await against((request) =>
      request.count === 1
        ? [...honest(bytes, request), { until: wanted.promise }, { send: stale }]
        : honest(bytes, request),
    );
    expect(await readAll(await open(source))).toEqual(Buffer.from(bytes));
    // Timers come before sockets: it is sent now, and read before undici writes its request.
    await new Promise((resolve) => setTimeout(resolve, 1));
    wanted.resolve(undefined);
    expect(await readAll(await open(source, { from: 10 }))).toEqual(Buffer.from(bytes.subarray(10)));
    expect(server.connections).toBe(2);
  });

  it.each([
    ['and its other half in the next', '', 2],
    ['and, over space without end, in many others', ' '.repeat(1024 * 1024), 10],
  ])('62 a head in the last bytes of a slab %s: every field is as it was sent', async (_where, space, slabs) => {
    const ledger = new SlabLedger();
    for (let reader = 0; reader < 64; reader += 1) ledger.join();
    const isFull = Promise.withResolvers<undefined>();
    const take = vi.spyOn(ledger, 'take').mockImplementation(() => {
      if (take.mock.calls.length === 2) isFull.resolve(undefined);
      return SlabLedger.prototype.take.call(ledger);
    });
    const before = someBytes(ledger.slabBytes - LEAST_READ - 300);
    const mine = 'a'.repeat(500);
    const { source } = await against(
      (request) =>
        request.count === 1
          ? honest(before, request)
          : [
              { send: `HTTP/1.1 200 OK\r\nX-Mine: ${mine}\r\nX-Other:` },
              { until: isFull.promise },
              { send: `${space} b\r\nContent-Length: 5\r\n\r\n` },
              { send: '12345' },
            ],
      { ledger },
    );
    expect(await readAll(await open(source))).toEqual(Buffer.from(before));
    const exchange = await open(source);
    expect(exchange.head.headers).toEqual({ 'x-mine': mine, 'x-other': 'b', 'content-length': '5' });
    expect((await readAll(exchange)).toString()).toBe('12345');
    expect(take.mock.calls.length).toBeGreaterThanOrEqual(slabs);
  });

  it('62 a head of nothing but space: it is not read for ever, and does not fill the memory', async () => {
    const { server, source } = await against(function* () {
      yield { send: 'HTTP/1.1 200 OK\r\nX-Mine:' };
      for (;;) yield { send: ' '.repeat(1024 * 1024) };
    });
    expect(await failureOf(open(source))).toMatchObject({ code: 'protocol' });
    expect(server.bytesWritten).toBeLessThan(20 * 1024 * 1024);
  });

  it('20 more than was announced: what is over is not read', async () => {
    const { source } = await against(() => [{ send: `${head('200 OK', ['Content-Length: 5'])}12345678` }]);
    expect((await readAll(await open(source))).toString()).toBe('12345');
  });
});

describe('the end of a request', () => {
  it('comes when it is cancelled: the connection is closed, nothing more is heard', async () => {
    const { server, source } = await against(() => [
      { send: `${head('200 OK', ['Content-Length: 10'])}1` },
      { wait: null },
    ]);
    const exchange = await open(source);
    const heard: string[] = [];
    exchange.consume({
      data: () => heard.push('data') > 0,
      end: () => heard.push('end'),
      error: () => heard.push('error'),
    });
    exchange.cancel();
    await server.idle();
    exchange.cancel();
    expect(heard.filter((one) => one !== 'data')).toEqual([]);
  });

  it('sends nothing of a request that is dropped before it is sent, and keeps no place for it', async () => {
    const asked: RequestLog[] = [];
    const { server, source } = await against((request) => honest(bytes, request), {
      observe: (request) => void asked.push(request),
    });
    const stop = new AbortController();
    const opening = open(source, {}, stop.signal);
    stop.abort();
    expect(await failureOf(opening)).toMatchObject({ code: 'interrupted' });
    expect([asked, limitOf(`127.0.0.1:${server.port}`).present]).toEqual([[], 0]);
  });

  it('comes when its signal says so, before the head', async () => {
    const { server, source } = await against(() => [{ wait: null }]);
    const abort = new AbortController();
    const opening = open(source, {}, abort.signal);
    while (server.requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
    abort.abort();
    expect(await failureOf(opening)).toMatchObject({ code: 'interrupted' });
    await server.idle();
  });

  it('comes to all when the source is closed', async () => {
    const { server, source } = await against(() => [{ send: head('200 OK', ['Content-Length: 10']) }, { wait: null }]);
    await Promise.all([open(source), open(source), open(source)]);
    expect(server.open).toBe(3);
    await source.close();
    await server.idle();
  });

  it('does not come while the consumer takes a rest', async () => {
    const { source } = await against((request) => honest(bytes, request));
    const exchange = await open(source, { timeoutMs: 200 });
    const heard: string[] = [];
    const got = await new Promise<number>((resolve, reject) => {
      let sum = 0;
      exchange.consume({
        data: (chunk) => {
          sum += chunk.length;
          if (heard.push('data') > 1) return true;
          setTimeout(() => exchange.resume(), 1_500);
          return false;
        },
        end: () => resolve(sum),
        error: reject,
      });
    });
    expect(got).toBe(bytes.length);
  });
});

describe('a consumer that takes a little at a time', () => {
  const long = someBytes(6 * 1024 * 1024);
  const chunked = Array.from({ length: Math.ceil(long.length / 5_000) }, (_, index) => {
    const part = Buffer.from(long.subarray(index * 5_000, (index + 1) * 5_000)).toString('latin1');
    return `${part.length.toString(16)}\r\n${part}\r\n`;
  }).join('');

  it.each([
    ['of a known length', head('200 OK', [`Content-Length: ${long.length}`]), long],
    ['in chunks', head('200 OK', ['Transfer-Encoding: chunked']), `${chunked}0\r\n\r\n`],
  ])('187 gets all of a body %s as it was read, in few slabs', async (_how, start, body) => {
    const ledger = new SlabLedger();
    const take = vi.spyOn(ledger, 'take');
    const { source } = await against(() => [{ send: start }, { send: body }], { ledger });
    const exchange = await open(source);
    const got: Buffer[] = [];
    let copied = 0;
    await new Promise<void>((resolve, reject) => {
      exchange.consume({
        data: (chunk) => {
          got.push(Buffer.from(chunk));
          if (chunk.buffer.byteLength !== ledger.slabBytes) copied += chunk.length;
          source.recycle(chunk);
          setImmediate(() => exchange.resume());
          return false;
        },
        end: resolve,
        error: reject,
      });
    });
    expect(Buffer.concat(got).equals(long)).toBe(true);
    expect(copied).toBe(0);
    expect(new Set(take.mock.results.map(({ value }) => value)).size).toBeLessThanOrEqual(5);
  });
});

describe('a connection that does not come about', () => {
  it('76 as the handshake hangs: the time-out that was asked for ends it, not one of ten seconds', async () => {
    const { server } = await against(() => []);
    const url = server.url.replace('http:', 'https:');
    const source = createHttpSource({ url, userAgent: 'test', connectTimeoutMs: 300 });
    cleanUps.push(() => source.close());
    const error: unknown = await open(source).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ failure: { code: 'timeout' } });
    expect(textOfCauses(error)).toContain('timeout: 300ms');
  });
});

describe('a connection that ends as it is used again', () => {
  it.each(['reset', 'end', 'cut'] as const)('69 by %s: the request is sent once more, on a fresh one', async (how) => {
    const step = { [how]: true } as unknown as Step;
    const used = new Set<number>();
    const { server, source } = await against((request) => {
      const isReused = used.has(request.connection);
      used.add(request.connection);
      return isReused ? [step] : honest(bytes, request);
    });
    for (const from of [0, 1, 2]) {
      expect(await readAll(await open(source, { from }))).toEqual(Buffer.from(bytes.subarray(from)));
      // Only then is it free for the next one.
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(server.requests.map(({ connection }) => connection)).toEqual([1, 1, 2, 2, 3]);
  });

  it('69 after it brought a byte: that is a failure like any other', async () => {
    const { server, source } = await against((request) =>
      request.count === 2 ? [{ send: 'HTTP/1.1 2' }, { end: true }] : honest(bytes, request),
    );
    await readAll(await open(source));
    await new Promise((resolve) => setImmediate(resolve));
    expect((await failureOf(open(source))).code).toBe('connection-lost');
    expect(server.requests).toHaveLength(2);
  });

  it('69 that was fresh: that is a failure like any other, and push-back', async () => {
    const { server, source } = await against(() => [{ end: true }]);
    expect(await failureOf(open(source))).toMatchObject({ code: 'connection-lost', pushBack: true });
    expect(server.requests).toHaveLength(1);
  });
});

describe('a host that pushes back', () => {
  it('43, 184 by a reset: its place is not given to the one who waits', async () => {
    const end = { end: true } as const;
    const gates = [1, 2, 3].map(() => Promise.withResolvers<void>());
    const { server, source } = await against((request) => {
      const gate = gates[request.rangeStart ?? 0];
      if (request.rangeStart === 3) return [{ send: head('429 No', ['Retry-After: 60', 'Content-Length: 0']) }];
      if (gate === undefined) return [...honest(bytes, request), ...(request.rangeStart === 100 ? [end] : [])];
      const after = request.rangeStart === 1 ? ([{ reset: true }] as const) : honest(bytes, request);
      return [{ until: gate.promise }, ...after];
    });
    const [first, second, third] = [0, 1, 2].map((from) => open(source, { from }));
    await server.arrived(3);
    // Three are served, the fourth one is not: from now on two are allowed.
    (await open(source, { from: 3 })).cancel();
    gates[0]?.resolve();
    if (first) await readAll(await first);
    const waiting = open(source, { from: 4 });
    gates[1]?.resolve();
    if (second) expect((await failureOf(second)).code).toBe('connection-lost');
    // Long enough for a request to get there: one that goes the whole way.
    await rawRequest(server.port, { headers: ['Range: bytes=100-109', 'Connection: close'] });
    expect(server.requests.map(({ rangeStart }) => rangeStart)).toEqual([0, 1, 2, 3, 100]);
    gates[2]?.resolve();
    if (third) await readAll(await third);
    await readAll(await waiting);
  });
});
