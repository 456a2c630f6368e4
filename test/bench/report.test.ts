import { describe, expect, test } from 'vitest';
import { type Case, ratio } from '../../bench/case.ts';
import { caseReport, losses, verdicts } from '../../bench/report.ts';
import { type Run, rowOf } from '../../bench/row.ts';

const run = (wall: number, fault: string | null = null): Run => ({
  wall,
  cpu: wall,
  memory: 2 ** 20,
  traffic: { requests: 1, connections: 1, sent: 1000, cut: 0, unread: 0 },
  extra: {},
  fault,
});

const one: Case = {
  name: 'sample',
  title: 'a sample',
  size: 1000,
  quickSize: 1000,
  door: 'plain',
  contenders: [],
  baseline: 'curl',
  limitSeconds: 10,
  targets: [{ text: 'wall over curl', figure: ratio(({ wall }) => wall.median, 'multidown', 'curl'), atMost: 1 }],
};

const rows = [rowOf('multidown', 1000, [run(3), run(1), run(2)]), rowOf('curl', 1000, [run(1.5), run(9, 'no file')])];

describe('rowOf', () => {
  test('a run that went wrong does not count, and says why', () => {
    expect(rows[1]).toMatchObject({ runs: 1, wall: { median: 1.5 }, faults: ['no file'] });
  });
});

describe('caseReport', () => {
  test('has the median, the spread and the ratio to the baseline', () => {
    const line = caseReport({ one, rows })
      .split('\n')
      .find((text) => text.startsWith('| multidown'));
    expect(line?.split('|').map((cell) => cell.trim())).toEqual([
      '',
      'multidown',
      '2.00',
      '1.00-3.00',
      '1.33',
      '2.00',
      '1.00',
      '1.00',
      '1.000',
      '3',
      '',
    ]);
  });

  test('says what went wrong', () => {
    expect(caseReport({ one, rows })).toContain('curl: no file');
  });
});

describe('verdicts', () => {
  test('a figure over the target is missed', () => {
    expect(verdicts({ one, rows })).toEqual([{ text: expect.stringContaining('1.333'), reached: false }]);
  });

  test('without the peer there is no verdict', () => {
    expect(verdicts({ one, rows: rows.slice(0, 1) })).toMatchObject([{ reached: null }]);
  });
});

test('losses name the quicker peer and the missed target', () => {
  expect(losses([{ one, rows }])).toEqual([
    expect.stringMatching(/sample: 2\.00 s; quicker: curl \(1\.50 s\)/),
    expect.stringContaining('missed'),
  ]);
});
