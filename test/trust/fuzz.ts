import fc from 'fast-check';

const isDeep = process.env.MULTIDOWN_TEST_DEEP === '1';
/** `MULTIDOWN_SEED` replays what a failure has printed; the long version begins elsewhere each time. */
const seed = Number(process.env.MULTIDOWN_SEED ?? (isDeep ? Date.now() % 1e9 : 1));

/**
 * Tries a check on `cases` inputs, ten times as many in the long version. All
 * fuzz tests together try more than 100,000. A failure prints its seed.
 */
export function fuzz<T>(cases: number, input: fc.Arbitrary<T>, check: (value: T) => void): void {
  fc.assert(fc.property(input, check), { numRuns: isDeep ? cases * 10 : cases, seed });
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

/** A length at which a parser of quadratic time would take minutes, characters. */
const LONG = 1_000_000;

/** Fillings that make careless patterns go back and forth. Each is a million characters long. */
export function longShapes(prefix: string, fillings: readonly string[], suffixes: readonly string[]): string[] {
  return fillings.flatMap((filling) => {
    const filled = filling.repeat(Math.ceil(LONG / filling.length));
    return suffixes.map((suffix) => prefix + filled + suffix);
  });
}

/** A digit is one of ten, nothing else that Unicode calls so. */
export function isDigits(text: string, most: number): boolean {
  return text.length > 0 && text.length <= most && [...text].every((one) => one >= '0' && one <= '9');
}
