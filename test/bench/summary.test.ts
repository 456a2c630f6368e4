import { expect, test } from 'vitest';
import type { Case } from '../../bench/case.ts';
import { type Run, rowOf } from '../../bench/row.ts';
import { summaryTable, withSummary } from '../../bench/summary.ts';

const run = (wall: number, fault: string | null = null): Run => ({
  wall,
  cpu: wall,
  memory: 3 * 2 ** 20,
  traffic: { requests: 1, connections: 1, sent: 1000, cut: 0, unread: 0, refused: 0 },
  extra: {},
  fault,
});
const caseOf = (name: string): Case => ({
  name,
  title: `the ${name} case`,
  size: 1000,
  quickSize: 1000,
  door: 'plain',
  contenders: [],
  baseline: 'curl',
  limitSeconds: 10,
  targets: [],
});
const cells = (line: string | undefined) =>
  line
    ?.split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());

test('has a line a case, a column a client, and who never ended', () => {
  const rows = [rowOf('multidown', 1000, [run(1.25)]), rowOf('easydl', 1000, [run(60, 'not done after 60 s')])];
  const table = summaryTable([
    { one: caseOf('loopback'), rows },
    { one: caseOf('memory'), rows },
    { one: caseOf('stall'), rows },
  ]).split('\n');
  expect(cells(table[0])).toEqual(['seconds', 'multidown', 'curl', 'wget2', 'aria2c', 'axel', 'ipull', 'easydl']);
  expect(cells(table[2])).toEqual(['the loopback case', '1.25', '-', '-', '-', '-', '-', 'never']);
  expect(cells(table[3])?.[0]).toBe('the stall case');
  expect(cells(table[4])).toEqual(['peak memory in the first case, MiB', '3.00', '-', '-', '-', '-', '-', '-']);
  expect(table).toHaveLength(5);
});

test('goes between its marks, and nowhere else', () => {
  const page = 'before\n<!-- bench -->\nold\n<!-- /bench -->\nafter\n';
  expect(withSummary(page, 'new')).toBe('before\n<!-- bench -->\nnew\n<!-- /bench -->\nafter\n');
  expect(withSummary(withSummary(page, 'new'), 'new')).toBe(withSummary(page, 'new'));
  expect(() => withSummary('no marks', 'new')).toThrow('no place');
});
