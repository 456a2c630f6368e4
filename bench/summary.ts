import type { Measured } from './report.ts';
import { formatNumber, formatTable } from './table.ts';
import { MIB } from './units.ts';

/** What people ask first, of all that is measured. */
const CASES = ['loopback', 'tls', 'capped', 'slow', 'stall', 'tiny'];
const CLIENTS = ['multidown', 'curl', 'wget2', 'aria2c', 'axel', 'ipull', 'easydl'];
const BEGIN = '<!-- bench -->';
const END = '<!-- /bench -->';

/** The table of the README: median seconds of the whole process, and the memory of the first case. */
export function summaryTable(all: readonly Measured[]): string {
  const shown = all.filter(({ one }) => CASES.includes(one.name));
  const rowOf = ({ rows }: Measured, client: string) => rows.find(({ label }) => label === client);
  const memory = shown.slice(0, 1).map((measured) => [
    'peak memory in the first case, MiB',
    ...CLIENTS.map((client) => {
      const row = rowOf(measured, client);
      return row === undefined || row.runs === 0 ? '-' : formatNumber(row.memory.median / MIB);
    }),
  ]);
  const times = shown.map((measured) => [
    measured.one.title,
    ...CLIENTS.map((client) => {
      const row = rowOf(measured, client);
      if (row === undefined) return '-';
      return row.runs === 0 ? 'never' : formatNumber(row.wall.median);
    }),
  ]);
  return formatTable(['seconds', ...CLIENTS], [...times, ...memory]);
}

/** The page with another table between its marks. */
export function withSummary(page: string, table: string): string {
  const [from, to] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (from < 0 || to < from) throw new Error(`There is no place for the table: ${BEGIN} and ${END} mark it.`);
  return `${page.slice(0, from + BEGIN.length)}\n${table}\n${page.slice(to)}`;
}
