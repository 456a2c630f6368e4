/** Files of ours as somebody, or something, may have changed them. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import type { FileSystem } from '../../src/adapters/storage/file-system.ts';

/** A disk with one file on it. */
export function diskWith(content: string | Uint8Array): FileSystem {
  const bytes = Buffer.from(content);
  const open = async () => ({
    stat: async () => ({ size: bytes.length }),
    readFile: async () => bytes.toString('utf8'),
    close: async () => {},
  });
  return { open } as unknown as FileSystem;
}

/** Its own checksum is right, whatever it says. */
export function forged(body: string, format = '1'): string {
  return `{"format":${format},"sha256":"${createHash('sha256').update(body).digest('hex')}","body":${body}}`;
}

/** Numbers, texts and shapes that a careless reader would take. */
export const hostileValue = fc.constantFrom(
  ...['null', 'true', '-1', '0', '0.5', '1e400', '-0', '1e3', '9007199254740993', '1e16', '""', '"1"', '[]', '{}'],
  ...['[null]', '{"__proto__":{}}', '"\\ud800"', '[[]]', '{"toString":1}'],
);

/** Where values stand in a JSON text: each is a place to put something else. */
export function placesOf(value: unknown, path: readonly (string | number)[] = []): (readonly (string | number)[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, inner]) => placesOf(inner, [...path, key]))];
}

/** What is done to a value: something else is put there, it is left out, or something is put beside it. */
export const manner = fc.constantFrom('put' as const, 'drop' as const, 'add' as const);
type Manner = 'put' | 'drop' | 'add';

/** The JSON of a value with what stands at a place replaced by a raw text, doubled, or left out. */
export function rewrite(value: unknown, path: readonly (string | number)[], raw: string, how: Manner): string {
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

/** A value as JSON with one thing in it changed. */
export function rewritten(value: unknown): fc.Arbitrary<string> {
  const places = placesOf(value);
  const raw = fc.oneof(
    { weight: 4, arbitrary: hostileValue },
    { weight: 2, arbitrary: fc.nat().map(String) },
    fc.json(),
  );
  return fc
    .tuple(fc.nat(), raw, manner)
    .map(([which, text, how]) => rewrite(value, places[which % places.length] ?? [], text, how));
}

/** Up to four bytes of a text changed. */
export function flipped(good: string): fc.Arbitrary<Buffer> {
  const flips = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 4 });
  return flips.map((changes) => {
    const bytes = Buffer.from(good);
    for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
    return bytes;
  });
}

/** A piece cut out of a text, doubled, torn off or wiped. */
export function torn(good: string): fc.Arbitrary<string> {
  return fc
    .tuple(fc.nat(), fc.nat(), fc.constantFrom('cut' as const, 'double' as const, 'tear' as const, 'zero' as const))
    .map(([first, second, how]) => {
      const [from, to] = [first % good.length, second % good.length].sort((a, b) => a - b) as [number, number];
      return {
        cut: good.slice(0, from) + good.slice(to),
        double: good.slice(0, to) + good.slice(from),
        tear: good.slice(0, from),
        zero: good.slice(0, from) + '\0'.repeat(to - from) + good.slice(to),
      }[how];
    });
}
