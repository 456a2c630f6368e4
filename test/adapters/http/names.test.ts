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
