import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { displayWidth } from '../../../src/adapters/terminal/printable.ts';
import { wrapWords } from '../../../src/adapters/terminal/wrap-words.ts';

describe('wrapWords', () => {
  it('breaks between words only', () => {
    expect(wrapWords('What has arrived is kept.', 10)).toEqual(['What has', 'arrived is', 'kept.']);
    expect(wrapWords('What has arrived is kept.', 25)).toEqual(['What has arrived is kept.']);
    expect(wrapWords('See /a/very/long/path there.', 10)).toEqual(['See', '/a/very/long/path', 'there.']);
    expect(wrapWords('', 10)).toEqual(['']);
  });

  it('counts columns, not characters', () => {
    expect(wrapWords('文件 文件 a', 7)).toEqual(['文件', '文件 a']);
  });

  it('leaves a beginning whole, spaces and all', () => {
    expect(wrapWords('/my own files/a b: 5 MiB in 3 s.', 12, '/my own files/a b')).toEqual([
      '/my own files/a b:',
      '5 MiB in 3',
      's.',
    ]);
  });

  it('loses nothing, and is too wide only where one word is', () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[a-z.]{0,12}$/)), fc.integer({ min: 1, max: 60 }), (words, columns) => {
        const lines = wrapWords(words.join(' '), columns);
        expect(lines.join(' ')).toBe(words.join(' '));
        for (const line of lines) expect(displayWidth(line) <= columns || !line.includes(' ')).toBe(true);
      }),
    );
  });
});
