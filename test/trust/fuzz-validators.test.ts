/** Retry-After, entity-tags and dates. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareEntities, rangeValidator, strongEtag } from '../../src/machines/entity.ts';
import { parseRetryAfter } from '../../src/machines/retry-after.ts';
import { anyField, expectLinear, fuzz, isDigits, mutated } from './fuzz.ts';
import { datePieces, entity, forms, httpDate, moment, tag } from './hostile-fields.ts';

const now = Date.UTC(2026, 0, 1);

describe('Retry-After, whatever it says', () => {
  it('is a number of milliseconds that can be counted, or nothing', () => {
    const text = fc.oneof(
      { weight: 6, arbitrary: mutated(httpDate, datePieces) },
      { weight: 2, arbitrary: mutated(fc.maxSafeNat().map(String), [...datePieces, '.', '-', 'e3', '0x']) },
      anyField,
    );
    fuzz(8_000, text, (field) => {
      const ms = parseRetryAfter(field, now);
      if (isDigits(field.trim(), 12)) expect(ms).toBe(Number(field.trim()) * 1_000);
      if (ms === null) return;
      expect(ms).toBeGreaterThanOrEqual(0);
      expect(Number.isFinite(ms)).toBe(true);
    });
  });

  it('is understood in each form of a date', () => {
    fuzz(3_000, fc.tuple(moment, fc.constantFrom(...forms)), ([date, write]) => {
      expect(parseRetryAfter(write(date), now)).toBe(Math.max(0, date.getTime() - now));
    });
  });

  it('takes no more than its length in time', () => {
    for (const prefix of ['', 'Sun, 06 Nov 1994 ']) {
      const fillings = ['0', ' ', 'Sun ', 'Sun, ', 'GMT'];
      expectLinear((text) => parseRetryAfter(text, now), prefix, fillings, ['', '!', ' GMT']);
    }
  });
});

/** RFC 9110, section 8.8.3, a character at a time. */
function isStrong(etag: string): boolean {
  const inner = [...etag.slice(1, -1)].map((character) => character.charCodeAt(0));
  const isInside = (code: number) => code === 0x21 || (code >= 0x23 && code <= 0x7e) || (code >= 0x80 && code <= 0xff);
  return etag.length >= 2 && etag.startsWith('"') && etag.endsWith('"') && inner.every(isInside);
}

describe('validators, whatever they are', () => {
  it('are strong by the grammar, or not', () => {
    let strong = 0;
    fuzz(7_000, fc.oneof({ weight: 9, arbitrary: tag }, fc.string({ unit: 'binary' })), (etag) => {
      expect(strongEtag(etag)).toBe(isStrong(etag) ? etag : null);
      if (isStrong(etag)) strong += 1;
    });
    expect(strong).toBeGreaterThan(500);
  });

  it('are asked for only when they are strong, and never beside a weak tag', () => {
    fuzz(4_000, entity, (one) => {
      const validator = rangeValidator(one);
      if (validator === null) return;
      if (one.etag !== null) {
        expect(validator).toBe(one.etag);
        expect(isStrong(validator)).toBe(true);
      } else {
        expect(validator).toBe(one.lastModified);
        expect(Date.parse(one.date ?? '') - Date.parse(validator)).toBeGreaterThanOrEqual(60_000);
      }
    });
  });

  it('tell two entities apart, the same way round and back', () => {
    fuzz(5_000, fc.tuple(entity, entity), ([one, other]) => {
      const said = compareEntities(one, other);
      const back = compareEntities(other, one);
      expect(back === 'different').toBe(said === 'different');
      expect(compareEntities(one, one)).not.toBe('different');
      if (said !== 'same') return;
      expect(one.size === null || other.size === null || one.size === other.size).toBe(true);
      expect(rangeValidator(one)).not.toBeNull();
      if (one.etag !== null) expect(other.etag).toBe(one.etag);
      else expect(other.lastModified).toBe(one.lastModified);
    });
  });

  it('take no more than their length in time', () => {
    const check = (text: string) => expect(strongEtag(text)).toBe(isStrong(text) ? text : null);
    expectLinear(check, '"', ['a', '"', '\\"', ' ', '\u00ff'], ['', '"', '" ']);
  });
});
