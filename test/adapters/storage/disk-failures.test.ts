import { describe, expect, it } from 'vitest';
import {
  cannotLink,
  codeOf,
  diskFailure,
  orFail,
  orNull,
  placeFailure,
} from '../../../src/adapters/storage/disk-failures.ts';
import { FailureError } from '../../../src/machines/failures.ts';

const coded = (code: unknown, message = 'the system said so') => Object.assign(new Error(message), { code });
const ours = new FailureError({ code: 'changed', message: 'It changed.' });
const caught = (promise: Promise<unknown>) =>
  promise.then(
    () => null,
    (error: unknown) => error,
  );

describe('what the system answers', () => {
  it('is a code, or none', () => {
    expect(codeOf(coded('EIO'))).toBe('EIO');
    for (const none of [new Error('x'), coded(7), { code: 'EIO' }, 'EIO', null]) expect(codeOf(none)).toBe('');
  });

  it('says whether links can be made', () => {
    for (const code of ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'])
      expect(cannotLink(coded(code))).toBe(true);
    for (const code of ['EEXIST', 'EACCES', 'ENOENT', '']) expect(cannotLink(coded(code))).toBe(false);
  });
});

describe('a failure of the disk', () => {
  it.each([
    ['EACCES', 'permission is denied'],
    ['EPERM', 'permission is denied'],
    ['EROFS', 'the file system is read-only'],
    ['EIO', 'the disk reports an error'],
    ['EMFILE', 'too many files are open'],
    ['ENFILE', 'too many files are open'],
    ['ENOENT', 'there is no such folder'],
    ['ENOTDIR', 'a part of its path is a file, not a folder'],
    ['EFBIG', 'the file would be larger than the file system allows'],
    ['ENAMETOOLONG', 'the name is too long for the file system'],
    ['ELOOP', 'a link stands where a file should be'],
    ['EISDIR', 'it is a folder'],
    ['EBUSY', 'something else is using it'],
    ['ESTALE', 'the network drive has lost it'],
    ['EWHATEVER', 'the system said so'],
  ])('%s is a sentence', (code, reason) => {
    const failure = { code: 'disk', message: `/a could not be opened: ${reason}.`, path: '/a' };
    expect(diskFailure(coded(code), 'opened', '/a')).toEqual(failure);
    // Before anything was written, the place is at fault; a disk that reports errors is no place's.
    const place = { ...failure, code: code === 'EIO' ? 'disk' : 'invalid-path' };
    expect(placeFailure(coded(code), 'opened', '/a')).toEqual(place);
  });

  it.each(['ENOSPC', 'EDQUOT'])('%s is a full disk, wherever it happens, and says what to do', (code) => {
    for (const failureOf of [diskFailure, placeFailure])
      expect(failureOf(coded(code), 'written', '/a')).toEqual({
        code: 'disk-full',
        message:
          'The disk is full: /a could not be written. Make room and start the same command again; it goes on from here.',
        path: '/a',
      });
  });

  it('keeps what was a failure of ours already, and tells what is no error', () => {
    expect(diskFailure(ours, 'read', '/a')).toBe(ours.failure);
    expect(placeFailure(ours, 'read', '/a')).toBe(ours.failure);
    expect(diskFailure('odd', 'read', '/a').message).toBe('/a could not be read: odd.');
  });
});

describe('an operation', () => {
  it('gives back what it gave, or fails with the reason and its cause', async () => {
    expect(await orFail(Promise.resolve(7), 'read', '/a')).toBe(7);
    expect(await caught(orFail(Promise.reject(ours), 'read', '/a'))).toBe(ours);
    const cause = coded('EACCES');
    const error = await caught(orFail(Promise.reject(cause), 'read', '/a'));
    expect(error).toBeInstanceOf(FailureError);
    expect(error).toMatchObject({ failure: { code: 'disk', path: '/a' }, cause });
    const placed = await caught(orFail(Promise.reject(cause), 'read', '/a', placeFailure));
    expect(placed).toMatchObject({ failure: { code: 'invalid-path' }, cause });
  });

  it('on what is not there gives nothing; any other trouble stays', async () => {
    expect(await orNull(Promise.resolve(7))).toBe(7);
    for (const code of ['ENOENT', 'ENOTDIR']) expect(await orNull(Promise.reject(coded(code)))).toBeNull();
    const other = coded('EACCES');
    expect(await caught(orNull(Promise.reject(other)))).toBe(other);
  });
});
