/** Section A of the fault list: ranges and resume on the wire. Each name begins with its number. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { OpenDownloadOptions } from '../../src/open-download.ts';
import { someBytes } from '../support/fake-download.ts';
import { head, honest, type Script, type Step } from '../support/misbehaving-server.ts';
import { placeWith } from '../support/trial.ts';
import {
  asked,
  attempt,
  expectRefused,
  expectRight,
  later,
  longer,
  onceEach,
  one,
  partial,
  SIZE,
  two,
  whole,
} from './one-file.ts';

describe('an answer to a range', () => {
  it('1 that is the whole file (200): begins at the first byte, nothing is appended', async () => {
    const trial = await attempt(() => whole(one));
    expectRight(trial);
    expect(trial.requests).toHaveLength(1);
  });

  it('2 that is the whole file, while others got their part: no mixture', async () => {
    expectRight(await attempt(onceEach(() => whole(one))));
  });

  it('3 that begins elsewhere is refused', async () => {
    const shifted = later((request) => {
      const { from, end } = asked(request);
      return partial(`bytes ${from + 1}-${end - 1}/${SIZE}`, one.subarray(from + 1, end));
    });
    expectRefused(await attempt(shifted), 'protocol');
  });

  it('4 that ends too early: its bytes are kept, the rest is asked for', async () => {
    const trial = await attempt((request) => {
      const { from, end } = asked(request);
      const short = Math.min(end, from + 30_000);
      return partial(`bytes ${from}-${short - 1}/${SIZE}`, one.subarray(from, short));
    });
    expectRight(trial);
    const sent = trial.requests.reduce(
      (sum, request) => sum + Math.min(30_000, asked(request).end - asked(request).from),
      0,
    );
    expect(sent).toBeLessThan(SIZE * 1.2);
  });

  it('4 that ends too early: the rest is asked for by the same connection, which is free again', async () => {
    const trial = await attempt(
      (request) => {
        const { from, end } = asked(request);
        const short = Math.min(end, from + 30_000);
        return partial(`bytes ${from}-${short - 1}/${SIZE}`, one.subarray(from, short));
      },
      { connections: 1 },
    );
    expectRight(trial);
    expect(trial.requests.map(({ connection }) => connection)).toEqual([1, 1, 1, 1, 1, 1, 1]);
  });

  it('5 that ends too late: only what was asked for is taken', async () => {
    const trial = await attempt((request) => {
      const { from } = asked(request);
      return partial(`bytes ${from}-${SIZE - 1}/${SIZE}`, one.subarray(from));
    });
    expectRight(trial);
    // What is still on its way is not waited for: the connection of such an answer brings no other.
    for (const [index, request] of trial.requests.entries()) {
      if (asked(request).end === SIZE) continue;
      expect(trial.requests.slice(index + 1).map(({ connection }) => connection)).not.toContain(request.connection);
    }
  });

  it('6 whose two lengths differ is refused', async () => {
    const trial = await attempt(
      later((request) => {
        const { from, end } = asked(request);
        return [
          {
            send: head('206 Partial Content', [
              `Content-Range: bytes ${from}-${end - 1}/${SIZE}`,
              'Content-Length: 17',
            ]),
          },
          { send: one.subarray(from, end) },
        ];
      }),
    );
    expectRefused(trial, 'protocol');
  });

  it('7 that does not say which bytes it has is refused', async () => {
    const trial = await attempt(
      later((request) => {
        const { from, end } = asked(request);
        return [
          { send: head('206 Partial Content', [`Content-Length: ${end - from}`]) },
          { send: one.subarray(from, end) },
        ];
      }),
    );
    expectRefused(trial, 'protocol');
  });

  it('8 that does not say how long the file is will do, when that is known', async () => {
    const trial = await attempt(
      later((request) => {
        const { from, end } = asked(request);
        return partial(`bytes ${from}-${end - 1}/*`, one.subarray(from, end));
      }),
    );
    expectRight(trial);
  });

  it('9 with another total is of another version: begun anew, or refused, as was said', async () => {
    const grown: Script = (request) =>
      honest(request.count < 3 ? one : longer, request, ['Date: Mon, 01 Jan 2024 00:00:00 GMT']);
    expectRight(await attempt(grown), longer);
    expectRefused(await attempt(grown, { ifChanged: 'fail' }), 'changed');
  });

  it.each([
    'items 0-9/10',
    'bytes 5-3/10',
    'bytes=0-9/10',
    'bytes 0-9',
    'bytes -9/10',
    'bytes 0-/10',
    'bytes a-b/c',
    'bytes 0-99999999999999999/*',
    'bytes 0-9/5',
    '',
  ])('10 with the range "%s" is refused', async (range) => {
    const trial = await attempt(
      later((request) => partial(range, one.subarray(asked(request).from, asked(request).end))),
    );
    expectRefused(trial, 'protocol');
  });

  it('10 with more space, or other letters, than it should have is understood', async () => {
    const trial = await attempt((request) => {
      const { from, end } = asked(request);
      return partial(`Bytes  ${from}-${end - 1} / ${SIZE}`, one.subarray(from, end));
    });
    expectRight(trial);
  });

  it('11, 12 in several parts, one or merged, is refused: no boundary is written', async () => {
    const trial = await attempt(
      later((request) => {
        const { from, end } = asked(request);
        const body = `--X\r\nContent-Range: bytes ${from}-${end - 1}/${SIZE}\r\n\r\nabc\r\n--X--\r\n`;
        const fields = ['Content-Type: multipart/byteranges; boundary=X', `Content-Length: ${body.length}`];
        return [{ send: head('206 Partial Content', fields) }, { send: body }];
      }),
    );
    expectRefused(trial, 'protocol');
    expect(trial.message).toContain('several parts');
  });

  it.each(['multipart/byteranges; boundary=X', 'Multipart/ByteRanges; boundary=X'])(
    '11 of the type %s, although it names the right range besides, is refused',
    async (type) => {
      const trial = await attempt(
        later((request) => {
          const { from, end } = asked(request);
          const body = `--X\r\nContent-Range: bytes ${from}-${end - 1}/${SIZE}\r\n\r\n`.padEnd(end - from, 'x');
          const fields = ['ETag: "v1"', `Content-Type: ${type}`];
          return partial(`bytes ${from}-${end - 1}/${SIZE}`, Buffer.from(body), fields);
        }),
      );
      expectRefused(trial, 'protocol');
      expect(trial.message).toContain('several parts');
    },
  );
});

describe('416', () => {
  /** A run that was stopped when all but the last bytes were there, and then this server. */
  async function afterStop(script: Script, options: OpenDownloadOptions = {}) {
    let isSecond = false;
    await using place = await placeWith((request) => {
      if (isSecond) return script(request);
      const { from, end } = asked(request);
      const [first, rest] = honest(one, request);
      return [first as Step, { send: one.subarray(from, Math.max(from, end - 40_000)) }, { wait: null }, rest as Step];
    });
    const stop = new AbortController();
    const stopped = place.run({
      connections: 1,
      signal: stop.signal,
      attach: (actor) =>
        void actor.on('progress', ({ bytes }) => {
          if (bytes > 100_000) stop.abort();
        }),
    });
    expect((await stopped).ended).toBe('interrupted');
    isSecond = true;
    const before = place.server.requests.length;
    const trial = await place.run({ connections: 1, ...options });
    return { ...trial, requests: place.server.requests.slice(before) };
  }
  const tooFar = (size: number | null, body = 'not a byte of the file') => [
    {
      send: head('416 Range Not Satisfiable', [
        ...(size === null ? [] : [`Content-Range: bytes */${size}`]),
        `Content-Length: ${body.length}`,
      ]),
    },
    { send: body },
  ];

  it('14 with a smaller size: begun anew', async () => {
    const short = one.slice(0, 50_000);
    const trial = await afterStop((request) =>
      (request.rangeStart ?? 0) >= short.length ? tooFar(short.length) : honest(short, request, ['ETag: "v2"']),
    );
    expectRight(trial, short);
  });

  it('14 with a larger size: asked again, and no endless row of requests', async () => {
    const trial = await afterStop((request) =>
      request.rangeStart === null || request.rangeStart === 0
        ? honest(longer, request, ['ETag: "v2"'])
        : tooFar(longer.length),
    );
    expectRight(trial, longer);
    // The part once, and then the file from its first byte.
    expect(trial.requests.map(({ rangeStart }) => rangeStart === 0)).toEqual([false, true]);
  });

  it('13, 15 without a size, its body never stored: the file is asked for without a range', async () => {
    const trial = await afterStop((request) => (request.rangeStart === null ? whole(one) : tooFar(null)));
    expectRight(trial);
    expect(trial.requests.map(({ rangeStart }) => rangeStart === null)).toContain(true);
  });

  it('16 for a partial that is longer than the file: the old bytes are gone', async () => {
    const tiny = one.slice(0, 10);
    expectRight(await afterStop((request) => honest(tiny, request, ['ETag: "v2"'])), tiny);
  });

  it('17 for a partial that is complete: its validator is compared before it is believed', async () => {
    let version: Uint8Array = one;
    let etag = '"v1"';
    await using place = await placeWith((request) => honest(version, request, [`ETag: ${etag}`]));
    // All bytes are there, and the file is not published: its check failed.
    expect((await place.run({ checksum: `md5:${'0'.repeat(32)}` })).ended).toBe('digest-mismatch');
    version = two;
    etag = '"v2"';
    expectRight(await place.run(), two);
  });
});

describe('a body', () => {
  const broken =
    (how: Step): Script =>
    (request) => {
      if (request.rangeStart === 0 || request.count > 4) return honest(one, request);
      const { from, end } = asked(request);
      const [first] = honest(one, request);
      return [first as Step, { send: one.subarray(from, from + Math.floor((end - from) / 2)) }, how];
    };

  it.each([
    ['cut off by a FIN', { end: true } as const],
    ['cut off by an RST', { reset: true } as const],
  ])('18, 19 %s is gone on with where it broke', async (_, how) => {
    const trial = await attempt(broken(how));
    expectRight(trial);
    const starts = trial.requests.map(({ rangeStart }) => rangeStart);
    // No range is asked for from its first byte again.
    expect(new Set(starts).size).toBe(starts.length);
  });

  it('20 longer than was said: what is over is never written', async () => {
    const trial = await attempt((request) => {
      const [first, body] = honest(one, request) as [Step, { send: Uint8Array }];
      return [
        first,
        { send: Buffer.concat([body.send, Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nbad')]) },
      ];
    });
    expectRight(trial);
    // A connection that brought more than was said brings nothing else.
    expect(new Set(trial.requests.map(({ connection }) => connection)).size).toBe(trial.requests.length);
  });

  it('21 of unknown length, ended by a FIN: success, and said that the length is not proved', async () => {
    const trial = await attempt(() => [{ send: 'HTTP/1.0 200 OK\r\n\r\n' }, { send: one }, { end: true }]);
    expectRight(trial);
    expect(trial.warnings).toContain('length-unverified');
  });

  it('21 of unknown length, with a digest: proved, and nothing is left to be said; cut short, it is no success', async () => {
    const checksum = `sha256:${createHash('sha256').update(one).digest('hex')}`;
    const ending = (bytes: Uint8Array) => () =>
      [{ send: 'HTTP/1.0 200 OK\r\n\r\n' }, { send: bytes }, { end: true }] as const;
    const trial = await attempt(ending(one), { checksum });
    expectRight(trial);
    expect(trial.result?.verified).toEqual(['sha256']);
    expect(trial.warnings).not.toContain('length-unverified');
    expectRefused(await attempt(ending(one.subarray(0, 90_000)), { checksum }), 'digest-mismatch');
  });

  it('22 of unknown length, ended by an RST: a failure', async () => {
    const trial = await attempt(
      () => [{ send: 'HTTP/1.0 200 OK\r\n\r\n' }, { send: one.subarray(0, 9_000) }, { wait: 30 }, { reset: true }],
      { retries: 1 },
    );
    expectRefused(trial, 'connection-lost');
  });

  it('23 in chunks without the last one: not a success', async () => {
    const chunk = `2710\r\n${Buffer.from(one.subarray(0, 10_000)).toString('latin1')}\r\n`;
    const script: Script = () => [
      { send: head('200 OK', ['Transfer-Encoding: chunked']) },
      { send: chunk },
      { end: true },
    ];
    expectRefused(await attempt(script, { retries: 1 }), 'connection-lost');
    const closing: Script = () => [
      { send: head('200 OK', ['Transfer-Encoding: chunked', 'Connection: close']) },
      { send: chunk },
      { end: true },
    ];
    expectRefused(await attempt(closing, { retries: 1 }), 'connection-lost');
  });

  it('23 in chunks without the last one, and then with it: begun anew, and right', async () => {
    const chunk = (bytes: Uint8Array) =>
      Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]);
    const first = head('200 OK', ['Transfer-Encoding: chunked', 'ETag: "v1"']);
    const trial = await attempt(({ count }) =>
      count === 1
        ? [{ send: first }, { send: chunk(one.subarray(0, 70_000)) }, { end: true }]
        : [{ send: first }, { send: chunk(one) }, { send: '0\r\n\r\n' }],
    );
    expectRight(trial);
    expect(trial.requests).toHaveLength(2);
    expect(trial.warnings).toContain('retrying');
  });

  it('23 a part in chunks without the last one: gone on with where it broke', async () => {
    const trial = await attempt((request) => {
      const { from, end } = asked(request);
      if (request.attempt > 1 || request.count > 2 || from === 0) return honest(one, request);
      const half = from + Math.floor((end - from) / 2);
      const range = `Content-Range: bytes ${from}-${end - 1}/${SIZE}`;
      return [
        { send: head('206 Partial Content', [range, 'Transfer-Encoding: chunked', 'ETag: "v1"']) },
        { send: `${(half - from).toString(16)}\r\n` },
        { send: one.subarray(from, half) },
        { end: true },
      ];
    });
    expectRight(trial);
    const starts = trial.requests.map(({ rangeStart }) => rangeStart);
    expect(new Set(starts).size).toBe(starts.length);
  });

  it('46 of the type multipart/byteranges in a 200: plain bytes', async () => {
    expectRight(await attempt(() => whole(one, ['Content-Type: multipart/byteranges; boundary=x'])));
  });
});

describe('a file that changes', () => {
  /** The first requests get one version, the others the other. */
  const swapped =
    (at: number, fields: (version: 1 | 2) => readonly string[], second: Uint8Array = two): Script =>
    (request) => {
      const version = request.count < at ? 1 : 2;
      const bytes = version === 1 ? one : second;
      const tag = fields(version)
        .find((field) => field.startsWith('ETag: '))
        ?.slice(6);
      const date = fields(version)
        .find((field) => field.startsWith('Last-Modified: '))
        ?.slice(15);
      const condition = request.headers['if-range'];
      if (condition !== undefined && condition !== tag && condition !== date) return whole(bytes, fields(version));
      return honest(bytes, request, fields(version));
    };
  const old = 'Date: Sat, 01 Jan 2022 00:00:00 GMT';
  const etags = (version: 1 | 2) => [`ETag: "v${version}"`];
  const dates = (version: 1 | 2) => [`Last-Modified: Fri, 0${version} Jan 2021 00:00:00 GMT`, old];

  it.each([2, 3, 4])('24 it grows, seen by request %i', async (at) => {
    expectRight(await attempt(swapped(at, etags, longer)), longer);
    expectRight(await attempt(swapped(at, () => [], longer)), longer);
    expectRefused(await attempt(swapped(at, etags, longer), { ifChanged: 'fail' }), 'changed');
  });

  it.each([2, 3, 4])('25 it shrinks, seen by request %i', async (at) => {
    const short = one.slice(0, 150_000);
    expectRight(await attempt(swapped(at, etags, short)), short);
    expectRefused(await attempt(swapped(at, etags, short), { ifChanged: 'fail' }), 'changed');
  });

  it.each([2, 3, 4])('26 as long as before, with another ETag, seen by request %i', async (at) => {
    const trial = await attempt(swapped(at, etags));
    expectRight(trial, two);
    // Every range asks on condition.
    const ranged = trial.requests.filter(({ rangeStart }) => rangeStart !== null && rangeStart > 0);
    expect(ranged.every(({ headers }) => headers['if-range'] !== undefined)).toBe(true);
    expectRefused(await attempt(swapped(at, etags), { ifChanged: 'fail' }), 'changed');
  });

  it.each([2, 3, 4])('27 as long as before, with a later date only, seen by request %i', async (at) => {
    expectRight(await attempt(swapped(at, dates)), two);
    expectRefused(await attempt(swapped(at, dates), { ifChanged: 'fail' }), 'changed');
  });

  it('28 as long as before, and nothing tells: what is on disk is compared before it is gone on with', async () => {
    let version: Uint8Array = one;
    let isHalting = true;
    await using place = await placeWith((request) => {
      const [first, body] = honest(version, request, []) as [Step, { send: Uint8Array }];
      return isHalting ? [first, { send: body.send.subarray(0, 30_000) }, { wait: null }] : [first, body];
    });
    const stop = new AbortController();
    const stopped = await place.run({
      signal: stop.signal,
      attach: (actor) =>
        void actor.on('progress', ({ bytes }) => {
          if (bytes > 100_000) stop.abort();
        }),
    });
    expect(stopped.ended).toBe('interrupted');
    version = two;
    isHalting = false;
    expectRefused(await place.run({ ifChanged: 'fail' }), 'changed');
    expectRight(await place.run(), two);
  });

  it('31 and the server ignores the condition, but says the new ETag: refused', async () => {
    const script: Script = (request) =>
      honest(request.count < 2 ? one : two, request, [`ETag: "v${request.count < 2 ? 1 : 2}"`]);
    expectRight(await attempt(script), two);
    expectRefused(await attempt(script, { ifChanged: 'fail' }), 'changed');
  });

  it('33 its ETag is another one at each request: told, and fetched by one connection in the end', async () => {
    const trial = await attempt((request) => honest(one, request, [`ETag: "${request.count}"`]));
    expectRight(trial);
    expect(trial.warnings).toContain('restarted');
    expect(trial.requests.length).toBeLessThan(15);
    // The last request is the one whose answer was taken whole.
    expect(trial.requests.at(-1)?.rangeStart).toBe(0);
  });

  it('54 and a cache still has parts of the old one: refused by its validator', async () => {
    const script: Script = (request) =>
      request.rangeStart !== 0 && request.attempt === 1
        ? honest(two, request, ['ETag: "old"', 'Age: 1000'])
        : honest(one, request, ['ETag: "new"']);
    const trial = await attempt(script);
    expectRight(trial);
    expect(trial.warnings).toContain('restarted');
    expectRefused(await attempt(script, { ifChanged: 'fail' }), 'changed');
  });
});

describe('a weak identity', () => {
  it('29 a weak ETag is never sent as a condition', async () => {
    const trial = await attempt((request) => honest(one, request, ['ETag: W/"v1"']));
    expectRight(trial);
    expect(trial.requests.every(({ headers }) => headers['if-range'] === undefined)).toBe(true);
  });

  it('34 a date less than a minute before the answer is no proof', async () => {
    const trial = await attempt((request) =>
      honest(one, request, ['Last-Modified: Sat, 01 Jan 2022 00:00:00 GMT', 'Date: Sat, 01 Jan 2022 00:00:30 GMT']),
    );
    expectRight(trial);
    expect(trial.requests.every(({ headers }) => headers['if-range'] === undefined)).toBe(true);
  });

  it('35 several servers behind one name, each with its own ETag: right, and said', async () => {
    const trial = await attempt((request) => honest(one, request, [`ETag: "node-${request.connection % 3}"`]));
    expectRight(trial);
    expect(trial.warnings).toContain('restarted');
  });

  it('35 the same over one connection: right at once', async () => {
    const script: Script = (request) => honest(one, request, [`ETag: "node-${request.connection % 3}"`]);
    const trial = await attempt(script, { connections: 1 });
    expectRight(trial);
    expect(trial.requests).toHaveLength(1);
    expect(trial.warnings).toEqual([]);
  });
});

describe('what is asked for', () => {
  it('38 a URL that works once: the first request is the download', async () => {
    const trial = await attempt((request) =>
      request.count === 1 ? whole(one) : [{ send: head('410 Gone', ['Content-Length: 0']) }],
    );
    expectRight(trial);
    expect(trial.requests).toHaveLength(1);
  });

  it('39 never HEAD', async () => {
    const trial = await attempt((request) =>
      request.line.startsWith('GET')
        ? honest(one, request)
        : [{ send: head('405 Method Not Allowed', ['Content-Length: 0']) }],
    );
    expectRight(trial);
    expect(trial.requests.every(({ line }) => line.startsWith('GET '))).toBe(true);
  });

  it('40 Accept-Ranges: none is answered by one connection', async () => {
    const trial = await attempt(() => whole(one, ['Accept-Ranges: none']));
    expectRight(trial);
    expect(trial.requests).toHaveLength(1);
  });

  it('41 ranges are used once a 206 has proved them', async () => {
    expect((await attempt((request) => honest(one, request))).requests.length).toBeGreaterThan(1);
  });

  it('44 nothing compressed, in every request; what is compressed all the same is refused', async () => {
    const trial = await attempt((request) => honest(one, request));
    expect(trial.requests.every(({ headers }) => headers['accept-encoding'] === 'identity')).toBe(true);
    expectRefused(await attempt(() => whole(one, ['Content-Encoding: gzip'])), 'protocol');
    expectRefused(await attempt(later((request) => honest(one, request, ['Content-Encoding: gzip']))), 'protocol');
  });

  it.each([['gzip, gzip, gzip, gzip, gzip, gzip'], ['weird'], ['br']])(
    '45 the coding "%s" is refused, not decoded',
    async (coding) => {
      expectRefused(await attempt(() => whole(one, [`Content-Encoding: ${coding}`])), 'protocol');
    },
  );

  it('42 ranges that are honoured only once: falls back, finishes', async () => {
    expectRight(await attempt((request) => (request.count === 1 ? honest(one, request) : whole(one))));
  });

  it.each<[string, readonly Step[]]>([
    ['503', [{ send: head('503 Service Unavailable', ['Content-Length: 0', 'Connection: close']) }, { end: true }]],
    ['429', [{ send: head('429 Too Many Requests', ['Content-Length: 0', 'Connection: close']) }, { end: true }]],
    ['a reset', [{ reset: true }]],
  ])('43 one connection only (%s for the second): goes on with one, without a storm', async (_, refusal) => {
    let refusals = 0;
    await using place = await placeWith((request) => {
      if (place.server.open > 1) {
        refusals += 1;
        return refusal;
      }
      const [first, body] = honest(one, request) as [Step, { send: Uint8Array }];
      // Slow enough to be at it still when others ask.
      return [first, { send: body.send.subarray(0, 1_000) }, { wait: 100 }, { send: body.send.subarray(1_000) }];
    });
    const trial = await place.run({ retries: 5 });
    expectRight(trial);
    expect(refusals).toBeGreaterThan(0);
    expect(trial.warnings).toContain('push-back');
    expect(place.server.requests.length).toBeLessThan(25);
  });
});

describe('sizes', () => {
  it.each([
    ['Content-Length: 0', () => [{ send: head('200 OK', ['Content-Length: 0']) }]],
    ['no chunk', () => [{ send: head('200 OK', ['Transfer-Encoding: chunked']) }, { send: '0\r\n\r\n' }]],
    ['416', () => [{ send: head('416 Range Not Satisfiable', ['Content-Range: bytes */0', 'Content-Length: 0']) }]],
  ] as const)('47 a file of no bytes, told by %s, is made', async (_, script) => {
    const trial = await attempt(script as Script);
    expect(trial.ended).toBe('done');
    expect(trial.file).toHaveLength(0);
  });

  const parts = 64 * 1024;
  it.each([1, parts - 1, parts, parts + 1, 4 * parts - 1, 4 * parts, 4 * parts + 1])(
    '48 a file of %i bytes',
    async (size) => {
      const bytes = someBytes(size);
      expectRight(await attempt((request) => honest(bytes, request)), bytes);
    },
  );

  it.each([
    ['-1'],
    ['42s'],
    ['0x20'],
    ['+42'],
    [''],
    ['42,30'],
    ['9007199254740993'],
    ['99999999999999999999'],
    // The same number twice is refused as well, however it is written.
    ['42,42'],
    ['42, 42'],
    ['42', '42'],
    ['42', '41'],
  ])('49 the length "%s" (%s) is refused', async (...lengths) => {
    const fields = lengths.map((length) => `Content-Length: ${length}`);
    const trial = await attempt(
      () => [{ send: head('200 OK', fields) }, { send: one.subarray(0, 42) }, { end: true }],
      { retries: 0 },
    );
    expectRefused(trial, 'protocol');
    expect(trial.requests).toHaveLength(1);
  });
});

describe('a status that was not asked for', () => {
  it.each([
    ['304 Not Modified', 'http-status'],
    ['204 No Content', 'http-status'],
    ['205 Reset Content', 'http-status'],
    ['101 Switching Protocols', 'protocol'],
  ])('51 %s is a failure', async (status, code) => {
    const trial = await attempt(() => [{ send: head(status, ['Content-Length: 0']) }, { end: true }], { retries: 5 });
    expectRefused(trial, code);
    expect(trial.requests).toHaveLength(1);
  });

  it.each(['102 Processing', '103 Early Hints'])('51 a thousand times %s before the answer: right', async (status) => {
    const early = `HTTP/1.1 ${status}\r\nLink: </a>\r\n\r\n`.repeat(1_000);
    expectRight(await attempt((request) => [{ send: early }, ...honest(one, request)], { retries: 0 }));
  });

  it('51 a thousand times 100, which nobody has asked for, is a failure', async () => {
    const early = 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(1_000);
    expectRefused(await attempt((request) => [{ send: early }, ...honest(one, request)], { retries: 0 }), 'protocol');
  });

  it('52 206 without a range having been asked for is refused', async () => {
    const trial = await attempt((request) =>
      request.rangeStart === null
        ? partial(`bytes 0-${SIZE - 1}/${SIZE}`, one)
        : [{ send: head('400 Bad Request', ['Content-Length: 0']) }],
    );
    expectRefused(trial, 'protocol');
  });

  it('53 200 with a Content-Range is a 200', async () => {
    expectRight(await attempt(() => whole(one, ['Content-Range: bytes 5-10/20'])));
  });
});
