/**
 * The pure parsers of what a server or a user says, against small readers of
 * the grammars in the RFCs that share no code with them: nothing but a
 * FailureError is thrown, and nothing is accepted that the grammar does not allow.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dispositionName } from '../../src/adapters/http/content-disposition.ts';
import { RawHeaders } from '../../src/adapters/http/raw-headers.ts';
import { isRedirect, redirectTarget } from '../../src/adapters/http/redirect.ts';
import { safeFileName } from '../../src/adapters/http/safe-file-name.ts';
import { parseDownloadUrl } from '../../src/machines/download-url.ts';
import { compareEntities, type Entity, rangeValidator, strongEtag } from '../../src/machines/entity.ts';
import { FailureError } from '../../src/machines/failures.ts';
import { redactText, redactUrl } from '../../src/machines/redact-url.ts';
import * as rules from '../../src/machines/response-rules.ts';
import { parseRetryAfter } from '../../src/machines/retry-after.ts';
import { expectLinear, fuzz } from './fuzz.ts';

/** Of each property. */
const RUNS = 10_000;
/** For the properties only: the long inputs keep to the limit of every test. */
const PATIENCE = 600_000;
const NOW = Date.UTC(2026, 0, 1);

function always<T>(input: fc.Arbitrary<T>, check: (value: T) => void, examples: readonly T[] = []): void {
  fuzz(RUNS, input, (value) => void check(value), examples);
}

/** Null for a throw of one kind, a FailureError for the parsers; any other is a mistake. */
function orNull<T>(run: () => T, kind: typeof FailureError | typeof URIError = FailureError): T | null {
  try {
    return run();
  } catch (error) {
    if (error instanceof kind) return null;
    throw error;
  }
}

/** Anything at all, or pieces of the grammar in any order; they stand between bars. */
function hostile(pieces: string): fc.Arbitrary<string> {
  const anything = fc.string({ unit: 'binary', maxLength: 12 });
  const known = fc.constantFrom(...pieces.split('|'));
  const piece = fc.oneof({ weight: 9, arbitrary: known }, { weight: 1, arbitrary: anything });
  const pieced = fc.array(piece, { maxLength: 10 }).map((all) => all.join(''));
  return fc.oneof({ weight: 1, arbitrary: anything }, { weight: 6, arbitrary: pieced });
}

const digits = (text: string) => text !== '' && [...text].every((one) => '0123456789'.includes(one));
const count = (text: string) => (digits(text) && BigInt(text) <= 2n ** 53n - 1n ? Number(text) : null);

/** RFC 9110, section 14.4, with blanks around it, several after the unit and one on either side of the slash. */
function referenceRange(text: string): rules.ContentRange | 'unsatisfied' | null {
  const words = text.trim();
  if (!words.toLowerCase().startsWith('bytes ')) return null;
  const [range = '', size = '', ...more] = words.slice(6).split('/');
  const [first = '', last = '', ...others] = range.replace(/^ +/, '').replace(/ $/, '').split('-');
  const whole = size.replace(/^ /, '');
  if (more.length > 0 || others.length > 0 || (whole !== '*' && count(whole) === null)) return null;
  if (first === '*' && last === '' && !range.includes('-')) return whole === '*' ? null : 'unsatisfied';
  const [start, end, total] = [count(first), count(last), whole === '*' ? null : count(whole)];
  if (start === null || end === null || start > end || (total !== null && end >= total)) return null;
  return Number.isSafeInteger(end + 1) ? { start, end: end + 1, size: total } : null;
}

const months = '(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)';
const days = '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)';
const day = '(?:0[1-9]|[12]\\d|3[01])';
const time = '(?:[01]\\d|2[0-3]):[0-5]\\d:(?:[0-5]\\d|60)';
const forms = [
  `${days}, ${day} ${months} \\d{4} ${time} GMT`,
  `(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, ${day}-${months}-\\d\\d ${time} GMT`,
  `${days} ${months} (?:${day}| [1-9]) ${time} \\d{4}`,
];
/** One of the three forms of RFC 9110, section 5.6.7; whether there is such a day is not looked at. */
const isHttpDate = (text: string) => new RegExp(`^(?:${forms.join('|')})$`).test(text);
const date = hostile(
  'Mon|Sunday|, | |06| 6|31|Nov|Feb|-|1994|94|08:49:37|25:61:61| GMT|0|120|+1|' +
    'Sun, 06 Nov 1994 08:49:37 GMT|Sunday, 06-Nov-94 08:49:37 GMT|Sun Nov  6 08:49:37 1994',
);

describe('lengths and ranges', () => {
  const range = hostile('bytes|BYTES| |\t|0|9|10|-|/|*|9007199254740991|,|items');
  const good = fc.tuple(fc.nat(20), fc.nat(20), fc.nat(20)).map(([a, b, c]) => `bytes ${a}-${b}/${c}`);
  it('are taken only as Content-Range has them', { timeout: PATIENCE }, () => {
    always(fc.oneof(range, good), (text) => {
      const wanted = referenceRange(text);
      expect(rules.parseContentRange(text)).toEqual(wanted === 'unsatisfied' ? null : wanted);
      expect(rules.parseUnsatisfiedSize(text) !== null).toBe(wanted === 'unsatisfied');
    });
  });
  it('are one number in Content-Length', { timeout: PATIENCE }, () => {
    always(hostile('0|7|12|,| |-|+|1e3|0x1|9007199254740992|\u0663'), (text) => {
      const [first = '', ...others] = text.split(',').map((one) => one.trim());
      const same = others.every((one) => one === first) && first.length <= 16;
      expect(rules.parseContentLength(text)).toBe((same ? count(first) : null) ?? 'invalid');
    });
  });
  it('give no byte that was not asked for', { timeout: PATIENCE }, () => {
    const status = fc.oneof(fc.constantFrom(200, 206, 416), fc.integer());
    const head = fc.record({ status, range: fc.oneof(range, good), from: fc.nat(20), more: fc.nat(20) });
    always(head, ({ status: code, range: field, from, more }) => {
      const answer = { status: code, headers: { 'content-range': field }, retryAfterMs: null };
      const verdict = rules.judgeAnswer({ from, to: from + more + 1 }, answer, null);
      if (verdict.kind !== 'accepted') return;
      expect(referenceRange(field)).toMatchObject({ start: from });
      expect(verdict.take).toBeGreaterThan(0);
      expect(verdict.take).toBeLessThanOrEqual(more + 1);
    });
  });
});

describe('times and validators', () => {
  it('of Retry-After are seconds or a date', { timeout: PATIENCE }, () => {
    always(date, (text) => {
      const wait = parseRetryAfter(text, NOW);
      if (wait === null) return;
      expect(wait >= 0 && Number.isFinite(wait)).toBe(true);
      expect([text, digits(text.trim()) || isHttpDate(text.trim())]).toEqual([text, true]);
    });
  });
  const tag = fc.option(hostile('"|W/|w/|v1|"v1"|\\| |\x7f|\u00ff|\u0100|\n'));
  const when = fc.option(date);
  const rest = { size: fc.option(fc.nat(2)), acceptsRanges: fc.boolean() };
  const entity: fc.Arbitrary<Entity> = fc.record({ ...rest, etag: tag, lastModified: when, date: when });
  const isStrong = (text: string) => {
    const [before, inside = '', after, ...more] = text.split('"');
    return before === '' && after === '' && more.length === 0 && !/[^!-~\x80-\xff]/.test(inside);
  };
  it('are strong tags by the grammar', { timeout: PATIENCE }, () => {
    always(tag, (text) => expect(strongEtag(text)).toBe(text !== null && isStrong(text) ? text : null));
  });
  it('go into If-Range as a strong tag or a date', { timeout: PATIENCE }, () => {
    always(entity, (one) => {
      const field = rangeValidator(one);
      if (field !== null) expect([field, isStrong(field) || isHttpDate(field)]).toEqual([field, true]);
    });
  });
  it('compare the same both ways when sizes or tags decide', { timeout: PATIENCE }, () => {
    always(fc.tuple(entity, entity), ([a, b]) => {
      expect(compareEntities(a, b) === 'different').toBe(compareEntities(b, a) === 'different');
      if (a.size !== null && b.size !== null && a.size !== b.size) expect(compareEntities(a, b)).toBe('different');
    });
  });
});

const hex = (one: string) => one.charCodeAt(0).toString(16).padStart(2, '0');
const latin1 = (text: string) => text.replace(/%(..)/g, (_, two: string) => String.fromCharCode(Number(`0x${two}`)));
const utf8 = (text: string) => orNull(() => decodeURIComponent(text), URIError);

/** RFC 6266 and RFC 8187, in one expression for all of the field; a quoted-string may hold anything here. */
function referenceName(text: string): string | null {
  const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
  const parameter = `[ \\t]*;[ \\t]*(${token})[ \\t]*=[ \\t]*(${token}|"(?:[^"\\\\]|\\\\.)*")`;
  if (!new RegExp(`^[ \\t]*${token}(?:${parameter})*[ \\t]*$`, 's').test(text)) return null;
  const found = [...text.matchAll(new RegExp(parameter, 'gs'))].map(([, name = '', value = '']) => ({ name, value }));
  const values = new Map(found.map(({ name, value }) => [name.toLowerCase(), value]));
  if (values.size !== found.length) return null;
  const [, charset = '', encoded] =
    /^(utf-8|iso-8859-1)'[^']*'((?:%[0-9a-f]{2}|[\w!#$&+.^`|~-])*)$/i.exec(values.get('filename*') ?? '') ?? [];
  if (encoded !== undefined) {
    const isLatin = charset.toLowerCase() !== 'utf-8';
    if (!isLatin && utf8(encoded) !== null) return utf8(encoded);
    if (isLatin && !/%[89]/.test(encoded)) return latin1(encoded);
  }
  const plain = values.get('filename');
  const bare = plain?.startsWith('"') ? plain.slice(1, -1).replace(/\\(.)/gs, '$1') : plain;
  return bare === undefined ? null : (utf8([...bare].map((one) => `%${hex(one)}`).join('')) ?? bare);
}

describe('names', () => {
  const field = hostile(
    "attachment|attachment; |;| |filename|filename*|=|\"|\\|a.iso|UTF-8''|iso-8859-1'en'|%e2%82|%ac|%|%00|%85|../|\u00e9|" +
      ';filename="a b"|;filename=x|;filename="\\"\u00c3\u00a9"|;filename*=UTF-8\'\'%41|;filename*=iso-8859-1\'en\'%e9',
  ).map((text) => Buffer.from(text, 'latin1').toString('latin1'));
  it('come out of a field as its grammar has them', { timeout: PATIENCE }, () => {
    always(field, (text) => expect([text, dispositionName(text)]).toEqual([text, referenceName(text)]));
  });
  const filler = fc.constantFrom('a', '\u00e9', '\u{1f600}', ' ', '.');
  const long = fc.tuple(filler, fc.nat(300)).map(([one, times]) => one.repeat(times));
  const part = hostile('con|nul.|LPT1|.lnk|.desktop|.multidown|/|\\|..| |-|:|\0|\u202e');
  const name = fc.tuple(part, long, part).map((all) => all.join(''));
  it('that are safe are one part of a path', { timeout: PATIENCE }, () => {
    const check = (text: string) => {
      const safe = safeFileName(text);
      if (safe === null) return;
      expect(Buffer.byteLength(safe)).toBeLessThanOrEqual(255);
      expect(safe).toMatch(/^[^-.\s](?:.*[^.\s])?$/su);
      expect(safe).not.toMatch(/[/\\:\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]/u);
      expect(safe).not.toMatch(/^(?:con|prn|aux|nul|com\d|lpt\d)\s*(?:\.|$)/i);
      expect(safe).not.toMatch(/\.(?:desktop|lnk|url|webloc|scf|multidown)$/i);
    };
    const spaced = ['con', 'a.lnk', 'a.multidown'].map((start) => `${start}${' '.repeat(300)}x`);
    always(name, check, [...spaced, `con${' '.repeat(300)}x.txt`, `${'a'.repeat(235)}.lnk${'b'.repeat(20)}`]);
  });
});

describe('addresses', () => {
  const url = hostile(
    'http:|https:|ftp:|//|/|h.org|user:pass@|:80|:99999|?|#|&|token=|%|[::1]|\\|\t| |\u00e9|javascript:|..|https://h.org/',
  );
  it('that are taken are http or https with a host', { timeout: PATIENCE }, () => {
    always(url, (text) => {
      const parsed = parseDownloadUrl(text);
      const isGood = parsed.ok ? /^https?:\/\/[^/]/.test(parsed.url) : parsed.message !== '';
      expect(isGood).toBe(true);
    });
  });
  it('that a redirect leads to are safe, or a FailureError says why not', { timeout: PATIENCE }, () => {
    always(fc.tuple(fc.constantFrom('http', 'https'), fc.array(url, { maxLength: 2 })), ([scheme, all]) => {
      const headers = new RawHeaders(new Map([['location', all]]));
      const to = orNull(() => redirectTarget(new URL(`${scheme}://u:p@from.org/a?b#c`), headers));
      if (to === null) return;
      expect(to.href).toMatch(scheme === 'https' ? /^https:\/\/[^@#/]+\/[^#]*$/ : /^https?:\/\/[^@#/]+\/[^#]*$/);
    });
    always(fc.integer(), (status) => expect(isRedirect(status) && (status < 300 || status > 399)).toBe(false));
  });
  it('show no secret, whatever stands around it', { timeout: PATIENCE }, () => {
    always(fc.tuple(url, url), ([before, after]) => {
      expect(redactUrl(before) + redactText(before) + redactText(`${before} ${after}`)).toBeTypeOf('string');
      const key = encodeURIComponent(after.toWellFormed());
      const whole = `https://u:S3CRET@h.org/${key}?${key}&token=S3CRET&a=${key}#S3CRET`;
      expect(redactUrl(whole) + redactText(`got ${whole} so`)).not.toContain('S3CRET');
    });
    expect(redactUrl('https://u:p@S3CRET@h org/')).not.toContain('S3CRET');
    expect(redactText("got https://u:p'S3CRET@h.org/ so")).not.toContain('S3CRET');
  });
});

describe('a megabyte takes linear time', () => {
  const fillings = ' ~0~,~"~\\"~;a=~%41~//~@~a.~.~\n~http://~cookie ~&token=~\u0301'.split('~');
  const starts = '~bytes ~Mon, ~"~attachment; filename="~a; filename*=UTF-8\'\'~https://h/?~cookie:'.split('~');
  const parsers: Readonly<Record<string, (text: string) => unknown>> = {
    ...{ range: rules.parseContentRange, size: rules.parseUnsatisfiedSize, length: rules.parseContentLength },
    ...{ retryAfter: (text: string) => parseRetryAfter(text, NOW), etag: strongEtag, redactUrl, redactText },
    ...{ url: parseDownloadUrl, disposition: dispositionName, name: safeFileName },
    redirect: (text) => redirectTarget(new URL('http://h/'), new RawHeaders(new Map([['location', [text]]]))),
  };
  it.each(Object.entries(parsers))('%s', (_, parser) => {
    for (const start of starts) expectLinear((text) => orNull(() => parser(text)), start, fillings, ['x']);
  });
  it('name of many accents', () => {
    expect(safeFileName(`a${'\u0301\u0316'.repeat(250_000)}`)).not.toBeNull();
  });
});
