/**
 * The file on the server is written over in place, while answers are under way:
 * one answer, with one validator, brings bytes of both versions. Nobody can see
 * that in the answer itself. Any other one that comes after the rewriting tells
 * of it, and then no mixture is published. `MULTIDOWN_SEED` replays from a seed.
 */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { someBytes } from '../support/fake-download.ts';
import type { FakeSource } from '../support/fake-source.ts';
import { head, honest } from '../support/misbehaving-server.ts';
import { Random } from '../support/random.ts';
import { SimulatedDisk } from '../support/simulated-disk.ts';
import { FOLDER, simulateRun, TARGET } from '../support/simulated-run.ts';
import { attempt, expectRefused, expectRight, one as file, two as other } from './one-file.ts';

const REWRITES = process.env.MULTIDOWN_TEST_DEEP === '1' ? 1_000 : 60;
const SEED = Number(process.env.MULTIDOWN_SEED ?? 1);
const SIZE = 60_000;
const one = someBytes(SIZE);
const versions = {
  'as long': one.map((byte) => byte ^ 0x55),
  longer: someBytes(SIZE + 5_000).map((byte) => byte ^ 0x55),
};

/** What a server says of the version that it has now: something else of each. */
const servers: readonly ((version: 1 | 2) => Pick<FakeSource, 'etag' | 'lastModified' | 'conditions'>)[] = [
  (version) => ({ etag: `"v${version}"`, lastModified: null, conditions: 'honoured' }),
  (version) => ({ etag: `"v${version}"`, lastModified: null, conditions: 'ignored' }),
  (version) => ({ etag: `"v${version}"`, lastModified: null, conditions: 'refused' }),
  (version) => ({ etag: `W/"v${version}"`, lastModified: null, conditions: 'honoured' }),
  (version) => ({ etag: null, lastModified: `Thu, 0${version} Jan 2015 00:00:00 GMT`, conditions: 'honoured' }),
  (version) => ({ etag: null, lastModified: `Thu, 0${version} Jan 2015 00:00:00 GMT`, conditions: 'ignored' }),
];

interface Rewrite {
  /** An answer to a request was made after it. */
  readonly isTold: boolean;
  readonly isMixture: boolean;
}

async function rewriteOnce(seed: number): Promise<Rewrite> {
  const random = new Random(seed);
  const says = servers[seed % servers.length] ?? (() => ({}));
  const two = versions[random.pick(['as long', 'as long', 'longer'] as const)];
  const ifChanged = random.pick(['restart', 'fail'] as const);
  const rewriteAt = random.integer(600);
  const stopAt = random.chance(0.5) ? random.integer(900) : Number.POSITIVE_INFINITY;
  let place = new SimulatedDisk();
  place.seedFolder('/home');
  place.seedFolder(FOLDER);
  let isRewritten = false;
  let isTold = false;
  for (let runs = 0; runs < 4; runs += 1) {
    const origin = { bytes: isRewritten ? two : one, rate: 20, etag: null, lastModified: null };
    const run = simulateRun(place, origin, { connections: random.pick([1, 2, 4, 4]), ifChanged, restart: runs > 1 });
    Object.assign(run.source, says(isRewritten ? 2 : 1), { isRewritten: true });
    let before = 0;
    const output = await run.run(() => {
      if (!isRewritten && run.clock.now() >= rewriteAt) {
        isRewritten = true;
        before = run.source.requests.length;
        Object.assign(run.source, { bytes: two, ...says(2) });
      }
      return runs === 0 && run.clock.now() >= stopAt;
    });
    isTold ||= isRewritten && run.source.requests.length > before;
    if (output?.status === 'done') break;
    if (output === undefined) run.abandon();
    else if (output.failure.code !== 'changed') throw new Error(`${output.failure.code}: ${output.failure.message}`);
    place = place.kill();
  }
  const found = place.read(TARGET);
  if (found === null) throw new Error('four runs did not bring it');
  const isMixture = [one, two].every((version) => Buffer.compare(version, found) !== 0);
  if (isMixture && isTold) throw new Error('a later answer told of another version, and a mixture was published');
  return { isTold, isMixture };
}

describe('24, 26, 27, 29, 31 a file that is written over while it is being sent', () => {
  it(`${REWRITES} times, at random moments: no mixture where a later answer tells`, { timeout: 600_000 }, async () => {
    const rewrites: Rewrite[] = [];
    for (let seed = SEED; seed < SEED + REWRITES; seed += 1) {
      try {
        rewrites.push(await rewriteOnce(seed));
      } catch (error) {
        throw new Error(`MULTIDOWN_SEED=${seed} replays it`, { cause: error });
      }
    }
    const told = rewrites.filter(({ isTold }) => isTold).length;
    const mixtures = rewrites.filter(({ isMixture }) => isMixture).length;
    console.log(`${told} of ${REWRITES} were told of; of the others ${mixtures} are a mixture that nobody can see`);
    expect(told).toBeGreaterThan(REWRITES / 4);
  });

  it('cannot be seen in one answer that none follows; a checksum sees it', async () => {
    const middle = file.length / 2;
    const mixture = Buffer.concat([file.subarray(0, middle), other.subarray(middle)]);
    const oneAnswer = { connections: 1 };
    expectRight(await attempt((request) => honest(mixture, request), oneAnswer), mixture);
    for (const version of [file, other]) {
      const checksum = `sha256:${createHash('sha256').update(version).digest('hex')}`;
      expectRefused(
        await attempt((request) => honest(mixture, request), { ...oneAnswer, checksum }),
        'digest-mismatch',
      );
    }
  });

  it('is seen when the answer breaks off, and the rest is asked for', async () => {
    const middle = file.length / 2;
    const trial = await attempt((request) => {
      if (request.count > 1) return honest(other, request, ['ETag: "v2"']);
      const fields = [`Content-Range: bytes 0-${file.length - 1}/${file.length}`, `Content-Length: ${file.length}`];
      return [
        { send: head('206 Partial Content', [...fields, 'ETag: "v1"']) },
        { send: file.subarray(0, middle) },
        { send: other.subarray(middle, middle + 50_000) },
        { end: true },
      ];
    });
    expectRight(trial, other);
    expect(trial.warnings).toContain('restarted');
  });
});
