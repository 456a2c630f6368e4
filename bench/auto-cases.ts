import type { Case, Contender } from './case.ts';
import type { Client } from './clients.ts';
import type { Row } from './row.ts';
import { GIB, KIB, MIB } from './units.ts';

const COUNTS = [1, 2, 4, 8, 16, 32] as const;
const AUTO = 'its own choice';
const LEAST_OF_SLOW = 8;
/** At full speed runs vary by a tenth, and the best of six medians is likely a lucky one: with so many times the rounds it is less so. */
const ROUNDS_AT_FULL_SPEED = 3;
/** More would be a storm. */
const MOST_REFUSED = 8;

/** The number of connections left to multidown, against each fixed one. */
export function autoCases(client: Client): Case[] {
  const against = (counts: readonly number[]): Contender[] => [
    { label: AUTO, client, connections: null },
    ...counts.map((connections) => ({ label: `-n ${connections}`, client, connections })),
  ];
  // Where each connection is slow, few of them take minutes, and win nothing.
  const many = against(COUNTS.filter((count) => count >= LEAST_OF_SLOW));
  const shared = {
    contenders: against(COUNTS),
    baseline: AUTO,
    limitSeconds: 60,
    targets: [{ text: 'wall over the best fixed count', figure: overBest, atMost: 1.05 }],
  };
  return [
    {
      ...shared,
      name: 'auto-loopback',
      title: 'connections: its own choice against fixed ones, 1 GiB, loopback, HTTP',
      ...{ size: GIB, quickSize: 128 * MIB, door: 'plain', moreRounds: ROUNDS_AT_FULL_SPEED },
    },
    {
      ...shared,
      name: 'auto-tls',
      title: 'connections: its own choice against fixed ones, 1 GiB, loopback, TLS',
      ...{ size: GIB, quickSize: 128 * MIB, door: 'tls', moreRounds: ROUNDS_AT_FULL_SPEED },
    },
    {
      ...shared,
      contenders: many,
      name: 'auto-capped',
      title: 'connections: its own choice against fixed ones, 256 MiB, each capped at 4 MiB/s',
      ...{ size: 256 * MIB, quickSize: 32 * MIB, door: 'capped', limitSeconds: 90 },
    },
    {
      ...shared,
      contenders: many,
      name: 'auto-slow',
      title: 'connections: its own choice against fixed ones, 256 MiB, one in five at 256 KiB/s, the rest at 8 MiB/s',
      ...{ size: 256 * MIB, quickSize: 32 * MIB, door: 'plain', limitSeconds: 90 },
      proxy: { slowOneIn: 5, slowRate: 256 * KIB, rate: 8 * MIB, seed: 3 },
    },
    {
      ...shared,
      contenders: many,
      name: 'auto-stall',
      title:
        'connections: its own choice against fixed ones, 256 MiB, at 16 MiB/s, the fourth stalls for ever after 8 MiB',
      ...{ size: 256 * MIB, quickSize: 128 * MIB, door: 'plain' },
      proxy: { rate: 16 * MIB, stallConnection: 3, stallAfter: 8 * MIB },
    },
    {
      ...shared,
      name: 'auto-tiny',
      title: 'connections: its own choice against fixed ones, 1,000 bytes',
      ...{ size: 1_000, quickSize: 1_000, door: 'plain', moreRounds: 12 },
    },
    {
      ...shared,
      name: 'auto-few',
      title:
        'connections: its own choice against fixed ones, 64 MiB, a server that takes 4 at 2 MiB/s and refuses others',
      ...{ size: 64 * MIB, quickSize: 32 * MIB, door: 'few' },
      // Not nginx's own limit: that lets the first second's bytes go at once, which are whole parts here.
      proxy: { rate: 2 * MIB },
      targets: [
        ...shared.targets,
        {
          text: 'requests refused',
          figure: (rows) => rows.get(AUTO)?.refused.max ?? Number.NaN,
          // It is tried now and then whether more are taken by now.
          atMost: MOST_REFUSED,
        },
      ],
    },
  ];
}

function overBest(rows: ReadonlyMap<string, Row>): number {
  const fixed = COUNTS.flatMap((count) => rows.get(`-n ${count}`)?.wall.median ?? []);
  return (rows.get(AUTO)?.wall.median ?? Number.NaN) / Math.min(...fixed.filter(Number.isFinite));
}
