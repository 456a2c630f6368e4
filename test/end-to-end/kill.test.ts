import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { startOrigin } from '../support/origin-server.ts';
import { spawnCli } from '../support/spawn-cli.ts';
import { makeTempDir } from '../support/temp-dir.ts';

const MIB = 1024 * 1024;
/** Bytes a second of each connection. */
const RATE = 2 * MIB;

/** A small seeded generator (mulberry32), so that a failing run can be had again. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

describe('kill -9', () => {
  it('at random moments, then the same command with other connections: the right file, and few bytes twice', async () => {
    const seed = Number(process.env.MULTIDOWN_SEED ?? Date.now() % 1_000_000);
    const random = generator(seed);
    await using origin = await startOrigin({ size: 48 * MIB, bytesPerSecond: RATE });
    await using folder = await makeTempDir();
    let kills = 0;
    for (;;) {
      const connections = 1 + Math.floor(random() * 12);
      await using run = spawnCli([origin.url, folder.file('a.bin'), '-n', String(connections), '--yes', '--json']);
      // Only once it is at work: how long a program takes to start is not the question here.
      const atWork = run.waitFor('stdout', '"progress"').then(() => sleep(random() * 900));
      const outcome = await Promise.race([run.exited, atWork.then(() => 'kill' as const).catch(() => run.exited)]);
      if (outcome !== 'kill') {
        expect(outcome, `seed ${seed}`).toMatchObject({ code: 0, stderr: '' });
        break;
      }
      run.kill('SIGKILL');
      await run.exited;
      kills += 1;
      expect(kills, `seed ${seed}: it gets nowhere`).toBeLessThan(200);
    }
    expect(kills, `seed ${seed}`).toBeGreaterThan(0);
    const hash = createHash('sha256')
      .update(await readFile(folder.file('a.bin')))
      .digest('hex');
    expect(hash, `seed ${seed}`).toBe(origin.sha256());
    expect(await readdir(folder.path)).toEqual(['a.bin']);
    console.log(`seed ${seed}: ${kills} kills, asked for ${(origin.bytesSent / origin.size).toFixed(3)} of the file`);
    // A kill loses what arrived in a moment: half a second of all connections is more than that on any machine.
    const mostLost = 0.5 * 12 * RATE;
    expect(origin.bytesSent, `seed ${seed}`).toBeLessThan(origin.size + kills * mostLost);
  });
});
