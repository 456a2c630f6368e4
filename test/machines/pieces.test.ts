import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Span, suspects, withPiece } from '../../src/machines/pieces.ts';

const span = (start: number, end: number): Span => ({ start, end });
const spans = fc.array(
  fc.tuple(fc.nat(60), fc.integer({ min: 1, max: 30 })).map(([start, length]) => span(start, start + length)),
  { maxLength: 6 },
);

describe('suspects', () => {
  it.each([
    ['a bad piece', [span(10, 20)], [], [span(10, 20)]],
    ['the whole file is bad, and one part of it', [span(0, 100), span(10, 20)], [span(20, 100)], [span(0, 20)]],
    ['a good piece inside', [span(0, 100)], [span(40, 60)], [span(0, 40), span(60, 100)]],
    ['good pieces at the edges', [span(10, 90)], [span(0, 20), span(80, 99)], [span(20, 80)]],
    ['neighbours', [span(20, 30), span(10, 20)], [], [span(10, 30)]],
    ['contradictions', [span(10, 20)], [span(0, 30)], [span(10, 20)]],
    ['nothing', [], [span(0, 10)], []],
  ])('%s', (_, bad, good, expected) => {
    expect(suspects(bad, good)).toEqual(expected);
  });

  it('are the bytes of bad pieces that no good one has, in order, each once', () => {
    fc.assert(
      fc.property(spans, spans, (bad, good) => {
        const has = (some: readonly Span[], at: number) => some.some(({ start, end }) => start <= at && at < end);
        const offsets = Array.from({ length: 100 }, (_, at) => at);
        const wanted = offsets.filter((at) => has(bad, at) && !has(good, at));
        const found = suspects(bad, good);
        expect(offsets.filter((at) => has(found, at))).toEqual(
          wanted.length > 0 ? wanted : offsets.filter((at) => has(bad, at)),
        );
        for (const [index, { start, end }] of found.entries()) {
          expect(start).toBeLessThan(end);
          expect(start).toBeGreaterThan(found[index - 1]?.end ?? -1);
        }
      }),
    );
  });
});

describe('withPiece', () => {
  const piece = (start: number, hex = 'ab') => ({ start, end: start + 1, algorithm: 'sha256', hex }) as const;

  it('keeps each statement once', () => {
    expect(withPiece([piece(0)], piece(1))).toEqual([piece(0), piece(1)]);
    expect(withPiece([piece(0)], piece(0, 'cd'))).toHaveLength(2);
    expect(withPiece([piece(0)], piece(0))).toEqual([piece(0)]);
    expect(withPiece([piece(1), piece(0)], piece(0))).toHaveLength(2);
    expect(withPiece([{ ...piece(0), end: 2 }], piece(1))).toHaveLength(2);
    expect(withPiece([piece(0)], { ...piece(0), end: 2 })).toHaveLength(2);
    expect(withPiece([piece(0)], null)).toEqual([piece(0)]);
  });

  it('keeps no more than 4,096', () => {
    const many = Array.from({ length: 4_095 }, (_, at) => piece(at));
    const full = withPiece(many, piece(5_000));
    expect(full).toHaveLength(4_096);
    expect(withPiece(full, piece(6_000))).toBe(full);
  });
});
