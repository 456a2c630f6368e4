/**
 * Torture over real sockets: every event that a small download has on the
 * network meets FIN, RST and a stall once; then two things go wrong. The file
 * is right, or a clear failure says why not and the next run ends right;
 * nothing is left open. `MULTIDOWN_PAIRS` sets how many pairs are tried,
 * `MULTIDOWN_SEED` replays from a seed that a failure has printed.
 */
import { once } from 'node:events';
import { readdir, readlink } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { Budget } from '../support/budget.ts';
import { someBytes } from '../support/fake-download.ts';
import { BODY_PIECE, FaultyNetwork, type WireTrouble, wireFaults } from '../support/faulty-network.ts';
import { Random } from '../support/random.ts';
import { type Place, placeWith } from '../support/trial.ts';

const isDeep = process.env.MULTIDOWN_TEST_DEEP === '1';
const PAIRS = Number(process.env.MULTIDOWN_PAIRS ?? (isDeep ? 3_000 : 100));
const SEED = Number(process.env.MULTIDOWN_SEED ?? 1);
/** With the eight minutes of `torture.test.ts` that is ten. */
const budget = new Budget(isDeep ? 3_600_000 : 120_000);

const CONNECTIONS = 4;
const MIN_SPLIT = 16 * 1024;
const SIZE = CONNECTIONS * MIN_SPLIT;
const bytes = someBytes(SIZE);
const RETRIES = 5;
/** Every run has a connection, heads of at least a hundred bytes in pieces of 20, and all bytes. */
const LEAST_EVENTS = 1 + CONNECTIONS * 5 + SIZE / BODY_PIECE;
/** Against hanging, milliseconds: the usual is a second. */
const TOO_LONG_MS = 60_000;
/** Most of a trial is waiting: so many wait together. */
const AT_ONCE = 16;

async function filesOpenIn(folder: string): Promise<string[]> {
  if (process.platform !== 'linux') return [];
  const all = await readdir('/proc/self/fd');
  const paths = await Promise.all(all.map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')));
  return paths.filter((path) => path.startsWith(folder));
}

/** One run, judged; returns how it ended. */
async function runOnce(place: Place, connections: number, where: string): Promise<string> {
  const tooLong = AbortSignal.timeout(TOO_LONG_MS);
  const { ended, message, file } = await place.run({
    connections,
    minSplit: MIN_SPLIT,
    timeoutMs: 600,
    retries: RETRIES,
    signal: tooLong,
  });
  expect(tooLong.aborted, `${where}: it hangs`).toBe(false);
  // When it is told to be over, all is closed: the server hears of it in a moment.
  await Promise.race([place.server.idle(), once(tooLong, 'abort')]);
  expect(place.server.open, where).toBe(0);
  expect(await filesOpenIn(place.folder), where).toEqual([]);

  expect(file === null || Buffer.compare(file, bytes) === 0, where).toBe(true);
  expect(file !== null, where).toBe(ended === 'done');
  if (ended !== 'done') {
    expect(ended, where).not.toBe('unexpected');
    expect(message, where).toMatch(/^(?:[A-Z/]|127\.0\.0\.1:).*\.$/);
  }
  return ended;
}

async function suffer(troubles: readonly WireTrouble[], where = JSON.stringify(troubles), connections = CONNECTIONS) {
  const network = new FaultyNetwork(bytes, connections, troubles);
  await using place = await placeWith(network.script, { onConnection: network.onConnection });
  const ended = await runOnce(place, connections, where);
  // No range is asked for more often than it may be tried.
  expect(place.server.requests.length, where).toBeLessThanOrEqual(connections * (1 + RETRIES));
  const { events } = network;
  // The trouble is over: whatever it has left, the same command ends right.
  if (ended !== 'done') expect(await runOnce(place, connections, `${where}, the next run`), where).toBe('done');
  return { ended, events, met: network.met.length };
}

/** All of them, a few at a time. */
async function each<Job>(jobs: readonly Job[], run: (job: Job) => Promise<void>): Promise<void> {
  const left = jobs.values();
  const work = async () => {
    for (const job of left) await budget.spend(() => run(job));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

describe('over real sockets', { timeout: budget.ms }, () => {
  it.each(wireFaults)('each event on the network meets %s once', async (kind) => {
    const usual = await suffer([]);
    expect(usual).toMatchObject({ ended: 'done', met: 0 });
    expect(usual.events).toBeGreaterThanOrEqual(LEAST_EVENTS);
    const all = Array.from({ length: usual.events }, (_, index) => ({ at: index + 1, kind }));
    const missed: number[] = [];
    await each(all, async (trouble) => {
      const { ended, met } = await suffer([trouble]);
      expect(ended, JSON.stringify(trouble)).toBe('done');
      if (met === 0) missed.push(trouble.at);
    });
    // The server may be ahead of the client by a few writes that nobody needs.
    expect(missed.filter((at) => at <= LEAST_EVENTS)).toEqual([]);
  });

  it(`two things go wrong, ${PAIRS} times`, async () => {
    const before = process.getActiveResourcesInfo().filter((name) => name !== 'Immediate').length;
    const ends = new Map<string, number>();
    let met = 0;
    await each(
      Array.from({ length: PAIRS }, (_, index) => SEED + index),
      async (seed) => {
        const random = new Random(seed);
        const connections = 2 + random.integer(CONNECTIONS - 1);
        // What goes wrong makes more events follow: the second one may be among these.
        const troubles = [1, 2].map(() => ({
          at: 1 + random.integer(LEAST_EVENTS * 1.5),
          kind: random.pick(wireFaults),
        }));
        const where = `MULTIDOWN_SEED=${seed} MULTIDOWN_PAIRS=1: ${JSON.stringify({ connections, troubles })}`;
        const result = await suffer(troubles, where, connections);
        ends.set(result.ended, (ends.get(result.ended) ?? 0) + 1);
        met += result.met;
      },
    );
    console.log(
      `${PAIRS} pairs, ${met} met, ended so: ${[...ends].map(([end, count]) => `${end} ${count}`).join(', ')}`,
    );
    if (PAIRS > 50) expect(met).toBeGreaterThan(PAIRS);
    const left = process.getActiveResourcesInfo().filter((name) => name !== 'Immediate');
    expect(left.length, left.join()).toBeLessThanOrEqual(before + 2);
  });
});
