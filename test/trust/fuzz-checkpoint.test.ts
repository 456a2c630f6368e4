/** Checkpoint files that somebody, or something, has changed. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type NotedCheckpoint, readCheckpoint, serialise } from '../../src/adapters/storage/checkpoint-file.ts';
import type { FileSystem } from '../../src/adapters/storage/file-system.ts';
import { FailureError } from '../../src/machines/failures.ts';
import type { Plan } from '../../src/machines/ranges.ts';
import { expectSound, sizes, steps, walkPlan } from '../machines/plan-model.ts';
import { fuzzAsync } from './fuzz.ts';

/** A disk with one file on it. */
function diskWith(content: Uint8Array): FileSystem {
  const open = async () => ({
    stat: async () => ({ size: content.length }),
    readFile: async () => Buffer.from(content).toString('utf8'),
    close: async () => {},
  });
  return { open } as unknown as FileSystem;
}

/** What is believed of a file; null when it is refused in the one way that there is. */
async function believed(content: string | Uint8Array): Promise<NotedCheckpoint | null> {
  try {
    const bytes = typeof content === 'string' ? Buffer.from(content) : content;
    return await readCheckpoint(diskWith(bytes), '/t/checkpoint.json');
  } catch (error) {
    if (!(error instanceof FailureError)) throw error;
    expect(error.failure.code).toBe('checkpoint-damaged');
    return null;
  }
}

/** Its own checksum is right, whatever it says. */
function forged(body: string, format = '1'): string {
  return `{"format":${format},"sha256":"${createHash('sha256').update(body).digest('hex')}","body":${body}}`;
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

/** Numbers, texts and shapes that a careless reader would take. */
const hostile = fc.constantFrom(
  ...['null', 'true', '-1', '0', '0.5', '1e400', '-0', '1e3', '9007199254740993', '1e16', '""', '"1"', '[]', '{}'],
  ...['[null]', '{"__proto__":{}}', '"\\ud800"', '[[]]', '{"toString":1}'],
);

/** Where values stand in a JSON text: each is a place to put something else. */
function placesOf(value: unknown, path: readonly (string | number)[] = []): (readonly (string | number)[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, inner]) => placesOf(inner, [...path, key]))];
}

/** The JSON of a value with what stands at a place replaced by a raw text, doubled, or left out. */
function rewrite(value: unknown, path: readonly (string | number)[], raw: string, how: 'put' | 'drop' | 'add'): string {
  const [key, ...rest] = path;
  if (key === undefined) return how === 'add' && typeof value === 'object' ? JSON.stringify([value, value]) : raw;
  const isList = Array.isArray(value);
  const parts = Object.entries(value as object).flatMap(([name, inner]) => {
    const label = isList ? '' : `${JSON.stringify(name)}:`;
    if (name !== String(key)) return [label + JSON.stringify(inner)];
    if (rest.length > 0) return [label + rewrite(inner, rest, raw, how)];
    const own = label + JSON.stringify(inner);
    const other = isList || how === 'put' ? label + raw : `"more":${raw}`;
    return { put: [other], drop: [], add: [own, other] }[how];
  });
  return isList ? `[${parts.join(',')}]` : `{${parts.join(',')}}`;
}

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

describe('a checkpoint, whatever became of it', () => {
  it('comes back as it was', async () => {
    await fuzzAsync(1_000, noted, async (one) => {
      expect(await believed(serialise(one))).toEqual(one);
    });
  });

  it('129 with any bytes changed is refused, or says the same', async () => {
    const flips = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 4 });
    await fuzzAsync(
      7_000,
      fc.tuple(fc.constantFrom(...few), flips),
      async ([good, changes]) => {
        const bytes = Buffer.from(good);
        for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
        const found = await believed(bytes);
        if (found !== null) expect(found).toEqual(await believed(good));
      },
      1_000_000,
    );
  });

  it('with a piece cut out, doubled or torn off is refused, or says the same', async () => {
    const input = fc.tuple(
      fc.constantFrom(...few),
      fc.nat(),
      fc.nat(),
      fc.constantFrom('cut', 'double', 'tear', 'zero'),
    );
    await fuzzAsync(4_000, input, async ([good, first, second, how]) => {
      const [from, to] = [first % good.length, second % good.length].sort((a, b) => a - b) as [number, number];
      const changed = {
        cut: good.slice(0, from) + good.slice(to),
        double: good.slice(0, to) + good.slice(from),
        tear: good.slice(0, from),
        zero: good.slice(0, from) + '\0'.repeat(to - from) + good.slice(to),
      }[how as 'cut'];
      const found = await believed(changed);
      if (found !== null) expect(found).toEqual(await believed(good));
    });
  });

  it('with a value changed, and its checksum too, is sound, or refused', async () => {
    let sound = 0;
    const input = fc.tuple(
      noted,
      fc.nat(),
      fc.oneof(hostile, fc.nat().map(String)),
      fc.constantFrom('put' as const, 'drop' as const, 'add' as const),
    );
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
      fc.tuple(fc.json(), hostile).map(([body, format]) => forged(body, format)),
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
