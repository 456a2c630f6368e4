import { describe, expect, it } from 'vitest';
import { checkCheckpoint } from '../../../src/adapters/storage/checkpoint-schema.ts';
import type { Checkpoint } from '../../../src/machines/checkpoint.ts';

const entity = { size: 100, etag: '"v1"', lastModified: null, date: null, acceptsRanges: true };
const range = (start: number, end: number | null, written = start, durable = start, id = `segment-${start}`) => ({
  id,
  start,
  end,
  written,
  durable,
});
const checkpoint: Checkpoint = {
  url: 'http://h.test/a?token=REDACTED',
  entity,
  plan: [range(0, 40, 30, 20), range(40, 100)],
  startedAt: 1_700_000_000_000,
  activeMs: 1_234,
};
const withPlan = (...plan: unknown[]) => ({ ...checkpoint, plan });
const withEntity = (parts: object) => ({ ...checkpoint, entity: { ...entity, ...parts } });
const without = (key: keyof Checkpoint) => ({ ...checkpoint, [key]: undefined });
const unsized = { ...checkpoint, entity: { ...entity, size: null } };
const sha256 = { start: 0, end: 100, algorithm: 'sha256', hex: 'ab'.repeat(32) };
const withPieces = (...pieces: unknown[]) => ({ ...checkpoint, pieces });
const long = (length: number) => 'x'.repeat(length);
/** So many ranges of a byte each. */
const many = (count: number) => ({
  ...withPlan(...Array.from({ length: count }, (_, at) => range(at, at + 1))),
  entity: { ...entity, size: count },
});

describe('a checkpoint that is believed', () => {
  it.each([
    ['a plan that covers the file', checkpoint],
    ['all of a file', withPlan(range(0, 100, 100, 100))],
    ['nothing of an empty file', { ...withPlan(), entity: { ...entity, size: 0 } }],
    ['a plan of unknown length', { ...unsized, plan: [range(0, null, 10)] }],
    ['a last range of unknown length', { ...unsized, plan: [range(0, 40), range(40, null)] }],
    ['dates, and no tag', withEntity({ etag: null, lastModified: 'then', date: 'now', acceptsRanges: false })],
    ['no time at work yet', { ...checkpoint, activeMs: 0 }],
    ['a name of 15 digits', withPlan(range(0, 100, 0, 0, 'segment-123456789012345'))],
    ['the longest text', { ...checkpoint, url: long(65_536) }],
    ['parts that the server vouched for', withPieces(sha256)],
    ['a part of one byte', withPieces({ ...sha256, start: 99 })],
    ['a part where no length is known', { ...unsized, plan: [range(0, null)], pieces: [{ ...sha256, end: 9_000 }] }],
    ['md5', withPieces({ ...sha256, algorithm: 'md5', hex: 'ab'.repeat(16) })],
    ['sha1', withPieces({ ...sha256, algorithm: 'sha1', hex: '09'.repeat(20) })],
    ['sha512', withPieces({ ...sha256, algorithm: 'sha512', hex: 'cf'.repeat(64) })],
    ['seams, the end of the file too', { ...checkpoint, seams: [0, 40, 100] }],
    ['a seam where no length is known', { ...unsized, plan: [range(0, null)], seams: [9_000] }],
  ])('has %s', (_, value) => {
    expect(checkCheckpoint(value)).toEqual(value);
  });

  it('has as many ranges as a plan may have', () => {
    expect(checkCheckpoint(many(100_000))?.plan).toHaveLength(100_000);
  });
});

describe('checkCheckpoint', () => {
  it.each([
    ['a gap', withPlan(range(0, 40), range(50, 100))],
    ['an overlap', withPlan(range(0, 60), range(40, 100))],
    ['too short', withPlan(range(0, 90))],
    ['too long', withPlan(range(0, 110))],
    ['no start', withPlan(range(10, 100))],
    ['no ranges of a file that has bytes', withPlan()],
    ['a length of a file that has none', { ...unsized, plan: [range(0, 100)] }],
    ['no length of a file that has one', withPlan(range(0, null))],
    ['written beyond the end', withPlan(range(0, 40, 41), range(40, 100))],
    ['durable beyond written', withPlan(range(0, 100, 10, 20))],
    ['durable before the start', withPlan(range(0, 40), range(40, 100, 40, 30))],
    ['written before the start', withPlan(range(0, 40), range(40, 100, 30, 30))],
    ['an empty range', withPlan(range(0, 0, 0, 0, 'segment-9'), range(0, 100))],
    ['one name twice', withPlan(range(0, 40, 0, 0, 'segment-1'), range(40, 100, 40, 40, 'segment-1'))],
    ['a name that is none', withPlan(range(0, 100, 0, 0, '../x'))],
    ['a name with more before it', withPlan(range(0, 100, 0, 0, '../segment-0'))],
    ['a name with more behind it', withPlan(range(0, 100, 0, 0, 'segment-0/x'))],
    ['a name without a number', withPlan(range(0, 100, 0, 0, 'segment-'))],
    ['a name with letters for a number', withPlan(range(0, 100, 0, 0, 'segment-x'))],
    ['a name of 16 digits', withPlan(range(0, 100, 0, 0, 'segment-1234567890123456'))],
    ['a key too many in a range', withPlan({ ...range(0, 100), more: 1 })],
    ['half a byte', withPlan(range(0, 100, 0.5))],
    ['an offset below zero', withPlan(range(0, 100, 0, -1))],
    ['an open end before the last', withPlan(range(0, null), range(40, 100))],
    ['more than can be counted', withPlan({ ...range(0, 100), written: 2 ** 60 })],
    ['more ranges than a plan has', many(100_001)],
    ['no plan', without('plan')],
    ['time running backwards', { ...checkpoint, activeMs: -1 }],
    ['no time at work', without('activeMs')],
    ['no time of its beginning', without('startedAt')],
    ['a size below zero', withEntity({ size: -1 })],
    ['no entity', without('entity')],
    ['a tag that is none', withEntity({ etag: 7 })],
    ['a tag that is too long', withEntity({ etag: long(65_537) })],
    ['a date that is none', withEntity({ date: 7 })],
    ['a key too many in the entity', withEntity({ more: 1 })],
    ['no word about ranges', withEntity({ acceptsRanges: undefined })],
    ['no URL', { ...checkpoint, url: 7 }],
    ['a URL that is too long', { ...checkpoint, url: long(65_537) }],
    ['a key too many', { ...checkpoint, more: 1 }],
    ['a part beyond the end', withPieces({ ...sha256, end: 101 })],
    ['an empty part', withPieces({ ...sha256, start: 100 })],
    ['one wrong part among right ones', withPieces(sha256, { ...sha256, end: 101 })],
    ['a part with a key too many', withPieces({ ...sha256, more: 1 })],
    ['a digest of another kind', withPieces({ ...sha256, algorithm: 'crc32' })],
    ['a digest that is too short', withPieces({ ...sha256, hex: 'a'.repeat(31) })],
    ['a digest that is too long', withPieces({ ...sha256, hex: 'a'.repeat(129) })],
    ['a digest in capitals', withPieces({ ...sha256, hex: 'AB'.repeat(32) })],
    ['a digest with more behind it', withPieces({ ...sha256, hex: `${'ab'.repeat(32)}\n` })],
    ['a digest with more before it', withPieces({ ...sha256, hex: ` ${'ab'.repeat(32)}` })],
    ['more parts than a plan has ranges', withPieces(...Array.from({ length: 100_001 }, () => sha256))],
    ['a seam beyond the end', { ...checkpoint, seams: [101] }],
    ['one wrong seam among right ones', { ...checkpoint, seams: [40, 101] }],
    ['a seam below zero', { ...checkpoint, seams: [-1] }],
    ['more seams than a plan has ranges', { ...checkpoint, seams: Array.from({ length: 100_001 }, () => 1) }],
    ['null', null],
    ['text', 'checkpoint'],
  ])('131 does not believe %s', (_, value) => {
    expect(checkCheckpoint(value)).toBeNull();
  });
});
