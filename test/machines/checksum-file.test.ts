import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findChecksum, sidecars } from '../../src/machines/checksum-file.ts';

const hex = 'ab'.repeat(32);
const other = 'cd'.repeat(32);

describe('findChecksum', () => {
  it.each([
    ['the digest alone', `${hex}\n`],
    ['coreutils, text', `${other}  b.iso\n${hex}  a.iso\n`],
    ['coreutils, binary', `${hex} *a.iso\n`],
    ['in a folder', `${hex}  ./images/a.iso\n`],
    ['with CR LF', `${hex}  a.iso\r\n`],
    ['with comments', `# of today\n\n${hex}  a.iso\n`],
    ['BSD', `SHA256 (a.iso) = ${hex}\n`],
    ['in capitals', `${hex.toUpperCase()}  a.iso\n`],
    ['alone, between empty lines', `\n  \n${hex}\n \t\n`],
    ['alone, escaped', `\\${hex}\n`],
    ['with white space behind it', `${hex}  a.iso \t\n`],
    ['BSD, with white space around it', `  SHA256 (a.iso) = ${hex}  \n`],
    ['BSD, by another name of the algorithm', `sha2-256 (a.iso) = ${hex.toUpperCase()}\n`],
    ['BSD, among others', `MD5 (a.iso) = ${'ef'.repeat(16)}\nSHA256 (b.iso) = ${other}\nSHA256 (a.iso) = ${hex}\n`],
    ['BSD, in a folder', `SHA256 (dir/a.iso) = ${hex}\n`],
    ['twice: the first counts', `${hex}  a.iso\n${other}  a.iso\n`],
    ['after a digest without a name', `${other}\n${hex}  a.iso\n`],
    ['of this folder, after one of another', `${other}  v1/a.iso\n${hex}  ./a.iso\n`],
    ['of two folders, of the same file', `${hex}  v1/a.iso\n${hex}  v2/a.iso\n`],
  ])('reads %s', (_, text) => {
    expect(findChecksum(text, 'a.iso', 'sha256')).toEqual({ algorithm: 'sha256', hex });
  });

  it('reads an escaped name', () => {
    expect(findChecksum(`\\${hex}  a\\\\b\\nc\n`, 'a\\b\nc', 'sha256')).toEqual({ algorithm: 'sha256', hex });
  });

  it.each([
    ['of another file', `${hex}  b.iso\n`],
    ['of two folders, which differ', `${other}  v1/a.iso\n${hex}  v2/a.iso\n`],
    ['of another length', `${hex}ab  a.iso\n`],
    ['without a name among several', `${hex}\n${other}\n`],
    ['of a page that says not found', '<html>404</html>'],
    ['that is empty', ''],
    ['with one blank before the name', `${hex} a.iso\n`],
    ['with text in front', `x${hex}  a.iso\n`],
    ['with text in front of a BSD line', `! SHA256 (a.iso) = ${hex}\n`],
    ['with text behind a BSD line', `SHA256 (a.iso) = ${hex} !\n`],
    ['with a sign in the digest', `${hex.slice(1)}-  a.iso\n`],
    ['as a comment', `#${hex}  a.iso\n`],
    ['with a longer name', `${hex}  ba.iso\n`],
    ['with an escaped name that is not', `\\${hex}  a.iso\\n\n`],
    ['without a name, and a comment that is none', `${hex}\n;${other}\n`],
  ])('finds none in one %s', (_, text) => {
    expect(findChecksum(text, 'a.iso', 'sha256')).toBeNull();
  });

  it.each([
    ['md5', 16],
    ['sha1', 20],
    ['sha256', 32],
    ['sha512', 64],
  ] as const)('takes a digest of %s that has its length, and no other', (algorithm, bytes) => {
    const right = '0f'.repeat(bytes);
    expect(findChecksum(right, 'a.iso', algorithm)).toEqual({ algorithm, hex: right });
    expect(findChecksum(`${right}0`, 'a.iso', algorithm)).toBeNull();
    expect(findChecksum(right.slice(1), 'a.iso', algorithm)).toBeNull();
  });

  it('takes a name as it stands where nothing says that it is escaped', () => {
    expect(findChecksum(`${hex}  a\\nc\n`, 'a\\nc', 'sha256')).toEqual({ algorithm: 'sha256', hex });
    expect(findChecksum(`\\${hex}  a\\rb\n`, 'a\rb', 'sha256')).toEqual({ algorithm: 'sha256', hex });
  });

  it('looks beside the file, in the order of what is most worth', () => {
    expect(sidecars).toEqual([
      ['*.sha256', 'sha256'],
      ['*.sha256sum', 'sha256'],
      ['*.sha512', 'sha512'],
      ['SHA256SUMS', 'sha256'],
      ['SHA512SUMS', 'sha512'],
      ['*.sha1', 'sha1'],
      ['*.md5', 'md5'],
    ]);
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (text, name) => void findChecksum(text, name, 'md5')),
      { numRuns: 2_000 },
    );
  });
});
