/**
 * The file on the server is replaced at a random moment, before, during or
 * between runs, with an ETag, with a date only, with neither: what is published
 * is one version, never a mixture. `MULTIDOWN_SEED` replays from a seed.
 */
import { describe, expect, it } from 'vitest';
import { someBytes } from '../support/fake-download.ts';
import { Random } from '../support/random.ts';
import { SimulatedDisk } from '../support/simulated-disk.ts';
import { FOLDER, simulateRun, TARGET } from '../support/simulated-run.ts';

const SWAPS = process.env.MULTIDOWN_TEST_DEEP === '1' ? 10_000 : 1_000;
const SEED = Number(process.env.MULTIDOWN_SEED ?? 1);
const SIZE = 60_000;
const one = someBytes(SIZE);
const two = one.map((byte) => byte ^ 0x55);

const validatorsOf = (kind: string, version: number) => ({
  etag: kind === 'etag' ? `"v${version}"` : null,
  lastModified: kind === 'date' ? `Thu, 0${version} Jan 2015 00:00:00 GMT` : null,
});

async function swapOnce(seed: number): Promise<string> {
  const random = new Random(seed);
  const kind = random.pick(['etag', 'date', 'none']);
  const ifChanged = random.pick(['restart', 'fail'] as const);
  const disk = new SimulatedDisk();
  disk.seedFolder('/home');
  disk.seedFolder(FOLDER);
  const swapAt = random.integer(900);
  const stopAt = random.chance(0.5) ? random.integer(900) : Number.POSITIVE_INFINITY;
  let place = disk;
  let passed = 0;
  for (let runs = 0; runs < 5; runs += 1) {
    const isNew = passed >= swapAt;
    const origin = { bytes: isNew ? two : one, rate: 20, ...validatorsOf(kind, isNew ? 2 : 1) };
    const run = simulateRun(place, origin, { connections: random.pick([1, 2, 4]), ifChanged, restart: runs > 2 });
    const begun = passed;
    const output = await run.run(() => {
      passed = begun + run.clock.now();
      if (passed >= swapAt && run.source.bytes !== two) {
        run.source.bytes = two;
        Object.assign(run.source, validatorsOf(kind, 2));
      }
      return runs === 0 && passed >= stopAt;
    });
    if (output?.status === 'done') break;
    if (output === undefined) run.abandon();
    else if (output.failure.code !== 'changed') throw new Error(`${output.failure.code}: ${output.failure.message}`);
    place = place.kill();
    passed += 1;
  }
  const found = place.read(TARGET);
  if (found === null) throw new Error('five runs did not bring it');
  const isOne = [one, two].some((version) => Buffer.compare(version, found) === 0);
  if (!isOne) throw new Error(`${kind}: a mixture of both versions was published`);
  return kind;
}

describe('24, 26, 27, 28 a file that is replaced', () => {
  it(`${SWAPS} times, at random moments: no mixture, ever`, { timeout: 600_000 }, async () => {
    const kinds = new Map<string, number>();
    for (let seed = SEED; seed < SEED + SWAPS; seed += 1) {
      try {
        const kind = await swapOnce(seed);
        kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
      } catch (error) {
        throw new Error(`MULTIDOWN_SEED=${seed} replays it`, { cause: error });
      }
    }
    expect([...kinds.keys()].sort()).toEqual(['date', 'etag', 'none']);
  });
});
