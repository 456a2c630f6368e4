/** Content-Disposition, and the names that are made of what servers send. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dispositionName } from '../../src/adapters/http/content-disposition.ts';
import { safeFileName } from '../../src/adapters/http/safe-file-name.ts';
import { suggestName } from '../../src/adapters/http/suggested-name.ts';
import { anyField, expectLinear, fuzz, mutated } from './fuzz.ts';

const TOKEN = new Set("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
const ATTRIBUTE = new Set([...TOKEN].filter((character) => !"*'%".includes(character)));

/** RFC 6266, section 4.1, one character after the other. */
class Reader {
  #at = 0;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  get isOver(): boolean {
    return this.#at >= this.#text.length;
  }

  skipBlanks(): void {
    while (this.#text[this.#at] === ' ' || this.#text[this.#at] === '\t') this.#at += 1;
  }

  takes(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }

  token(): string | null {
    const start = this.#at;
    while (TOKEN.has(this.#text[this.#at] ?? ' ')) this.#at += 1;
    return this.#at > start ? this.#text.slice(start, this.#at) : null;
  }

  quoted(): string | null {
    if (!this.takes('"')) return null;
    const characters: string[] = [];
    while (!this.isOver) {
      const character = this.#text[this.#at++] ?? '';
      if (character === '"') return characters.join('');
      if (character !== '\\') characters.push(character);
      else if (!this.isOver) characters.push(this.#text[this.#at++] ?? '');
    }
    return null;
  }
}

type Parameters = Map<string, { readonly value: string; readonly isQuoted: boolean }>;

function referenceParameters(text: string): Parameters | null {
  const reader = new Reader(text);
  const found: Parameters = new Map();
  reader.skipBlanks();
  if (reader.token() === null) return null;
  for (;;) {
    reader.skipBlanks();
    if (reader.isOver) return found;
    if (!reader.takes(';')) return null;
    reader.skipBlanks();
    const name = reader.token()?.toLowerCase() ?? null;
    reader.skipBlanks();
    if (name === null || found.has(name) || !reader.takes('=')) return null;
    reader.skipBlanks();
    const token = reader.token();
    const value = token ?? reader.quoted();
    if (value === null) return null;
    found.set(name, { value, isQuoted: token === null });
  }
}

/** RFC 8187, section 3.2.1. */
function referenceExtended(text: string): string | null {
  const [charset, , ...rest] = text.split("'");
  const encoded = rest.join("'");
  const isUtf8 = charset?.toLowerCase() === 'utf-8';
  if ((!isUtf8 && charset?.toLowerCase() !== 'iso-8859-1') || rest.length === 0) return null;
  const bytes: number[] = [];
  for (let at = 0; at < encoded.length; at += 1) {
    const character = encoded[at] ?? '';
    const hex = encoded.slice(at + 1, at + 3).toLowerCase();
    const isHex = hex.length === 2 && [...hex].every((digit) => '0123456789abcdef'.includes(digit));
    if (character === '%' && isHex) {
      bytes.push(Number(`0x${hex}`));
      at += 2;
    } else if (ATTRIBUTE.has(character)) bytes.push(character.charCodeAt(0));
    else return null;
  }
  if (isUtf8) return utf8(bytes);
  return bytes.some((byte) => byte >= 0x80 && byte <= 0x9f) ? null : String.fromCharCode(...bytes);
}

/** What is UTF-8 comes out the same when it is written again. */
function utf8(bytes: readonly number[]): string | null {
  const text = Buffer.from(bytes).toString('utf8');
  return Buffer.from(text, 'utf8').equals(Buffer.from(bytes)) ? text : null;
}

function referenceName(text: string): string | null {
  const found = referenceParameters(text);
  const extended = found?.get('filename*');
  const plain = found?.get('filename');
  const long = extended && !extended.isQuoted ? referenceExtended(extended.value) : null;
  return long ?? (plain ? (utf8([...plain.value].map((one) => one.charCodeAt(0))) ?? plain.value) : null);
}

const pieces = [
  '"',
  '\\',
  ';',
  '=',
  '*',
  "'",
  '%',
  '%2',
  '%C3%A9',
  '%80',
  ' ',
  '\t',
  '\u00e9',
  '\u00c3\u00a9',
  '/',
  '\0',
];
const good = fc
  .array(
    fc.constantFrom(
      'filename=a.iso',
      'filename="a b.iso"',
      'FileName="\\"q\\".iso"',
      'filename="\u00c3\u00a9.iso"',
      'filename="\u00e9.iso"',
      "filename*=UTF-8''%e2%82%ac%20rates",
      "filename*=utf-8'de'a.iso",
      "filename*=ISO-8859-1'en'%A3%20rates",
      "filename*=UTF-8''%ff",
      'filename*="UTF-8\'\'a"',
      'size=12',
      'creation-date="Wed, 12 Feb 1997 16:29:51 -0500"',
      'filename="..\\..\\a"',
    ),
    { maxLength: 3 },
  )
  .chain((parameters) => fc.constantFrom('attachment', 'inline', 'x').map((type) => [type, ...parameters].join('; ')));

describe('Content-Disposition, whatever it says', () => {
  it('names what its grammar has it name, or nothing', () => {
    let named = 0;
    const latin1 = mutated(good, pieces).map((text) => Buffer.from(text, 'latin1').toString('latin1'));
    fuzz(10_000, fc.oneof({ weight: 9, arbitrary: latin1 }, anyField), (text) => {
      const name = dispositionName(text);
      expect(name).toBe(referenceName(text));
      if (name !== null) named += 1;
    });
    expect(named).toBeGreaterThan(1_000);
  });

  it('takes no more than its length in time', () => {
    const fillings = ['a', ' ', '\\', '\\"', '"', ';', "'", '%', '%41', '; a', '=', '"";', '\t;'];
    for (const prefix of ['', 'a; filename=', 'a; filename="', "a; filename*=UTF-8''", "a; filename*=UTF-8'"]) {
      expectLinear(dispositionName, prefix, fillings, ['', '"', "'"]);
    }
    const many = Array.from({ length: 100_000 }, (_, index) => `; a${index}="b"`).join('');
    expect(dispositionName(`a${many}; filename=c`)).toBe('c');
  });
});

const reserved = ['CON', 'prn', 'Aux', 'NUL', 'COM1', 'com\u00b2', 'lpt9', 'CONIN$', 'conout$'];
const part = fc.oneof(
  fc.constantFrom(
    ...reserved,
    ...['.', '..', '/', '\\', ' ', '-', '~', ':', '.txt', '.tar.gz', '.lnk', '.url', '.desktop', '.multidown', '.part'],
    ...['\u202e', '\u0301', '\u200b', '\ufeff', '\ud800', '\0', '\n', '\u2028', '\u212b', '\uac00', '\u1100\u1161'],
    ...['%2f', '%00', '%5c', '\u{1f600}', 'x'.repeat(120), '\u20ac'.repeat(60), '\u{1f468}\u200d\u{1f469}'],
  ),
  fc.string({ unit: 'binary', maxLength: 4 }),
  fc.string({ unit: 'grapheme', maxLength: 4 }),
);
const hostileName = fc.array(part, { maxLength: 6 }).map((parts) => parts.join(''));

/** What no name may be, on any system. */
function flawsOf(name: string): string[] {
  const stem = (name.split('.')[0] ?? '').trim().toLowerCase();
  const flaws = {
    'is empty': name === '',
    'is a folder': name === '.' || name === '..',
    'has a separator or what Windows refuses': [...'/\\<>:"|?*'].some((character) => name.includes(character)),
    'has what is not seen': /[\p{Cc}\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/u.test(name),
    'is half a character': !name.isWellFormed(),
    'is hidden': name.startsWith('.'),
    'looks like an option': name.startsWith('-'),
    'has a blank at an edge': name !== name.trim(),
    'ends in a dot': name.endsWith('.'),
    'is a device': reserved.some((device) => device.toLowerCase() === stem),
    'is too long': Buffer.byteLength(name) > 239,
    'is run when looked at': /\.(?:lnk|url|desktop|webloc|scf)$/i.test(name),
    'is where a state lives': name.toLowerCase().endsWith('.multidown'),
  };
  return Object.entries(flaws).flatMap(([flaw, isThere]) => (isThere ? [flaw] : []));
}

describe('a name that a server chose, whatever it is', () => {
  it('becomes one safe part of a path, that stays as it is', () => {
    let named = 0;
    fuzz(9_000, hostileName, (text) => {
      const name = safeFileName(text);
      if (name === null) return;
      named += 1;
      expect(flawsOf(name)).toEqual([]);
      expect(safeFileName(name)).toBe(name);
    });
    expect(named).toBeGreaterThan(5_000);
  });

  it('is found for every answer', () => {
    const field = fc.option(
      fc.oneof(
        mutated(good, pieces),
        hostileName.map((name) => `a; filename="${name}"`),
      ),
    );
    fuzz(4_000, fc.tuple(field, hostileName), ([disposition, path]) => {
      const url = new URL('http://h.test/');
      url.pathname = path;
      expect(flawsOf(suggestName(disposition, url))).toEqual([]);
    });
  });

  it('takes no more than its length in time', () => {
    const fillings = ['a', ' ', '.', '/', '-', '\u0301', 'a\u0301', '\u202e', '.tar', '%41', ' .', '\\', '\ud800'];
    const check = (text: string) => expect(flawsOf(safeFileName(text) ?? 'x')).toEqual([]);
    expectLinear(check, 'a', fillings, ['', '.tar.gz', '/b']);
  });
});
