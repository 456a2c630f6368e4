/**
 * The same as `swaps.test.ts`, fewer times, over real sockets and on a real
 * disk: the server replaces the file when it has sent so many bytes, and a run
 * may be stopped and gone on with. `MULTIDOWN_SEED` replays from a seed.
 */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { OriginBehaviour } from '../support/origin-answer.ts';
import { startOrigin } from '../support/origin-server.ts';
import { Random } from '../support/random.ts';
import { makeTempDir } from '../support/temp-dir.ts';
import { runTrial } from '../support/trial.ts';

const SWAPS = process.env.MULTIDOWN_TEST_DEEP === '1' ? 360 : 36;
const SEED = Number(process.env.MULTIDOWN_SEED ?? 1);
const SIZE = 400_000;
const RUNS = 5;

const servers: readonly Partial<OriginBehaviour>[] = [
  { etag: 'strong' },
  { etag: 'strong', honoursIfRange: false },
  { etag: 'weak', lastModified: false },
  { etag: 'none', lastModified: true },
  { etag: 'none', lastModified: true, honoursIfRange: false },
  { etag: 'none', lastModified: false },
];

/** Whether the swap was told of, or refused. */
async function swapOnce(seed: number): Promise<boolean> {
  const random = new Random(seed);
  const behaviour = servers[seed % servers.length] ?? {};
  await using folder = await makeTempDir();
  await using origin = await startOrigin({ ...behaviour, size: SIZE, seed, bytesPerSecond: 4_000_000 });
  const versions = [origin.sha256()];
  const swaps = Array.from({ length: random.pick([1, 2]) }, () => random.integer(SIZE)).sort((a, b) => a - b);
  const stopAt = random.chance(0.5) ? random.integer(SIZE) : Number.POSITIVE_INFINITY;
  const stop = new AbortController();
  origin.set({
    room(sent) {
      if (sent >= (swaps[0] ?? Number.POSITIVE_INFINITY)) {
        swaps.shift();
        origin.replace();
        versions.push(origin.sha256());
      }
      if (sent >= stopAt) stop.abort();
      return 16_384;
    },
  });
  const ifChanged = random.pick(['restart', 'fail'] as const);
  let isNoticed = false;
  for (let runs = 0; runs < RUNS; runs += 1) {
    const { ended, file, message, warnings } = await runTrial(origin.url, folder.path, {
      connections: random.pick([1, 2, 4]),
      ifChanged,
      restart: runs > 2,
      ...(runs === 0 ? { signal: stop.signal } : {}),
    });
    isNoticed ||= ended === 'changed' || warnings.includes('restarted');
    if (file !== null) {
      const found = createHash('sha256').update(file).digest('hex');
      if (!versions.includes(found)) throw new Error(`a mixture was published: ${JSON.stringify(behaviour)}`);
      return isNoticed;
    }
    if (ended !== 'changed' && ended !== 'interrupted') throw new Error(`${ended}: ${message}`);
  }
  throw new Error(`${RUNS} runs did not bring it`);
}

describe('26, 27, 28, 29, 31 a file that is replaced', () => {
  it(`${SWAPS} times, over real sockets: no mixture`, { timeout: 600_000 }, async () => {
    let noticed = 0;
    for (let seed = SEED; seed < SEED + SWAPS; seed += 1) {
      try {
        noticed += Number(await swapOnce(seed));
      } catch (error) {
        throw new Error(`MULTIDOWN_SEED=${seed} replays it`, { cause: error });
      }
    }
    console.log(`${noticed} of ${SWAPS} came in the middle, and were seen`);
    expect(noticed).toBeGreaterThan(SWAPS / 4);
  });
});
