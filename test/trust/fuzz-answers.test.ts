/** What whole answers are taken for, however their fields contradict one another. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareEntities, type Entity, strongEtag } from '../../src/machines/entity.ts';
import { judgeProbe } from '../../src/machines/probe-rules.ts';
import { type Answer, judgeAnswer, parseContentRange } from '../../src/machines/response-rules.ts';
import { judgeTransfer } from '../../src/machines/transfer-rules.ts';
import { fuzz, mutated } from './fuzz.ts';
import { entity, httpDate, tag } from './hostile-fields.ts';

/** Numbers that are near one another, so that ranges fit often. */
const small = fc.nat({ max: 12 });
/** What was asked, and the numbers of an answer that would be right. */
const plan = fc.record({ from: small, length: fc.integer({ min: 1, max: 9 }), beyond: small, to: fc.option(small) });
type Numbers = { readonly from: number; readonly length: number; readonly beyond: number };

/** Mostly right, else near it, else missing. */
function field(good: string): fc.Arbitrary<string | undefined> {
  return fc.oneof(
    { weight: 6, arbitrary: fc.constant(good) },
    { weight: 2, arbitrary: mutated(fc.constant(good), [' ', '0', '1', ',', '-', '/', '*']) },
    fc.constant(undefined),
  );
}

const rarely = (...values: readonly string[]) => fc.option(fc.constantFrom(...values), { freq: 5, nil: undefined });

function answerTo({ from, length, beyond }: Numbers): fc.Arbitrary<Answer> {
  const size = from + length + beyond;
  return fc.record({
    status: fc.oneof(
      { weight: 5, arbitrary: fc.constant(206) },
      { weight: 2, arbitrary: fc.constantFrom(200, 416) },
      fc.integer({ min: 100, max: 999 }),
    ),
    headers: fc
      .record({
        'content-range': fc
          .constantFrom(`bytes ${from}-${from + length - 1}/${size}`, `bytes ${from}-${from + length - 1}/*`)
          .chain(field),
        'content-length': field(String(length)),
        'content-encoding': rarely('identity', 'gzip', '', ' Identity ', 'br, gzip'),
        'content-type': rarely('multipart/byteranges; boundary=a', 'text/html', ''),
        etag: fc.option(tag, { nil: undefined }),
        'last-modified': fc.option(httpDate, { nil: undefined }),
        date: fc.option(httpDate, { nil: undefined }),
      })
      .map(
        (fields) =>
          Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Answer['headers'],
      ),
    retryAfterMs: fc.oneof(fc.constant(null), fc.maxSafeNat()),
  });
}

function entityNear({ from, length, beyond }: Numbers): fc.Arbitrary<Entity> {
  const size = fc.constantFrom(from + length + beyond, from + length + beyond, null, from, length);
  return fc.tuple(entity, size).map(([one, near]) => ({ ...one, size: near }));
}

/** A request, its answer, and what was known before. */
const exchange = plan.chain((numbers) =>
  fc.record({
    asked: fc
      .oneof({ weight: 6, arbitrary: fc.constant(numbers.from) }, fc.constant(null), small)
      .map((from) => ({ from, to: from === null || numbers.to === null ? null : from + 1 + numbers.to })),
    given: answerTo(numbers),
    was: entityNear(numbers),
  }),
);

/** Sentences for people: not empty, not a stack, not `undefined`. */
function expectSentence(message: string): void {
  expect(message).toMatch(/^[A-Z][\s\S]*\.$/);
  expect(message).not.toMatch(/undefined|NaN|\[object/);
}

describe('an answer, whatever it is', () => {
  it('is accepted only where its bytes are those that were asked for', () => {
    let accepted = 0;
    fuzz(10_000, fc.tuple(exchange, fc.boolean()), ([{ asked, given, was }, isKnown]) => {
      const verdict = judgeAnswer(asked, given, isKnown ? was : null);
      if (verdict.kind === 'refused') expectSentence(verdict.failure.message);
      if (verdict.kind === 'whole') expect(given.status).toBe(200);
      if (verdict.kind === 'unsatisfiable') expect(given.status).toBe(416);
      if (verdict.kind !== 'accepted') return;
      accepted += 1;
      const range = parseContentRange(given.headers['content-range']);
      expect(given.status).toBe(206);
      expect(range?.start).toBe(asked.from);
      expect(verdict.take).toBeGreaterThan(0);
      const end = (asked.from ?? 0) + verdict.take;
      expect(end).toBeLessThanOrEqual(range?.end ?? 0);
      if (asked.to !== null) expect(end).toBeLessThanOrEqual(asked.to);
      if (verdict.entity.size !== null) expect(end).toBeLessThanOrEqual(verdict.entity.size);
    });
    expect(accepted).toBeGreaterThan(200);
  });

  it('is taken for the same file only where nothing says otherwise', () => {
    const kinds = new Set<string>();
    const input = fc.tuple(exchange, fc.boolean(), fc.boolean(), fc.boolean());
    fuzz(5_000, input, ([{ asked, given, was: before }, ranged, conditional, isKnown]) => {
      const from = asked.from ?? 0;
      const was = isKnown ? before : null;
      const verdict = judgeProbe({ from, ranged, conditional }, given, was);
      kinds.add(verdict.kind);
      if (verdict.kind === 'refused') expectSentence(verdict.failure.message);
      // It must end: each further question asks for less.
      if (verdict.kind === 'again') {
        expect(Number(verdict.request.ranged) + Number(verdict.request.conditional)).toBeLessThan(
          Number(ranged) + Number(conditional),
        );
      }
      if (verdict.kind !== 'found' && verdict.kind !== 'compare') return;
      expect([0, from]).toContain(verdict.offset);
      if (was === null) return;
      const sameness = compareEntities(was, verdict.entity);
      expect(sameness).not.toBe('different');
      if (verdict.offset > 0) expect(sameness).toBe(verdict.kind === 'found' ? 'same' : 'unproved');
    });
    expect([...kinds].sort()).toEqual(['again', 'changed', 'compare', 'empty', 'found', 'refused']);
  });

  it('gives a segment no byte of another file', () => {
    let accepted = 0;
    fuzz(5_000, fc.tuple(exchange, fc.boolean()), ([{ asked, given, was }, conditional]) => {
      const verdict = judgeTransfer({ from: asked.from ?? 0, to: asked.to, conditional }, given, was);
      if (verdict.kind === 'refused') expectSentence(verdict.failure.message);
      if (verdict.kind !== 'accepted') return;
      accepted += 1;
      expect(given.status).toBe(was.acceptsRanges ? 206 : 200);
      const isTagged = strongEtag(was.etag) !== null && strongEtag(given.headers.etag ?? null) !== null;
      if (isTagged) expect(given.headers.etag).toBe(was.etag);
    });
    expect(accepted).toBeGreaterThan(100);
  });
});
