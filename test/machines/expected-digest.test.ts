import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDigest } from '../../src/machines/expected-digest.ts';

const lengths = { md5: 32, sha1: 40, sha256: 64, sha512: 128 };

describe('parseDigest', () => {
  it.each(Object.entries(lengths))('reads %s', (algorithm, length) => {
    const hex = 'a1'.repeat(length / 2);
    expect(parseDigest(`${algorithm}:${hex}`)).toEqual({ algorithm, hex });
    expect(parseDigest(` ${algorithm.toUpperCase()} : ${hex.toUpperCase()} `)).toEqual({ algorithm, hex });
    expect(parseDigest(`${algorithm}:${hex}0`)).toMatch(`it takes ${length} hexadecimal digits`);
    expect(parseDigest(`${algorithm}:${hex.slice(1)}`)).toMatch(`here are ${length - 1} characters`);
    expect(parseDigest(`${algorithm}:g${hex.slice(1)}`)).toMatch('is not a');
  });

  it('reads the names with a hyphen', () => {
    expect(parseDigest(`SHA-256:${'0'.repeat(64)}`)).toMatchObject({ algorithm: 'sha256' });
  });

  it.each([
    '',
    ':',
    'sha256',
    'abc',
    `crc32:${'0'.repeat(8)}`,
    `toString:${'0'.repeat(8)}`,
    `sha256:${'0'.repeat(64)}:1`,
  ])('says what is wrong with "%s"', (text) => {
    expect(parseDigest(text)).toMatch(/is not a /);
  });

  it('gives a digest or a sentence, whatever it reads', () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom('', 'sha256:', 'md5:'), (text, prefix) => {
        const read = parseDigest(prefix + text);
        if (typeof read !== 'string') expect(read.hex).toMatch(/^[0-9a-f]{32,128}$/);
      }),
    );
  });
});
