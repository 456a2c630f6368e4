import type { Case } from './case.ts';
import type { Row } from './row.ts';
import type { Summary } from './statistics.ts';
import { formatNumber, formatTable } from './table.ts';
import { MIB } from './units.ts';

/** A case that was run. */
export interface Measured {
  readonly one: Case;
  readonly rows: readonly Row[];
}

/** The case's table, what was wanted, and a word on how to read it. */
export function caseReport({ one, rows }: Measured): string {
  const extras = [...new Set(rows.flatMap(({ extra }) => Object.keys(extra)))];
  const base = rows.find(({ label }) => label === one.baseline);
  const header = [
    '',
    'wall s',
    'min-max',
    `to ${one.baseline}`,
    'CPU s',
    'memory MiB',
    'requests',
    'bytes/size',
    'runs',
  ];
  const table = formatTable(
    [...header, ...extras],
    rows.map((row) => [
      row.label,
      formatNumber(row.wall.median),
      spread(row.wall),
      formatNumber(row.wall.median / (base?.wall.median ?? Number.NaN)),
      formatNumber(row.cpu.median),
      formatNumber(row.memory.median / MIB),
      formatNumber(row.requests.median),
      row.requests.median > 0 ? row.asked.median.toFixed(3) : '-',
      String(row.runs),
      ...extras.map((name) => formatNumber(row.extra[name]?.median ?? Number.NaN)),
    ]),
  );
  const faulty = rows.filter(({ faults }) => faults.length > 0);
  return [
    `### ${one.name}: ${one.title}`,
    ...(one.note === undefined ? [] : [one.note]),
    table,
    ...faulty.map(({ label, faults }) => `${label}: ${faults.join(', ')}; not tried again.`),
    verdicts({ one, rows })
      .map(({ text }) => `- ${text}`)
      .join('\n'),
  ].join('\n\n');
}

/** Each target with its figure, and whether it is reached; null when it could not be measured. */
export function verdicts({ one, rows }: Measured): { readonly text: string; readonly reached: boolean | null }[] {
  const byLabel = new Map(rows.map((row) => [row.label, row]));
  return one.targets.map(({ text, figure, atMost }) => {
    const value = figure(byLabel);
    if (!Number.isFinite(value)) return { text: `${text}: not measured (wanted: at most ${atMost})`, reached: null };
    const reached = value <= atMost;
    const word = reached ? 'reached' : '**missed**';
    return { text: `${text}: ${value.toFixed(value >= 10 ? 1 : 3)}, wanted at most ${atMost}: ${word}`, reached };
  });
}

/** What is compared with the peers, least is best. */
const burdens = [
  { word: 'quicker', unit: 's', of: ({ wall }: Row) => wall.median, isRace: true },
  { word: 'less CPU', unit: 's of CPU', of: ({ cpu }: Row) => cpu.median, isRace: false },
  { word: 'less memory', unit: 'MiB', of: ({ memory }: Row) => memory.median / MIB, isRace: false },
];

/** Where targets are missed, or a peer is quicker or takes less, a line each. */
export function losses(all: readonly Measured[]): string[] {
  return all.flatMap(({ one, rows }) => {
    const ours = rows.find(({ label }) => label === 'multidown');
    const peers = rows.filter(({ label, runs }) => isPeer(label) && runs > 0);
    const beaten = burdens.flatMap(({ word, unit, of, isRace }) => {
      if (ours === undefined || (isRace && one.isRace === false)) return [];
      const better = peers.filter((row) => of(row) < of(ours));
      if (better.length === 0) return [];
      const names = better.map((row) => `${row.label} (${formatNumber(of(row))})`).join(', ');
      return [`- ${one.name}: ${formatNumber(of(ours))} ${unit}; ${word}: ${names}`];
    });
    const missed = verdicts({ one, rows }).filter(({ reached }) => reached === false);
    return [...beaten, ...missed.map(({ text }) => `- ${one.name}: ${text}`)];
  });
}

function isPeer(label: string): boolean {
  return !label.startsWith('multidown') && !label.startsWith('node') && !label.endsWith('no stall');
}

function spread({ min, max }: Summary): string {
  return Number.isFinite(min) ? `${formatNumber(min)}-${formatNumber(max)}` : '-';
}
