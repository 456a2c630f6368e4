import { describe, expect, it } from 'vitest';
import type { Entity } from '../../src/machines/entity.ts';
import type { Answer } from '../../src/machines/response-rules.ts';
import { judgeTransfer, judgeWholeInstead } from '../../src/machines/transfer-rules.ts';

const answer = (status: number, headers: Record<string, string> = {}): Answer => ({
  status,
  headers,
  retryAfterMs: null,
});
const known: Entity = { size: 100, etag: '"v1"', lastModified: null, date: null, acceptsRanges: true };
const single: Entity = { ...known, acceptsRanges: false };
const asked = { from: 40, to: 60, conditional: true };
const bare = { ...asked, conditional: false };
const part = { 'content-range': 'bytes 40-59/100' };
const v1 = { etag: '"v1"' };
const v2 = { etag: '"v2"' };
const whole = { 'content-length': '100' };
const refused = (code: string) => ({ kind: 'refused', failure: { code } });

describe('judgeTransfer', () => {
  it.each([
    ['the part', asked, answer(206, { ...part, ...v1 }), known, { kind: 'accepted', isProved: true }],
    ['the part without its tag', asked, answer(206, part), known, { kind: 'accepted', isProved: false }],
    ['the part of another version', asked, answer(206, { ...part, ...v2 }), known, refused('changed')],
    [
      'the part of a larger file',
      asked,
      answer(206, { 'content-range': 'bytes 40-59/200', ...v1 }),
      known,
      refused('changed'),
    ],
    ['another part', asked, answer(206, { 'content-range': 'bytes 0-59/100' }), known, refused('protocol')],
    ['the whole of another version', asked, answer(200, { ...whole, ...v2 }), known, refused('changed')],
    ['the whole of another size', asked, answer(200, { 'content-length': '99', ...v1 }), known, refused('changed')],
    ['the whole of the same', asked, answer(200, { ...whole, ...v1 }), known, { kind: 'askUnconditionally' }],
    ['the whole without a tag', asked, answer(200, whole), known, refused('changed')],
    ['the whole though no If-Range was sent', bare, answer(200, { ...whole, ...v1 }), known, refused('protocol')],
    ['416 of the same size', asked, answer(416, { 'content-range': 'bytes */100' }), known, refused('protocol')],
    ['416 of another size', asked, answer(416, { 'content-range': 'bytes */30' }), known, refused('changed')],
    ['416 that says nothing', asked, answer(416), known, { kind: 'askWhole' }],
    ['416 that says nothing, where only wholes are sent', bare, answer(416), single, refused('protocol')],
    ['404', asked, answer(404), known, refused('http-status')],
    [
      'the whole, where only wholes are sent',
      bare,
      answer(200, { ...whole, ...v1 }),
      single,
      { kind: 'accepted', isProved: true },
    ],
    ['the whole of another version there', bare, answer(200, { ...whole, ...v2 }), single, refused('changed')],
    ['a part there', bare, answer(206, part), single, refused('protocol')],
  ] as const)('%s', (_, request, given, entity, verdict) => {
    expect(judgeTransfer(request, given, entity)).toMatchObject(verdict);
  });
});

describe('what is told of a refused answer', () => {
  it('leads on over one connection where parts are not sent any more', () => {
    expect(judgeTransfer(bare, answer(200, { ...whole, ...v1 }), known)).toMatchObject({
      kind: 'refused',
      failure: { reason: 'the server sends no parts of it any more', withoutRanges: true },
    });
    expect(judgeWholeInstead(answer(200, { ...whole, ...v1 }), known)).toEqual({
      code: 'protocol',
      message: 'The server says that a part of the file lies beyond its end, although the file is as long as before.',
      reason: 'the server does not send some of its parts',
      withoutRanges: true,
    });
  });

  it.each([
    [bare, answer(200, { ...whole, ...v1 }), 'The server sent the whole file although a part was asked for.'],
    [asked, answer(200, whole), 'The file on the server has changed: the server says that it is another version.'],
    [
      asked,
      answer(416, { 'content-range': 'bytes */30' }),
      'The file on the server has changed: its size was 100 bytes and is now 30.',
    ],
    [
      asked,
      answer(416, { 'content-range': 'bytes */100' }),
      'The server says that a part of the file lies beyond its end.',
    ],
  ])('%#', (request, given, message) => {
    expect(judgeTransfer(request, given, known)).toMatchObject({ kind: 'refused', failure: { message } });
  });
});

describe('the whole file, where a part of it was answered 416 without a size', () => {
  it.each([
    ['of the same version', answer(200, { ...whole, ...v1 }), { code: 'protocol', withoutRanges: true }],
    ['of another version', answer(200, { ...whole, ...v2 }), { code: 'changed' }],
    ['of another size', answer(200, { 'content-length': '30', ...v1 }), { code: 'changed' }],
    ['that is refused too', answer(503), { code: 'http-status', pushBack: true }],
    ['that is out of range too', answer(416), { code: 'protocol', withoutRanges: true }],
  ] as const)('%s', (_, given, failure) => {
    expect(judgeWholeInstead(given, known)).toMatchObject(failure);
  });
});
