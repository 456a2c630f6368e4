import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRedactor } from '../../../src/adapters/log/redactor.ts';
import { secretsOf } from '../../../src/adapters/log/secrets.ts';

describe('createRedactor', () => {
  it('masks known values wherever they stand', () => {
    const redact = createRedactor(['hunter22', 'tr0ub4dor']);
    expect(redact('a hunter22b and xhunter22 and tr0ub4dor')).toBe('a REDACTEDb and xREDACTED and REDACTED');
  });

  it('masks the whole of a value of which another is a part', () => {
    expect(createRedactor(['part', 'a part of it'])('a part of it, part')).toBe('REDACTED, REDACTED');
  });

  it('leaves short values alone: they would take innocent text with them', () => {
    expect(createRedactor(['a', 'abc', ''])('a bad abc')).toBe('a bad abc');
  });

  it('masks what looks like a secret, known or not', () => {
    const text = 'GET https://me:pw@example.org/a?token=t0p&x=1 Authorization: Basic bWU6cHc= Bearer abcdef';
    const redacted = createRedactor([])(text);
    for (const secret of ['pw@', 't0p', 'bWU6', 'abcdef']) expect(redacted).not.toContain(secret);
    expect(redacted).toContain('example.org/a');
    expect(redacted).toContain('x=1');
  });

  it('no value survives, whatever is around it', () => {
    const secret = fc.string({ minLength: 4, maxLength: 12 }).filter((text) => !'REDACTED'.includes(text));
    fc.assert(
      fc.property(secret, fc.string(), fc.string(), (value, before, after) => {
        const redacted = createRedactor([value])(`${before}${value}${after}`);
        // What is left may only hold it where the mask and its neighbours happen to form it.
        return redacted.replaceAll('REDACTED', '\0').includes(value) === false;
      }),
    );
  });
});

describe('secretsOf', () => {
  it('the password in all its forms, and the pair as it is sent', () => {
    const secrets = secretsOf('https://me:s%20cret@example.org/a', []);
    expect(secrets).toEqual(expect.arrayContaining(['s%20cret', 's cret', 'me:s cret']));
    expect(secrets).toContain(Buffer.from('me:s cret').toString('base64'));
    expect(secrets).not.toContain('me');
  });

  it('a name alone may be a token', () => expect(secretsOf('https://tok3n@example.org/a', [])).toContain('tok3n'));

  it('header values, what follows the scheme, and single cookies', () => {
    const secrets = secretsOf('https://example.org/a', [
      ['Authorization', 'Bearer abcdef'],
      ['Cookie', 'sid=s3ss10n; theme="d4rk"'],
      ['X-Api-Key', 'k3y'],
    ]);
    expect(secrets).toEqual(expect.arrayContaining(['Bearer abcdef', 'abcdef', 's3ss10n', 'd4rk', 'k3y']));
  });

  it('the forms of a name that stands alone, and of a password that is not percent-encoded as it should be', () => {
    const base64 = (text: string) => Buffer.from(text).toString('base64');
    expect(secretsOf('https://t%6Fken@example.org/a', [])).toEqual(['t%6Fken', 'token', 'token:', base64('token:')]);
    expect(secretsOf('https://me:p%w@example.org/a', [])).toEqual(['p%w', 'p%w', 'me:p%w', base64('me:p%w')]);
    expect(secretsOf('https://:pw@example.org/a', [])).toEqual(['pw', 'pw', ':pw', base64(':pw')]);
  });

  it.each([
    ['k3y', ['k3y', 'k3y']],
    ['Bearer  a b', ['Bearer  a b', 'a b', 'Bearer%20%20a%20b']],
    [
      'a=x;b="y";  c=d"e;f',
      ['a=x;b="y";  c=d"e;f', 'c=d"e;f', 'x', 'y', 'd"e', 'a%3Dx%3Bb%3D%22y%22%3B%20%20c%3Dd%22e%3Bf'],
    ],
    ['a=x=y', ['a=x=y', 'x=y', 'a%3Dx%3Dy']],
    ['Digest u="v", w=', ['Digest u="v", w=', 'u="v", w=', 'Digest%20u%3D%22v%22%2C%20w%3D']],
    ['', []],
  ])('the parts of %j, and no others', (value, secrets) => {
    expect(secretsOf('https://example.org/a', [['X-Field', value]])).toEqual(secrets);
  });

  it('nothing, where nothing was given', () => {
    expect(secretsOf('https://example.org/a', [])).toEqual([]);
    expect(secretsOf('not a URL', [])).toEqual([]);
  });
});
