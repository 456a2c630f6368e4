import { describe, expect, it } from 'vitest';
import { RawHeaders } from '../../../src/adapters/http/raw-headers.ts';
import { isRedirect, redirectTarget } from '../../../src/adapters/http/redirect.ts';
import { FailureError } from '../../../src/machines/failures.ts';

const from = new URL('https://h.test/a/b');
const leads = (...locations: readonly string[]) =>
  redirectTarget(from, new RawHeaders(new Map([['location', locations]])));
const refused = (...locations: readonly string[]) => {
  try {
    return leads(...locations).href;
  } catch (error) {
    if (error instanceof FailureError) return error.failure;
    throw error;
  }
};

describe('isRedirect', () => {
  it('is so for the five answers that lead elsewhere, and no other', () => {
    const statuses = Array.from({ length: 600 }, (_, status) => status);
    expect(statuses.filter(isRedirect)).toEqual([301, 302, 303, 307, 308]);
  });
});

describe('redirectTarget', () => {
  it('leaves out the userinfo and the fragment', () => {
    expect(leads('https://user:pw@other.test/c?d#e').href).toBe('https://other.test/c?d');
  });

  it('reads UTF-8 where only ASCII is allowed', () => {
    expect(leads(Buffer.from('/gr\u00fc\u00dfe').toString('latin1')).href).toBe('https://h.test/gr%C3%BC%C3%9Fe');
  });

  it('takes a target that is named twice', () => expect(leads('c', 'c').href).toBe('https://h.test/a/c'));

  it('follows from http to http, and to https', () => {
    const plain = new URL('http://h.test/');
    for (const target of ['http://other.test/', 'https://other.test/'])
      expect(redirectTarget(plain, new RawHeaders(new Map([['location', [target]]]))).href).toBe(target);
  });

  it.each([[[]], [['']], [['  ']]])('79 to nowhere (%j) says so', (locations) => {
    expect(refused(...locations)).toEqual({
      code: 'protocol',
      message: 'The server redirects without saying where to.',
    });
  });

  it('79 without the field says so', () => {
    expect(() => redirectTarget(from, new RawHeaders(new Map()))).toThrow('without saying where to');
  });

  it('79 to two places says so', () => {
    for (const targets of [
      ['/a', '/b'],
      ['', '/b'],
    ])
      expect(refused(...targets)).toEqual({ code: 'protocol', message: 'The server redirects to two places at once.' });
  });

  it('79 to what is no address says so', () => {
    expect(refused('http://[')).toEqual({
      code: 'protocol',
      message: 'The server redirects to an address that is none.',
    });
  });

  it.each(['ftp', 'file', 'javascript', 'data'])('79 to %s names the scheme', (scheme) => {
    expect(refused(`${scheme}:x`)).toEqual({
      code: 'redirect-refused',
      message: `The server redirects to ${scheme}, and multidown follows to http and https only.`,
    });
  });

  it('80 from https down to http names the host', () => {
    expect(refused('http://other.test:81/c')).toEqual({
      code: 'redirect-refused',
      message:
        'The server redirects from https down to http, to other.test:81. Anyone on the way could change the file, so this was refused.',
    });
  });
});
