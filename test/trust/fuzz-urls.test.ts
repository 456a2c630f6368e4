/** URLs that users give, Locations that servers send, and what of both is written down. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sortCredentials } from '../../src/adapters/http/credentials.ts';
import { RawHeaders, readHeaders } from '../../src/adapters/http/raw-headers.ts';
import { redirectTarget } from '../../src/adapters/http/redirect.ts';
import { parseDownloadUrl } from '../../src/machines/download-url.ts';
import { FailureError } from '../../src/machines/failures.ts';
import { redactText, redactUrl } from '../../src/machines/redact-url.ts';
import { expectLinear, fuzz, mutated } from './fuzz.ts';

const pieces = [
  ...[
    '/',
    '//',
    '\\',
    ':',
    '@',
    '?',
    '#',
    '%',
    '%00',
    '%2f',
    '..',
    '[',
    ']',
    ' ',
    '\t',
    '\n',
    '\0',
    '\u202e',
    '\u00e9',
  ],
  ...['http:', 'https://', 'javascript:', 'file:///', 'data:,', 'user:pw@', ':0', ':65536', '0x7f.1', '\u3002', 'xn--'],
];
const webUrl = fc.webUrl({ withQueryParameters: true, withFragments: true, validSchemes: ['http', 'https'] });
const address = mutated(
  fc.oneof(
    webUrl,
    fc.constantFrom('http://user:pw@h.test/a', 'https://[::1]:8080/a?b=c', 'HTTP://H.TEST', 'h.test/a', '//h.test/a'),
    fc.constantFrom('/a/../b', '?q', '#f', '', 'ftp://h.test/a', 'http://1.2.3.4:80/%zz', 'https:h.test', 'http:///a'),
  ),
  pieces,
);

describe('a URL that a user gives, whatever it is', () => {
  it('is http or https with a host, or there is a sentence about it', () => {
    let taken = 0;
    fuzz(5_000, address, (text) => {
      const parsed = parseDownloadUrl(text);
      if (!parsed.ok) {
        expect(parsed.message).toMatch(/^\S[\s\S]*[.?]$/);
        return;
      }
      taken += 1;
      const url = new URL(parsed.url);
      expect(['http:', 'https:']).toContain(url.protocol);
      expect(url.hostname).not.toBe('');
      expect(parsed.url).toMatch(/^[\x21-\x7e]+$/);
      expect(parseDownloadUrl(parsed.url)).toEqual(parsed);
      const { url: bare, secret } = sortCredentials(parsed.url, []);
      expect([bare.username, bare.password, bare.hash]).toEqual(['', '', '']);
      expect(secret.length).toBe(url.username !== '' || url.password !== '' ? 1 : 0);
    });
    expect(taken).toBeGreaterThan(1_000);
  });

  it('takes no more than its length in time', () => {
    const fillings = ['a', '.', '/', ':', '@', '%', 'a.', '../', '?', '&', '#', '[', '//', 'http://', ':1', '\u00e9'];
    for (const prefix of ['', 'http://', 'http://h.test/?']) {
      expectLinear(parseDownloadUrl, prefix, fillings, ['', '@', ' ']);
    }
  });
});

describe('a Location, whatever it says', () => {
  const from = fc.constantFrom(
    'http://h.test/a/b?c',
    'https://h.test/a/b?c',
    'http://127.0.0.1:81/',
    'https://[::1]/x',
  );
  const locations = fc.oneof(
    { weight: 6, arbitrary: address.map((one) => [one]) },
    fc.array(address, { maxLength: 3 }),
    address.map((one) => [one, one]),
  );

  it('leads where the standard says, or is refused', () => {
    const ends = { followed: 0, refused: 0 };
    fuzz(5_000, fc.tuple(from, locations), ([start, texts]) => {
      const sent = texts.map((text) => Buffer.from(text, 'utf8').toString('latin1'));
      const base = new URL(start);
      const wellFormed = sent.map((text) => Buffer.from(text, 'latin1').toString('utf8'));
      try {
        const target = redirectTarget(base, new RawHeaders(new Map([['location', sent]])));
        ends.followed += 1;
        expect(new Set(sent).size).toBe(1);
        expect(['http:', 'https:']).toContain(target.protocol);
        if (base.protocol === 'https:') expect(target.protocol).toBe('https:');
        expect([target.username, target.password, target.hash]).toEqual(['', '', '']);
        const plain = new URL(wellFormed[0] ?? '', base);
        expect([target.host, target.pathname, target.search]).toEqual([plain.host, plain.pathname, plain.search]);
      } catch (error) {
        if (!(error instanceof FailureError)) throw error;
        ends.refused += 1;
        expect(['protocol', 'redirect-refused']).toContain(error.failure.code);
      }
      expect(base.href).toBe(new URL(start).href);
    });
    expect(Math.min(ends.followed, ends.refused)).toBeGreaterThan(500);
  });

  it('takes no more than its length in time', () => {
    const base = new URL('https://h.test/a');
    const check = (text: string) => {
      try {
        redirectTarget(base, new RawHeaders(new Map([['location', [text]]])));
      } catch (error) {
        expect(error).toBeInstanceOf(FailureError);
      }
    };
    expectLinear(check, '', ['a', '/', '../', '%', '?', '#', '@', ':', '\u00c3'], ['', ':']);
  });
});

describe('header fields, whatever they are called', () => {
  it('are read as they came, none lost and none made up', () => {
    const name = fc.constantFrom('ETag', 'etag', 'Location', '__proto__', 'constructor', 'X', '');
    const list = fc.array(fc.tuple(name, fc.string({ unit: 'binary', maxLength: 4 })), { maxLength: 6 });
    fuzz(2_000, list, (fields) => {
      const headers = readHeaders(
        fields.flat().map((one) => Buffer.from(one, 'latin1')),
        {},
      );
      for (const [one] of fields) {
        const same = fields.filter(([other]) => other.toLowerCase() === one.toLowerCase());
        const values = same.map(([, value]) => Buffer.from(value, 'latin1').toString('latin1'));
        expect(headers.all(one.toLowerCase())).toEqual(values);
        expect(Object.getOwnPropertyDescriptor(headers.toObject(), one.toLowerCase())?.value).toBe(values.join(', '));
      }
      expect(headers.get('content-range')).toBeNull();
    });
  });
});

/** Nothing else that is written looks like it. */
const SECRET = 's3cr3t-Zq9';

describe('a secret', () => {
  const key = fc.constantFrom(
    'token',
    'access_token',
    'X-Amz-Signature',
    'sig',
    'API-Key',
    'pass%77ord',
    'Auth',
    'jwt',
  );
  const secretUrl = fc
    .tuple(fc.constantFrom('http', 'https', 'HTTPS'), key, fc.webPath(), fc.integer({ min: 0, max: 3 }))
    .map(([scheme, name, path, where]) => {
      const spots = [`${SECRET}@`, `u:${SECRET}@`, '', ''];
      const tails = ['', '', `?a=b&${name}=${SECRET}&c`, `#${name}=${SECRET}`];
      return `${scheme}://${spots[where]}h.test${path}${tails[where]}`;
    });

  it('is not to be seen in what is written of a URL, alone or within a text', () => {
    const around = fc.string({ unit: fc.constantFrom('a', ' ', '"', '<', '(', ',', '\n', ':', "'"), maxLength: 5 });
    fuzz(4_000, fc.tuple(secretUrl, around, around), ([url, before, after]) => {
      expect(redactUrl(url)).not.toContain(SECRET);
      expect(redactText(`${before} ${url} ${after}`)).not.toContain(SECRET);
      expect(redactUrl(redactUrl(url))).toBe(redactUrl(url));
    });
  });

  it('is taken out of what is no URL too, without a throw', () => {
    const broken = fc
      .tuple(
        fc.constantFrom('', 'http:', 'https:', '{http:', 'h.test'),
        fc.constantFrom('', 'u:', 'u@v:', ':', '@'),
        address,
      )
      .map(([scheme, user, rest]) => `${scheme}//${user}${SECRET}@${rest}`);
    fuzz(4_000, fc.tuple(broken, address), ([secret, text]) => {
      expect(redactUrl(secret)).not.toContain(SECRET);
      const once = redactUrl(text);
      if (URL.canParse(text)) expect(redactUrl(once)).toBe(once);
      redactText(text);
    });
  });

  it('is taken out in no more time than the length of the text', () => {
    const fillings = [
      'a',
      '/',
      '//',
      '@',
      '&a=b',
      '&token=b',
      '=',
      '%',
      'http://a ',
      'http:',
      'bearer ',
      'cookie',
      ' ',
    ];
    for (const prefix of ['', 'http://h.test/?', 'bearer ']) {
      expectLinear(redactUrl, prefix, fillings, ['', '@']);
      expectLinear(redactText, prefix, fillings, ['', '@']);
    }
  });
});
