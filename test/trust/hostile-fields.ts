/** Header fields as servers send them, and as they should not. */
import fc from 'fast-check';
import type { Entity } from '../../src/machines/entity.ts';
import { mutated } from './fuzz.ts';

const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const longDays = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const two = (number: number) => String(number).padStart(2, '0');
const clock = (date: Date) => date.toISOString().slice(11, 19);
const day = (date: Date, names: readonly string[]) => names[date.getUTCDay()] ?? '';
const month = (date: Date) => months[date.getUTCMonth()] ?? '';

/** The three forms of RFC 9110, section 5.6.7. */
export const forms: readonly ((date: Date) => string)[] = [
  (date) => `${day(date, days)}, ${two(date.getUTCDate())} ${month(date)} ${date.getUTCFullYear()} ${clock(date)} GMT`,
  (date) =>
    `${day(date, longDays)}, ${two(date.getUTCDate())}-${month(date)}-${two(date.getUTCFullYear() % 100)} ${clock(date)} GMT`,
  (date) =>
    `${day(date, days)} ${month(date)} ${String(date.getUTCDate()).padStart(2)} ${clock(date)} ${date.getUTCFullYear()}`,
];

/** Whole seconds; the years in which two digits mean the same to everybody. */
export const moment = fc
  .integer({ min: Date.UTC(1980, 0, 1) / 1000, max: Date.UTC(2045, 0, 1) / 1000 })
  .map((seconds) => new Date(seconds * 1000));
export const httpDate = fc.tuple(moment, fc.constantFrom(...forms)).map(([date, write]) => write(date));
export const datePieces = [
  ' ',
  'GMT',
  'UTC',
  '+0100',
  '-0100',
  '(',
  ')',
  'Sun',
  ',',
  ':',
  '99',
  'Feb',
  '30',
  'Z',
  'T',
  '\n',
  '"',
];

export const tag = mutated(
  fc.constantFrom('"v1"', '"v2"', 'W/"v1"', '""', '"', 'v1', '"a b"', '"\u00ff"', '"a"b"', 'w/"v1"'),
  ['"', 'W/', ' ', '\u00e9', '\u0100', '\0', '\n', '\x7f', '\\"'],
);
export const entity: fc.Arbitrary<Entity> = fc.record({
  size: fc.oneof(fc.constant(null), fc.nat({ max: 3 }), fc.maxSafeNat()),
  etag: fc.oneof(fc.constant(null), tag),
  lastModified: fc.oneof(fc.constant(null), httpDate, mutated(httpDate, datePieces)),
  date: fc.oneof(fc.constant(null), httpDate, mutated(httpDate, datePieces)),
  acceptsRanges: fc.boolean(),
});
