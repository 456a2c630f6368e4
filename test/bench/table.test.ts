import { describe, expect, test } from 'vitest';
import { formatNumber, formatSize, formatTable } from '../../bench/table.ts';

test('a table is padded, its numbers to the right', () => {
  const table = formatTable(
    ['', 'wall s'],
    [
      ['curl', '1.30'],
      ['multidown', '12'],
    ],
  );
  expect(table.split('\n')).toEqual([
    '|           | wall s |',
    '| --------- | -----: |',
    '| curl      |   1.30 |',
    '| multidown |     12 |',
  ]);
});

test('a row that is too short ends in empty cells', () => {
  expect(
    formatTable(['a', 'b'], [['x']])
      .split('\n')
      .at(-1),
  ).toBe('| x   |     |');
});

describe('formatNumber', () => {
  test.each([
    [0, '0'],
    [0.0456, '0.046'],
    [0.567, '0.567'],
    [1.3, '1.30'],
    [39.54, '39.5'],
    [916.2, '916'],
    [12345.6, '12346'],
    [Number.NaN, '-'],
    [Number.POSITIVE_INFINITY, '-'],
  ])('%d is %s', (value, expected) => {
    expect(formatNumber(value)).toBe(expected);
  });
});

describe('formatSize', () => {
  test.each([
    [2 ** 30, '1 GiB'],
    [8 * 2 ** 30, '8 GiB'],
    [256 * 2 ** 20, '256 MiB'],
    [1000, '1,000 bytes'],
  ])('%d is %s', (bytes, expected) => {
    expect(formatSize(bytes)).toBe(expected);
  });
});
