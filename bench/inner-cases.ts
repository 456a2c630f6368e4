import { type Case, type Contender, figureOf, leanTarget, ratio } from './case.ts';
import { type Client, ownProgram } from './clients.ts';
import type { Row } from './row.ts';
import { GIB, MIB } from './units.ts';

/** Cases about what a client takes and what it asks for, rather than how fast it is. */
export function innerCases(peers: readonly Client[], ours: readonly Client[]): Case[] {
  return [memory(peers, ours), requests(peers, ours), checkpointing, ...digests, eventLoop];
}

function memory(peers: readonly Client[], ours: readonly Client[]): Case {
  const clients = [...ours, ...peers.filter(({ name }) => name === 'aria2c')];
  const contenders = [GIB, 8 * GIB].flatMap((size) =>
    [8, 64].flatMap((connections) =>
      clients
        .filter((client) => client.name !== 'aria2c' || connections === 8)
        .map((client) => ({
          label: `${client.name} ${size / GIB} GiB -n ${connections}`,
          client,
          connections,
          size,
        })),
    ),
  );
  const own = contenders.filter(({ client }) => client.name === 'multidown').map(({ label }) => label);
  const peaks = (rows: ReadonlyMap<string, Row>) =>
    own.map((label) => figureOf(rows, label, ({ memory: { median } }) => median / MIB));
  return {
    name: 'memory',
    title: 'peak memory, 1 GiB and 8 GiB, 8 and 64 connections',
    ...{ size: GIB, quickSize: 128 * MIB, door: 'plain', limitSeconds: 180, baseline: own[0] ?? '' },
    contenders,
    targets: [
      { text: 'the most, in MiB', figure: (rows) => Math.max(...peaks(rows)), atMost: 130 },
      {
        text: 'the most over the least',
        figure: (rows) => Math.max(...peaks(rows)) / Math.min(...peaks(rows)),
        atMost: 1.1,
      },
    ],
    note: 'The 8 GiB file is mostly holes, with a mark in every mebibyte. aria2c takes at most 16 connections to a server.',
  };
}

function requests(peers: readonly Client[], ours: readonly Client[]): Case {
  const clients = [...ours, ...peers.filter(({ isParallel }) => isParallel)];
  return {
    name: 'requests',
    title: 'bytes asked of the server over 256 MiB, 8 connections at 16 MiB/s',
    ...{ size: 256 * MIB, quickSize: 128 * MIB, door: 'narrow', limitSeconds: 60, baseline: 'aria2c' },
    contenders: clients.map((client) => ({ label: client.name, client, connections: 8 })),
    targets: [
      leanTarget,
      { text: 'unread answers', figure: (rows) => figureOf(rows, 'multidown', ({ unread }) => unread.max), atMost: 0 },
    ],
    note: "From nginx's log. Its buffers are small here, so that what it sent is nearly what was read. An answer counts as unread when it was cut short with less than 512 KiB sent in more than 0.25 s.",
  };
}

const inner = (label: string, client: Client['command'], connections: number): Contender => ({
  label,
  connections,
  client: { name: label, isParallel: true, version: () => null, command: client },
});

const TRANSFER = 'transfer s';

const checkpointing: Case = {
  name: 'checkpointing',
  title: 'checkpointing on against off, 1 GiB, loopback, 8 connections',
  ...{ size: GIB, quickSize: 256 * MIB, door: 'plain', limitSeconds: 60, baseline: 'off', moreRounds: 6 },
  contenders: [
    inner('on', ownProgram('checkpointing.ts', 'on'), 8),
    inner('off', ownProgram('checkpointing.ts', 'off'), 8),
  ],
  targets: [
    {
      text: 'transfer on over off',
      figure: ratio((row) => row.extra[TRANSFER]?.median ?? Number.NaN, 'on', 'off'),
      atMost: 1.02,
    },
  ],
  note: 'There is no such option. A program of the bench wires the library with notes that never fall due; the sync at the end remains. As with the command, no digest is computed and files have two threads.',
};

const digestContenders = [
  ...['on', 'off'].map((which) => inner(which, ownProgram('digest.ts', which), 8)),
  inner('compared', (job) => ownProgram('digest.ts', job.sha256)(job), 8),
];
const digestTargets = ['on', 'compared'].map((which) => ({
  text: `until the end is told, ${which} over off`,
  figure: ratio((row) => row.extra['done s']?.median ?? Number.NaN, which, 'off'),
  atMost: 1.05,
}));

/** What it costs to have the SHA-256 of every file in the `done` event, and to have it compared. */
const digests: readonly Case[] = [
  {
    name: 'digest',
    title: 'the SHA-256 of the done event on against off, 1 GiB, loopback, 8 connections',
    ...{ size: GIB, quickSize: 256 * MIB, door: 'plain', limitSeconds: 60, baseline: 'off' },
    contenders: digestContenders,
    targets: digestTargets,
  },
  {
    name: 'digest-paced',
    title: 'the SHA-256 of the done event on against off, 1 GiB, 8 connections at 16 MiB/s',
    ...{ size: GIB, quickSize: 256 * MIB, door: 'plain', limitSeconds: 60, baseline: 'off' },
    proxy: { rate: 16 * MIB },
    contenders: digestContenders,
    targets: digestTargets,
  },
  {
    name: 'digest-swift',
    title: 'the SHA-256 of the done event on against off, 1 GiB, 8 connections at 50 MiB/s',
    ...{ size: GIB, quickSize: 256 * MIB, door: 'swift', limitSeconds: 60, baseline: 'off' },
    contenders: digestContenders,
    targets: digestTargets,
    note: "The limit is nginx's: 3.4 Gbit/s in all. A thread hashes here, as at full speed.",
  },
];

const eventLoop: Case = {
  name: 'event-loop',
  title: "lateness of the event loop at full speed, 1 GiB, by the library's user",
  ...{ size: GIB, quickSize: 256 * MIB, door: 'plain', limitSeconds: 60, baseline: 'HTTP -n 8' },
  contenders: [
    inner('HTTP -n 8', ownProgram('event-loop.ts'), 8),
    inner('HTTP -n 64', ownProgram('event-loop.ts'), 64),
    { ...inner('TLS -n 8', ownProgram('event-loop.ts'), 8), door: 'tls' },
  ],
  targets: ['HTTP -n 8', 'HTTP -n 64', 'TLS -n 8'].map((label) => ({
    text: `99th percentile, ${label}, in ms`,
    figure: (rows) => figureOf(rows, label, (row) => row.extra['delay p99 ms']?.median ?? Number.NaN),
    atMost: 20,
  })),
};
