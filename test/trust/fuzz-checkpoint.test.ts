/** Checkpoint files that somebody, or something, has changed. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type NotedCheckpoint, readCheckpoint, serialise } from '../../src/adapters/storage/checkpoint-file.ts';
import { FailureError } from '../../src/machines/failures.ts';
import type { Plan } from '../../src/machines/ranges.ts';
import { expectSound, sizes, steps, walkPlan } from '../machines/plan-model.ts';
import { fuzzAsync } from './fuzz.ts';
import { diskWith, flipped, forged, hostileValue, manner, placesOf, rewrite, torn } from './hostile-files.ts';

/** What is believed of a file; null when it is refused in the one way that there is. */
async function believed(content: string | Uint8Array): Promise<NotedCheckpoint | null> {
  try {
    return await readCheckpoint(diskWith(content), '/t/checkpoint.json');
  } catch (error) {
    if (!(error instanceof FailureError)) throw error;
    expect(error.failure.code).toBe('checkpoint-damaged');
    return null;
  }
}

const text = fc.oneof(
  fc.constant(null),
  fc.constantFrom('"v1"', 'W/"v1"'),
  fc.string({ unit: 'binary', maxLength: 9 }),
);
const noted: fc.Arbitrary<NotedCheckpoint> = fc.tuple(sizes, steps, text, text, fc.boolean(), fc.nat()).map(
  ([size, walk, etag, lastModified, acceptsRanges, activeMs]): NotedCheckpoint => ({
    bootId: 'boot-1',
    checkpoint: {
      url: 'http://h.test/a?token=REDACTED',
      entity: { size, etag, lastModified, date: null, acceptsRanges },
      plan: walkPlan(size, walk.slice(0, 8)),
      startedAt: 1_700_000_000_000,
      activeMs,
    },
  }),
);
/** For what is done to a file, one good one after the other would be a waste. */
const few: readonly string[] = fc.sample(noted, { numRuns: 12, seed: 1 }).map(serialise);

/** Whatever is believed can be gone on from, and be written down again. */
async function expectBelievable(found: NotedCheckpoint): Promise<void> {
  const { plan, entity, url, activeMs } = found.checkpoint;
  const isOpen = plan.length === 1 && plan[0]?.end === null;
  if (isOpen || entity.size === null) {
    expect([isOpen, entity.size]).toEqual([true, null]);
    expect(plan[0]?.start).toBe(0);
  } else expectSound(plan as Plan, entity.size);
  expect([typeof url, typeof activeMs, typeof found.bootId]).toEqual(['string', 'number', 'string']);
  expect(await believed(serialise(found))).toEqual(found);
}

async function expectRefusedOrSame([good, changed]: readonly [string, string | Uint8Array]): Promise<void> {
  const found = await believed(changed);
  if (found !== null) expect(found).toEqual(await believed(good));
}

describe('a checkpoint, whatever became of it', () => {
  it('comes back as it was', async () => {
    await fuzzAsync(1_000, noted, async (one) => {
      expect(await believed(serialise(one))).toEqual(one);
    });
  });

  it('129 with any bytes changed is refused, or says the same', async () => {
    const input = fc.constantFrom(...few).chain((good) => fc.tuple(fc.constant(good), flipped(good)));
    await fuzzAsync(7_000, input, expectRefusedOrSame, 1_000_000);
  });

  it('with a piece cut out, doubled or torn off is refused, or says the same', async () => {
    const input = fc.constantFrom(...few).chain((good) => fc.tuple(fc.constant(good), torn(good)));
    await fuzzAsync(4_000, input, expectRefusedOrSame);
  });

  it('with a value changed, and its checksum too, is sound, or refused', async () => {
    let sound = 0;
    const input = fc.tuple(noted, fc.nat(), fc.oneof(hostileValue, fc.nat().map(String)), manner);
    await fuzzAsync(6_000, input, async ([good, which, raw, how]) => {
      const places = placesOf(good);
      const place = places[which % places.length] ?? [];
      const found = await believed(forged(rewrite(good, place, raw, how)));
      if (found === null) return;
      sound += 1;
      await expectBelievable(found);
    });
    expect(sound).toBeGreaterThan(100);
  });

  it('that is none at all is refused', async () => {
    const noise = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.json(),
      fc.json().map((body) => forged(body)),
      fc.tuple(fc.json(), hostileValue).map(([body, format]) => forged(body, format)),
    );
    await fuzzAsync(3_000, noise, async (content) => {
      expect(await believed(content)).toBeNull();
    });
  });

  it('that is deep, or long, is refused in time', async () => {
    const shapes = ['[', '{"a":', '[[],', '"', '\\', '0', ' ', '{"body":'];
    for (const shape of shapes) {
      const deep = shape.repeat(Math.ceil(1_000_000 / shape.length));
      expect(await believed(deep)).toBeNull();
      expect(await believed(forged(deep))).toBeNull();
    }
    const nested = `${'['.repeat(500_000)}${']'.repeat(500_000)}`;
    expect(await believed(nested)).toBeNull();
    expect(await believed(forged(nested))).toBeNull();
    expect(
      await believed(forged(JSON.stringify({ bootId: 'b', checkpoint: { plan: Array(200_000).fill({}) } }))),
    ).toBeNull();
  });
});
