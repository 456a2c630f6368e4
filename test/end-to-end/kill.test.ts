/** `kill -9` at random moments of real processes on a real disk; MULTIDOWN_KILLS and MULTIDOWN_SEED replay and lengthen. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { startOrigin } from '../support/origin-server.ts';
import { Random } from '../support/random.ts';
import { SmallBuffers } from '../support/small-buffers.ts';
import { spawnCli } from '../support/spawn-cli.ts';
import { makeTempDir, type TempDir } from '../support/temp-dir.ts';

const MIB = 1024 * 1024;
const SIZE = 48 * MIB;
/** Bytes a second of each connection. */
const RATE = 4 * MIB;
const KILLS = Number(process.env.MULTIDOWN_KILLS ?? (process.env.MULTIDOWN_TEST_DEEP === '1' ? 1_000 : 300));
/** Downloads that are killed side by side. */
const AT_ONCE = 3;
/** Bytes that may lie between server and program: what a path of 30 ms holds at such rates, and a little. */
const BUFFERS = 256 * 1024;
/** Bytes that a kill may lose at the very most: all that may wait to be written, and as much again until it is noted. */
const MOST_LOST = 8 * MIB;

interface Campaign {
  readonly kills: number;
  /** Bytes that the server was asked for, over the file's size. */
  readonly asked: number;
}

/** It was killed on its way out: the same command would fetch the file anew, since it is to replace what is there. */
async function isDone(folder: TempDir): Promise<boolean> {
  const names = await readdir(folder.path);
  return names.length === 1 && names[0] === 'a.bin';
}

/** One file, killed again and again until it is there. */
async function campaign(random: Random, told: string): Promise<Campaign> {
  const buffers = new SmallBuffers(BUFFERS);
  await using origin = await startOrigin({ size: SIZE, bytesPerSecond: RATE, room: buffers.room });
  await using folder = await makeTempDir();
  for (let kills = 0; ; kills += 1) {
    expect(kills, `${told}: it gets nowhere`).toBeLessThan(200);
    const connections = 1 + random.integer(12);
    await using run = spawnCli([origin.url, folder.file('a.bin'), '-n', String(connections), '--yes', '--json']);
    buffers.follow(run.pid);
    const moment = 60 + random.integer(840);
    // Mostly once it is at work; now and then at any instant of its start.
    const atWork = random.chance(0.9) ? run.waitFor('stdout', '"progress"') : Promise.resolve();
    const killing = atWork.then(() => sleep(moment)).then(() => 'kill' as const);
    const outcome = await Promise.race([run.exited, killing.catch(() => run.exited)]);
    if (outcome === 'kill') {
      run.kill('SIGKILL');
      await run.exited;
      if (!(await isDone(folder))) continue;
    } else expect(outcome, told).toMatchObject({ code: 0, stderr: '' });
    expect(await sha256Of(folder.file('a.bin')), told).toBe(origin.sha256());
    expect(await readdir(folder.path), told).toEqual(['a.bin']);
    return { kills, asked: origin.bytesSent / origin.size };
  }
}

/** Large enough for dozens of kills: no luck decides. */
const LARGE = 384 * MIB;
const CONNECTIONS = 8;
/** When the first byte comes, on a machine that has nothing else to do, milliseconds after the start of a run. */
const START_MS = 200;
/** A step through 0 to 1, around and around, that goes everywhere equally often: the golden ratio. */
const STEP = (Math.sqrt(5) - 1) / 2;

/**
 * One large file, and a kill 60 to 900 ms after each start: counted in bytes
 * that the server has sent since, of which the first 200 ms bring none, so that
 * a busy machine, where everything takes longer, makes no difference.
 */
async function spend(random: Random, told: string): Promise<Campaign> {
  const buffers = new SmallBuffers(BUFFERS);
  await using origin = await startOrigin({ size: LARGE, bytesPerSecond: RATE, room: buffers.room });
  await using folder = await makeTempDir();
  const first = random.integer(1_000) / 1_000;
  for (let kills = 0; ; kills += 1) {
    expect(kills, `${told}: it gets nowhere`).toBeLessThan(200);
    await using run = spawnCli([origin.url, folder.file('a.bin'), '-n', String(CONNECTIONS), '--yes', '--json']);
    buffers.follow(run.pid);
    const before = origin.bytesSent;
    const moment = 60 + 840 * ((first + kills * STEP) % 1);
    const enough = before + ((moment - START_MS) / 1_000) * CONNECTIONS * RATE;
    let isOver = false;
    const over = () => {
      isOver = true;
    };
    void run.exited.then(over);
    // A run that is to get nothing lives so long, or until the first byte.
    if (moment <= START_MS) void sleep(moment).then(over);
    while (!isOver && (origin.bytesSent === before || origin.bytesSent < enough)) await sleep(2);
    run.kill('SIGKILL');
    const end = await run.exited;
    if (end.signal === 'SIGKILL' && !(await isDone(folder))) continue;
    if (end.signal !== 'SIGKILL') expect(end, told).toMatchObject({ code: 0, stderr: '' });
    expect(await sha256Of(folder.file('a.bin')), told).toBe(origin.sha256());
    expect(await readdir(folder.path), told).toEqual(['a.bin']);
    return { kills, asked: origin.bytesSent / origin.size };
  }
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest('hex');
}

describe('kill -9', () => {
  it(`140, 149 ${KILLS} times at random moments, with other connections each time: the right file, and few bytes twice`, {
    timeout: 1_200_000,
  }, async () => {
    const first = Number(process.env.MULTIDOWN_SEED ?? Date.now() % 1_000_000);
    let seed = first;
    const done: Campaign[] = [];
    const killed = () => done.reduce((sum, { kills }) => sum + kills, 0);
    const workers = Array.from({ length: AT_ONCE }, async () => {
      while (killed() < KILLS) {
        const mine = seed;
        seed += 1;
        done.push(await campaign(new Random(mine), `MULTIDOWN_SEED=${mine}`));
      }
    });
    await Promise.all(workers);
    const asked = done.map((one) => one.asked).sort((a, b) => a - b);
    const median = asked[Math.floor(asked.length / 2)] ?? 0;
    console.log(
      `seeds from ${first}: ${killed()} kills in ${done.length} downloads; the server was asked for ${median.toFixed(3)} of a file (median), ${asked.at(-1)?.toFixed(3)} at most`,
    );
    for (const { kills, asked: times } of done) expect(times).toBeLessThan(1 + (kills * MOST_LOST) / SIZE);
  });

  it('149 every 60 to 900 ms, on 8 connections of 4 MiB/s: the server is asked for at most 1.10 times the file', {
    timeout: 600_000,
  }, async () => {
    const seed = Number(process.env.MULTIDOWN_SEED ?? Date.now() % 1_000_000);
    const told = `MULTIDOWN_SEED=${seed}`;
    const { kills, asked } = await spend(new Random(seed), told);
    console.log(`seed ${seed}: ${kills} kills; the server was asked for ${asked.toFixed(3)} times the file`);
    expect(kills).toBeGreaterThan(30);
    expect(asked, told).toBeLessThanOrEqual(1.1);
  });
});
