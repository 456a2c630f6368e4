import { autoCases } from './auto-cases.ts';
import { type Case, type Contender, figureOf, leanTarget, ratio } from './case.ts';
import { type Client, multidown } from './clients.ts';
import { innerCases } from './inner-cases.ts';
import { rateCase } from './rate-case.ts';
import { GIB, KIB, MIB } from './units.ts';

const SINGLE_NOTE = 'curl, wget and wget2 use one connection: they have no other way for one file.';
const PROXY_NOTE =
  'A simulation: a TCP proxy of the bench caps each connection by a seeded rule, the same for every client.';

/** All cases, in the order of the table. */
export function allCases(peers: readonly Client[], ours: readonly Client[]): Case[] {
  const everyone = (connections: number) => [...ours, ...peers].map((client) => contender(client, connections));
  const parallel = (connections: number) =>
    [...ours, ...peers].filter(({ isParallel }) => isParallel).map((client) => contender(client, connections));
  return [
    {
      name: 'loopback',
      title: '1 GiB, loopback, HTTP, 8 connections',
      ...{ size: GIB, quickSize: 128 * MIB, door: 'plain', limitSeconds: 60, baseline: 'curl' },
      contenders: everyone(8),
      targets: [
        { text: 'wall over curl', figure: ratio(wall, 'multidown', 'curl'), atMost: 1 },
        { text: 'wall over aria2c', figure: ratio(wall, 'multidown', 'aria2c'), atMost: 0.75 },
        { text: 'wall over axel', figure: ratio(wall, 'multidown', 'axel'), atMost: 0.75 },
        { text: 'CPU over aria2c', figure: ratio(cpu, 'multidown', 'aria2c'), atMost: 1.3 },
        leanTarget,
      ],
      note: SINGLE_NOTE,
    },
    {
      name: 'tls',
      title: '1 GiB, loopback, TLS, 8 connections',
      ...{ size: GIB, quickSize: 128 * MIB, door: 'tls', limitSeconds: 60, baseline: 'curl' },
      contenders: everyone(8),
      targets: [{ text: 'wall over curl', figure: ratio(wall, 'multidown', 'curl'), atMost: 1 }, leanTarget],
      note: SINGLE_NOTE,
    },
    {
      name: 'capped',
      title: '256 MiB, every connection capped at 4 MiB/s, 16 connections (limit 4.00 s)',
      ...{ size: 256 * MIB, quickSize: 64 * MIB, door: 'capped', limitSeconds: 60, baseline: 'axel' },
      contenders: parallel(16),
      targets: [
        {
          text: 'wall over the limit',
          figure: (rows) => figureOf(rows, 'multidown', (row) => row.wall.median / (row.size / (64 * MIB))),
          atMost: 1.02,
        },
        leanTarget,
      ],
      note: "nginx's limit_rate lets some bytes go at once, so that a client can be a little faster than the limit.",
    },
    {
      name: 'slow',
      title: '256 MiB, 16 connections, one in five at 256 KiB/s, the rest at 8 MiB/s',
      ...{ size: 256 * MIB, quickSize: 64 * MIB, door: 'plain', limitSeconds: 90, baseline: 'axel' },
      proxy: { slowOneIn: 5, slowRate: 256 * KIB, rate: 8 * MIB, seed: 3 },
      contenders: parallel(16),
      targets: [
        {
          text: 'wall over 2.6 s or over 0.8 of axel, the kinder',
          figure: (rows) =>
            figureOf(rows, 'multidown', wall) / Math.max(2.6, 0.8 * (figureOf(rows, 'axel', wall) || 0)),
          atMost: 1,
        },
        leanTarget,
      ],
      note: PROXY_NOTE,
    },
    {
      name: 'stall',
      title: '256 MiB, 8 connections at 16 MiB/s, the fourth stalls for ever after 8 MiB',
      ...{ size: 256 * MIB, quickSize: 128 * MIB, door: 'plain', limitSeconds: 60, baseline: 'aria2c' },
      proxy: { rate: 16 * MIB, stallConnection: 3, stallAfter: 8 * MIB },
      contenders: parallel(8).flatMap((one) => [
        one,
        { ...one, label: `${one.label}, no stall`, proxy: { rate: 16 * MIB } },
      ]),
      targets: [
        {
          text: 'seconds more than without the stall',
          figure: (rows) => figureOf(rows, 'multidown', wall) - figureOf(rows, 'multidown, no stall', wall),
          atMost: 1,
        },
      ],
      note: `${PROXY_NOTE} aria2c is given a time-out of 10 s; its own is 60.`,
    },
    {
      name: 'tiny',
      title: '1,000 bytes, whole process',
      ...{ size: 1000, quickSize: 1000, door: 'plain', limitSeconds: 20, baseline: 'node -e 0', moreRounds: 4 },
      contenders: [bareNode, ...everyone(8).map((one) => ({ ...one, connections: null }))],
      targets: [
        { text: 'wall over node -e 0', figure: ratio(wall, 'multidown', 'node -e 0'), atMost: 5 },
        { text: 'requests', figure: (rows) => figureOf(rows, 'multidown', (row) => row.requests.max), atMost: 1 },
      ],
    },
    rateCase(peers, ours),
    ...innerCases(peers, ours),
    ...autoCases(ours[0] ?? multidown()),
  ];
}

const wall = (row: { wall: { median: number } }) => row.wall.median;
const cpu = (row: { cpu: { median: number } }) => row.cpu.median;

function contender(client: Client, connections: number): Contender {
  return { label: client.name, client, connections };
}

/** What a process of Node costs before it does anything. It fetches nothing, and is not asked for a file. */
const bareNode: Contender = {
  label: 'node -e 0',
  connections: null,
  client: {
    name: 'node -e 0',
    isParallel: false,
    version: () => process.versions.node,
    command: () => ({ file: process.execPath, args: ['-e', '0'] }),
    fetches: false,
  },
};
