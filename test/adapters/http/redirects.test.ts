import type { lookup } from 'node:dns';
import { EventEmitter, once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { limitOf } from '../../../src/adapters/http/host-limits.ts';
import { createHttpSource } from '../../../src/adapters/http/source.ts';
import type { FailureError } from '../../../src/machines/failures.ts';
import { someBytes } from '../../support/fake-download.ts';
import {
  head,
  honest,
  type MisbehavingServer,
  type Script,
  startMisbehaving,
} from '../../support/misbehaving-server.ts';
import { readAll } from '../../support/read-all.ts';
import { selfSigned } from '../../support/self-signed.ts';

const bytes = someBytes(1_000);
const whole = { from: 0, to: null, ifRange: null, timeoutMs: 10_000 };
const cleanUps: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function serve(script: Script, options: Parameters<typeof startMisbehaving>[1] = {}): Promise<MisbehavingServer> {
  const server = await startMisbehaving(script, options);
  cleanUps.push(() => server[Symbol.asyncDispose]());
  return server;
}

function sourceOf(url: string, headers: readonly (readonly [string, string])[] = [], more: object = {}) {
  const source = createHttpSource({ url, userAgent: 'test', headers, ...more });
  cleanUps.push(() => source.close());
  return source;
}

const to = (location: string, status = '302 Found') => [
  { send: head(status, [`Location: ${location}`, 'Content-Length: 0']) },
];
const never = new AbortController().signal;
const codeOf = (opening: Promise<unknown>) =>
  opening.then(
    () => 'ok',
    (error: FailureError) => error.failure.code,
  );

describe('a redirect', () => {
  it.each(['301 Moved', '302 Found', '303 See Other', '307 Temporary', '308 Permanent'])(
    '77 %s is followed',
    async (status) => {
      const server = await serve((request) =>
        request.path === '/file.bin' ? to('/there', status) : honest(bytes, request),
      );
      const exchange = await sourceOf(server.url).open(whole, never);
      expect(exchange.head).toMatchObject({
        status: 206,
        url: `http://127.0.0.1:${server.port}/there`,
        suggestedName: 'there',
      });
      expect(await readAll(exchange)).toEqual(Buffer.from(bytes));
      expect(server.requests.map((request) => request.headers.range)).toEqual(['bytes=0-', 'bytes=0-']);
    },
  );

  it.each([
    ['there', '/a/there'],
    ['../there', '/there'],
    ['?x=1', '/a/b?x=1'],
    ['?q', '/a/b?q'],
    ['../../../../there', '/there'],
    ['./../a/./there', '/a/there'],
    ['/a b/c', '/a%20b/c'],
    ['  /there ', '/there'],
    ['//HOST/there', '/there'],
    ['HTTP://HOST/there', '/there'],
    ['/gr\u00fc\u00dfe', '/gr%C3%BC%C3%9Fe'],
    ['/there#part', '/there'],
  ])('77 to %s leads to %s', async (location, path) => {
    const server = await serve(
      (request) => {
        const sent = Buffer.from(location.replace('HOST', `127.0.0.1:${server.port}`)).toString('latin1');
        return request.count === 1 ? to(sent) : honest(bytes, request);
      },
      { path: '/a/b' },
    );
    await readAll(await sourceOf(server.url).open(whole, never));
    expect(server.requests[1]?.path).toBe(path);
  });

  it('that was followed once is not followed again: the next request goes where the file is', async () => {
    const server = await serve((request) => (request.path === '/file.bin' ? to('/there') : honest(bytes, request)));
    const source = sourceOf(server.url);
    for (let count = 0; count < 3; count += 1) await readAll(await source.open(whole, never));
    expect(server.requests.map((request) => request.path)).toEqual(['/file.bin', '/there', '/there', '/there']);
  });

  it('37 whose time has run out is asked for again, once', async () => {
    let signature = 0;
    let uses = 0;
    const server = await serve((request) => {
      if (request.path === '/file.bin') {
        signature += 1;
        return to(`/signed-${signature}`);
      }
      if (request.path === '/signed-1') uses += 1;
      return request.path === '/signed-1' && uses > 1
        ? [{ send: head('403 Forbidden', ['Content-Length: 0']) }]
        : honest(bytes, request);
    });
    const source = sourceOf(server.url);
    await readAll(await source.open(whole, never));
    expect(await readAll(await source.open(whole, never))).toEqual(Buffer.from(bytes));
    expect(server.requests.map((request) => request.path)).toEqual([
      '/file.bin',
      '/signed-1',
      '/signed-1',
      '/file.bin',
      '/signed-2',
    ]);
  });

  it('that leads to another host when it is asked for again shares the connections of that one', async () => {
    let [uses, first] = [0, true];
    const mirror: Script = (request) => {
      uses += 1;
      return uses === 3 ? [{ send: head('403 Forbidden', ['Content-Length: 0']) }] : honest(bytes, request);
    };
    const [one, other] = [await serve(mirror), await serve(mirror)];
    const server = await serve(() => {
      const [{ url }] = first ? [one] : [other];
      first = false;
      return to(url);
    });
    const hosts = [one, other].map(({ port }) => `127.0.0.1:${port}`);
    const here = () => hosts.map((host) => limitOf(host).present);
    const source = sourceOf(server.url);
    await readAll(await source.open(whole, never));
    const told: number[] = [];
    const leave = source.watchShare((connections) => told.push(connections));
    expect(here()).toEqual([1, 0]);
    await readAll(await source.open(whole, never));
    expect([here(), told]).toEqual([[1, 0], [64]]);
    await readAll(await source.open(whole, never));
    expect(here()).toEqual([0, 1]);
    limitOf(`127.0.0.1:${other.port}`).watch({}, () => {})();
    leave();
    // Its share of each (of the first URL's host on the way), and of the last with somebody else and without.
    expect([here(), told]).toEqual([
      [0, 0],
      [64, 64, 64, 32, 64],
    ]);
    uses = 2;
    first = true;
    await readAll(await source.open(whole, never));
    expect([here(), told.length]).toEqual([[0, 0], 5]);
  });

  it('that does not lead anywhere any more leaves its host', async () => {
    let uses = 0;
    const mirror = await serve((request) => {
      uses += 1;
      return uses > 1 ? [{ send: head('403 Forbidden', ['Content-Length: 0']) }] : honest(bytes, request);
    });
    const server = await serve(() =>
      uses > 0 ? [{ send: head('503 Later', ['Content-Length: 0']) }] : to(mirror.url),
    );
    const source = sourceOf(server.url);
    await readAll(await source.open(whole, never));
    const leave = source.watchShare(() => {});
    const here = () => [server, mirror].map(({ port }) => limitOf(`127.0.0.1:${port}`).present);
    expect(here()).toEqual([0, 1]);
    (await source.open(whole, never)).cancel();
    expect(here()).toEqual([1, 0]);
    leave();
    expect(here()).toEqual([0, 0]);
  });

  it('of a checksum beside the file: what gives access goes to the host that it was given for', async () => {
    const mirror = await serve((request) => honest(bytes, request));
    const server = await serve(() => to(mirror.url));
    const source = sourceOf(server.url, [['Authorization', 'Bearer hunter22']]);
    await readAll(await source.open(whole, never));
    const limits = { maxBytes: 2_000, timeoutMs: 10_000 };
    await source.fetchBeside('given', '*.sha256', limits, never);
    await source.fetchBeside('final', 'SHA256SUMS', limits, never);
    const keyed = ({ requests }: MisbehavingServer) =>
      requests.map(({ path, headers }) => [path, 'authorization' in headers]);
    expect(keyed(server)).toEqual([
      ['/file.bin', true],
      ['/file.bin.sha256', true],
    ]);
    expect(keyed(mirror)).toEqual([
      ['/file.bin', false],
      ['/file.bin', false],
      ['/SHA256SUMS', false],
    ]);
  });

  it('that is refused for good is told as it is', async () => {
    const server = await serve((request) =>
      request.path === '/file.bin' ? to('/there') : [{ send: head('404 Not Found', ['Content-Length: 0']) }],
    );
    expect((await sourceOf(server.url).open(whole, never)).head.status).toBe(404);
    expect(server.requests).toHaveLength(2);
  });

  it.each([
    ['a circle', (path: string) => to(path === '/b' ? '/file.bin' : '/b'), 'too-many-redirects'],
    ['itself', () => to('/file.bin'), 'too-many-redirects'],
    ['ever on', (path: string) => to(`${path}x`), 'too-many-redirects'],
    ['nowhere', () => [{ send: head('302 Found', ['Content-Length: 0']) }], 'protocol'],
    ['an empty place', () => to(''), 'protocol'],
    ['no address', () => to('http://['), 'protocol'],
    [
      'two places',
      () => [{ send: head('302 Found', ['Location: /a', 'Location: /b', 'Content-Length: 0']) }],
      'protocol',
    ],
    ['ftp', () => to('ftp://127.0.0.1/a'), 'redirect-refused'],
    ['a file', () => to('file:///etc/passwd'), 'redirect-refused'],
    ['a script', () => to('javascript:alert(1)'), 'redirect-refused'],
  ])('79 to %s is refused', async (_, script, code) => {
    const server = await serve((request) => script(request.path));
    expect(await codeOf(sourceOf(server.url).open(whole, never))).toBe(code);
    expect(server.requests.length).toBeLessThanOrEqual(11);
  });

  it('78 ten of them are followed', async () => {
    const server = await serve((request) =>
      request.count <= 10 ? to(`/step-${request.count}`) : honest(bytes, request),
    );
    expect((await sourceOf(server.url).open(whole, never)).head.status).toBe(206);
    expect(server.requests).toHaveLength(11);
  });

  it('78 back to itself is followed, as often as any other: the next answer may be the file', async () => {
    const server = await serve((request) => (request.count <= 10 ? to('/file.bin') : honest(bytes, request)));
    expect(await readAll(await sourceOf(server.url).open(whole, never))).toEqual(Buffer.from(bytes));
    const circle = await serve(() => to('/file.bin'));
    const failure = await sourceOf(circle.url)
      .open(whole, never)
      .catch((error: FailureError) => error.failure);
    expect(failure).toMatchObject({ code: 'too-many-redirects', message: 'The server redirects in a circle.' });
    expect(circle.requests).toHaveLength(11);
  });

  it('80 from https down to http is refused', async () => {
    const plain = await serve((request) => honest(bytes, request));
    const secure = await serve(() => to(plain.url), { tls: selfSigned });
    expect(await codeOf(sourceOf(secure.url, [], { ca: selfSigned.cert }).open(whole, never))).toBe('redirect-refused');
    expect(plain.requests).toEqual([]);
  });
});

/** Here 127.0.0.1 is out in the world, and 127.0.0.2 at home. */
const isPrivate = (address: string) => address === '127.0.0.2';

describe('a redirect to a private address', () => {
  const strict = { privateRedirects: false, isPrivate };
  const names = (of: Record<string, string>): typeof lookup =>
    ((host: string, _options: unknown, callback: (error: Error | null, found: unknown) => void) =>
      callback(null, [{ address: of[host], family: 4 }])) as unknown as typeof lookup;

  it('81 is refused when that was asked for, and nothing is sent there', async () => {
    const home = await serve((request) => honest(bytes, request), { host: '127.0.0.2' });
    const world = await serve(() => to(home.url));
    const failure = await sourceOf(world.url, [], strict)
      .open(whole, never)
      .catch((error: FailureError) => error.failure);
    expect(failure).toMatchObject({ code: 'redirect-refused', message: expect.stringContaining('127.0.0.2') });
    expect([home.connections, world.requests.length]).toEqual([0, 1]);
    expect((await sourceOf(world.url, [], { isPrivate }).open(whole, never)).head.status).toBe(206);
  });

  it('81 is refused under whatever name, also one that was public a moment ago', async () => {
    const home = await serve((request) => honest(bytes, request), { host: '127.0.0.2' });
    const world = await serve(() => [...to(`http://inner.test:${home.port}/a`)]);
    const of: Record<string, string> = { 'outer.test': '127.0.0.1', 'inner.test': '127.0.0.2' };
    const options = { ...strict, lookUp: names(of) };
    const url = `http://outer.test:${world.port}/file.bin`;
    expect(await codeOf(sourceOf(url, [], options).open(whole, never))).toBe('redirect-refused');
    // Nothing was dialled, although the name had been looked up before it moved.
    expect(home.connections).toBe(0);
  });

  it('81 is refused where the name of a public one has moved since: what is dialled counts', async () => {
    const home = await serve((request) => honest(bytes, request), { host: '127.0.0.2' });
    const of: Record<string, string> = { 'outer.test': '127.0.0.1' };
    const world = await serve(() => {
      of['outer.test'] = '127.0.0.2';
      return to(`http://outer.test:${home.port}/a`);
    });
    const options = { ...strict, lookUp: names(of) };
    const source = sourceOf(`http://outer.test:${world.port}/file.bin`, [], options);
    // The address is known; nobody listens there at that port. Then it is asked for anew.
    expect(await codeOf(source.open(whole, never))).toBe('connection-refused');
    expect(await codeOf(source.open(whole, never))).toBe('redirect-refused');
    expect(home.connections).toBe(0);
  });

  it('81 is followed from another one: that is the network the user named', async () => {
    const other = await serve((request) => honest(bytes, request), { host: '127.0.0.2' });
    const home = await serve(() => to(other.url), { host: '127.0.0.2' });
    expect((await sourceOf(home.url, [], strict).open(whole, never)).head.status).toBe(206);
  });
});

describe('a redirect that asks for time', () => {
  /** A clock that stands until the test lets it go on. */
  function stoppedClock() {
    const waits: { ms: number; done: () => void; isOver: boolean }[] = [];
    const news = new EventEmitter();
    const after = (ms: number, done: () => void) => {
      const wait = { ms, done, isOver: false };
      waits.push(wait);
      news.emit('wait');
      return () => {
        wait.isOver = true;
      };
    };
    const waiting = async () => {
      if (waits.length === 0) await once(news, 'wait');
      return waits[0] as (typeof waits)[number];
    };
    return { after, waits, waiting };
  }
  const later = (field: string, location = '/there') => [
    { send: head('302 Found', [`Location: ${location}`, `Retry-After: ${field}`, 'Content-Length: 0']) },
  ];

  it('83 is followed after it, by seconds or by date', async () => {
    for (const [field, least, most] of [
      ['7', 7_000, 7_000],
      [new Date(Date.now() + 60_000).toUTCString(), 30_000, 60_000],
    ] as const) {
      const clock = stoppedClock();
      const server = await serve((request) => (request.path === '/file.bin' ? later(field) : honest(bytes, request)));
      const opening = sourceOf(server.url, [], { after: clock.after }).open(whole, never);
      const wait = await clock.waiting();
      expect(wait.ms).toBeGreaterThanOrEqual(least);
      expect(wait.ms).toBeLessThanOrEqual(most);
      expect(server.requests).toHaveLength(1);
      wait.done();
      expect((await opening).head.status).toBe(206);
    }
  });

  it.each(['-1', 'soon', '0', 'Thu, 01 Jan 1970 00:00:00 GMT'])(
    '83 with the field "%s" is followed at once',
    async (field) => {
      const clock = stoppedClock();
      const server = await serve((request) => (request.path === '/file.bin' ? later(field) : honest(bytes, request)));
      expect((await sourceOf(server.url, [], { after: clock.after }).open(whole, never)).head.status).toBe(206);
      expect(clock.waits).toEqual([]);
    },
  );

  it('83 of more than is waited for is not followed, and says why; a chain has no more time than one of them', async () => {
    const clock = stoppedClock();
    const hour = await serve(() => later('3600'));
    const failure = await sourceOf(hour.url, [], { after: clock.after })
      .open(whole, never)
      .catch((error: FailureError) => error.failure);
    expect(failure).toMatchObject({ code: 'http-status', status: 302, message: expect.stringContaining('3600 s') });
    const chain = await serve((request) => later('200', `${request.path}x`));
    const opening = codeOf(sourceOf(chain.url, [], { after: clock.after }).open(whole, never));
    (await clock.waiting()).done();
    expect(await opening).toBe('http-status');
    expect([hour.requests.length, chain.requests.length]).toEqual([1, 2]);
  });

  it('83 can be stopped while it is waited for', async () => {
    const clock = stoppedClock();
    const server = await serve(() => later('100'));
    const stop = new AbortController();
    const opening = codeOf(sourceOf(server.url, [], { after: clock.after }).open(whole, stop.signal));
    const wait = await clock.waiting();
    stop.abort();
    expect([await opening, wait.isOver]).toEqual(['interrupted', true]);
  });
});

describe('credentials', () => {
  const mine = [
    ['Authorization', 'Bearer mine'],
    ['Cookie', 'session=mine'],
    ['X-Api-Key', 'mine'],
    ['X-Plain', 'plain'],
  ] as const;

  it('87, 88 stay with the host they were given for', async () => {
    const server = await serve((request) => (request.path === '/file.bin' ? to('/there') : honest(bytes, request)));
    await readAll(await sourceOf(server.url, mine).open(whole, never));
    expect(server.requests[1]?.headers).toMatchObject({
      authorization: 'Bearer mine',
      cookie: 'session=mine',
      'x-plain': 'plain',
    });
  });

  it('87 do not go to another port, nor come back in the same chain', async () => {
    const first: MisbehavingServer = await serve((request) =>
      request.path === '/file.bin' ? to(`${other.url}?a`) : honest(bytes, request),
    );
    const other = await serve(() => to(`http://127.0.0.1:${first.port}/back`));
    await readAll(await sourceOf(first.url, mine).open(whole, never));
    expect(first.requests[0]?.headers).toMatchObject({
      authorization: 'Bearer mine',
      cookie: 'session=mine',
      'x-api-key': 'mine',
    });
    for (const request of [other.requests[0], first.requests[1]]) {
      expect(request?.headers).toMatchObject({ 'x-plain': 'plain' });
      expect(JSON.stringify(request?.headers)).not.toContain('mine');
    }
  });

  it('84 of the URL become a field, and go nowhere else', async () => {
    const other = await serve((request) => honest(bytes, request));
    const first = await serve(() => to(other.url.replace('//', '//their:own@')));
    const url = first.url.replace('//', '//us%20er:p%3Aw@');
    const exchange = await sourceOf(url).open(whole, never);
    const pair = Buffer.from('us er:p:w').toString('base64');
    expect(first.requests[0]?.headers.authorization).toBe(`Basic ${pair}`);
    expect(other.requests[0]?.headers.authorization).toBeUndefined();
    expect(JSON.stringify(exchange.head)).not.toMatch(/their|us%20er/);
  });

  it('in a field win over those of the URL', async () => {
    const server = await serve((request) => honest(bytes, request));
    await readAll(
      await sourceOf(server.url.replace('//', '//user:pw@'), [['authorization', 'Bearer mine']]).open(whole, never),
    );
    expect(server.requests[0]?.headers.authorization).toBe('Bearer mine');
  });
});

describe('TLS', () => {
  it('74 to a server that nobody vouches for is refused, with what to do', async () => {
    const server = await serve((request) => honest(bytes, request), { tls: selfSigned });
    const error = await sourceOf(server.url)
      .open(whole, never)
      .catch((reason: FailureError) => reason.failure);
    expect(error).toMatchObject({ code: 'tls-untrusted', message: expect.stringContaining('--cacert') });
    expect(server.requests).toEqual([]);
  });

  it.each([
    ['with its authority named', { ca: selfSigned.cert }],
    ['with trust in anyone', { insecure: true }],
  ])('%s works, on several connections', async (_, options) => {
    const server = await serve((request) => honest(bytes, request), { tls: selfSigned });
    const source = sourceOf(server.url, [], options);
    const exchanges = await Promise.all([0, 100, 200].map((from) => source.open({ ...whole, from }, never)));
    const bodies = await Promise.all(exchanges.map(readAll));
    expect(bodies.map((body) => body.length)).toEqual([1_000, 900, 800]);
    expect(bodies[2]).toEqual(Buffer.from(bytes.subarray(200)));
  });

  it('that is not spoken at all is said', async () => {
    const plain = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => socket.end(head('400 Bad Request', ['Content-Length: 0'])));
    });
    plain.listen(0, '127.0.0.1');
    await once(plain, 'listening');
    cleanUps.push(async () => plain.close());
    const { port } = plain.address() as AddressInfo;
    expect(await codeOf(sourceOf(`https://127.0.0.1:${port}/f`).open(whole, never))).toBe('tls-untrusted');
  });
});
