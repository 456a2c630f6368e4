/** Content-Range and Content-Length, against readers that are written another way. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseContentLength, parseContentRange, parseUnsatisfiedSize } from '../../src/machines/response-rules.ts';
import { anyField, expectLinear, fuzz, isDigits, mutated } from './fuzz.ts';

const offset = fc.oneof(
  fc.nat({ max: 300 }),
  fc.maxSafeNat(),
  fc.constantFrom(2 ** 31, 2 ** 32, 2 ** 53 - 1, 2 ** 53, 1e16),
);
const digits = fc.oneof(
  offset.map(String),
  fc.constantFrom('00', '007', '-1', '+1', '1e3', '0x10', '1.0', '٣', '９', '9'.repeat(16), '9'.repeat(17), ''),
);
const pieces = [' ', '  ', '\t', '-', '/', '*', ',', '0', '9', 'bytes ', 'bytes=', '\n', '\u00a0', '\0', ';'];

const anyRange = fc
  .tuple(fc.constantFrom('bytes', 'Bytes', 'byte', 'items', ''), digits, digits, fc.oneof(digits, fc.constant('*')))
  .map(([unit, start, end, size]) => `${unit} ${start}-${end}/${size}`);
const goodRange = fc
  .tuple(offset, fc.nat({ max: 9 }), fc.nat({ max: 9 }), fc.boolean())
  .map(([start, length, more, isTold]) => `bytes ${start}-${start + length}/${isTold ? start + length + more : '*'}`);
const contentRange = mutated(fc.oneof(anyRange, goodRange), pieces);
const unsatisfied = mutated(
  digits.map((size) => `bytes */${size}`),
  pieces,
);

/** One number behind at most one blank on either side of its slash; null for anything else. */
function readNumber(text: string): bigint | null {
  return isDigits(text, 16) ? BigInt(text) : null;
}

function without(text: string, blank: 'before' | 'after'): string {
  if (blank === 'before') return text.startsWith(' ') ? text.slice(1) : text;
  return text.endsWith(' ') ? text.slice(0, -1) : text;
}

function afterUnit(text: string): string | null {
  const bare = text.trim();
  if (bare.slice(0, 6).toLowerCase() !== 'bytes ') return null;
  let at = 6;
  while (bare[at] === ' ') at += 1;
  return bare.slice(at);
}

function referenceRange(text: string) {
  const [range, size, ...more] = (afterUnit(text) ?? '').split('/');
  if (range === undefined || size === undefined || more.length > 0) return null;
  const [first, last, ...others] = without(range, 'after').split('-');
  const start = readNumber(first ?? '');
  const end = readNumber(last ?? '');
  const whole = without(size, 'before');
  const total = readNumber(whole);
  if (others.length > 0 || start === null || end === null || (whole !== '*' && total === null)) return null;
  if (end < start || end >= BigInt(Number.MAX_SAFE_INTEGER)) return null;
  if (total !== null && (total <= end || total > BigInt(Number.MAX_SAFE_INTEGER))) return null;
  return { start: Number(start), end: Number(end) + 1, size: total === null ? null : Number(total) };
}

function referenceSize(text: string): number | null {
  const [star, size, ...more] = (afterUnit(text) ?? '').split('/');
  const total = readNumber(without(size ?? '', 'before'));
  if (without(star ?? '', 'after') !== '*' || more.length > 0 || total === null) return null;
  return total <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(total) : null;
}

function referenceLength(text: string): number | 'invalid' {
  const lengths = text.split(',').map((one) => one.trim());
  const [first] = lengths;
  if (first === undefined || lengths.some((one) => one !== first) || !isDigits(first, 16)) return 'invalid';
  return BigInt(first) <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(first) : 'invalid';
}

describe('Content-Range, whatever it says', () => {
  it('is read as its grammar has it, or not at all', () => {
    let read = 0;
    fuzz(15_000, fc.oneof({ weight: 9, arbitrary: contentRange }, anyField), (text) => {
      const range = parseContentRange(text);
      expect(range).toEqual(referenceRange(text));
      if (range === null) return;
      read += 1;
      expect(range.start).toBeGreaterThanOrEqual(0);
      expect(range.end).toBeGreaterThan(range.start);
      if (range.size !== null) expect(range.end).toBeLessThanOrEqual(range.size);
      const written = `bytes ${range.start}-${range.end - 1}/${range.size ?? '*'}`;
      expect(parseContentRange(written)).toEqual(range);
    });
    expect(read).toBeGreaterThan(500);
  });

  it('tells the whole size of a 416, or nothing', () => {
    let read = 0;
    fuzz(8_000, fc.oneof({ weight: 9, arbitrary: unsatisfied }, anyField), (text) => {
      const size = parseUnsatisfiedSize(text);
      expect(size).toBe(referenceSize(text));
      if (size !== null) read += 1;
    });
    expect(read).toBeGreaterThan(500);
  });

  it('takes no more than its length in time', () => {
    const fillings = [' ', '0', '\t', 'bytes ', '0-', '/', '*', '0-0/0'];
    const check = (text: string) => {
      expect(parseContentRange(text)).toBe(referenceRange(text));
      expect(parseUnsatisfiedSize(text)).toBe(referenceSize(text));
    };
    expectLinear(check, 'bytes ', fillings, ['', '!', '-9/10']);
    const blanks = ' '.repeat(1_000_000);
    expect(parseContentRange(`${blanks}bytes${blanks}0-1/2${blanks}`)).toEqual({ start: 0, end: 2, size: 2 });
  });
});

describe('Content-Length, whatever it says', () => {
  const good = fc.array(digits, { minLength: 1, maxLength: 3 }).map((all) => all.join(', '));
  const repeated = fc.tuple(digits, fc.nat({ max: 4 })).map(([one, more]) => [one, ...Array(more).fill(one)].join(','));

  it('is one number, or it is refused', () => {
    let read = 0;
    fuzz(8_000, mutated(fc.oneof(good, repeated), pieces), (text) => {
      const length = parseContentLength(text);
      expect(length).toBe(referenceLength(text));
      if (length !== 'invalid') read += 1;
    });
    expect(read).toBeGreaterThan(500);
  });

  it('takes no more than its length in time', () => {
    const check = (text: string) => expect(parseContentLength(text)).toBe(referenceLength(text));
    expectLinear(check, '', [' ', '0', '1,', '\t,', '1 '], ['', '!', '1']);
  });
});
