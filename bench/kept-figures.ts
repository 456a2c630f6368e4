import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { Case } from './case.ts';
import type { Measured } from './report.ts';
import type { Circumstances } from './results.ts';
import type { Row } from './row.ts';
import type { CaseResult } from './run-case.ts';

type Kept = Readonly<Record<string, CaseResult & { readonly title: string }>>;

/** The figures of a file that was written by {@link keepFigures}; none without one. */
export function keptFigures(path: string | null): Kept {
  if (path === null || !existsSync(path)) return {};
  return (JSON.parse(readFileSync(path, 'utf8')) as { readonly cases: Kept }).cases;
}

export function keepFigures(path: string, how: Circumstances, cases: Kept): void {
  writeFileSync(path, `${JSON.stringify({ ...how, cases }, null, 2)}\n`);
}

/** The cases that have been measured, in the order of `all`. */
export function measuredOf(all: readonly Case[], kept: Kept): Measured[] {
  return all.flatMap((one) => {
    const rows = kept[one.name]?.rows;
    return rows === undefined ? [] : [{ one, rows: revived(rows) }];
  });
}

/** JSON has no word for "no number". */
function revived(rows: readonly Row[]): readonly Row[] {
  return JSON.parse(JSON.stringify(rows), (_, value: unknown) => (value === null ? Number.NaN : value)) as Row[];
}
