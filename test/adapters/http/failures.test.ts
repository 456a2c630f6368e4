import { describe, expect, it } from 'vitest';
import { failureOf } from '../../../src/adapters/http/failures.ts';
import { FailureError } from '../../../src/machines/failures.ts';

const coded = (code: string, message = 'it went wrong', options?: ErrorOptions) =>
  Object.assign(new Error(message, options), { code });
const parserError = (message: string) => Object.assign(coded('HPE_INVALID', message), { name: 'HTTPParserError' });

describe('failureOf', () => {
  it.each([
    ['ENOTFOUND', 'host-not-found'],
    ['EAI_AGAIN', 'host-not-found'],
    ['ECONNREFUSED', 'connection-refused'],
    ['ECONNRESET', 'connection-lost'],
    ['EPIPE', 'connection-lost'],
    ['UND_ERR_SOCKET', 'connection-lost'],
    ['ETIMEDOUT', 'timeout'],
    ['UND_ERR_CONNECT_TIMEOUT', 'timeout'],
    ['UND_ERR_HEADERS_TIMEOUT', 'timeout'],
    ['UND_ERR_BODY_TIMEOUT', 'timeout'],
    ['EHOSTUNREACH', 'network'],
    ['ENETUNREACH', 'network'],
    ['ENETDOWN', 'network'],
    ['EADDRNOTAVAIL', 'network'],
    ['UND_ERR_HEADERS_OVERFLOW', 'protocol'],
    ['CERT_HAS_EXPIRED', 'tls-untrusted'],
    ['CERT_NOT_YET_VALID', 'tls-untrusted'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'tls-untrusted'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'tls-untrusted'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'tls-untrusted'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'tls-untrusted'],
    ['CERT_REVOKED', 'tls-untrusted'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'tls-untrusted'],
    ['EPROTO', 'tls-untrusted'],
    ['ESOMETHINGELSE', 'network'],
  ])('%s is %s, in a sentence that names the host', (code, wanted) => {
    const failure = failureOf(coded(code), 'h.test:81', true);
    expect(failure.code).toBe(wanted);
    if (code !== 'ENETDOWN') expect(failure.message).toContain('h.test:81');
    expect(failure.message).toMatch(/^[^{}]*[.?]$/);
  });

  it.each([
    ['ENOTFOUND', 'host-not-found', 'The host h.test:81 was not found. Look at its spelling, or at your network.'],
    ['EAI_AGAIN', 'host-not-found', 'The host h.test:81 could not be looked up just now. Look at your network.'],
    ['EAI_NODATA', 'host-not-found', 'The host h.test:81 has no address.'],
    [
      'ECONNREFUSED',
      'connection-refused',
      'h.test:81 refused the connection. Is the server running, and the port right?',
    ],
    ['ECONNRESET', 'connection-lost', 'h.test:81 reset the connection.'],
    ['ERESET', 'connection-lost', 'h.test:81 reset the connection.'],
    ['EPIPE', 'connection-lost', 'h.test:81 closed the connection.'],
    ['UND_ERR_SOCKET', 'connection-lost', 'h.test:81 closed the connection before everything was sent.'],
    ['UND_ERR_RES_CONTENT_LENGTH_MISMATCH', 'connection-lost', 'h.test:81 sent less than it had announced.'],
    ['ETIMEDOUT', 'timeout', 'h.test:81 did not answer in time.'],
    ['UND_ERR_CONNECT_TIMEOUT', 'timeout', 'h.test:81 did not accept a connection in time.'],
    ['UND_ERR_HEADERS_TIMEOUT', 'timeout', 'h.test:81 did not answer in time.'],
    ['UND_ERR_BODY_TIMEOUT', 'timeout', 'h.test:81 stopped sending in the middle of the file.'],
    ['EHOSTUNREACH', 'network', 'There is no way to h.test:81. Look at your network.'],
    ['ENETUNREACH', 'network', 'There is no network to h.test:81. Look at your network.'],
    ['ENETDOWN', 'network', 'The network is down.'],
    ['EADDRNOTAVAIL', 'network', 'There is no free port for another connection to h.test:81.'],
    [
      'EPRIVATE',
      'redirect-refused',
      'The way leads from a public address to h.test:81, which is on this machine or in a private network, and --no-private-redirect refuses that.',
    ],
    ['UND_ERR_HEADERS_OVERFLOW', 'protocol', 'h.test:81 sent more header fields than a server should.'],
  ] as const)('%s is %s: %s', (code, wanted, message) => {
    const failure = failureOf(coded(code), 'h.test:81', true);
    expect([failure.code, failure.message]).toEqual([wanted, message]);
  });

  it.each([
    ['CERT_HAS_EXPIRED', 'has expired'],
    ['CERT_NOT_YET_VALID', 'is not valid yet'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'is signed by itself'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'is signed by an authority that is not trusted'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'is signed by an authority that is not known'],
    ['UNABLE_TO_GET_ISSUER_CERT', 'is signed by an authority that is not known'],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'is signed by an authority that is not known'],
    ['CERT_REVOKED', 'has been revoked'],
    ['CERT_UNTRUSTED', 'is not trusted'],
    ['CERT_REJECTED', 'is not trusted'],
    ['CERT_SIGNATURE_FAILURE', 'has a signature that does not match'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'is for another host'],
    ['HOSTNAME_MISMATCH', 'is for another host'],
  ])('%s: the certificate %s', (code, what) => {
    expect(failureOf(coded(code), 'h.test:81', false)).toEqual({
      code: 'tls-untrusted',
      message: `The certificate of h.test:81 ${what}. If you know this server, name its authority with --cacert; --insecure trusts anyone.`,
    });
  });

  it.each([
    ['ERR_SSL_WRONG_VERSION_NUMBER', ' It may speak plain http.'],
    ['ERR_SSL_SOMETHING', ''],
    ['ERR_TLS_SOMETHING', ''],
    ['EPROTO', ''],
  ])('%s is no secure connection', (code, hint) => {
    expect(failureOf(coded(code), 'h', false)).toEqual({
      code: 'tls-untrusted',
      message: `No secure connection to h could be made (${code}).${hint}`,
    });
  });

  it('names a code that only ends like one of TLS by what was said', () => {
    expect(failureOf(coded('X_ERR_SSL'), 'h', false)).toEqual({
      code: 'network',
      message: 'The connection to h failed: it went wrong.',
    });
  });

  it.each([
    ['a refusal', 'ECONNREFUSED', false, true],
    ['a refusal, whatever came before', 'ECONNREFUSED', true, true],
    ['a connection that was closed before the head', 'EPIPE', false, true],
    ['a reset before the head', 'ECONNRESET', false, true],
    ['a reset in the body', 'ECONNRESET', true, undefined],
    ['a host that is not there', 'ENOTFOUND', false, undefined],
    ['a timeout', 'UND_ERR_HEADERS_TIMEOUT', false, undefined],
  ])('of %s: says "fewer" or not', (_, code, hasHead, pushBack) => {
    expect(failureOf(coded(code), 'h', hasHead).pushBack).toBe(pushBack);
  });

  it('guesses that a server without TLS speaks plain http', () => {
    expect(failureOf(coded('ERR_SSL_WRONG_VERSION_NUMBER'), 'h', false).message).toMatch(/It may speak plain http\.$/);
    expect(failureOf(coded('EPROTO'), 'h', false).message).not.toContain('plain http');
  });

  it('looks through what undici wraps around the system, and at the first of several addresses', () => {
    const reset = coded('UND_ERR_SOCKET', 'other side closed', { cause: coded('ECONNREFUSED') });
    expect(failureOf(reset, 'h', false).code).toBe('connection-refused');
    expect(failureOf(new Error('fetch failed', { cause: coded('ENOTFOUND') }), 'h', false).code).toBe('host-not-found');
    const both = new AggregateError([coded('EHOSTUNREACH'), coded('ECONNREFUSED')], 'all failed');
    expect(failureOf(both, 'h', false).code).toBe('network');
  });

  it('tells what is no HTTP from what broke off', () => {
    expect(
      failureOf(parserError('Response does not match the HTTP/1.1 protocol (Invalid header token)'), 'h', false),
    ).toEqual({ code: 'protocol', message: 'h sent something that is not HTTP: invalid header token.' });
    expect(
      failureOf(parserError('Response does not match the HTTP/1.1 protocol (Invalid EOF state)'), 'h', true).code,
    ).not.toBe('protocol');
    const mismatch = coded('UND_ERR_RES_CONTENT_LENGTH_MISMATCH');
    expect(failureOf(mismatch, 'h', true).code).toBe('connection-lost');
    expect(failureOf(mismatch, 'h', false).code).toBe('protocol');
    expect(failureOf(coded('UND_ERR_SOCKET', 'bad response'), 'h', false).code).toBe('protocol');
  });

  it.each([
    ['an assertion of undici', coded('ERR_ASSERTION', 'status >= 100'), 'something no answer should have'],
    ['what is no HTTP, in the words of the parser', parserError('Expected HTTP/'), 'expected HTTP/'],
    ['a reason of the parser that is not at the end', parserError('Bad (a) token'), 'bad (a) token'],
    ['a bad response', coded('UND_ERR_SOCKET', 'bad response'), 'an answer that nobody asked for'],
    ['a bad upgrade', coded('UND_ERR_SOCKET', 'bad upgrade'), 'an answer that nobody asked for'],
    ['lengths', coded('UND_ERR_RES_CONTENT_LENGTH_MISMATCH'), 'lengths that cannot be'],
  ])('says of %s what it is', (_, error, what) => {
    expect(failureOf(error, 'h', false)).toEqual({
      code: 'protocol',
      message: `h sent something that is not HTTP: ${what}.`,
    });
  });

  it('takes what merely sounds like a bad answer for what its code says', () => {
    for (const text of ['a bad response', 'bad responses', 'bad answer'])
      expect(failureOf(coded('UND_ERR_SOCKET', text), 'h', false).code).toBe('connection-lost');
    expect(failureOf(coded('EPIPE', 'bad response'), 'h', false).code).toBe('connection-lost');
    // An end in the middle is one in whatever letters, and only the parser speaks of it.
    expect(failureOf(parserError('Invalid eof state'), 'h', true).code).toBe('connection-lost');
    expect(failureOf(coded('ECONNREFUSED', 'EOF'), 'h', true).code).toBe('connection-refused');
  });

  it('finds the most telling code, however deep it lies', () => {
    const bare = new Error('outer', { cause: new Error('middle', { cause: coded('ENOTFOUND') }) });
    expect(failureOf(bare, 'h', false).code).toBe('host-not-found');
    // What has a code of its own is not explained away by its cause, but a socket that undici has wrapped.
    expect(failureOf(coded('ETIMEDOUT', 'x', { cause: coded('ENOTFOUND') }), 'h', false).code).toBe('timeout');
    expect(failureOf(coded('UND_ERR_SOCKET', 'x', { cause: new Error('y') }), 'h', false).code).toBe('connection-lost');
    expect(failureOf(coded('UND_ERR_SOCKET', 'x', { cause: 'y' }), 'h', false).code).toBe('connection-lost');
    expect(failureOf(new AggregateError([], 'none'), 'h', false).message).toBe('The connection to h failed: none.');
    expect(failureOf(Object.assign(new Error('x'), { code: 7 }), 'h', false).code).toBe('network');
    // One dot is a sentence's end already.
    expect(failureOf(new Error('odd...'), 'h', false).message).toBe('The connection to h failed: odd...');
    expect(failureOf(new Error('a.b'), 'h', false).message).toBe('The connection to h failed: a.b.');
    expect(failureOf('text', 'h', false).message).toBe('The connection to h failed: text.');
  });

  it('leaves a failure as it is, and is total', () => {
    const failure = { code: 'redirect-refused', message: 'No.' } as const;
    expect(failureOf(new FailureError(failure), 'h', false)).toBe(failure);
    for (const thrown of ['text', null, undefined, 7, new Error('odd.')]) {
      expect(failureOf(thrown, 'h', false)).toMatchObject({
        code: 'network',
        message: expect.stringMatching(/[^.]\.$/),
      });
    }
  });
});
