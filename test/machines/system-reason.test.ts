import { describe, expect, it } from 'vitest';
import { systemReason } from '../../src/machines/system-reason.ts';

const failed = (code: string) => Object.assign(new Error(`${code}: as the system says it`), { code });

describe('what the system says of a file', () => {
  it.each([
    ['ENOENT', 'there is no such file'],
    ['ENOTDIR', 'a part of its path is a file, not a folder'],
    ['EISDIR', 'it is a folder'],
    ['EACCES', 'permission is denied'],
    ['EPERM', 'permission is denied'],
    ['EROFS', 'the file system is read-only'],
    ['ENAMETOOLONG', 'its name is too long'],
    ['ENOSPC', 'the disk is full'],
  ])('%s: %s', (code, reason) => {
    expect(systemReason(failed(code))).toBe(reason);
  });

  it('names what is missing where a file is to be made', () => {
    expect(systemReason(failed('ENOENT'), 'its folder does not exist')).toBe('its folder does not exist');
    expect(systemReason(failed('EACCES'), 'its folder does not exist')).toBe('permission is denied');
  });

  it.each([
    ['a code that is not usual', failed('EIO'), 'EIO: as the system says it'],
    ['an error without a code', new Error('broken'), 'broken'],
    ['what is no error', 'broken', 'broken'],
    ['what is no error, though it has a code', { code: 'ENOENT' }, '[object Object]'],
  ])('is given as it is: %s', (_, error, reason) => {
    expect(systemReason(error)).toBe(reason);
  });
});
