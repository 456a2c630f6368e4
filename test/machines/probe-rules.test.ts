import { describe, expect, it } from 'vitest';
import type { Entity } from '../../src/machines/entity.ts';
import { judgeProbe, type ProbeRequest } from '../../src/machines/probe-rules.ts';
import type { Answer } from '../../src/machines/response-rules.ts';

const answer = (status: number, headers: Record<string, string> = {}): Answer => ({
  status,
  headers,
  retryAfterMs: null,
});
const known: Entity = { size: 100, etag: '"v1"', lastModified: null, date: null, acceptsRanges: true };
const unproved: Entity = { ...known, etag: null };

const first: ProbeRequest = { from: 0, ranged: true, conditional: false };
const whole: ProbeRequest = { from: 0, ranged: false, conditional: false };
const later: ProbeRequest = { from: 40, ranged: true, conditional: true };
const bare: ProbeRequest = { from: 40, ranged: true, conditional: false };

/** All bytes are there: it is asked whether they are of this file. */
const complete: ProbeRequest = { from: 100, ranged: true, conditional: true, isComplete: true };

const v1 = { etag: '"v1"' };
const v2 = { etag: '"v2"' };
const rest = { 'content-range': 'bytes 40-99/100' };
const again = (request: ProbeRequest) => ({ kind: 'again', request });

describe('a first start', () => {
  it.each([
    [
      '206',
      first,
      answer(206, { 'content-range': 'bytes 0-99/100', ...v1 }),
      { kind: 'found', offset: 0, entity: { size: 100, acceptsRanges: true } },
    ],
    ['206 without a size', first, answer(206, { 'content-range': 'bytes 0-99/*' }), again(whole)],
    [
      '200 to a range',
      first,
      answer(200, { 'content-length': '100' }),
      { kind: 'found', offset: 0, entity: { size: 100, acceptsRanges: false } },
    ],
    ['200 of unknown length', first, answer(200), { kind: 'found', offset: 0, entity: { size: null } }],
    ['200 of nothing', first, answer(200, { 'content-length': '0' }), { kind: 'empty', entity: { size: 0 } }],
    [
      '416 of nothing',
      first,
      answer(416, { 'content-range': 'bytes */0', ...v1 }),
      { kind: 'empty', entity: { size: 0, etag: '"v1"' } },
    ],
    ['416 of something', first, answer(416, { 'content-range': 'bytes */100' }), again(whole)],
    ['416 that says nothing', first, answer(416), again(whole)],
    ['416 without a range', whole, answer(416), { kind: 'refused', failure: { code: 'protocol' } }],
    ['400 to a range', first, answer(400), again(whole)],
    ['403 to a range', first, answer(403), again(whole)],
    ['403 without a range', whole, answer(403), { kind: 'refused', failure: { code: 'http-status', status: 403 } }],
    [
      '403 whose length is no number',
      first,
      answer(403, { 'content-length': 'x' }),
      { kind: 'refused', failure: { code: 'protocol' } },
    ],
    ['404 to a range', first, answer(404), { kind: 'refused', failure: { status: 404 } }],
    [
      '206 without a range',
      whole,
      answer(206, { 'content-range': 'bytes 0-99/100' }),
      { kind: 'refused', failure: { code: 'protocol' } },
    ],
    ['206 of another place', first, answer(206, { 'content-range': 'bytes 1-99/100' }), { kind: 'refused' }],
  ] as const)('%s', (_, request, given, verdict) => {
    expect(judgeProbe(request, given, null)).toMatchObject(verdict);
  });
});

describe('a resume', () => {
  it.each([
    ['206 of the same', later, answer(206, { ...rest, ...v1 }), known, { kind: 'found', offset: 40 }],
    [
      '206 of another tag (a server that ignores If-Range)',
      later,
      answer(206, { ...rest, ...v2 }),
      known,
      { kind: 'changed', reason: 'it has another ETag' },
    ],
    [
      '206 of another size',
      later,
      answer(206, { 'content-range': 'bytes 40-199/200', ...v1 }),
      known,
      { kind: 'changed' },
    ],
    ['206 without the tag', later, answer(206, rest), known, { kind: 'compare', offset: 40 }],
    ['206 where nothing proves anything', bare, answer(206, rest), unproved, { kind: 'compare', offset: 40 }],
    ['200 of another tag', later, answer(200, { 'content-length': '100', ...v2 }), known, { kind: 'changed' }],
    ['200 of another size', later, answer(200, { 'content-length': '99', ...v1 }), known, { kind: 'changed' }],
    [
      '200 of the same tag: the host dislikes If-Range',
      later,
      answer(200, { 'content-length': '100', ...v1 }),
      known,
      again(bare),
    ],
    [
      '200 without a tag',
      later,
      answer(200, { 'content-length': '100' }),
      known,
      { kind: 'changed', reason: 'the server says that it is another version' },
    ],
    [
      '200 to a range without If-Range',
      bare,
      answer(200, { 'content-length': '100', ...v1 }),
      known,
      { kind: 'found', offset: 0, entity: { acceptsRanges: false } },
    ],
    [
      '416 of another size',
      later,
      answer(416, { 'content-range': 'bytes */30' }),
      known,
      { kind: 'changed', reason: 'its size was 100 bytes and is now 30' },
    ],
    ['416 of a larger size', later, answer(416, { 'content-range': 'bytes */200' }), known, { kind: 'changed' }],
    ['416 of nothing any more', later, answer(416, { 'content-range': 'bytes */0' }), known, { kind: 'changed' }],
    ['416 of the same size', later, answer(416, { 'content-range': 'bytes */100' }), known, again(whole)],
    ['416 that says nothing', later, answer(416), known, again(whole)],
    ['503', later, answer(503), known, { kind: 'refused', failure: { status: 503, pushBack: true } }],
  ] as const)('%s', (_, request, given, before, verdict) => {
    expect(judgeProbe(request, given, before)).toMatchObject(verdict);
  });

  describe('of a file that is all there', () => {
    const none = { 'content-range': 'bytes */100' };
    const length = { 'content-length': '100' };
    const isThere = { kind: 'found', entity: known, offset: 100 };
    it.each([
      ['416 of the same tag and size: nothing is missing', complete, answer(416, { ...none, ...v1 }), isThere],
      ['200 of the same tag and size: nothing is missing', complete, answer(200, { ...length, ...v1 }), isThere],
      ['416 without a tag', complete, answer(416, none), again({ ...whole, isComplete: true })],
      ['416 without a size', complete, answer(416, v1), again({ ...whole, isComplete: true })],
      ['416 of another tag', complete, answer(416, { ...none, ...v2 }), again({ ...whole, isComplete: true })],
      ['200 of the same tag, size unknown', complete, answer(200, v1), again({ ...complete, conditional: false })],
      ['416 where something is missing', later, answer(416, { ...none, ...v1 }), again(whole)],
      ['200 where something is missing', later, answer(200, { ...length, ...v1 }), again(bare)],
    ] as const)('%s', (_, request, given, verdict) => {
      expect(judgeProbe(request, given, known)).toEqual(verdict);
    });

    it('416 of a weak tag that is the same proves nothing', () => {
      const weak = { etag: 'W/"v1"' };
      const verdict = judgeProbe(complete, answer(416, { ...none, ...weak }), { ...known, ...weak });
      expect(verdict).toEqual(again({ ...whole, isComplete: true }));
    });
  });

  it('ends: whatever is answered, the third request is the last that is asked for', () => {
    const answers = [200, 206, 400, 403, 412, 416].flatMap((status) =>
      [{}, v1, v2].flatMap((tag) =>
        [{}, rest, { 'content-range': 'bytes */100' }, { 'content-length': '100' }].map((more) =>
          answer(status, { ...tag, ...more }),
        ),
      ),
    );
    let requests: ProbeRequest[] = [later];
    for (let count = 1; count <= 3; count += 1) {
      requests = requests.flatMap((request) =>
        answers.flatMap((given) => {
          const verdict = judgeProbe(request, given, known);
          return verdict.kind === 'again' ? [verdict.request] : [];
        }),
      );
      // From then on each "again" would be the same request once more.
      requests = [...new Map(requests.map((request) => [JSON.stringify(request), request])).values()];
    }
    expect(requests).toEqual([]);
  });
});
