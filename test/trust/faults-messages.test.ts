/** Section B of the fault list: HTTP messages, byte by byte. Each name begins with its number. */
import type { lookup } from 'node:dns';
import { describe, expect, it } from 'vitest';
import { createHttpSource } from '../../src/adapters/http/source.ts';
import type { FailureError } from '../../src/machines/failures.ts';
import type { OpenDownloadOptions } from '../../src/open-download.ts';
import { awakeTime } from '../support/awake-time.ts';
import { someBytes } from '../support/fake-download.ts';
import {
  head,
  honest,
  type Script,
  type SeenRequest,
  type Step,
  startMisbehaving,
} from '../support/misbehaving-server.ts';
import { readAll } from '../support/read-all.ts';
import { selfSigned } from '../support/self-signed.ts';
import { sharedData } from '../support/shared-data.ts';
import { makeTempDir } from '../support/temp-dir.ts';
import { placeWith, runTrial, type Trial } from '../support/trial.ts';

const bytes = someBytes(100_000);

async function attempt(
  script: Script,
  options: OpenDownloadOptions = {},
): Promise<Trial & { requests: readonly SeenRequest[] }> {
  await using place = await placeWith(script);
  const trial = await place.run({ retries: 1, ...options });
  return { ...trial, requests: place.server.requests };
}

function expectRight(trial: Trial): void {
  expect(trial.message).toBe('');
  expect(trial.file && Buffer.compare(trial.file, bytes)).toBe(0);
}

/** Nothing under the final name, and a sentence. */
function expectFailed(trial: Trial, ...codes: readonly string[]): void {
  expect(trial.ended).not.toBe('done');
  expect(trial.file).toBeNull();
  expect(trial.message).toMatch(/[.?]$/);
  if (codes.length > 0) expect(codes).toContain(trial.ended);
}

/** The whole file with these fields, in exactly these bytes of head. */
const raw = (text: string, body: string | Uint8Array = bytes): readonly Step[] => [
  { send: text },
  { send: body },
  { end: true },
];
const length = `Content-Length: ${bytes.length}`;

describe('framing', () => {
  it.each(['gzip, chunked', 'chunked, identity', 'identity', 'chunked, chunked', 'xchunked', 'chunked, another'])(
    '57 the transfer coding "%s" is refused',
    async (coding) => {
      expectFailed(await attempt(() => raw(head('200 OK', [`Transfer-Encoding: ${coding}`]))), 'protocol');
    },
  );

  it('57 chunked alone is decoded, whatever the size of its chunks', async () => {
    for (const size of [1_000, 7, 65_536]) {
      const parts: Step[] = [{ send: head('200 OK', ['Transfer-Encoding: chunked']) }];
      for (let at = 0; at < bytes.length; at += size) {
        const part = bytes.subarray(at, at + size);
        parts.push({ send: `${part.length.toString(16)}\r\n` }, { send: part }, { send: '\r\n' });
      }
      expectRight(await attempt(() => [...parts, { send: '0\r\n\r\n' }]));
    }
  }, 30_000);

  it('58 a length beside a transfer coding is refused', async () => {
    // The server itself would leave the connection open.
    const both = { send: head('200 OK', [length, 'Transfer-Encoding: chunked']) };
    await using place = await placeWith(() => [both, { send: '5\r\nhello\r\n0\r\n\r\n' }]);
    expectFailed(await place.run({ retries: 1 }), 'protocol');
    await place.server.idle();
    expect(place.server.connections).toBe(place.server.requests.length);
  });

  it.each([
    ['overflow', 'fffffffffffffffff\r\nabc\r\n0\r\n\r\n'],
    ['negative', '-3\r\nabc\r\n0\r\n\r\n'],
    ['with 0x', '0x3\r\nabc\r\n0\r\n\r\n'],
    ['empty', '\r\nabc\r\n0\r\n\r\n'],
    ['too short', '2\r\nabc\r\n0\r\n\r\n'],
    ['with a bare line feed', '3\nabc\n0\n\n'],
  ])('65 a chunk whose size is wrong (%s) is refused', async (_, body) => {
    expectFailed(
      await attempt(() => raw(head('200 OK', ['Transfer-Encoding: chunked']), body)),
      'protocol',
      'connection-lost',
    );
  });

  it('65 an extension of a megabyte to a chunk: passed over, and right', async () => {
    const trial = await attempt(() =>
      raw(head('200 OK', ['Transfer-Encoding: chunked']), `5;${'x'.repeat(1_000_000)}\r\nhello\r\n0\r\n\r\n`),
    );
    expect([trial.ended, String(trial.file)]).toEqual(['done', 'hello']);
  });

  it.each([
    ['usual', 'X-A: b\r\n', 'done'],
    ['with a length', 'Content-Length: 3\r\n', 'protocol'],
    ['huge', `X-A: ${'y'.repeat(200_000)}\r\n`, 'protocol'],
    ['with NUL', 'X-A: \0\r\n', 'protocol'],
  ])('66 trailers, %s: right, or refused', async (_, trailers, ended) => {
    const trial = await attempt(() =>
      raw(head('200 OK', ['Transfer-Encoding: chunked']), `5\r\nhello\r\n0\r\n${trailers}\r\n`),
    );
    if (ended === 'done') expect([trial.ended, String(trial.file)]).toEqual(['done', 'hello']);
    else expectFailed(trial, ended);
  });
});

describe('a head', () => {
  it('59 with two places to go to is refused; twice the same one is followed', async () => {
    const to =
      (...places: readonly string[]): Script =>
      (request) =>
        request.path === '/file.bin'
          ? [{ send: head('302 Found', [...places.map((place) => `Location: ${place}`), 'Content-Length: 0']) }]
          : honest(bytes, request);
    expectFailed(await attempt(to('/a', '/b')), 'protocol', 'redirect');
    expectRight(await attempt(to('/a', '/a')));
  });

  it.each([
    ['NUL in a value', `HTTP/1.1 200 OK\r\n${length}\r\nX-A: a\0b\r\n\r\n`],
    ['a bare CR', `HTTP/1.1 200 OK\r\n${length}\r\nX-A: a\rb\r\n\r\n`],
    ['a line without a colon', `HTTP/1.1 200 OK\r\n${length}\r\nX-A\r\n\r\n`],
    ['a first line that is a continuation', `HTTP/1.1 200 OK\r\n X-A: b\r\n${length}\r\n\r\n`],
    ['a space before the colon', `HTTP/1.1 200 OK\r\nX-A : b\r\n${length}\r\n\r\n`],
  ])('60 with %s is refused', async (_, text) => {
    expectFailed(await attempt(() => raw(text)), 'protocol');
  });

  const wpt = sharedData('wpt/h1-and-range.json');
  const {
    loneCrMustFail = [],
    statusLine = [],
  }: { loneCrMustFail?: string[]; statusLine?: [string, number | null][] } = wpt === null ? {} : JSON.parse(wpt);

  it.runIf(wpt !== null).each(loneCrMustFail)('60 with a lone CR, %j, is refused', async (text) => {
    // As it lies, and with the line ends that HTTP has: it must be the CR that is refused.
    for (const head of [text, text.replaceAll('\n', '\r\n')]) {
      expectFailed(await attempt(() => [{ send: head }, { end: true }], { retries: 0 }), 'protocol', 'connection-lost');
    }
  });

  it.runIf(wpt !== null).each(statusLine)('63 with the status line "HTTP/1.1 %s" is refused', async (line) => {
    const trial = await attempt(() => raw(`HTTP/1.1 ${line}\r\n${length}\r\n\r\n`), { retries: 0 });
    expectFailed(trial, 'protocol', 'connection-lost', 'http-status', 'timeout');
  });

  it('61 with bare line feeds is refused, and the sentence says what it was', async () => {
    const trial = await attempt(() => raw(`HTTP/1.1 200 OK\n${length}\n\n`));
    expectFailed(trial, 'protocol');
    expect(trial.message).toMatch(/sent something that is not HTTP: missing expected CR after response line\.$/);
  });

  it('62 of 16 KiB is read', async () => {
    expectRight(await attempt((request) => honest(bytes, request, ['ETag: "v1"', `X-A: ${'y'.repeat(16_000)}`])));
  });

  it.each([
    ['of 100 KiB', `X-A: ${'y'.repeat(100_000)}`],
    ['of 5,000 fields', Array.from({ length: 5_000 }, (_, index) => `X-${index}: some more bytes`).join('\r\n')],
  ])('62 %s is refused', async (_, fields) => {
    expectFailed(await attempt(() => raw(head('200 OK', [length, fields])), { retries: 0 }), 'protocol');
  });

  it.each([
    ['without an end', 'X-A: b\r\n'],
    ['with a line without an end', 'y'],
  ])('62 %s: bounded', async (_, piece) => {
    const endless: Step[] = [{ send: `HTTP/1.1 200 OK\r\nX-A: ` }, { send: piece.repeat(1_000_000) }, { wait: null }];
    expectFailed(await attempt(() => endless, { retries: 0 }), 'protocol');
  });

  it.each([
    'HTTP/1.1 20 OK',
    'HTTP/1.1 2000 OK',
    'HTTP/1.1 -200 OK',
    'HTTP/1.1 abc OK',
    'HTTP/1.1  200 OK',
    'HTTP/1.2 200 OK',
    'HTTP/2 200 OK',
    'HTTP/3.7 200 OK',
    'HTTP/1.2.3 200 OK',
    'HTTQ/1.1 200 OK',
    'ICY 200 OK',
    ' HTTP/1.1 200 OK',
  ])('63 with the status line "%s" is refused', async (line) => {
    expectFailed(
      await attempt(() => raw(`${line}\r\n${length}\r\n\r\n`), { retries: 0 }),
      'protocol',
      'connection-lost',
      'http-status',
    );
  });

  // The parser takes 0.9, 1.0, 1.1 and 2.0 for versions of HTTP, and tells nobody which one it was; what follows has to be
  // HTTP/1.1 in any case, and is judged like it.
  it('63 with the status line "HTTP/2.0 200 OK" passes the parser, which does not say: the bytes are right', async () => {
    expectRight(await attempt(() => raw(`HTTP/2.0 200 OK\r\n${length}\r\n\r\n`), { retries: 0 }));
  });

  it('63 that is none (HTTP/0.9) is refused', async () => {
    expectFailed(await attempt(() => raw('', '<html>hello</html>'), { retries: 0 }), 'protocol', 'connection-lost');
  });

  it('64 that says 100 and then nothing more: ends in bounded time', async () => {
    expectFailed(await attempt(() => [{ send: 'HTTP/1.1 100 Continue\r\n\r\n' }, { end: true }], { retries: 0 }));
    expectFailed(
      await attempt(() => [{ send: 'HTTP/1.1 100 Continue\r\n\r\n' }, { wait: null }], { retries: 0, timeoutMs: 500 }),
    );
  });
});

describe('pace', () => {
  it.each([1, 20])('67 %i bytes a write: right', async (every) => {
    const small = bytes.subarray(0, 5_000);
    const trial = await attempt((request) =>
      honest(small, request).map((step) => ('send' in step ? { ...step, every } : step)),
    );
    expect(trial.file && Buffer.compare(trial.file, small)).toBe(0);
  });

  it('67 a head of one byte at a time: right', async () => {
    const trial = await attempt((request) => {
      const [first, body] = honest(bytes, request);
      return first && body ? [{ ...first, every: 1, pause: 1 } as Step, body] : [];
    });
    expectRight(trial);
  });

  it('67, 70 a head of one byte a moment, that never ends: the time-out ends it', async () => {
    const slow: Step[] = [{ send: head('200 OK', [length, `X-A: ${'y'.repeat(2_000)}`]), every: 1, pause: 50 }];
    expectFailed(await attempt(() => slow, { retries: 0, timeoutMs: 600 }), 'timeout');
  });

  it('67 an answer in one piece with the next one: right', async () => {
    const trial = await attempt((request) => {
      const [first, second] = honest(bytes, request) as [{ send: string }, { send: Uint8Array }];
      return [
        {
          send: Buffer.concat([
            Buffer.from(first.send, 'latin1'),
            second.send,
            Buffer.from(`${head('200 OK', ['Content-Length: 4'])}evil`),
          ]),
        },
      ];
    });
    expectRight(trial);
  });

  it('68 a second answer on a connection that rests: the next request is not poisoned', async () => {
    const trial = await attempt(
      (request) => [
        ...honest(bytes, request),
        { wait: 20 },
        { send: `${head('206 Partial Content', ['Content-Length: 4'])}evil` },
      ],
      {
        retries: 5,
      },
    );
    expectRight(trial);
  });

  it.each(['reset', 'end'] as const)(
    '69 connections that end (%s) as they are used again: others are taken, which costs no retry and no push-back',
    async (how) => {
      const step = { [how]: true } as unknown as Step;
      const used = new Set<number>();
      const trial = await attempt(
        (request) => {
          const isReused = used.has(request.connection);
          used.add(request.connection);
          const from = request.rangeStart ?? 0;
          const part = bytes.subarray(from, from + 30_000);
          const range = `Content-Range: bytes ${from}-${from + part.length - 1}/${bytes.length}`;
          const fields = [`Content-Length: ${part.length}`, range, 'ETag: "v1"'];
          return isReused ? [step] : [{ send: head('206 Part', fields) }, { send: part }];
        },
        { connections: 1, retries: 0 },
      );
      expectRight(trial);
      expect(trial.warnings).toEqual([]);
      // Four parts over a connection each; three of these are asked once more.
      expect([trial.requests.length, used.size]).toEqual([7, 4]);
    },
  );

  it.each([
    ['no answer', (): Step[] => [{ wait: null }]],
    ['a head and no body', (): Step[] => [{ send: head('200 OK', [length]) }, { wait: null }]],
    ['half a head', (): Step[] => [{ send: 'HTTP/1.1 200 OK\r\nCont' }, { wait: null }]],
    [
      'silence in the middle',
      (): Step[] => [{ send: head('200 OK', [length]) }, { send: bytes.subarray(0, 5_000) }, { wait: null }],
    ],
    [
      'a trickle',
      (): Step[] => [{ send: head('200 OK', [length]) }, { send: bytes.subarray(0, 2_000), every: 1, pause: 100 }],
    ],
    [
      'a trickle over ranges that never comes to more',
      ({ rangeStart }: SeenRequest): Step[] => [
        { send: head('206 Part', [`Content-Range: bytes ${rangeStart}-99999/100000`, 'ETag: "v1"']) },
        { send: bytes.subarray(rangeStart ?? 0), every: 1, pause: 400 },
      ],
    ],
    // When exactly is shown in simulated time (range-transfer.test.ts), and by what undici is given (source.test.ts).
  ])('70 %s: the time-out ends it', async (_, script) => {
    expectFailed(await attempt(script, { retries: 0, timeoutMs: 600 }), 'timeout');
  });
});

describe('a way to the server', () => {
  it('72 a host that is not there', async () => {
    await using folder = await makeTempDir();
    expectFailed(await runTrial('http://no-such-host.invalid/a', folder.path, { retries: 0 }), 'host-not-found');
  });

  describe('72 a name', () => {
    /** A source whose names are looked up so. */
    async function withNames(lookUp: (done: (error: Error | null, found: unknown) => void) => void) {
      const server = await startMisbehaving((request) => honest(bytes, request));
      const source = createHttpSource({
        url: `http://file.test:${server.port}/file.bin`,
        userAgent: 'test',
        connectTimeoutMs: 3_000,
        lookUp: ((_host: string, _options: unknown, done: (error: Error | null, found: unknown) => void) =>
          lookUp(done)) as unknown as typeof lookup,
      });
      return {
        open: () =>
          source.open({ from: 0, to: null, ifRange: null, timeoutMs: 5_000 }, new AbortController().signal).then(
            async (exchange) => ((await readAll(exchange)).equals(Buffer.from(bytes)) ? 'right' : 'wrong'),
            (error: FailureError) => error.failure.code,
          ),
        server,
        async [Symbol.asyncDispose]() {
          await source.close();
          await server[Symbol.asyncDispose]();
        },
      };
    }
    const at = (...addresses: string[]) =>
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
    const dead = Array.from({ length: 9 }, (_, index) => `127.0.0.${index + 2}`);

    it.each([
      ['with ten addresses, of which nine are dead', at(...dead, '127.0.0.1')],
      ['with an address of IPv6 first, which is dead', at('::1', '127.0.0.1')],
    ])('72 %s: the one that lives serves', async (_, addresses) => {
      await using place = await withNames((done) => done(null, addresses));
      expect(await place.open()).toBe('right');
    });

    it('72 all of whose addresses are dead', async () => {
      await using place = await withNames((done) => done(null, at(...dead)));
      expect(await place.open()).toBe('connection-refused');
    });

    it.each(['EAI_AGAIN', 'ENOTFOUND', 'EAI_NODATA'])('72 whose look-up fails with %s', async (code) => {
      await using place = await withNames((done) => done(Object.assign(new Error(code), { code }), []));
      expect(await place.open()).toBe('host-not-found');
    });

    it('72 whose addresses change between two ranges: the first ones serve as long as they live', async () => {
      const answers = [at('127.0.0.1'), at(...dead)];
      let asked = 0;
      await using place = await withNames((done) => done(null, answers[Math.min(asked++, 1)]));
      // No two over one connection.
      expect(await Promise.all([place.open(), place.open(), place.open()])).toEqual(['right', 'right', 'right']);
      expect([asked, place.server.connections]).toEqual([1, 3]);
    });

    it('72 whose address dies between two ranges: the new one is asked for, and serves', async () => {
      const answers = [at('127.0.0.2'), at('127.0.0.1')];
      let asked = 0;
      await using place = await withNames((done) => done(null, answers[Math.min(asked++, 1)]));
      expect(await place.open()).toBe('connection-refused');
      expect(await place.open()).toBe('right');
      expect(asked).toBe(2);
    });

    it('72 that is looked up slowly, and one that never is: the time-out ends it', async () => {
      await using slow = await withNames((done) => void setTimeout(() => done(null, at('127.0.0.1')), 100));
      expect(await slow.open()).toBe('right');
      await using never = await withNames(() => {});
      expect(await never.open()).toBe('timeout');
    });

    it('73 whose address is out of reach', async () => {
      await using place = await withNames((done) => done(null, at('224.0.0.1')));
      // Who drops the packets says nothing.
      expect(['network', 'timeout']).toContain(await place.open());
    });
  });

  it('73 reset as the connection is made, and before anything is read', async () => {
    await using place = await placeWith(() => [], { onConnection: () => [{ reset: true }] });
    expectFailed(await place.run({ retries: 0 }), 'connection-lost');
    expect([place.server.connections, place.server.requests.length]).toEqual([1, 0]);
  });

  it('73 refused, and reset before there is an answer', async () => {
    await using folder = await makeTempDir();
    expectFailed(await runTrial('http://127.0.0.1:9/a', folder.path, { retries: 0 }), 'connection-refused');
    expectFailed(await attempt(() => [{ reset: true }], { retries: 0 }), 'connection-lost');
  });

  it('74 a certificate that nobody vouches for, for each connection', async () => {
    await using place = await placeWith((request) => honest(bytes, request), { tls: selfSigned });
    expectFailed(await place.run(), 'tls-untrusted');
    expect(place.server.requests).toHaveLength(0);
    expectRight(await place.run({ insecure: true }));
    expectRight(await place.run({ ca: selfSigned.cert }));
  });

  it('76 a handshake that hangs: the time-out ends it', async () => {
    await using place = await placeWith(() => [{ wait: null }]);
    await using folder = await makeTempDir();
    using watch = awakeTime();
    const trial = await runTrial(place.server.url.replace('http:', 'https:'), folder.path, {
      retries: 0,
      timeoutMs: 600,
    });
    expectFailed(trial, 'timeout');
    // undici's own time-out would be ten seconds. Bounded: this is no measurement.
    expect(watch.ms).toBeLessThan(9_000);
  });

  it('76 a TLS record that is cut off in the middle of a body: gone on with', async () => {
    await using place = await placeWith(
      (request) => {
        const [first] = honest(bytes, request);
        return request.count === 2
          ? [first as Step, { send: bytes.subarray(0, 3_000) }, { reset: true }]
          : honest(bytes, request);
      },
      { tls: selfSigned },
    );
    expectRight(await place.run({ insecure: true, retries: 3 }));
  });
});
