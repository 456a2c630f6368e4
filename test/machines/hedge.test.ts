import { expect, it } from 'vitest';
import { hedgeIdOf, isHedgeId, rangeIdOf, rivalsOf } from '../../src/machines/hedge.ts';

it('names a second try after the range that it fetches', () => {
  const id = hedgeIdOf('segment-7');
  expect(isHedgeId(id)).toBe(true);
  expect(isHedgeId('segment-7')).toBe(false);
  expect(rangeIdOf(id)).toBe('segment-7');
  expect(rangeIdOf('segment-7')).toBe('segment-7');
  expect(rivalsOf(id)).toEqual(['segment-7', id]);
  expect(rivalsOf('segment-7')).toEqual(['segment-7', id]);
});
