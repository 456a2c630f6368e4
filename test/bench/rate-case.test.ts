import { expect, test } from 'vitest';
import { missedBy, rateCase } from '../../bench/rate-case.ts';
import type { Row } from '../../bench/row.ts';

const MIB = 2 ** 20;
const wall = (median: number) => ({ size: 64 * MIB, wall: { median, min: median, max: median } });

test('the rate is as far off when it is too low as when it is too high', () => {
  expect(missedBy(wall(8))).toBe(0);
  expect(missedBy(wall(10))).toBeCloseTo(0.2);
  expect(missedBy(wall(64 / 9.6))).toBeCloseTo(0.2);
});

test('the worst of our own counts, and peers do not', () => {
  const { targets } = rateCase([], []);
  const labels = ['multidown', 'multidown -n 1', 'multidown -n 8', 'multidown -n 32', 'curl'];
  const rows = new Map(labels.map((label, index) => [label, wall(8 + index / 10) as Row]));
  expect(targets[0]?.figure(rows)).toBeCloseTo(1 - 8 / 8.3);
});
