import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { redactText, redactUrl } from '../../src/machines/redact-url.ts';

describe('redactUrl', () => {
  it.each([
    ['https://h.test/a?b=c', 'https://h.test/a?b=c'],
    ['https://user:pw@h.test/a', 'https://h.test/a'],
    ['https://h.test/a#access_token=1', 'https://h.test/a'],
    ['https://h.test/a?token=abc&x=1', 'https://h.test/a?token=REDACTED&x=1'],
    [
      'https://h.test/a?X-Amz-Signature=abc&X-Amz-Date=1',
      'https://h.test/a?X-Amz-Signature=REDACTED&X-Amz-Date=REDACTED',
    ],
    ['https://h.test/a?sig=abc&sv=2020', 'https://h.test/a?sig=REDACTED&sv=REDACTED'],
    ['https://h.test/a?ApiKey=abc', 'https://h.test/a?ApiKey=REDACTED'],
    ['https://h.test/a?my_password=abc', 'https://h.test/a?my_password=REDACTED'],
    ['https://h.test/a?%74oken=abc', 'https://h.test/a?%74oken=REDACTED'],
    ['https://h.test/a?token', 'https://h.test/a?token'],
    ['not a url', 'not a url'],
    ['//user:pw@h.test/a', '//h.test/a'],
  ])('190 %s becomes %s', (url, redacted) => {
    expect(redactUrl(url)).toBe(redacted);
  });

  it('never throws, and changes nothing more the second time', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.webUrl({ withQueryParameters: true })),
        (text) => redactUrl(redactUrl(text)) === redactUrl(text),
      ),
    );
  });
});

describe('redactText', () => {
  it.each([
    ['see https://u:p@h.test/a?token=x now', 'see https://h.test/a?token=REDACTED now'],
    ['Authorization: Bearer abcdef', 'Authorization: REDACTED'],
    ['{"cookie":"a=b"}', '{"cookie":"REDACTED"}'],
    ['sent bearer abcdef.ghi to it', 'sent bearer REDACTED to it'],
    ['nothing secret', 'nothing secret'],
  ])('%s', (text, redacted) => {
    expect(redactText(text)).toBe(redacted);
  });
});
