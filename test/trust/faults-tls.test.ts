/** Secure connections of the fault list: 19 and 74 to 76. Each name begins with its number. */
import type { lookup } from 'node:dns';
import { afterEach, describe, expect, it } from 'vitest';
import type { Exchange } from '../../src/actors/ports.ts';
import { createHttpSource, type HttpSourceOptions } from '../../src/adapters/http/source.ts';
import type { FailureError } from '../../src/machines/failures.ts';
import { makeCertificate } from '../support/certificates.ts';
import { someBytes } from '../support/fake-download.ts';
import { honest, type Script, type Step, startMisbehaving } from '../support/misbehaving-server.ts';
import type { TlsOptions } from '../support/misbehaving-wire.ts';
import { readAll } from '../support/read-all.ts';
import { placeWith, type Trial } from '../support/trial.ts';

const bytes = someBytes(100_000);
const whole = { from: 0, to: null, ifRange: null, timeoutMs: 5_000 };
const never = new AbortController().signal;
const authority = makeCertificate({ subject: 'an authority' });
const other = makeCertificate({ subject: 'another authority' });
const good = makeCertificate({ authority, names: ['127.0.0.1', 'file.test'] });
const cleanUps: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

/** Every name is this machine. */
const here = ((_host: string, _options: unknown, callback: (error: null, found: unknown) => void) =>
  callback(null, [{ address: '127.0.0.1', family: 4 }])) as unknown as typeof lookup;

async function secured(tls: TlsOptions, { host = '127.0.0.1', script = honestly, ...more }: Options = {}) {
  const server = await startMisbehaving(script, { tls });
  const url = `https://${host}:${server.port}/file.bin`;
  const source = createHttpSource({ url, userAgent: 'test', ca: authority.cert, lookUp: here, ...more });
  cleanUps.push(
    () => server[Symbol.asyncDispose](),
    () => source.close(),
  );
  return { server, source };
}

interface Options extends Partial<HttpSourceOptions> {
  readonly host?: string;
  readonly script?: Script;
}

const honestly: Script = (request) => honest(bytes, request);
const failureOf = (opening: Promise<Exchange>) =>
  opening.then(
    () => null,
    (error: FailureError) => error.failure,
  );

describe('a certificate', () => {
  it.each([
    ['in order', {}, '127.0.0.1'],
    ['for this name', {}, 'file.test'],
    ['for every name of this depth', { names: ['*.file.test'] }, 'a.file.test'],
    ['for several names', { names: ['b.test', 'c.test'] }, 'c.test'],
  ])('74 %s is taken', async (_, options, host) => {
    const { source } = await secured(makeCertificate({ authority, names: ['127.0.0.1', 'file.test'], ...options }), {
      host,
    });
    expect(await readAll(await source.open(whole, never))).toEqual(Buffer.from(bytes));
  });

  it.each([
    ['expired', { from: -9, until: -2 }, '127.0.0.1', 'has expired'],
    ['not valid yet', { from: 2, until: 9 }, '127.0.0.1', 'is not valid yet'],
    ['for another name', { names: ['other.test'] }, 'file.test', 'is for another host'],
    ['for a name, met by address', { names: ['file.test'] }, '127.0.0.1', 'is for another host'],
    ['for another address', { names: ['127.0.0.2'] }, '127.0.0.1', 'is for another host'],
    ['with the address as a name', { names: ['x127.0.0.1'] }, '127.0.0.1', 'is for another host'],
    ['for names that are deeper', { names: ['*.file.test'] }, 'a.b.file.test', 'is for another host'],
    ['for names that are less deep', { names: ['*.file.test'] }, 'file.test', 'is for another host'],
    ['for half the world', { names: ['*.test'] }, 'a.file.test', 'is for another host'],
    ['with NUL in its name', { names: ['file.test\0.evil.test'] }, 'file.test', 'is for another host'],
    ['of an authority that nobody knows', { authority: other }, '127.0.0.1', 'is signed by an authority'],
    ['signed by itself', { authority: undefined }, '127.0.0.1', 'is signed by itself'],
  ])('74 %s is refused, and nothing is asked', async (_, options, host, why) => {
    const tls = makeCertificate({
      authority,
      names: ['127.0.0.1', 'file.test'],
      ...options,
    } as Parameters<typeof makeCertificate>[0]);
    const { server, source } = await secured(tls, { host });
    const failure = await failureOf(source.open(whole, never));
    expect(failure).toMatchObject({ code: 'tls-untrusted', message: expect.stringContaining(why) });
    expect(server.requests).toHaveLength(0);
  });

  it.each([
    ['another authority’s', makeCertificate({ authority: other, names: ['127.0.0.1'] })],
    ['an expired one', makeCertificate({ authority, names: ['127.0.0.1'], from: -9, until: -2 })],
    ['one for another host', makeCertificate({ authority, names: ['other.test'] })],
  ])('74, 75 that is changed for %s after the first connection: each later one is judged anew', async (_, bad) => {
    const { server, source } = await secured(good);
    const first = await source.open(whole, never);
    server.setTls(bad);
    // The session of the first connection is known by now, and offered.
    const rest = await Promise.all([1, 2, 3].map((from) => failureOf(source.open({ ...whole, from }, never))));
    expect(rest.map((failure) => failure?.code)).toEqual(['tls-untrusted', 'tls-untrusted', 'tls-untrusted']);
    expect(server.requests).toHaveLength(1);
    first.cancel();
  });

  it('75 that is changed for another good one: the download goes on', async () => {
    await using place = await placeWith(
      (request) => {
        if (request.count === 1) place.server.setTls(makeCertificate({ authority, names: ['127.0.0.1'] }));
        return honest(bytes, request);
      },
      { tls: good },
    );
    expectRight(await place.run({ ca: authority.cert }));
    expect(place.server.connections).toBeGreaterThan(1);
  });

  it('75 that is changed for a bad one midway: nothing is published', async () => {
    await using place = await placeWith(
      (request) => {
        const [first, body] = honest(bytes, request);
        if (!first || !body || !('send' in body)) return [];
        place.server.setTls(makeCertificate({ authority: other, names: ['127.0.0.1'] }));
        // What is left has to be asked for over another connection.
        return [first, { send: (body.send as Uint8Array).subarray(0, 30_000) }, { wait: 20 }, { reset: true }];
      },
      { tls: good },
    );
    const trial = await place.run({ ca: authority.cert });
    expect([trial.ended, trial.file]).toEqual(['tls-untrusted', null]);
  });

  it('75 is not judged again where the server takes the session up again: it proves to be the same', async () => {
    const ticketKeys = Buffer.alloc(48, 7);
    const { server, source } = await secured({ ...good, ticketKeys });
    const first = await source.open(whole, never);
    const resumed = await source.open({ ...whole, from: 1 }, never);
    expect(await readAll(resumed)).toHaveLength(bytes.length - 1);
    expect(server.requests.map(({ connection, isResumed }) => [connection, isResumed])).toEqual([
      [1, false],
      [2, true],
    ]);
    // A server that has other keys cannot, whatever session it is offered.
    server.setTls({ ...makeCertificate({ authority: other, names: ['127.0.0.1'] }), ticketKeys: Buffer.alloc(48, 8) });
    expect((await failureOf(source.open({ ...whole, from: 2 }, never)))?.code).toBe('tls-untrusted');
    first.cancel();
  });

  /** As servers were that nobody has touched for ten years: OpenSSL has to be asked for it. */
  const old = { minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;

  it.each(['TLSv1', 'TLSv1.1'] as const)('74 over %s only is refused, and nothing is asked', async (maxVersion) => {
    const { server, source } = await secured({ ...good, ...old, maxVersion });
    expect(await failureOf(source.open(whole, never))).toMatchObject({
      code: 'tls-untrusted',
      message: expect.stringMatching(/^No secure connection to 127\.0\.0\.1:\d+ could be made/),
    });
    expect(server.requests).toHaveLength(0);
  });

  it('74 over a protocol that is weak from the second connection on: nothing is published', async () => {
    await using place = await placeWith(
      (request) => {
        place.server.setTls({ ...good, ...old, maxVersion: 'TLSv1.1' });
        const [first, body] = honest(bytes, request) as [Step, { send: Uint8Array }];
        return [first, { send: body.send.subarray(0, 30_000) }, { wait: 20 }, { reset: true }];
      },
      { tls: good },
    );
    const trial = await place.run({ ca: authority.cert, connections: 1 });
    expect([trial.ended, trial.file]).toEqual(['tls-untrusted', null]);
  });

  it('74 of the client that is asked for: said, not a hang', async () => {
    const { server, source } = await secured({ ...good, ca: other.cert, requestCert: true, rejectUnauthorized: true });
    const failure = await failureOf(source.open(whole, never));
    expect(['tls-untrusted', 'connection-lost']).toContain(failure?.code);
    expect(failure?.message).toMatch(/[.?]$/);
    expect(server.requests).toHaveLength(0);
    const lax = await secured({ ...good, requestCert: true });
    expect((await lax.source.open(whole, never)).head.status).toBe(206);
  });
});

function expectRight(trial: Trial): void {
  expect(trial.message).toBe('');
  expect(trial.file && Buffer.compare(trial.file, bytes)).toBe(0);
}

describe('a secure connection that breaks', () => {
  /** 30,000 bytes, and then this, once. */
  const breaking =
    (...steps: readonly Step[]): Script =>
    (request) => {
      const [first, body] = honest(bytes, request);
      if (!first || !body || !('send' in body) || request.count > 1) return honest(bytes, request);
      return [first, { send: (body.send as Uint8Array).subarray(0, 30_000) }, { wait: 10 }, ...steps];
    };

  it.each<[string, readonly Step[]]>([
    ['with a RST', [{ reset: true }]],
    ['with a FIN that TLS is not told of', [{ cut: true }]],
    ['in good order, but too early', [{ end: true }]],
    ['in the middle of a record', [{ below: Buffer.from([23, 3, 3, 0x10, 0, 1, 2, 3]) }, { cut: true }]],
    ['in the head of a record', [{ below: Buffer.from([23, 3]) }, { cut: true }]],
    ['with an alert that is no record of its own', [{ below: Buffer.from([21, 3, 3, 0, 2, 2, 40]) }, { cut: true }]],
  ])('19, 76 %s: it is gone on with, right', async (_, steps) => {
    await using place = await placeWith(breaking(...steps), { tls: good });
    const trial = await place.run({ ca: authority.cert, connections: 1, retries: 1 });
    expectRight(trial);
    // A reset may take with it what had not been read by then.
    expect([place.server.requests.length, place.server.connections]).toEqual([2, 2]);
  });

  const unmeasured = { send: 'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n' };

  it('19, 22 a RST after a body without a length is no end of it', async () => {
    const script = () => [unmeasured, { send: bytes }, { wait: 10 }, { reset: true } as const];
    await using place = await placeWith(script, { tls: good });
    const trial = await place.run({ ca: authority.cert, retries: 0 });
    expect([trial.ended, trial.file]).toEqual(['connection-lost', null]);
  });

  // Node ends the socket in the same way, with the same events, whether a close_notify came first or not, and has no door to
  // what OpenSSL knows of it (SSL_get_shutdown). To count records below TLS would cost a copy of each byte.
  it.each<[string, Step]>([
    ['TLS is told of', { end: true }],
    ['TLS is not told of, which Node does not tell', { cut: true }],
  ])(
    '19, 21 a FIN that %s ends a body without a length, and the warning says that nobody can know',
    async (_, step) => {
      await using place = await placeWith(() => [unmeasured, { send: bytes }, { wait: 10 }, step], { tls: good });
      const trial = await place.run({ ca: authority.cert, retries: 0 });
      expect([trial.ended, trial.warnings.includes('length-unverified')]).toEqual(['done', true]);
    },
  );

  it.each<[string, readonly Step[]]>([
    ['reset', [{ reset: true }]],
    ['cut', [{ cut: true }]],
    ['answered with an alert', [{ below: Buffer.from([21, 3, 3, 0, 2, 2, 40]) }, { cut: true }]],
    ['answered with something else', [{ below: 'SSH-2.0-x\r\n' }, { cut: true }]],
  ])('73, 76 in its handshake, %s: said, not a hang', async (_, steps) => {
    await using place = await placeWith(honestly, { tls: good, onConnection: () => steps });
    const trial = await place.run({ ca: authority.cert, retries: 0 });
    expect(['connection-lost', 'tls-untrusted']).toContain(trial.ended);
    expect([trial.file, place.server.requests.length]).toEqual([null, 0]);
  });
});
