import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Entity } from '../../src/machines/entity.ts';
import {
  type Answer,
  changedFailure,
  dislikesRange,
  entityOf,
  isEncoded,
  judgeAnswer,
  parseContentLength,
  parseContentRange,
  parseUnsatisfiedSize,
  whyDifferent,
} from '../../src/machines/response-rules.ts';

const shared = new URL('../../../shared/data/', import.meta.url);
const hasShared = existsSync(shared);
if (!hasShared) console.info('The folder of known answers is not here; the tests that read it do not run.');

function known<Data>(path: string): Data {
  return JSON.parse(readFileSync(new URL(path, shared), 'utf8')) as Data;
}

const answer = (status: number, headers: Record<string, string> = {}, retryAfterMs: number | null = null): Answer => ({
  status,
  headers,
  retryAfterMs,
});
const LARGEST = String(Number.MAX_SAFE_INTEGER);

describe('parseContentRange', () => {
  it.each([
    ['bytes 0-9/100', 0, 10, 100],
    ['bytes 0-0/1', 0, 1, 1],
    ['bytes 90-99/100', 90, 100, 100],
    ['bytes 0-9/*', 0, 10, null],
    ['Bytes 0-9/100', 0, 10, 100],
    ['BYTES  0-9/100', 0, 10, 100],
    ['bytes 0-9 / 100', 0, 10, 100],
    [' bytes 0-9/100 ', 0, 10, 100],
    [`bytes 0-${Number.MAX_SAFE_INTEGER - 1}/${LARGEST}`, 0, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  ])('reads %s', (text, start, end, size) => {
    expect(parseContentRange(text)).toEqual({ start, end, size });
  });

  it.each([
    undefined,
    '',
    'bytes',
    'bytes */100',
    'bytes 5-3/10',
    'bytes 0-10/10',
    'bytes 0-9/0',
    'bytes 0-9',
    'bytes 0-9/',
    'bytes -9/100',
    'bytes 0-/100',
    'bytes=0-9/100',
    'bytes 0-9/100, bytes 10-19/100',
    'bytes 0-9,20-29/100',
    'octets 0-9/100',
    'lines 0-9/100',
    '0-9/100',
    'bytes 0x0-0x9/100',
    'bytes +0-9/100',
    'bytes 0-9/1e2',
    'bytes 0.0-9/100',
    'bytes 0-9/100 garbage',
    'bytes ٠-٩/100',
    `bytes 0-${LARGEST}/*`,
    'bytes 0-9/9007199254740992',
    'bytes 9007199254740992-9007199254740993/*',
    'bytes 0-99999999999999999999/*',
  ])('does not take %s', (text) => {
    expect(parseContentRange(text)).toBeNull();
  });

  it('reads what it should and nothing else', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.maxSafeNat(), fc.option(fc.maxSafeNat()), (first, last, size) => {
        const read = parseContentRange(`bytes ${first}-${last}/${size ?? '*'}`);
        const isRight = first <= last && last < Number.MAX_SAFE_INTEGER && (size === null || last < size);
        expect(read).toEqual(isRight ? { start: first, end: last + 1, size } : null);
      }),
    );
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^bytes [0-9*/ -]{0,12}$/)), (text) => {
        const read = parseContentRange(text);
        if (read === null) return;
        expect(read.start).toBeLessThan(read.end);
        expect(read.end).toBeLessThanOrEqual(read.size ?? read.end);
      }),
    );
  });
});

describe('parseUnsatisfiedSize', () => {
  it.each([
    ['bytes */100', 100],
    ['bytes */0', 0],
    ['Bytes * / 7', 7],
    [`bytes */${LARGEST}`, Number.MAX_SAFE_INTEGER],
    ['bytes */9007199254740992', null],
    ['bytes */*', null],
    ['bytes */-1', null],
    ['bytes 0-9/100', null],
    ['*/100', null],
    ['', null],
    [undefined, null],
  ])('%s', (text, size) => {
    expect(parseUnsatisfiedSize(text)).toBe(size);
  });
});

describe('parseContentLength', () => {
  it.each([
    [undefined, null],
    ['0', 0],
    ['42', 42],
    [' 42 ', 42],
    ['42,42', 42],
    ['42, 42, 42', 42],
    [LARGEST, Number.MAX_SAFE_INTEGER],
    ['9007199254740992', 'invalid'],
    ['99999999999999999999', 'invalid'],
    ['', 'invalid'],
    [',', 'invalid'],
    ['-1', 'invalid'],
    ['+42', 'invalid'],
    ['42s', 'invalid'],
    ['0x20', 'invalid'],
    ['4 2', 'invalid'],
    ['4.2', 'invalid'],
    ['1e3', 'invalid'],
    ['42,30', 'invalid'],
    ['42,', 'invalid'],
    [',42', 'invalid'],
    ['42,042', 'invalid'],
    ['٤٢', 'invalid'],
  ])('%s gives %s', (text, length) => {
    expect(parseContentLength(text)).toBe(length);
  });

  it('takes nothing but digits', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[0-9, +-]{0,20}$/)), (text) => {
        const read = parseContentLength(text);
        if (read === 'invalid') return;
        expect(Number.isSafeInteger(read)).toBe(true);
        for (const part of text.split(',')) expect(Number(part.trim())).toBe(read);
      }),
    );
  });
});

describe.runIf(hasShared)('the cases of the web platform tests', () => {
  const lengths = hasShared ? known<{ input: string; output: number | null }[]>('wpt/content-lengths.json') : [];
  it.each(lengths)('$input', ({ input, output }) => {
    const joined = input
      .split('\r\n')
      .map((line) => line.replace(/^content-length:/i, '').trim())
      .join(', ');
    // A browser takes what is no number for no length at all; we do not guess where a file ends.
    const isNumber = /^\d+(, ?\d+)*$/.test(joined.replaceAll(',', ', ').replaceAll('  ', ' '));
    expect(parseContentLength(joined)).toBe(output === null || !isNumber ? 'invalid' : output);
  });

  const ranges = hasShared
    ? known<{ contentRange206: [string, string][] }>('wpt/h1-and-range.json').contentRange206
    : [];
  it.each(ranges.filter(([, verdict]) => verdict === 'invalid'))('Content-Range: %s is refused', (text) => {
    expect(parseContentRange(text)).toBeNull();
    const headers: Record<string, string> = { 'content-range': text };
    expect(judgeAnswer({ from: 0, to: 2 }, answer(206, headers), null)).toMatchObject({ kind: 'refused' });
  });

  it('reads every Content-Range that real servers gave', () => {
    const matrix = readFileSync(new URL('server-range-matrix.txt', shared), 'utf8').split('\n');
    const given = matrix.flatMap((line) => /\|206 len=\d+\|(bytes [^|]+)\|/.exec(line)?.[1] ?? []);
    expect(given.length).toBeGreaterThan(20);
    for (const text of given) expect(parseContentRange(text), text).not.toBeNull();
    const refused = matrix.flatMap((line) => /\|416 len=\d*\|(bytes [^|]+)\|/.exec(line)?.[1] ?? []);
    expect(refused.length).toBeGreaterThan(1);
    for (const text of refused) expect(parseUnsatisfiedSize(text), text).toBeGreaterThan(0);
  });
});

describe('isEncoded', () => {
  it.each([
    ['gzip', true],
    ['GZIP', true],
    ['br, gzip', true],
    ['identity', false],
    [' Identity ', false],
    ['', false],
  ])('%s', (coding, isIt) => {
    expect(isEncoded(answer(200, { 'content-encoding': coding }))).toBe(isIt);
    expect(isEncoded(answer(200))).toBe(false);
  });
});

describe('judgeAnswer', () => {
  const entity: Entity = { size: 100, etag: '"v1"', lastModified: null, date: null, acceptsRanges: true };
  const part = (contentRange: string, more: Record<string, string> = {}) =>
    answer(206, { 'content-range': contentRange, etag: '"v1"', ...more });
  const accepted = (take: number) => ({ kind: 'accepted', take });
  const refused = (code: string) => ({ kind: 'refused', failure: { code } });
  const from = (start: number | null, to: number | null = null) => ({ from: start, to });

  it.each([
    ['what was asked for', from(10, 20), part('bytes 10-19/100'), entity, accepted(10)],
    ['all the rest', from(10), part('bytes 10-99/100'), null, accepted(90)],
    ['less than asked', from(10, 20), part('bytes 10-14/100'), entity, accepted(5)],
    ['more than asked: only what was asked', from(10, 20), part('bytes 10-50/100'), entity, accepted(10)],
    ['a star when the size is known', from(10), part('bytes 10-99/*'), entity, accepted(90)],
    ['a star when it is not', from(10), part('bytes 10-99/*'), null, { kind: 'accepted', entity: { size: null } }],
    ['a length that agrees', from(0), part('bytes 0-9/100', { 'content-length': '10' }), entity, accepted(10)],
    ['a length that does not', from(0), part('bytes 0-9/100', { 'content-length': '11' }), entity, refused('protocol')],
    ['a length that is none', from(0), part('bytes 0-9/100', { 'content-length': 'x' }), entity, refused('protocol')],
    ['another start', from(10), part('bytes 0-99/100'), entity, refused('protocol')],
    ['more than there is', from(0), part('bytes 0-199/*'), entity, refused('protocol')],
    ['no Content-Range', from(0), answer(206), entity, refused('protocol')],
    ['another unit', from(0), part('lines 0-9/100'), entity, refused('protocol')],
    ['a part that nobody asked for', from(null), part('bytes 0-99/100'), entity, refused('protocol')],
    ['a compressed part', from(0), part('bytes 0-9/100', { 'content-encoding': 'gzip' }), entity, refused('protocol')],
    [
      'a whole file',
      from(10),
      answer(200, { 'content-length': '100' }),
      entity,
      { kind: 'whole', entity: { size: 100, acceptsRanges: false } },
    ],
    ['a whole file of unknown length', from(null), answer(200), null, { kind: 'whole', entity: { size: null } }],
    [
      'a whole file with a Content-Range (curl 1156)',
      from(10),
      answer(200, { 'content-range': 'bytes 10-99/100' }),
      entity,
      { kind: 'whole' },
    ],
    ['a compressed whole file', from(null), answer(200, { 'content-encoding': 'br' }), null, refused('protocol')],
    [
      '416 that says the size',
      from(100),
      answer(416, { 'content-range': 'bytes */100' }),
      entity,
      { kind: 'unsatisfiable', size: 100 },
    ],
    ['416 that does not', from(100), answer(416), entity, { kind: 'unsatisfiable', size: null }],
  ] as const)('%s', (_, request, given, before, verdict) => {
    expect(judgeAnswer(request, given, before)).toMatchObject(verdict);
  });

  it('says of several parts that they are several', () => {
    const verdict = judgeAnswer(from(0), answer(206, { 'content-type': 'multipart/byteranges; boundary=x' }), null);
    expect(verdict).toMatchObject({ kind: 'refused', failure: { message: expect.stringContaining('several parts') } });
  });

  it.each([201, 204, 205, 226, 300, 304, 400, 401, 403, 404, 410, 418, 429, 451, 500, 502, 503, 504, 599, 999])(
    'refuses status %i with a sentence',
    (status) => {
      const verdict = judgeAnswer(from(0), answer(status, {}, 5_000), null);
      expect(verdict).toMatchObject({ kind: 'refused', failure: { code: 'http-status', status, retryAfterMs: 5_000 } });
      const pushes = verdict.kind === 'refused' && verdict.failure.pushBack === true;
      expect(pushes).toBe(status === 429 || status === 503);
    },
  );

  it('never believes a part that does not begin where it was asked to, nor takes more than was asked', () => {
    fc.assert(
      fc.property(
        fc.nat(100),
        fc.option(fc.integer({ min: 1, max: 120 })),
        fc.nat(120),
        fc.nat(120),
        fc.option(fc.nat(120)),
        (start, length, first, last, size) => {
          const request = from(start, length === null ? null : start + length);
          const verdict = judgeAnswer(
            request,
            answer(206, { 'content-range': `bytes ${first}-${last}/${size ?? '*'}` }),
            entity,
          );
          if (verdict.kind !== 'accepted') return;
          expect(first).toBe(start);
          expect(verdict.take).toBeGreaterThan(0);
          expect(start + verdict.take).toBeLessThanOrEqual(request.to ?? last + 1);
          expect(last).toBeLessThan(size ?? 100);
        },
      ),
    );
  });
});

describe('the small rules', () => {
  it('knows which statuses may be a dislike of ranges', () => {
    expect([400, 403, 405, 412, 416, 501].every(dislikesRange)).toBe(true);
    expect([200, 401, 404, 410, 429, 500, 503].some(dislikesRange)).toBe(false);
  });

  it('reads the entity off the head', () => {
    const head = answer(206, { etag: '"a"', 'last-modified': 'm', date: 'd' });
    expect(entityOf(head, 7, true)).toEqual({
      size: 7,
      etag: '"a"',
      lastModified: 'm',
      date: 'd',
      acceptsRanges: true,
    });
    expect(entityOf(answer(200), null, false)).toEqual({
      size: null,
      etag: null,
      lastModified: null,
      date: null,
      acceptsRanges: false,
    });
  });

  it('says why two entities differ', () => {
    const one: Entity = { size: 100, etag: '"a"', lastModified: null, date: null, acceptsRanges: true };
    expect(whyDifferent(one, one)).toBeNull();
    expect(whyDifferent(one, { ...one, size: 99 })).toBe('its size was 100 bytes and is now 99');
    expect(whyDifferent(one, { ...one, etag: '"b"' })).toBe('it has another ETag');
    const timed = { ...one, etag: null, lastModified: 'Mon, 01 Jan 2024 00:00:00 GMT' };
    expect(whyDifferent(timed, { ...timed, lastModified: 'Tue, 02 Jan 2024 00:00:00 GMT' })).toBe(
      'it has another modification time',
    );
    expect(changedFailure('x')).toEqual({
      code: 'changed',
      message: 'The file on the server has changed: x.',
      reason: 'x',
    });
  });
});
