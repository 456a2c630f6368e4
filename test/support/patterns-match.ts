import { expect } from 'vitest';

/**
 * A pattern in what is expected matches a text. Without this, `toMatchObject`
 * finds all properties of the pattern, which are none, in any text: it could not
 * fail.
 */
expect.addEqualityTesters([
  (found, wanted) => (wanted instanceof RegExp && typeof found === 'string' ? wanted.test(found) : undefined),
]);
