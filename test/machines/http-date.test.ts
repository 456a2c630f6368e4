import { describe, expect, it } from 'vitest';
import { parseHttpDate } from '../../src/machines/http-date.ts';

const days = ['Sun', 'Mon', 'Tues', 'Wednes', 'Thurs', 'Fri', 'Satur'];
const time = Date.UTC(1994, 10, 6, 8, 49, 37);

describe('a date of HTTP', () => {
  it.each(days.map((name, index) => [name, index] as const))(
    'is read in each of its three forms, also on a %sday',
    (name, index) => {
      const [day, short] = [6 + index, name.slice(0, 3)];
      const wanted = time + index * 86_400_000;
      const two = String(day).padStart(2, '0');
      expect(parseHttpDate(`${short}, ${two} Nov 1994 08:49:37 GMT`)).toBe(wanted);
      expect(parseHttpDate(`${name}day, ${two}-Nov-94 08:49:37 GMT`)).toBe(wanted);
      expect(parseHttpDate(`${short} Nov ${String(day).padStart(2)} 08:49:37 1994`)).toBe(wanted);
    },
  );

  it.each([
    '',
    '784111777',
    '1994-11-06T08:49:37Z',
    '06 Nov 1994 08:49:37 GMT',
    'Sun 06 Nov 1994 08:49:37 GMT',
    'Sun, 6 Nov 1994 08:49:37 GMT',
    'Sun, 06 nov 1994 08:49:37 GMT',
    'Sun, 06 November 1994 08:49:37 GMT',
    'Sun, 06 Nov 94 08:49:37 GMT',
    'Sun, 06 Nov 1994 8:49:37 GMT',
    'Sun, 06 Nov 1994 08:9:37 GMT',
    'Sun, 06 Nov 1994 08:49:7 GMT',
    'Sun, 06 Nov 1994 08:49:37',
    'Sun, 06 Nov 1994 08:49:37 UTC',
    'Sun, 06 Nov 1994 08:49:37 GMT+1',
    ' Sun, 06 Nov 1994 08:49:37 GMT',
    'Sun, 06 Nov 1994 25:49:37 GMT',
    'Sun, 06 Abc 1994 08:49:37 GMT',
    'Son, 06 Nov 1994 08:49:37 GMT',
    'Sun, 06-Nov-94 08:49:37 GMT',
    'Tueday, 06-Nov-94 08:49:37 GMT',
    'Sunday, 6-Nov-94 08:49:37 GMT',
    'Sunday, 06-nov-94 08:49:37 GMT',
    'Sunday, 06-Nove-94 08:49:37 GMT',
    'Sunday, 06-Nov-1994 08:49:37 GMT',
    'Sunday, 06-Nov-94 8:49:37 GMT',
    'Sunday, 06-Nov-94 08:9:37 GMT',
    'Sunday, 06-Nov-94 08:49:7 GMT',
    'Sunday, 06-Nov-94 08:49:37 GMT or so',
    'On Sunday, 06-Nov-94 08:49:37 GMT',
    'Son Nov  6 08:49:37 1994',
    'Sun nov  6 08:49:37 1994',
    'Sun Nove  6 08:49:37 1994',
    'Sun Nov 6 08:49:37 1994',
    'Sun Nov  6 8:49:37 1994',
    'Sun Nov  6 08:9:37 1994',
    'Sun Nov  6 08:49:7 1994',
    'Sun Nov  6 08:49:37 94',
    'Sun Nov  6 08:49:37 1994 GMT',
    'On Sun Nov  6 08:49:37 1994',
  ])('is not %j', (text) => expect(parseHttpDate(text)).toBeNull());
});
