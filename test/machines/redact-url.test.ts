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
    [
      'https://h.test/a?passwd=x&password=x&auth=x&authorization=x',
      'https://h.test/a?passwd=REDACTED&password=REDACTED&auth=REDACTED&authorization=REDACTED',
    ],
    [
      'https://h.test/a?session=x&sessionid=x&session_id=x',
      'https://h.test/a?session=REDACTED&sessionid=REDACTED&session_id=REDACTED',
    ],
    ['https://h.test/a?api_key=x&api-key=x', 'https://h.test/a?api_key=REDACTED&api-key=REDACTED'],
    ['https://h.test/a?design=x&keys=x&monkey=x', 'https://h.test/a?design=x&keys=x&monkey=x'],
    ['https://h.test/a?=x&token=', 'https://h.test/a?=x&token=REDACTED'],
    ['https://h.test/a?%=x&my+token=x', 'https://h.test/a?%=x&my+token=REDACTED'],
    ['https://h.test/a?%token=x', 'https://h.test/a?%token=REDACTED'],
    ['//user:p@ss@h.test/a', '//h.test/a'],
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
    ["see http://u:p@h.test/it's?sig=x", "see http://h.test/it's?sig=REDACTED"],
    ['xhttp://h.test/?sig=x', 'xhttp://h.test/?sig=x'],
    ['Basic   YTpiCg==', 'Basic REDACTED'],
    ['Proxy-Authorization = x y', 'Proxy-Authorization = REDACTED'],
    ['set-cookie: a=b', 'set-cookie: REDACTED'],
    ['nothing secret', 'nothing secret'],
    ['bearer abcdefghijklmnopqrstuvwxyz', 'bearer REDACTED'],
    ['Digest username="u", response="abc"', 'Digest REDACTED'],
    ['the sha256 digest that it should have: it is ab12', 'the sha256 digest that it should have: it is ab12'],
    ['basic things, a bearer without one.', 'basic things, a bearer without one.'],
    ['give them with -H "Authorization: ..." or', 'give them with -H "Authorization: ..." or'],
    ['Authorization: ...secret', 'Authorization: REDACTED'],
  ])('%s', (text, redacted) => {
    expect(redactText(text)).toBe(redacted);
  });
});
