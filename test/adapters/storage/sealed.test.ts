import { describe, expect, it } from 'vitest';
import { FORMAT, isIntact, readSealed, seal } from '../../../src/adapters/storage/sealed.ts';

const sha256 = 'ab'.repeat(32);

describe('a sealed line', () => {
  it('is one line of JSON with its format and the SHA-256 of its body', () => {
    const text = seal({ a: 1 });
    // printf '{"a":1}' | sha256sum
    const digest = '015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862';
    expect(text).toBe(`{"format":${FORMAT},"sha256":"${digest}","body":{"a":1}}\n`);
    const sealed = readSealed(text);
    expect(sealed).toEqual({ format: 1, sha256: digest, body: { a: 1 } });
    expect(sealed && isIntact(sealed)).toBe(true);
  });

  it.each(['', 'null', '7', '"x"', 'true', '{', seal(1).slice(0, -2)])('that reads %j is none', (text) => {
    expect(readSealed(text)).toBeNull();
  });

  it.each([{}, { body: 1 }, { sha256 }, { sha256, body: { a: 2 } }, { sha256: 7, body: 7 }])(
    'that holds %j is not intact',
    (sealed) => expect(isIntact(sealed)).toBe(false),
  );

  it('that is nested deeper than it could be written is not intact, and does not throw', () => {
    const deep = `{"body":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
    const sealed = readSealed(deep);
    expect(sealed === null || !isIntact(sealed)).toBe(true);
  });
});
