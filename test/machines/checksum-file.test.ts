import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findChecksum } from '../../src/machines/checksum-file.ts';

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
  ])('reads %s', (_, text) => {
    expect(findChecksum(text, 'a.iso', 'sha256')).toEqual({ algorithm: 'sha256', hex });
  });

  it('reads an escaped name', () => {
    expect(findChecksum(`\\${hex}  a\\\\b\\nc\n`, 'a\\b\nc', 'sha256')).toEqual({ algorithm: 'sha256', hex });
  });

  it.each([
    ['of another file', `${hex}  b.iso\n`],
    ['of another length', `${hex}ab  a.iso\n`],
    ['without a name among several', `${hex}\n${other}\n`],
    ['of a page that says not found', '<html>404</html>'],
    ['that is empty', ''],
  ])('finds none in one %s', (_, text) => {
    expect(findChecksum(text, 'a.iso', 'sha256')).toBeNull();
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (text, name) => void findChecksum(text, name, 'md5')),
      { numRuns: 2_000 },
    );
  });
});
