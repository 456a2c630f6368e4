import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDownloadUrl } from '../../src/machines/download-url.ts';

describe('parseDownloadUrl', () => {
  it.each([
    ['https://example.org/file.iso', 'https://example.org/file.iso'],
    ['  http://example.org  ', 'http://example.org/'],
    ['HTTP://EXAMPLE.org:80/A', 'http://example.org/A'],
    ['https://user:pw@example.org/a?b#c', 'https://user:pw@example.org/a?b#c'],
    ['http://[::1]:8080/a', 'http://[::1]:8080/a'],
    ['http://user;type=a:pw@h.test/a', 'http://user%3Btype%3Da:pw@h.test/a'],
    ['http://a@b@h.test/', 'http://a%40b@h.test/'],
    ['http://h.test./a', 'http://h.test./a'],
    ['http://2130706433/', 'http://127.0.0.1/'],
    ['http://0x7f.1/', 'http://127.0.0.1/'],
    ['http://017700000001/', 'http://127.0.0.1/'],
    ['http://127.1/', 'http://127.0.0.1/'],
    ['http://[0:0:0:0:0:ffff:7f00:1]/', 'http://[::ffff:7f00:1]/'],
    ['https://bücher.example/ä', 'https://xn--bcher-kva.example/%C3%A4'],
  ])('85 takes %s', (text, url) => {
    expect(parseDownloadUrl(text)).toEqual({ ok: true, url });
  });

  it.each([
    ['', 'No URL was given'],
    ['   ', 'No URL was given'],
    ['example.org/file.iso', 'Did you mean https://example.org/file.iso?'],
    ['localhost:8080/a', 'Did you mean https://localhost:8080/a?'],
    ['file.iso', 'Did you mean'],
    ['hello', 'is not a URL'],
    ['ftp://example.org/a', 'not over ftp'],
    ['file:///etc/passwd', 'not over file'],
    ['javascript:alert(1)', 'not over javascript'],
    ['https://', 'has no host'],
    ['https:///a', 'has no host'],
    ['http:example.org', 'has no host'],
    ['http://exa mple.org/', 'The host of the URL has a space in it'],
    ['http://h .test', 'The host of the URL has a space in it'],
    ['https:// h.test/a', 'The host of the URL has a space in it'],
    ['http://me:pw@h .test/a', 'The host of the URL has a space in it'],
    ['http://h.test:80 80?a', 'The host of the URL has a space in it'],
    ['http://h.test/a b', 'Write it as %20'],
    ['http://h.test?a b@c', 'Write it as %20'],
    ['http://h.test#a b', 'Write it as %20'],
    ['http://me:my pw@h.test/a', 'Write it as %20'],
    ['http://example.org/a\nb', 'control characters'],
    ['http://example.org\\a', 'a backslash'],
    ['http://example.org:99999/', 'is not a URL that can be understood'],
    ['http://h%2ftest/a', 'is not a URL that can be understood'],
    ['http://[fe80::1%25eth0]/', 'is not a URL that can be understood'],
    ['http://256.1.1.1/', 'is not a URL that can be understood'],
    ['http://good.test\\@evil.test/', 'a backslash'],
    ['http://[::1/', 'is not a URL that can be understood'],
    ['example.org:8080', 'Did you mean https://example.org:8080?'],
    ['host:80', 'Did you mean https://host:80?'],
    ['h:8/a', 'Did you mean https://h:8/a?'],
    ['host:x', 'not over host'],
    ['a/b.c', '"a/b.c" is not a URL. Give the address'],
    ['my localhost', 'has a space'],
    ['mylocalhost', '"mylocalhost" is not a URL'],
    ['/http://h.test', 'is not a URL'],
    ['1http://h.test/', 'is not a URL'],
    ['user:pw@h.test/a', 'not over user'],
    ['//user:pw@h.test/a?token=x#y', '"h.test/a" is not a URL'],
    [`h.test/${'a'.repeat(73)}`, `Did you mean https://h.test/${'a'.repeat(73)}?`],
    [`h.test/${'a'.repeat(74)}`, `Did you mean https://h.test/${'a'.repeat(70)}...?`],
  ])('86 refuses %j with a sentence', (text, words) => {
    const parsed = parseDownloadUrl(text);
    expect(parsed).toMatchObject({ ok: false, message: expect.stringContaining(words) });
    expect(parsed.ok ? '' : parsed.message).toMatch(/[.?]$/);
  });

  it('85 never throws, and what it takes is http or https with a host, and is taken again', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.webUrl(),
          fc.string().map((rest) => `http://${rest}`),
        ),
        (text) => {
          const parsed = parseDownloadUrl(text);
          if (!parsed.ok) return;
          const url = new URL(parsed.url);
          expect(url.protocol).toMatch(/^https?:$/);
          expect(url.hostname).not.toBe('');
          expect(parseDownloadUrl(parsed.url)).toEqual(parsed);
        },
      ),
    );
  });

  it('84 does not repeat a password', () => {
    const parsed = parseDownloadUrl('user:secret@example.org');
    expect(JSON.stringify(parsed)).not.toContain('secret');
  });
});
