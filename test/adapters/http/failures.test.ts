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
    ['a refusal', 'ECONNREFUSED', false, true],
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
