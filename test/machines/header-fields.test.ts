import { describe, expect, it } from 'vitest';
import { checkFieldValue, checkHeader } from '../../src/machines/header-fields.ts';

describe('checkHeader', () => {
  it('tells nothing of a value, whatever it is', () => {
    expect(checkHeader('a', 'b')).toBeNull();
    for (const value of ['hunter2\r\nX: y', 22 as unknown as string])
      expect(checkHeader('X-Key', value)).toBe('The value of the header X-Key has characters that cannot be sent.');
  });
});

describe('checkFieldValue', () => {
  it('takes each character that may stand in a line of a header, and no other', () => {
    for (let code = 0; code < 0x200; code += 1) {
      const may = code === 9 || (code >= 0x20 && code <= 0x7e) || (code >= 0x80 && code <= 0xff);
      for (const text of [String.fromCharCode(code), `a${String.fromCharCode(code)}b`])
        expect([code, checkFieldValue(text)]).toEqual([code, may]);
    }
    expect(checkFieldValue('')).toBe(true);
  });
});
