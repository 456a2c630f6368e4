import { describe, expect, it } from 'vitest';
import { allCases } from '../../bench/cases.ts';
import { multidown } from '../../bench/clients.ts';
import { keepFigures, keptFigures, measuredOf } from '../../bench/kept-figures.ts';
import type { Circumstances } from '../../bench/results.ts';
import { rowOf } from '../../bench/row.ts';
import { makeTempDir } from '../support/temp-dir.ts';

describe('figures that were kept', () => {
  const cases = allCases([], [multidown()]);

  it('are none without a file', () => {
    expect(keptFigures(null)).toEqual({});
    expect(keptFigures('/nobody/has/this.json')).toEqual({});
  });

  it('come back in the order of the cases, with what is no number', async () => {
    await using folder = await makeTempDir();
    const path = folder.file('figures.json');
    const result = (title: string) => ({ title, rows: [rowOf('nobody', 5, [])], runs: {} });
    keepFigures(path, { rounds: 5 } as Circumstances, { tiny: result('b'), loopback: result('a') });
    const measured = measuredOf(cases, keptFigures(path));
    expect(measured.map(({ one }) => one.name)).toEqual(['loopback', 'tiny']);
    expect(measured[0]?.rows[0]?.wall.median).toBeNaN();
  });
});
