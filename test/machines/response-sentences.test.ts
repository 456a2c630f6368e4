import { describe, expect, it } from 'vitest';
import { judgeProbe } from '../../src/machines/probe-rules.ts';
import { type Answer, judgeAnswer, parseUnsatisfiedSize, whyDifferent } from '../../src/machines/response-rules.ts';
import { entity } from './contexts.ts';

const answer = (status: number, headers: Answer['headers'] = {}, retryAfterMs: number | null = null): Answer => ({
  status,
  headers,
  retryAfterMs,
});
const part = { 'content-range': 'bytes 10-19/100' };
const asked = { from: 10, to: null };

describe('a refused answer', () => {
  it.each([
    ['a length that is none', asked, answer(200, { 'content-length': 'x' }), 'sent a length that is not a number'],
    ['such a length of a part', asked, answer(206, { ...part, 'content-length': '1, 2' }), 'sent a length that is not'],
    ['a part of what was to be whole', { from: null, to: null }, answer(206, part), 'although the whole was asked for'],
    ['a compressed file', asked, answer(200, { 'content-encoding': 'br' }), 'compressed the file although'],
    ['a compressed part', asked, answer(206, { ...part, 'content-encoding': 'br' }), 'compressed a part of the file'],
    ['several parts', asked, answer(206, { 'content-type': ' Multipart/Byteranges; b=1' }), 'several parts although'],
    ['a part of some kind', asked, answer(206, { 'content-type': 'text/html' }), 'without saying which one'],
    ['a part of no kind', asked, answer(206), 'without saying which one'],
    ['other bytes', { from: 11, to: null }, answer(206, part), 'the bytes from 10 on although those from 11'],
    ['two lengths', asked, answer(206, { ...part, 'content-length': '30' }), 'of one length and a body of another'],
  ] as const)('says so: %s', (_, request, given, words) => {
    expect(judgeAnswer(request, given, null)).toMatchObject({
      kind: 'refused',
      failure: { code: 'protocol', message: expect.stringContaining(words) },
    });
  });

  it('says so: more bytes than there are', () => {
    const more = answer(206, { 'content-range': 'bytes 10-199/*' });
    expect(judgeAnswer(asked, more, entity)).toMatchObject({
      failure: { code: 'protocol', message: 'The server sent more of the file than there is.' },
    });
  });

  it.each([
    [400, 'it did not understand the request.'],
    [
      401,
      'it wants a name and a password, or refuses those it was given; give them with -H "Authorization: ..." or in the URL.',
    ],
    [403, 'it refuses access to this file.'],
    [404, 'there is no such file.'],
    [407, 'a proxy wants a name and a password.'],
    [408, 'it gave up waiting.'],
    [410, 'the file is gone for good.'],
    [418, 'that is no answer to a download.'],
    [429, 'it has had too many requests.'],
    [451, 'the file is withheld for legal reasons.'],
    [499, 'that is no answer to a download.'],
    [500, 'it has an error of its own.'],
    [502, 'the server behind it answers wrongly.'],
    [503, 'it is overloaded or being worked on.'],
    [504, 'the server behind it does not answer.'],
    [599, 'it has an error of its own.'],
  ])('explains %i', (status, meaning) => {
    const failure = { code: 'http-status', status, message: `The server answered ${status}: ${meaning}` };
    const isPushBack = status === 429 || status === 503;
    const wanted = isPushBack ? { ...failure, pushBack: true } : failure;
    expect(judgeAnswer(asked, answer(status), null)).toEqual({ kind: 'refused', failure: wanted });
  });

  it('says how long the server wants to be left alone, in whole seconds', () => {
    expect(judgeAnswer(asked, answer(503, {}, 1_500), null)).toMatchObject({
      failure: {
        message: 'The server answered 503: it is overloaded or being worked on. It asks to be left alone for 2 s.',
        retryAfterMs: 1_500,
      },
    });
    expect(judgeAnswer(asked, answer(429, {}, 3_600_000), null)).toMatchObject({
      failure: {
        message: 'The server answered 429: it has had too many requests. It asks to be left alone for 1 h 00 min.',
      },
    });
  });
});

describe('a good part', () => {
  it('proves that the server has ranges', () => {
    expect(judgeAnswer(asked, answer(206, part), null)).toMatchObject({ entity: { size: 100, acceptsRanges: true } });
  });

  it('may have one byte', () => {
    const one = answer(206, { 'content-range': 'bytes 10-10/11', 'content-length': '1' });
    expect(judgeAnswer(asked, one, null)).toMatchObject({ kind: 'accepted', take: 1 });
  });
});

describe('the size in a 416', () => {
  it.each([
    ['  bytes   */ 100  ', 100],
    ['xbytes */100', null],
    ['bytes */100x', null],
    ['x bytes */100', null],
    ['bytes */100 x', null],
    [undefined, null],
  ])('%j is %s', (text, size) => {
    expect(parseUnsatisfiedSize(text)).toBe(size);
  });

  it('that nobody asked for is a sentence', () => {
    const unranged = { from: 0, ranged: false, conditional: false };
    expect(judgeProbe(unranged, answer(416), null)).toMatchObject({
      kind: 'refused',
      failure: { code: 'protocol', message: 'The server refused a range that was not asked for.' },
    });
  });

  it('of an empty file comes with its validators', () => {
    const head = { 'content-range': 'bytes */0', 'last-modified': 'm', date: 'd' };
    expect(judgeProbe({ from: 0, ranged: true, conditional: false }, answer(416, head), null)).toEqual({
      kind: 'empty',
      entity: { size: 0, etag: null, lastModified: 'm', date: 'd', acceptsRanges: false },
    });
  });
});

describe('why two entities differ', () => {
  it.each([
    ['the size of one is not known', { size: null }, {}],
    ['the size of the other is not known', {}, { size: null }],
  ])('is not their size when %s', (_, one, other) => {
    expect(whyDifferent({ ...entity, ...one }, { ...entity, ...other, etag: '"v2"' })).toBe('it has another ETag');
  });
});

describe('the whole file in answer to a probe', () => {
  const probe = { from: 10, ranged: true, conditional: false };

  it('is another one, though no If-Range was sent', () => {
    const other = answer(200, { 'content-length': '100', etag: '"v2"' });
    expect(judgeProbe(probe, other, entity)).toEqual({ kind: 'changed', reason: 'it has another ETag' });
  });

  it('is the same, and begins at its first byte', () => {
    const same = answer(200, { 'content-length': '100', etag: '"v1"' });
    expect(judgeProbe(probe, same, entity)).toMatchObject({ kind: 'found', offset: 0 });
  });
});
