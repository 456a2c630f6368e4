import { describe, expect, it } from 'vitest';
import { type Failure, FailureError, toFailure } from '../../src/machines/failures.ts';

const failure: Failure = { code: 'disk-full', message: 'The disk is full.', path: '/home/user/file.iso' };

describe('a failure', () => {
  it('crosses a promise unchanged, with what was behind it', () => {
    const cause = new Error('ENOSPC');
    const error = new FailureError(failure, { cause });
    expect(toFailure(error)).toBe(failure);
    expect(error).toMatchObject({ name: 'FailureError', message: failure.message, failure, cause });
  });

  it.each([
    ['an error', new TypeError('x is not a function'), 'x is not a function'],
    ['a text', 'out of order', 'out of order'],
    ['nothing', undefined, 'undefined'],
    ['what only looks like one', { failure, message: 'no error' }, '[object Object]'],
  ])('is made of anything that is thrown: %s', (_, thrown, text) => {
    expect(toFailure(thrown)).toEqual({
      code: 'unexpected',
      message: `Something unexpected went wrong: ${text}`,
    });
  });
});
