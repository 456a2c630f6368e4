/** `kill -9` at random moments of real processes on a real disk; MULTIDOWN_KILLS and MULTIDOWN_SEED replay and lengthen. */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { startOrigin } from '../support/origin-server.ts';
import { Random } from '../support/random.ts';
import { spawnCli } from '../support/spawn-cli.ts';
import { makeTempDir } from '../support/temp-dir.ts';

const MIB = 1024 * 1024;
const SIZE = 48 * MIB;
/** Bytes a second of each connection. */
const RATE = 4 * MIB;
const KILLS = Number(process.env.MULTIDOWN_KILLS ?? (process.env.MULTIDOWN_TEST_DEEP === '1' ? 1_000 : 300));
/** Downloads that are killed side by side. */
const AT_ONCE = 3;

interface Campaign {
  readonly kills: number;
  /** Bytes that the server was asked for, over the file's size. */
  readonly asked: number;
}

/** One file, killed again and again until it is there. */
async function campaign(random: Random, told: string): Promise<Campaign> {
  await using origin = await startOrigin({ size: SIZE, bytesPerSecond: RATE });
  await using folder = await makeTempDir();
  for (let kills = 0; ; kills += 1) {
    expect(kills, `${told}: it gets nowhere`).toBeLessThan(200);
    const connections = 1 + random.integer(12);
    await using run = spawnCli([origin.url, folder.file('a.bin'), '-n', String(connections), '--yes', '--json']);
    const moment = 60 + random.integer(840);
    // Mostly once it is at work; now and then at any instant of its start.
    const atWork = random.chance(0.9) ? run.waitFor('stdout', '"progress"') : Promise.resolve();
    const killing = atWork.then(() => sleep(moment)).then(() => 'kill' as const);
    const outcome = await Promise.race([run.exited, killing.catch(() => run.exited)]);
    if (outcome === 'kill') {
      run.kill('SIGKILL');
      await run.exited;
      continue;
    }
    expect(outcome, told).toMatchObject({ code: 0, stderr: '' });
    const hash = createHash('sha256').update(await readFile(folder.file('a.bin')));
    expect(hash.digest('hex'), told).toBe(origin.sha256());
    expect(await readdir(folder.path), told).toEqual(['a.bin']);
    return { kills, asked: origin.bytesSent / origin.size };
  }
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
    // A kill loses what arrived in a moment: half a second of all connections is more than that on any machine.
    for (const { kills, asked: times } of done) expect(times).toBeLessThan(1 + (kills * 0.5 * 12 * RATE) / SIZE);
  });
});
