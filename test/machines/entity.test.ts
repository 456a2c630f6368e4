import { describe, expect, it } from 'vitest';
import {
  compareEntities,
  type Entity,
  rangeValidator,
  strongEtag,
  strongLastModified,
} from '../../src/machines/entity.ts';

const entity = (parts: Partial<Entity> = {}): Entity => ({
  size: 100,
  etag: null,
  lastModified: null,
  date: null,
  acceptsRanges: true,
  ...parts,
});
const older = 'Wed, 31 Dec 2025 00:00:00 GMT';
const old = 'Wed, 31 Dec 2025 23:00:00 GMT';
const date = 'Thu, 01 Jan 2026 00:00:00 GMT';

describe('strongEtag', () => {
  it.each(['"v1"', '""', '"W/x"', '"a\xe9b"', '"!#$%&\'()"'])('takes %s', (etag) => {
    expect(strongEtag(etag)).toBe(etag);
  });

  it.each([null, '', 'W/"v1"', 'w/"v1"', 'v1', '"v1', 'v1"', '"a"b"', '"a b"', '"a\nb"', "'v1'", ' "v1"'])(
    'does not take %s',
    (etag) => {
      expect(strongEtag(etag)).toBeNull();
    },
  );
});

describe('strongLastModified', () => {
  it.each([
    ['an hour older', old, date, old],
    ['a minute older', 'Wed, 31 Dec 2025 23:59:00 GMT', date, 'Wed, 31 Dec 2025 23:59:00 GMT'],
    ['less than a minute older', 'Wed, 31 Dec 2025 23:59:01 GMT', date, null],
    ['the same second', date, date, null],
    ['in the future', 'Thu, 01 Jan 2026 01:00:00 GMT', date, null],
    ['without a Date', old, null, null],
    ['with a Date that is none', old, 'yesterday', null],
    ['no date itself', 'yesterday', date, null],
    ['missing', null, date, null],
  ])('%s', (_, lastModified, at, strong) => {
    expect(strongLastModified({ lastModified, date: at })).toBe(strong);
  });
});

describe('rangeValidator', () => {
  it.each([
    ['a strong tag', { etag: '"v1"', lastModified: old, date }, '"v1"'],
    ['a strong time when there is no tag', { lastModified: old, date }, old],
    ['nothing when the tag is weak, be the time strong', { etag: 'W/"v1"', lastModified: old, date }, null],
    ['nothing when the time is weak', { lastModified: date, date }, null],
    ['nothing of nothing', {}, null],
  ])('is %s', (_, parts, validator) => {
    expect(rangeValidator(entity(parts))).toBe(validator);
  });
});

describe('compareEntities', () => {
  it.each([
    ['another size, whatever the tags say', { etag: '"v1"' }, { etag: '"v1"', size: 99 }, 'different'],
    ['the same strong tag', { etag: '"v1"' }, { etag: '"v1"' }, 'same'],
    ['the same strong tag, the size not told', { etag: '"v1"' }, { etag: '"v1"', size: null }, 'same'],
    ['another strong tag', { etag: '"v1"' }, { etag: '"v2"' }, 'different'],
    [
      'another tag, the same time',
      { etag: '"v1"', lastModified: old, date },
      { etag: '"v2"', lastModified: old, date },
      'different',
    ],
    ['the same weak tag', { etag: 'W/"v1"' }, { etag: 'W/"v1"' }, 'unproved'],
    ['a strong tag that became weak', { etag: '"v1"' }, { etag: 'W/"v1"' }, 'unproved'],
    ['a tag that went', { etag: '"v1"' }, {}, 'unproved'],
    ['a tag that came', {}, { etag: '"v1"' }, 'unproved'],
    ['the same strong time', { lastModified: old, date }, { lastModified: old, date }, 'same'],
    ['the same weak time', { lastModified: date, date }, { lastModified: date, date }, 'unproved'],
    ['another time', { lastModified: older, date }, { lastModified: old, date }, 'different'],
    ['a time that went', { lastModified: old, date }, {}, 'unproved'],
    ['a time that came', {}, { lastModified: old, date }, 'unproved'],
    [
      'a weak tag and another time',
      { etag: 'W/"v1"', lastModified: older, date },
      { lastModified: old, date },
      'unproved',
    ],
    ['another weak tag', { etag: 'W/"v1"' }, { etag: 'W/"v2"' }, 'different'],
    [
      'another weak tag, the same time',
      { etag: 'W/"v1"', lastModified: old, date },
      { etag: 'W/"v2"', lastModified: old, date },
      'different',
    ],
    [
      'another weak tag and another time',
      { etag: 'W/"v1"', lastModified: older, date },
      { etag: 'W/"v2"', lastModified: old, date },
      'different',
    ],
    ['a weak tag that holds what weak ones begin with', { etag: 'W/"aW/b"' }, { etag: 'W/"ab"' }, 'different'],
    ['a strong tag that became another weak one', { etag: '"v1"' }, { etag: 'W/"v2"' }, 'different'],
    ['a weak tag that became another strong one', { etag: 'W/"v1"' }, { etag: '"v2"' }, 'different'],
    ['a weak tag that became strong', { etag: 'W/"v1"' }, { etag: '"v1"' }, 'unproved'],
    [
      'the same weak tag, and another time',
      { etag: 'W/"v1"', lastModified: older, date },
      { etag: 'W/"v1"', lastModified: old, date },
      'unproved',
    ],
    [
      'the same tag in its weak form, and another time',
      { etag: '"v1"', lastModified: older, date },
      { etag: 'W/"v1"', lastModified: old, date },
      'unproved',
    ],
    [
      'a tag that came, and the same time',
      { lastModified: old, date },
      { etag: '"v1"', lastModified: old, date },
      'unproved',
    ],
    [
      'a tag that went, and the same time',
      { etag: '"v1"', lastModified: old, date },
      { lastModified: old, date },
      'unproved',
    ],
    ['a size that came', { size: null }, {}, 'unproved'],
    ['nothing at all', {}, {}, 'unproved'],
  ] as const)('%s', (_, known, seen, sameness) => {
    expect(compareEntities(entity(known), entity(seen))).toBe(sameness);
  });
});
