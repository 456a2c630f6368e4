import type { Client } from './clients.ts';
import type { Ports } from './nginx.ts';
import type { ProxyRules } from './proxy-rules.ts';
import type { Row } from './row.ts';

/** One of those that are measured against each other in a case. */
export interface Contender {
  readonly label: string;
  readonly client: Client;
  /** Null is the client's own choice. */
  readonly connections: number | null;
  /** Where they differ from the case's. */
  readonly size?: number;
  readonly door?: Door;
  readonly proxy?: ProxyRules;
}

export type Door = Exclude<keyof Ports, 'status'>;

/** What is wanted of multidown in a case. */
export interface Target {
  readonly text: string;
  /** The figure; NaN when a peer that it needs is missing. */
  readonly figure: (rows: ReadonlyMap<string, Row>) => number;
  readonly atMost: number;
}

/** A line of the bench's table: one job, several contenders. */
export interface Case {
  readonly name: string;
  readonly title: string;
  /** Bytes. */
  readonly size: number;
  /** Bytes with `--quick`. */
  readonly quickSize: number;
  readonly door: Door;
  /** Put the bench's own proxy before the server. */
  readonly proxy?: ProxyRules;
  readonly contenders: readonly Contender[];
  /** The label that ratios are to. */
  readonly baseline: string;
  /** A run that takes longer is ended, and its client not tried again. */
  readonly limitSeconds: number;
  /** So many times the usual rounds: short runs vary more. */
  readonly moreRounds?: number;
  readonly targets: readonly Target[];
  /** Bytes a second that every client is told to hold. */
  readonly rateLimit?: number;
  /** False where to be quicker is not to be better. */
  readonly isRace?: boolean;
  readonly note?: string;
}

/** `part`'s figure over `whole`'s; NaN when either is missing. */
export function ratio(
  figure: (row: Row) => number,
  part: string,
  whole: string,
): (rows: ReadonlyMap<string, Row>) => number {
  return (rows) => figureOf(rows, part, figure) / figureOf(rows, whole, figure);
}

/** What was sent over the file's size, of multidown. */
export const leanTarget: Target = {
  text: 'bytes sent over the size',
  figure: (rows) => figureOf(rows, 'multidown', (row) => row.asked.median),
  atMost: 1.01,
};

export function figureOf(rows: ReadonlyMap<string, Row>, label: string, figure: (row: Row) => number): number {
  const row = rows.get(label);
  return row === undefined ? Number.NaN : figure(row);
}
