import fc from 'fast-check';
import { expect } from 'vitest';

const isDeep = process.env.MULTIDOWN_TEST_DEEP === '1';
/** `MULTIDOWN_SEED` replays what a failure has printed; the long version begins elsewhere each time. */
const seed = Number(process.env.MULTIDOWN_SEED ?? (isDeep ? Date.now() % 1e9 : 1));

/**
 * Tries a check on `cases` inputs, ten times as many in the long version. All
 * fuzz tests together try more than 100,000. A failure prints its seed.
 */
export function fuzz<T>(
  cases: number,
  input: fc.Arbitrary<T>,
  check: (value: T) => void,
  examples: readonly T[] = [],
): void {
  const options = { numRuns: isDeep ? cases * 10 : cases, seed, examples: examples.map((one): [T] => [one]) };
  fc.assert(fc.property(input, check), options);
}

/** The same for what takes its time. */
export async function fuzzAsync<T>(
  cases: number,
  input: fc.Arbitrary<T>,
  check: (value: T) => Promise<void>,
  deepCases = cases * 10,
): Promise<void> {
  await fc.assert(fc.asyncProperty(input, check), { numRuns: isDeep ? deepCases : cases, seed });
}

/** What is nearly right: a good text that is cut, doubled and has foreign pieces put into it. */
export function mutated(good: fc.Arbitrary<string>, pieces: readonly string[]): fc.Arbitrary<string> {
  const change = fc.record({
    at: fc.nat(),
    cut: fc.nat({ max: 2 }),
    put: fc.oneof(fc.constant(''), fc.constantFrom(...pieces), fc.string({ unit: 'binary', maxLength: 2 })),
  });
  return fc
    .tuple(good, fc.array(change, { maxLength: 3 }))
    .map(([text, changes]) =>
      changes.reduce(
        (now, { at, cut, put }) => now.slice(0, at % (now.length + 1)) + put + now.slice((at % (now.length + 1)) + cut),
        text,
      ),
    );
}

/** A header's bytes come as ISO-8859-1. */
export const anyField = fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)) });

/** Lengths of inputs, characters: each is sixteen times the one before. */
const LENGTHS = [4_096, 65_536, 1_048_576];
/** Sixteen times the input may take so many times the processor's time; quadratic work takes 256 times. */
const MOST_TIMES = 64;
/** What some systems count by, microseconds of the processor: less is taken for so much. Quadratic work on 64 KiB takes seconds. */
const TICK_US = 10_000;
const MOST_TRIES = 5;

/**
 * Fillings that make careless patterns go back and forth: none takes more than
 * about its length, up to 1 MiB. It is the processor's time of this thread that
 * is compared, the least of a few tries, so a busy machine fails nothing.
 */
export function expectLinear(
  work: (text: string) => unknown,
  prefix: string,
  fillings: readonly string[],
  suffixes: readonly string[] = [''],
): void {
  for (const filling of fillings) {
    for (const suffix of suffixes) expectLinearOf(work, (length) => shape(prefix, filling, suffix, length), filling);
  }
}

/** The same for inputs of any form, which are as long as they are told to be. */
export function expectLinearOf<T>(work: (input: T) => unknown, make: (length: number) => T, name: string): void {
  let less = Number.POSITIVE_INFINITY;
  for (const length of LENGTHS) {
    const input = make(length);
    const most = MOST_TIMES * Math.max(less, TICK_US);
    let least = Number.POSITIVE_INFINITY;
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
      least = Math.min(
        least,
        timeOf(() => work(input)),
      );
      if (least <= most) break;
    }
    if (least > most) {
      expect.fail(`${JSON.stringify(name)}, ${length} characters: ${least} µs, and ${less} µs for a sixteenth of them`);
    }
    less = least;
  }
}

function timeOf(work: () => unknown): number {
  const before = process.threadCpuUsage();
  work();
  const { user, system } = process.threadCpuUsage(before);
  return user + system;
}

function shape(prefix: string, filling: string, suffix: string, length: number): string {
  return prefix + filling.repeat(Math.ceil(length / filling.length)) + suffix;
}

/** A digit is one of ten, nothing else that Unicode calls so. */
export function isDigits(text: string, most: number): boolean {
  return text.length > 0 && text.length <= most && [...text].every((one) => one >= '0' && one <= '9');
}
