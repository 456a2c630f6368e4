import { describe, expect, it } from 'vitest';
import { WriteBudget } from '../../src/actors/write-budget.ts';

const MIB = 1024 * 1024;

function budgetOf(writers: number) {
  const budget = new WriteBudget();
  const all = Array.from({ length: writers }, () => ({}));
  for (const writer of all) budget.join(writer);
  return { budget, all };
}

describe('what may wait in memory for the disk', () => {
  it.each([
    [0, 4],
    [16, 4],
    [17, 2],
    [64, 2],
  ])('of %d writers together: %d MiB', (writers, mebibytes) => {
    const { budget } = budgetOf(writers);
    budget.keep(mebibytes * MIB - 1);
    expect(budget.isSpent).toBe(false);
    expect(budget.hasRoom(1)).toBe(false);
    budget.keep(1);
    expect(budget.isSpent).toBe(true);
  });

  it.each([
    [16, 1],
    [17, 0.5],
  ])('of %d writers: nearly free below %d MiB, a quarter of it', (writers, mebibytes) => {
    const { budget } = budgetOf(writers);
    budget.keep(mebibytes * MIB);
    expect(budget.isNearlyFree).toBe(false);
    budget.release(1);
    expect(budget.isNearlyFree).toBe(true);
  });

  it('counts a writer once, and no more when it has left, however often it says so', () => {
    const { budget, all } = budgetOf(17);
    const [first = {}, second = {}] = all;
    budget.keep(2 * MIB);
    budget.leave(first);
    budget.leave(first);
    expect(budget.isSpent).toBe(false);
    budget.join(second);
    expect(budget.isSpent).toBe(false);
    budget.join(first);
    expect(budget.isSpent).toBe(true);
  });
});
