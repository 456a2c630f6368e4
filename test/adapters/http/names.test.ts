import { describe, expect, it } from 'vitest';
import { dispositionName } from '../../../src/adapters/http/content-disposition.ts';
import { safeFileName } from '../../../src/adapters/http/safe-file-name.ts';
import { suggestName } from '../../../src/adapters/http/suggested-name.ts';
import { sharedData } from '../../support/shared-data.ts';

interface DispositionCase {
  readonly code: string;
  readonly header: string;
  readonly filename: string | null;
  readonly alsoAcceptable?: readonly (string | null)[];
  readonly verdict: 'accept' | 'ignore' | 'optional';
}

interface HostileCase {
  readonly code: string;
  readonly filename: string;
  readonly header: string;
}

/** One component that can be shown, made and removed on any system; null for "none". */
function expectSafe(name: string | null): void {
  if (name === null) return;
  expect(name).toBe(name.normalize('NFC'));
  expect(name).not.toMatch(/[/\\<>:"|?*\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
  expect(name).not.toMatch(/^[.\s-]|[.\s]$/);
  expect(name).not.toMatch(/^(?:con|prn|aux|nul|com\d|lpt\d)\s*(?:\.|$)/i);
  expect(Buffer.byteLength(name)).toBeLessThanOrEqual(255 - '.multidown'.length - ' (999)'.length);
  expect(Buffer.byteLength(name)).toBeGreaterThan(0);
  expect(name.isWellFormed()).toBe(true);
}

describe('dispositionName', () => {
  it.each([
    ['attachment; filename="a.iso"', 'a.iso'],
    ['attachment; filename=a.iso', 'a.iso'],
    ['ATTACHMENT; FILENAME="a.iso"', 'a.iso'],
    ['attachment; filename="say \\"hi\\".txt"', 'say "hi".txt'],
    ["attachment; filename*=UTF-8''%e2%82%ac.txt", '€.txt'],
    ["attachment; filename=plain.txt; filename*=UTF-8''better.txt", 'better.txt'],
    ["attachment; filename*=UTF-8''better.txt; filename=plain.txt", 'better.txt'],
    ["attachment; filename*=UTF-8''%zz; filename=plain.txt", 'plain.txt'],
    ["attachment; filename*=ISO-8859-1''%A3.txt", '£.txt'],
    ["attachment; filename*=UTF-16''a", null],
    ['attachment; filename="unclosed', null],
    ['attachment; filename=a; filename=b', null],
    ['attachment; filename=two words', null],
    [' \tattachment\t ; \tfilename\t=\ta.iso \t', 'a.iso'],
    ['attachment;filename="a.iso" ;x=y', 'a.iso'],
    ['attachment; x=y; filename=a.iso', 'a.iso'],
    ["attachment; filename=a!#$%&'*+-.^_`|~9Z", "a!#$%&'*+-.^_`|~9Z"],
    ['attachment; filename="a\\\nb"', 'a\nb'],
    ['attachment; filename=""', ''],
    ["attachment; filename*=utf-8'en-GB'%41b!#$&+-.^_`|~9", 'Ab!#$&+-.^_`|~9'],
    ["attachment; filename*=Utf-8''%C3%a9", 'é'],
    ["attachment; filename*=UTF-8''%EF%BB%BFa", '\ufeffa'],
    ["attachment; filename*=UTF-8''", ''],
    ["attachment; filename*=UTF-8''%ff", null],
    ["attachment; filename*=UTF-8''a/b", null],
    ["attachment; filename*=xUTF-8''a", null],
    ["attachment; filename*=UTF-8'a", null],
    ['attachment; filename*="UTF-8\'\'a"', null],
    ["attachment; filename*=iso-8859-1''%7f%a0", '\x7f\xa0'],
    ["attachment; filename*=iso-8859-1''%80", null],
    ["attachment; filename*=iso-8859-1''%9f", null],
    ["attachment; filename*=iso-8859-1''a%80b", null],
    ["attachment; filename*=UTF-8''a%4", null],
    ["attachment; filename*=UTF-8''a%4g", null],
    ['attachment xfilename=a', null],
    ['attachment; =a; filename=b', null],
    ['attachment; filename="a"b', null],
    ['attachment filename=a', null],
    ['attachment; filename', null],
    ['attachment; filename: a', null],
    ['attachment; filename=', null],
    ['attachment; =a', null],
    ['attachment;', null],
    ['"attachment"; filename=a', null],
    ['attachment; FileName=a; filename=b', null],
    ['attachment', null],
    ['', null],
    [';filename=a', null],
  ])('reads %j', (field, name) => {
    expect(dispositionName(field)).toBe(name);
  });

  it('reads UTF-8 where ISO-8859-1 belongs, and ISO-8859-1 where it is no UTF-8', () => {
    expect(dispositionName(`attachment; filename="${Buffer.from('naïve.txt').toString('latin1')}"`)).toBe('naïve.txt');
    expect(dispositionName('attachment; filename="na\xefve.txt"')).toBe('naïve.txt');
  });

  it('reads a field of a megabyte, hostile or not, without a second look at any of it', () => {
    for (const part of ['a', '\\', '"', ';', ' ', "'", '%', 'filename=', ';a=b']) {
      const long = part.repeat(Math.ceil(1_000_000 / part.length));
      for (const field of [long, `attachment; filename="${long}`, `attachment; filename*=UTF-8''${long}`])
        dispositionName(field);
    }
  });
});

describe('safeFileName', () => {
  it.each([
    ['a.iso', 'a.iso'],
    ['../../etc/passwd', 'passwd'],
    ['C:\\Windows\\system32\\a.dll', 'a.dll'],
    ['/etc/passwd', 'passwd'],
    ['a/', 'a'],
    ['.bashrc', 'bashrc'],
    ['..', null],
    ['...', null],
    ['   ', null],
    ['', null],
    ['-rf', '_-rf'],
    ['CON', '_CON'],
    ['con.txt', '_con.txt'],
    ['lpt1 .txt', '_lpt1 .txt'],
    ['console.log', 'console.log'],
    ['a\u0000b\u0007c', 'abc'],
    ['invoice\u202Egnp.exe', 'invoicegnp.exe'],
    ['zero\u200Bwidth', 'zerowidth'],
    ['what? <yes>|no*:"', 'what_ _yes__no___'],
    ['name.', 'name'],
    ['name. . ', 'name'],
    ['start.desktop', 'start.desktop.download'],
    ['a.iso.multidown', 'a.iso.multidown_'],
    ['e\u0301', 'é'],
    ['e\u200b\u0301', 'é'],
    ['a\u2028b\u2029c', 'abc'],
    ['a//\\ /', 'a'],
    [' .a. ', 'a'],
    ['. -a', '_-a'],
    ['a-', 'a-'],
    ['CONIN$', '_CONIN$'],
    ['conout$.txt', '_conout$.txt'],
    ['prn', '_prn'],
    ['aux.', '_aux'],
    ['nul.a.b', '_nul.a.b'],
    ['COM0', '_COM0'],
    ['com9', '_com9'],
    ['com¹', '_com¹'],
    ['lpt0', '_lpt0'],
    ['lpt³', '_lpt³'],
    ['com10', 'com10'],
    ['com', 'com'],
    ['falcon', 'falcon'],
    ['a.con', 'a.con'],
    ['a.DESKTOP', 'a.DESKTOP.download'],
    ['a.lnk', 'a.lnk.download'],
    ['a.url', 'a.url.download'],
    ['a.webloc', 'a.webloc.download'],
    ['a.scf', 'a.scf.download'],
    ['a.library-ms', 'a.library-ms.download'],
    ['a.url.txt', 'a.url.txt'],
    ['curl', 'curl'],
    ['a.MULTIDOWN', 'a.MULTIDOWN_'],
    ['a.multidown.txt', 'a.multidown.txt'],
    ['a-multidown', 'a-multidown'],
  ])('makes of %j: %j', (name, safe) => {
    expect(safeFileName(name)).toBe(safe);
  });

  it('108 shortens a long name between characters and keeps its extension', () => {
    for (const stem of ['a'.repeat(400), 'é'.repeat(200), '👩🏽'.repeat(100), `${'.'.repeat(300)}x`]) {
      const name = safeFileName(`${stem}.tar.gz`);
      expectSafe(name);
      expect(name).toMatch(/\.tar\.gz$/);
    }
    expect(safeFileName('a'.repeat(229))).toHaveLength(229);
    expect(safeFileName('a'.repeat(230))).toHaveLength(229);
    // What would be run is told of a name that was shortened, too.
    expect(safeFileName(`${'a'.repeat(235)}.lnk${'b'.repeat(20)}`)).not.toMatch(/\.lnk$/);
    expect(safeFileName(`con${' '.repeat(300)}x`)).not.toMatch(/^con$/i);
  });

  it.each([
    // An extension has 16 characters at most, its dot among them.
    [`${'a'.repeat(300)}.${'b'.repeat(15)}`, `${'a'.repeat(213)}.${'b'.repeat(15)}`],
    [`${'a'.repeat(300)}.${'b'.repeat(16)}`, 'a'.repeat(229)],
    [`${'a'.repeat(300)}.TAR.gz`, `${'a'.repeat(222)}.TAR.gz`],
    [`${'a'.repeat(300)}.tar`, `${'a'.repeat(225)}.tar`],
    [`${'a'.repeat(300)}.star.gz`, `${'a'.repeat(226)}.gz`],
    [`${'a'.repeat(300)}.tarball.gz`, `${'a'.repeat(226)}.gz`],
    // A letter of two bytes fits in, or it does not.
    [`${'a'.repeat(224)}ééé.gz`, `${'a'.repeat(224)}é.gz`],
    [`${'a'.repeat(225)}ééé.gz`, `${'a'.repeat(225)}.gz`],
    // What is left may end in a dot, which goes.
    [`${'a'.repeat(224)}. ${'b'.repeat(20)}.gz`, `${'a'.repeat(224)}.gz`],
    // Of a very long one the start and the end.
    [`${'a'.repeat(1_990)}${'b'.repeat(10)}`, 'a'.repeat(229)],
    [`${'.'.repeat(1_999)}a${'b'.repeat(16)}`, `a${'b'.repeat(16)}`],
    [`${'.'.repeat(2_000)}a${'b'.repeat(16)}`, 'b'.repeat(16)],
    ['.'.repeat(1_999).concat('a'), 'a'],
  ])('108 shortens case %#', (name, safe) => {
    expect(safeFileName(name)).toBe(safe);
  });

  it('109 takes names of a megabyte in its stride', () => {
    for (const part of ['.', ' ', '. ', '/', '\\', 'a', '\u0000', '-', 'é', '.a']) {
      expectSafe(safeFileName(`${part.repeat(Math.ceil(1_000_000 / part.length))}x`));
    }
  });
});

describe('suggestName', () => {
  it.each([
    ['attachment; filename="a.iso"', 'http://h.test/b.iso', 'a.iso'],
    ['attachment; filename=".."', 'http://h.test/b.iso', 'b.iso'],
    ['nonsense=', 'http://h.test/b.iso', 'b.iso'],
    [null, 'http://h.test/r%C3%A9sum%C3%A9.pdf?x=1#y', 'résumé.pdf'],
    ['attachment; filename=""', 'http://h.test/b.iso', 'b.iso'],
    ['attachment; filename="..."', 'http://h.test/', 'download'],
    ['attachment', 'http://h.test/a/b.iso', 'b.iso'],
    [null, 'http://h.test/%zz.iso', '%zz.iso'],
    [null, 'http://h.test/a%2f..%2fb', 'b'],
    [null, 'http://h.test/', 'download'],
    [null, 'http://h.test', 'download'],
    [null, 'http://h.test/folder/', 'download'],
  ])('%j at %s: %s', (field, url, name) => {
    expect(suggestName(field, new URL(url))).toBe(name);
  });
});

const corpus = sharedData('content-disposition.json');

describe.runIf(corpus)('the known Content-Disposition fields', () => {
  const { cases, hostileNames } = JSON.parse(corpus ?? '{"cases":[],"hostileNames":[]}') as {
    cases: readonly DispositionCase[];
    hostileNames: readonly HostileCase[];
  };

  it.each(cases.map((one) => [one.code, one] as const))(
    '104 %s',
    (_, { header, filename, verdict, alsoAcceptable = [] }) => {
      const name = dispositionName(header);
      const wanted = [filename, ...alsoAcceptable];
      // A folder in a name is dropped when the name is made safe.
      if (verdict === 'accept') expect(wanted).toContain(wanted.includes(name) ? name : safeFileName(name ?? ''));
      if (verdict === 'ignore') expect([null, ...alsoAcceptable]).toContain(name);
      if (verdict === 'optional') expect([null, filename, ...alsoAcceptable]).toContain(name);
    },
  );

  it.each(hostileNames.map((one) => [one.code, one] as const))('105 hostile: %s', (_, { filename, header }) => {
    expectSafe(safeFileName(filename));
    expectSafe(suggestName(header, new URL('http://h.test/file')));
  });

  it('105 leave a name where something of theirs can be kept', () => {
    const names = hostileNames.map(({ filename }) => safeFileName(filename));
    // Nothing but dots, blanks and separators: five of them.
    expect(names.filter((name) => name !== null)).toHaveLength(56);
    expect(
      hostileNames.filter((_, index) => names[index] === null).every(({ filename }) => /^[. /]*$/.test(filename)),
    ).toBe(true);
  });

  it('are all there', () => {
    expect([cases.length, hostileNames.length]).toEqual([89, 61]);
  });
});
