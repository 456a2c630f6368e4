import { describe, expect, test } from 'vitest';
import { type Case, ratio } from '../../bench/case.ts';
import { caseReport, losses, verdicts } from '../../bench/report.ts';
import { type Run, rowOf } from '../../bench/row.ts';

const run = (wall: number, fault: string | null = null): Run => ({
  wall,
  cpu: wall,
  memory: 2 ** 20,
  traffic: { requests: 1, connections: 1, sent: 1000, cut: 0, unread: 0, refused: 0 },
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

describe('what programs of the bench say', () => {
  test('is kept although one of the runs did not say it', () => {
    const saying = (wall: number, extra: Run['extra']): Run => ({ ...run(wall), extra });
    const row = rowOf('on', 1000, [saying(1, {}), saying(2, { late: 4 }), saying(3, { late: 6 })]);
    expect(row.extra).toEqual({ late: { median: 5, min: 4, max: 6 } });
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
    expect.stringMatching(/sample: 2\.00 s; quicker: curl \(1\.50\)/),
    expect.stringMatching(/sample: 2\.00 s of CPU; less CPU: curl \(1\.50\)/),
    expect.stringContaining('missed'),
  ]);
});

test('losses name who takes less memory, and no race where there is none', () => {
  const small = rows.map((row) =>
    row.label === 'curl' ? { ...row, memory: { median: 2 ** 19, min: 0, max: 0 } } : row,
  );
  expect(losses([{ one: { ...one, isRace: false, targets: [] }, rows: small }])).toEqual([
    expect.stringContaining('less CPU: curl'),
    expect.stringMatching(/sample: 1\.00 MiB; less memory: curl \(0\.500\)/),
  ]);
});

test('losses name nobody who never ended', () => {
  const none = rowOf('easydl', 1000, [run(9, 'not done')]);
  expect(losses([{ one: { ...one, targets: [] }, rows: [rowOf('multidown', 1000, [run(3)]), none] }])).toEqual([]);
});
