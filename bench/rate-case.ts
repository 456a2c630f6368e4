import { type Case, figureOf } from './case.ts';
import type { Client } from './clients.ts';
import type { Row } from './row.ts';
import { MIB } from './units.ts';

const LIMIT = 8 * MIB;
const COUNTS = [1, 8, 32, null] as const;
/** Those that can be told how fast they may be. axel 2.17.11 can, but did not end over loopback. */
const ABLE = ['curl', 'wget', 'aria2c'];

/** How well each client holds the rate that it is told. */
export function rateCase(peers: readonly Client[], ours: readonly Client[]): Case {
  const own = ours.flatMap((client) =>
    COUNTS.map((connections) => ({
      label: connections === null ? client.name : `${client.name} -n ${connections}`,
      client,
      connections,
    })),
  );
  const others = peers
    .filter(({ name }) => ABLE.includes(name))
    .map((client) => ({ label: client.name, client, connections: 8 }));
  const labels = COUNTS.map((count) => (count === null ? 'multidown' : `multidown -n ${count}`));
  return {
    name: 'rate',
    title: '64 MiB, limited to 8 MiB/s by the client (8.00 s)',
    // Not smaller in a quick run: the start would be a part of it.
    ...{ size: 64 * MIB, quickSize: 64 * MIB, door: 'plain', limitSeconds: 30, baseline: 'multidown' },
    ...{ rateLimit: LIMIT, isRace: false },
    contenders: [...own, ...others],
    targets: [
      {
        text: 'the furthest from the limit, as a part of it',
        figure: (rows) => Math.max(...labels.map((label) => figureOf(rows, label, missedBy))),
        atMost: 0.05,
      },
    ],
    note: 'Of the whole process, its start included. With 1, 8, 32 connections and its own choice; the peers with 8, where they take several.',
  };
}

/** How far the mean rate is from the limit, as a part of it. */
export function missedBy(row: Pick<Row, 'size' | 'wall'>): number {
  return Math.abs(row.size / row.wall.median / LIMIT - 1);
}
