/** Digests that servers send in fields, and in files beside the download: against readers that go a character at a time. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findChecksum } from '../../src/machines/checksum-file.ts';
import { digestsOf, pieceDigestOf } from '../../src/machines/digest-fields.ts';
import type { DigestAlgorithm, ExpectedDigest } from '../../src/machines/options.ts';
import { parseContentRange } from '../../src/machines/response-rules.ts';
import { expectLinear, fuzz, mutated } from './fuzz.ts';

const lengths: readonly (readonly [DigestAlgorithm, string, number])[] = [
  ['sha256', 'sha-256', 32],
  ['sha512', 'sha-512', 64],
  ['sha1', 'sha', 20],
  ['md5', 'md5', 16],
];
const all = (text: string, known: string) => [...text].every((one) => known.includes(one));
const lower = 'abcdefghijklmnopqrstuvwxyz';
const numbers = '0123456789';
/** What a dot in a pattern does not stand for. */
const hasLineEnd = (text: string) => /[\n\r\u2028\u2029]/.test(text);

function referenceDigest(name: string, base64: string): ExpectedDigest | null {
  const [algorithm, , bytes] = lengths.find(([, registered]) => registered === name) ?? [];
  const letters = base64.endsWith('==') ? base64.slice(0, -2) : base64.endsWith('=') ? base64.slice(0, -1) : base64;
  if (algorithm === undefined || base64.length % 4 !== 0) return null;
  if (!all(letters, `${lower}${lower.toUpperCase()}${numbers}+/`)) return null;
  const decoded = Buffer.from(base64, 'base64');
  return decoded.length === bytes ? { algorithm, hex: decoded.toString('hex') } : null;
}

const membersOf = (field = '') => {
  const members = field.length > 8_192 ? [] : field.split(',').map((one) => one.trim());
  return members.filter((one) => one !== '');
};

/** RFC 9651, section 3.2, of byte sequences; what stands behind a semicolon is not looked at. */
function referenceDictionary(field: string | undefined): readonly ExpectedDigest[] {
  const found: [key: string, digest: ExpectedDigest | null][] = [];
  for (const member of membersOf(field)) {
    const [key = '', ...rest] = member.split('=');
    const value = rest.join('=');
    const end = value.indexOf(':', 1);
    const base64 = value.slice(1, end);
    const behind = value.slice(end + 1);
    const letters = base64.replace(/={1,2}$/, '');
    const isKey = key !== '' && all(key[0] ?? '', `${lower}*`) && all(key, `${lower}${numbers}_.*-`);
    const isValue = value.startsWith(':') && end > 0 && all(letters, `${lower}${lower.toUpperCase()}${numbers}+/`);
    if (!isKey || !isValue || (behind !== '' && !behind.startsWith(';')) || hasLineEnd(behind)) return [];
    const digest = referenceDigest(key, base64);
    const before = found.find(([other]) => other === key);
    if (before === undefined) found.push([key, digest]);
    else before[1] = digest;
  }
  return found.flatMap(([, digest]) => digest ?? []);
}

/** RFC 3230, section 4.3.2. */
function referenceList(field: string | undefined): readonly ExpectedDigest[] {
  return membersOf(field).flatMap((member) => {
    const [name = '', ...rest] = member.split('=');
    return referenceDigest(name.toLowerCase(), rest.join('=')) ?? [];
  });
}

function uniqueOf(digests: readonly ExpectedDigest[]): readonly ExpectedDigest[] {
  return [...new Map(digests.map((one) => [`${one.algorithm} ${one.hex}`, one])).values()];
}

const size = fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...lengths.map(([, , bytes]) => bytes)) }, fc.nat(70));
const base64 = size
  .chain((bytes) => fc.uint8Array({ minLength: bytes, maxLength: bytes }))
  .map((bytes) => Buffer.from(bytes).toString('base64'));
/** Mostly of the length that its name has. */
const fitting = fc
  .constantFrom(...lengths)
  .chain(([, name, bytes]) =>
    fc
      .uint8Array({ minLength: bytes, maxLength: bytes })
      .map((some) => [name, Buffer.from(some).toString('base64')] as const),
  );
const named = fc.oneof(
  { weight: 4, arbitrary: fitting },
  fc.tuple(fc.constantFrom('sha-256', 'SHA-256', 'unixsum', '*a.b', '1', '__proto__', 'constructor', ''), base64),
);
const between = fc.constantFrom(', ', ',', ' ,\t', ',,');
const behind = fc.constantFrom('', '', ';q=1', ';', '; a="b,c"', ' ;a');
const pieces = [',', ':', '=', ';', ' ', '\t', '"', '+', '_', 'sha-256=:', 'md5=', '==', '\n', '\u2028', 'A'];

const joined = (member: fc.Arbitrary<string>) =>
  fc.tuple(fc.array(member, { maxLength: 4 }), between).map(([members, comma]) => members.join(comma));
const nearly = (good: fc.Arbitrary<string>) => fc.oneof({ weight: 2, arbitrary: good }, mutated(good, pieces));
const dictionary = nearly(joined(fc.tuple(named, behind).map(([[key, value], more]) => `${key}=:${value}:${more}`)));
const list = nearly(
  joined(
    fc.tuple(named, fc.boolean()).map(([[key, value], isUpper]) => `${isUpper ? key.toUpperCase() : key}=${value}`),
  ),
);
const md5 = nearly(base64);

describe('digests in fields, whatever they say', () => {
  it('are read as their grammar has them, or not at all', () => {
    let read = 0;
    fuzz(6_000, dictionary, (field) => {
      const found = digestsOf(206, { 'repr-digest': field });
      expect([field, found]).toEqual([field, uniqueOf(referenceDictionary(field))]);
      read += found.length;
    });
    expect(read).toBeGreaterThan(1_500);
    fuzz(3_000, list, (field) => {
      expect([field, digestsOf(206, { digest: field })]).toEqual([field, uniqueOf(referenceList(field))]);
    });
  });

  it('are those of the file, or of the part, by the field and the status', () => {
    const optional = { requiredKeys: [] as never[] };
    const fields = { 'repr-digest': dictionary, 'content-digest': dictionary, digest: list, 'content-md5': md5 };
    const range = fc.constantFrom('bytes 0-4/9', 'bytes 5-3/9', 'bytes 2-8/*', '');
    const head = fc.record({ ...fields, 'content-range': range }, optional);
    fuzz(3_000, fc.tuple(fc.constantFrom(200, 206, 304), head), ([status, given]) => {
      const headers = Object.fromEntries(Object.entries(given)) as Readonly<Record<string, string>>;
      const sum = referenceDigest('md5', (given['content-md5'] ?? '-').trim());
      const sums = sum === null ? [] : [sum];
      const ofContent = referenceDictionary(given['content-digest']);
      const wanted = [
        ...referenceDictionary(given['repr-digest']),
        ...(status === 200 ? ofContent : []),
        ...referenceList(given.digest),
        ...(status === 200 ? sums : []),
      ];
      expect(digestsOf(status, headers)).toEqual(uniqueOf(wanted));
      const part = status === 206 ? parseContentRange(given['content-range']) : null;
      const [digest] = [...ofContent, ...sums];
      const piece = part && digest ? { start: part.start, end: part.end, ...digest } : null;
      expect(pieceDigestOf(status, headers)).toEqual(piece);
    });
  });

  it('take no more than their length in time', () => {
    const read = (text: string) => {
      for (const name of ['repr-digest', 'content-digest', 'digest', 'content-md5']) digestsOf(200, { [name]: text });
    };
    for (const prefix of ['', 'sha-256=:', 'sha-256=', 'a=:A:;'])
      expectLinear(read, prefix, ['A', '=', ':', ',', ' ', ';', 'a=:A:,', 'sha-256=:AAAA:, ', 'md5=AAAA,'], ['!']);
  });
});

const hexDigits = `${numbers}abcdefABCDEF`;

/** What a line says: a digest, and whose it is. */
function referenceLine(line: string): readonly [hex: string, name: string | null] | null {
  const bsd = line.trim();
  const [opens, closes] = [bsd.indexOf(' ('), bsd.lastIndexOf(') = ')];
  if (opens > 0 && closes >= opens + 2 && all(bsd.slice(0, opens).toLowerCase(), `${lower}${numbers}-`)) {
    const [name, hex] = [bsd.slice(opens + 2, closes), bsd.slice(closes + 4)];
    if (hex !== '' && all(hex, hexDigits) && !hasLineEnd(name)) return [hex, name];
  }
  const gnu = line.trimEnd();
  const isEscaped = gnu.startsWith('\\');
  const text = isEscaped ? gnu.slice(1) : gnu;
  const end = [...text].findIndex((one) => !hexDigits.includes(one));
  if (end === 0 || text === '') return null;
  if (end < 0) return [text, null];
  const [gap, name] = [text.slice(end, end + 2), text.slice(end + 2)];
  if ((gap !== '  ' && gap !== ' *') || name === '' || hasLineEnd(name)) return null;
  return [text.slice(0, end), isEscaped ? unescaped(name) : name];
}

function unescaped(name: string): string {
  let out = '';
  for (let at = 0; at < name.length; at += 1) {
    const code = { '\\': '\\', n: '\n', r: '\r' }[name[at] === '\\' ? (name[at + 1] ?? '') : ''];
    out += code ?? name[at];
    if (code !== undefined) at += 1;
  }
  return out;
}

function referenceChecksum(text: string, name: string, algorithm: DigestAlgorithm): ExpectedDigest | null {
  const bytes = lengths.find(([other]) => other === algorithm)?.[2] ?? 0;
  const lines = text
    .split('\n')
    .map((line, index, every) => (index < every.length - 1 && line.endsWith('\r') ? line.slice(0, -1) : line))
    .filter((line) => line.trim() !== '' && !line.startsWith('#'));
  const read = lines
    .map((line) => referenceLine(line) ?? (['', null] as const))
    .filter(([hex]) => hex.length === 2 * bytes)
    .map(([hex, of]) => ({ hex: hex.toLowerCase(), of }));
  const ours = read.find(({ of }) => (of === null ? lines.length === 1 : of === name || of === `./${name}`));
  const inFolders = new Set(read.filter(({ of }) => of?.split('/').at(-1) === name).map(({ hex }) => hex));
  const hex = ours?.hex ?? (inFolders.size === 1 ? [...inFolders][0] : undefined);
  return hex === undefined ? null : { algorithm, hex };
}

const algorithm = fc.constantFrom(...lengths.map(([one]) => one));
const fileName = fc.constantFrom('a.iso', 'b c.iso', 'a\\b', 'a\nb', 'x (1).iso', 'a\rb');
const escapedName = (name: string) =>
  name.replace(/[\\\n\r]/g, (one) => ({ '\\': '\\\\', '\n': '\\n', '\r': '\\r' })[one] ?? '');
const linePieces = [
  '\n',
  '\r',
  '\r\n',
  '#',
  ' ',
  '  ',
  '*',
  '(',
  ')',
  ') = ',
  ' (',
  '\\',
  '\\n',
  '/',
  'a',
  'F',
  '\u2028',
];

function lineFor(bytes: number): fc.Arbitrary<string> {
  const hex = fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((some) => Buffer.from(some).toString('hex'));
  const digest = fc.tuple(hex, fc.boolean()).map(([text, isUpper]) => (isUpper ? text.toUpperCase() : text));
  const forms = fc.constantFrom<(hex: string, name: string) => string>(
    (one, name) => (/[\\\n\r]/.test(name) ? `\\${one}  ${escapedName(name)}` : `${one}  ${name}`),
    (one, name) => `${one} *./some/${name}`,
    (one, name) => `SHA256 (${name}) = ${one}`,
    (one) => one,
    (_, name) => `# ${name}`,
  );
  return fc.tuple(digest, fileName, forms).map(([one, name, write]) => write(one, name));
}

describe('a file of checksums, whatever it says', () => {
  const file = algorithm.chain((wanted) => {
    const bytes = lengths.find(([one]) => one === wanted)?.[2] ?? 0;
    const line = fc.oneof({ weight: 5, arbitrary: lineFor(bytes) }, size.chain(lineFor));
    const lines = fc.tuple(fc.array(line, { maxLength: 4 }), fc.constantFrom('\n', '\r\n'));
    const good = lines.map(([some, end]) => some.map((one) => one + end).join(''));
    const text = fc.oneof({ weight: 2, arbitrary: good }, mutated(good, linePieces));
    return fc.tuple(text, fileName, fc.constant(wanted));
  });

  it('names the digest that its line has, or none', () => {
    let found = 0;
    fuzz(8_000, file, ([text, name, wanted]) => {
      const digest = findChecksum(text, name, wanted);
      expect([text, name, digest]).toEqual([text, name, referenceChecksum(text, name, wanted)]);
      if (digest !== null) found += 1;
    });
    expect(found).toBeGreaterThan(1_000);
  });

  it('takes no more than its length in time', () => {
    const fillings = ['a', ' ', '\n', '\r', '\r\n', '\\', ') = a', ' (', 'a  b\n', 'SHA256 (', '#', '-', '/', '\\\\n'];
    const find = (text: string) => findChecksum(text, 'a.iso', 'sha256');
    for (const prefix of ['', 'SHA256 (', '\\ab  ']) expectLinear(find, prefix, fillings, ['', ') = ']);
  });
});
