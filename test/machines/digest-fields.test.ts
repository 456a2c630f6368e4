import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digestsOf, pieceDigestOf } from '../../src/machines/digest-fields.ts';

const digest = (algorithm: string, text = 'hello') => {
  const bytes = createHash(algorithm).update(text).digest();
  return { base64: bytes.toString('base64'), hex: bytes.toString('hex') };
};
const sha256 = digest('sha256');
const sha512 = digest('sha512');
const md5 = digest('md5');
const sha1 = digest('sha1');
const is256 = { algorithm: 'sha256', hex: sha256.hex };

describe('pieceDigestOf', () => {
  const range = { 'content-range': 'bytes 10-14/100' };

  it.each([
    ['Content-Digest', 206, { 'content-digest': `sha-256=:${sha256.base64}:`, ...range }, is256],
    ['Content-MD5', 206, { 'content-md5': ` ${md5.base64}`, ...range }, { algorithm: 'md5', hex: md5.hex }],
    [
      'the first of several',
      206,
      { 'content-digest': `sha-512=:${sha512.base64}:, sha-256=:${sha256.base64}:`, ...range },
      { algorithm: 'sha512', hex: sha512.hex },
    ],
  ])('takes %s of a part, for the bytes of the part', (_, status, headers, expected) => {
    expect(pieceDigestOf(status, headers)).toEqual({ start: 10, end: 15, ...expected });
  });

  it.each([
    ['a whole file', 200, { 'content-digest': `sha-256=:${sha256.base64}:`, ...range }],
    ['a part that does not say which', 206, { 'content-digest': `sha-256=:${sha256.base64}:` }],
    ['Repr-Digest, which is of the whole', 206, { 'repr-digest': `sha-256=:${sha256.base64}:`, ...range }],
    ['a digest of another length', 206, { 'content-digest': `sha-256=:${md5.base64}:`, ...range }],
    ['nothing', 206, range],
  ])('takes none of %s', (_, status, headers) => {
    expect(pieceDigestOf(status, headers)).toBeNull();
  });
});

describe('digestsOf', () => {
  it.each([
    ['Repr-Digest', 200, { 'repr-digest': `sha-256=:${sha256.base64}:` }, [is256]],
    ['Repr-Digest of a part: it is of the whole', 206, { 'repr-digest': `sha-256=:${sha256.base64}:` }, [is256]],
    [
      'several algorithms, one of them unknown',
      200,
      { 'repr-digest': `sha-512=:${sha512.base64}:, unixsum=:AAAA:,sha-256=:${sha256.base64}:;x=1` },
      [{ algorithm: 'sha512', hex: sha512.hex }, is256],
    ],
    [
      'the last of a key',
      200,
      { 'repr-digest': `sha-256=:${digest('sha256', 'x').base64}:, sha-256=:${sha256.base64}:` },
      [is256],
    ],
    ['Content-Digest of a whole', 200, { 'content-digest': `sha-256=:${sha256.base64}:` }, [is256]],
    ['Content-Digest of a part is not of the file', 206, { 'content-digest': `sha-256=:${sha256.base64}:` }, []],
    [
      'Digest',
      206,
      { digest: `SHA-256=${sha256.base64},MD5=${md5.base64}` },
      [is256, { algorithm: 'md5', hex: md5.hex }],
    ],
    ['Digest with SHA-1', 200, { digest: `SHA=${sha1.base64}` }, [{ algorithm: 'sha1', hex: sha1.hex }]],
    ['Content-MD5 of a whole', 200, { 'content-md5': md5.base64 }, [{ algorithm: 'md5', hex: md5.hex }]],
    ['Content-MD5 of a part is not of the file', 206, { 'content-md5': md5.base64 }, []],
    [
      'the same one twice',
      200,
      { 'repr-digest': `sha-256=:${sha256.base64}:`, digest: `sha-256=${sha256.base64}` },
      [is256],
    ],
  ])('reads %s', (_, status, headers, found) => {
    expect(digestsOf(status, headers as unknown as Record<string, string>)).toEqual(found);
  });

  it.each([
    ['', 'nothing'],
    ['sha-256', 'a key without a value'],
    [`sha-256=${sha256.base64}`, 'no colons'],
    ['sha-256=:AAAA:', 'too few bytes'],
    [`sha-256=:${sha256.base64}`, 'no colon at the end'],
    [`sha-256=:${sha256.base64.slice(1)}:`, 'no base64'],
    [`sha-256=:${sha256.base64}:, broken`, 'a member that is none'],
    [`SHA-256=:${sha256.base64}:`, 'a key in capitals'],
    [`sha-256=:${sha256.base64}:x`, 'text behind the bytes'],
    [`x sha-256=:${sha256.base64}:`, 'text before the key'],
    [`sha-256=:${sha256.base64}==:`, 'too many signs at the end'],
    [`1=:AAAA:, sha-256=:${sha256.base64}:`, 'a key that begins with a digit'],
    [`a!=:AAAA:, sha-256=:${sha256.base64}:`, 'a key with another sign in it'],
    [`__proto__=:${sha256.base64}:`, 'a name of JavaScript'],
    [`constructor=:${sha256.base64}:`, 'another'],
    [`sha-256=:${sha256.base64}:, ${'x'.repeat(9_000)}`, 'a field that is too long'],
  ])('takes %j for none: %s', (field) => {
    expect(digestsOf(200, { 'repr-digest': field })).toEqual([]);
  });

  it('overlooks keys that it does not know, of whatever letters they may have', () => {
    for (const key of ['a', '*', 'z0_.*-9'])
      expect(digestsOf(200, { 'repr-digest': `${key}=:AAAA:, sha-256=:${sha256.base64}:;q=1` })).toEqual([is256]);
    expect(digestsOf(200, { 'repr-digest': `a=::, sha-256=:${sha256.base64}:;` })).toEqual([is256]);
  });

  it('overlooks members that are empty', () => {
    const member = `sha-256=:${sha256.base64}:`;
    expect(digestsOf(200, { 'repr-digest': `, ${member},, ` })).toEqual([is256]);
  });

  it('reads a field of 8,192 characters, and none that is longer', () => {
    const member = `sha-256=:${sha256.base64}:;x=`;
    const field = member.padEnd(8_192, 'y');
    expect(digestsOf(200, { 'repr-digest': field })).toEqual([is256]);
    expect(digestsOf(200, { 'repr-digest': `${field}y` })).toEqual([]);
  });

  it.each([
    ['text behind it', `${sha256.base64}!`],
    ['text in front', `!${sha256.base64}`],
    ['text around whole groups', `!!!!${sha256.base64}!!!!`],
    ['a length that is no multiple of four', sha256.base64.slice(0, -1)],
    ['a sign inside', sha256.base64.replace(/^./, '=')],
  ])('takes no base64 with %s', (_, base64) => {
    expect(digestsOf(200, { digest: `SHA-256=${base64}` })).toEqual([]);
    expect(digestsOf(200, { 'content-md5': base64 })).toEqual([]);
  });

  it('never throws, and gives what Buffer would', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 0, maxLength: 70 }), fc.string(), (bytes, text) => {
        const base64 = Buffer.from(bytes).toString('base64');
        const found = digestsOf(200, { 'repr-digest': `sha-256=:${base64}:` });
        expect(found).toEqual(
          bytes.length === 32 ? [{ algorithm: 'sha256', hex: Buffer.from(bytes).toString('hex') }] : [],
        );
        for (const name of ['repr-digest', 'content-digest', 'digest', 'content-md5']) digestsOf(200, { [name]: text });
      }),
      { numRuns: 2_000 },
    );
  });
});
