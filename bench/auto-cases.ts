import type { Case, Contender } from './case.ts';
import type { Client } from './clients.ts';
import type { Row } from './row.ts';
import { GIB, KIB, MIB } from './units.ts';

const COUNTS = [1, 2, 4, 8, 16, 32] as const;
const AUTO = 'its own choice';

/** The number of connections left to multidown, against each fixed one. */
export function autoCases(client: Client): Case[] {
  const contenders: Contender[] = [
    { label: AUTO, client, connections: null },
    ...COUNTS.map((connections) => ({ label: `-n ${connections}`, client, connections })),
  ];
  const shared = {
    contenders,
    baseline: AUTO,
    limitSeconds: 60,
    targets: [{ text: 'wall over the best fixed count', figure: overBest, atMost: 1.05 }],
  };
  return [
    {
      ...shared,
      name: 'auto-loopback',
      title: 'connections: its own choice against fixed ones, 1 GiB, loopback, HTTP',
      ...{ size: GIB, quickSize: 128 * MIB, door: 'plain' },
    },
    {
      ...shared,
      name: 'auto-tls',
      title: 'connections: its own choice against fixed ones, 1 GiB, loopback, TLS',
      ...{ size: GIB, quickSize: 128 * MIB, door: 'tls' },
    },
    {
      ...shared,
      name: 'auto-capped',
      title: 'connections: its own choice against fixed ones, 128 MiB, each capped at 4 MiB/s',
      ...{ size: 128 * MIB, quickSize: 32 * MIB, door: 'capped' },
    },
    {
      ...shared,
      name: 'auto-slow',
      title: 'connections: its own choice against fixed ones, 128 MiB, one in five at 256 KiB/s, the rest at 8 MiB/s',
      ...{ size: 128 * MIB, quickSize: 32 * MIB, door: 'plain' },
      proxy: { slowOneIn: 5, slowRate: 256 * KIB, rate: 8 * MIB, seed: 3 },
    },
  ];
}

function overBest(rows: ReadonlyMap<string, Row>): number {
  const fixed = COUNTS.flatMap((count) => rows.get(`-n ${count}`)?.wall.median ?? []);
  return (rows.get(AUTO)?.wall.median ?? Number.NaN) / Math.min(...fixed.filter(Number.isFinite));
}
