import { describe, expect, it } from 'vitest';
import { parseHeader } from '../../src/cli/parse-header.ts';

describe('parseHeader', () => {
  it.each([
    ['A: b', ['A', 'b']],
    ['A:b', ['A', 'b']],
    [' A : b ', ['A', 'b']],
    ['A:', ['A', '']],
    ['A: b: c', ['A', 'b: c']],
    ["!#$%&'*+.^_`|~0aZ-: b", ["!#$%&'*+.^_`|~0aZ-", 'b']],
    ['A: \u00e9\tb', ['A', '\u00e9\tb']],
    ['X-Range: b', ['X-Range', 'b']],
  ])('reads %j', (text, field) => expect(parseHeader(text)).toEqual(field));

  it.each(['', 'A', 'Bearer abc'])('says of %j that it has no colon', (text) => {
    expect(parseHeader(text)).toBe('A header is written as "Name: value", and one of them has no colon.');
  });

  it.each(['http://h/', 'HTTPS://me:hunter22@h/a?sig=x'])(
    'says of %j that the text of the header is missing',
    (text) => {
      expect(parseHeader(text)).toBe(
        'A header is written as "Name: value", and one of them is a URL: its text is missing.',
      );
    },
  );

  it.each([': b', '  : b', 'A B: c', 'A(: b', '(A: b', 'A\0: b', '\u00e9: b', '"A": b', 'A\r\nB: c'])(
    'says of %j that its name cannot be used',
    (text) => {
      expect(parseHeader(text)).toBe('The name of one of the headers cannot be used.');
    },
  );

  it.each([
    'Accept-Encoding',
    'Connection',
    'Content-Length',
    'Expect',
    'If-Range',
    'Keep-Alive',
    'RANGE',
    'te',
    'Transfer-Encoding',
    'Upgrade',
  ])('leaves %s to the program', (name) => {
    expect(parseHeader(`${name}: x`)).toBe(`The header ${name} is set by multidown itself and cannot be given.`);
  });

  it.each(['a\r\nB: c', 'a\nb', 'a\0', '\x7fa', 'a\u0100', 'a\x1b'])('tells nothing of the value %j', (value) => {
    expect(parseHeader(`A: ${value}b`)).toBe('The value of the header A has characters that cannot be sent.');
  });
});
