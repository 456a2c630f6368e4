/** Strings that broke other programs, as names of files: on a real disk each is written, read and removed. */
import { mkdir, readdir, readFile, rm, unlink, writeFile } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { safeFileName } from '../../src/adapters/http/safe-file-name.ts';
import { suggestName } from '../../src/adapters/http/suggested-name.ts';
import { createDiskStorage } from '../../src/adapters/storage/disk-storage.ts';
import { FailureError } from '../../src/machines/failures.ts';
import { sharedData } from '../support/shared-data.ts';
import { makeTempDir, type TempDir } from '../support/temp-dir.ts';

const naughty = sharedData('blns/blns.json');
const sanitise = sharedData('filename-sanitise.json');
/** What a name is when nothing is left of what the server said. */
const NONE = 'f';
const elsewhere = new URL(`http://h.test/${NONE}`);

let outer: TempDir;
let folder: string;
beforeAll(async () => {
  outer = await makeTempDir();
  folder = outer.file('here');
  await mkdir(folder);
});
afterAll(() => outer.remove());

/** One part of a path, in the folder, that can be used like any other. */
async function use(name: string): Promise<void> {
  expect(name).toBe(name.normalize('NFC'));
  expect(name).not.toMatch(/[/\\\p{Cc}]/u);
  const path = join(folder, name);
  await writeFile(path, name, { flag: 'wx' });
  expect(await readdir(folder)).toEqual([name]);
  expect(await readFile(path, 'utf8')).toBe(name);
  await unlink(path);
}

/** Nothing came to be beside the folder, or stayed in it. */
async function expectClean(): Promise<void> {
  expect([await readdir(outer.path), await readdir(folder)]).toEqual([['here'], []]);
}

describe.runIf(naughty)('106 each of the naughty strings', () => {
  const strings = JSON.parse(naughty ?? '[]') as readonly string[];
  /** Something is left of all but a dozen of them. */
  const MOST_NONE = 12;

  it('there are 515', () => {
    expect(strings).toHaveLength(515);
  });

  it.each([
    [
      'in quotes',
      (text: string) => `attachment; filename="${Buffer.from(text.replace(/["\\]/g, '\\$&')).toString('latin1')}"`,
    ],
    ['encoded', (text: string) => `attachment; filename*=UTF-8''${encoded(text)}`],
  ])('as the name of a Content-Disposition, %s', async (_, field) => {
    let none = 0;
    for (const text of strings) {
      const name = suggestName(field(text), elsewhere);
      if (name === NONE) none += 1;
      await use(name);
    }
    expect(none).toBeLessThanOrEqual(MOST_NONE);
    await expectClean();
  });

  it.each([
    ['encoded', (text: string) => encoded(text)],
    ['as it stands', (text: string) => text],
  ])('at the end of a URL, %s', async (_, tail) => {
    let named = 0;
    for (const text of strings) {
      const address = `http://h.test/${tail(text)}`;
      if (!URL.canParse(address)) continue;
      const name = suggestName(null, new URL(address));
      if (name !== 'download') named += 1;
      await use(name);
    }
    expect(named).toBeGreaterThan(480);
    await expectClean();
  });

  it('as --output, where that leads into the folder', async () => {
    let published = 0;
    const refusals: string[] = [];
    const outside: string[] = [];
    for (const text of strings) {
      // A user may name any place of the disk; a test must not write there.
      if (!resolve(folder, text).startsWith(`${folder}${sep}`) && text.trim() !== '') {
        outside.push(text);
        continue;
      }
      const storage = createDiskStorage({ cwd: folder });
      const path = await publish(storage, text).catch((error: unknown) => {
        if (!(error instanceof FailureError)) throw error;
        refusals.push(error.failure.code);
        return null;
      });
      await storage.close();
      if (path !== null) {
        published += 1;
        expect(path.startsWith(`${folder}${sep}`)).toBe(true);
        expect(await readFile(path, 'utf8')).toBe('abc');
        await unlink(path);
      }
      // Folders that it named are its own; no file is left in them.
      for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }))
        expect(entry.isFile()).toBe(false);
      for (const entry of await readdir(folder)) await rm(join(folder, entry), { recursive: true });
    }
    expect(new Set(refusals)).toEqual(new Set(['invalid-path']));
    expect(published + refusals.length + outside.length).toBe(strings.length);
    expect(published).toBeGreaterThan(440);
    await expectClean();
  });
});

/** As a server would write it: half a character cannot be. */
function encoded(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(
    /['()*!]/g,
    (character) => `%${character.charCodeAt(0).toString(16)}`,
  );
}

/** `a x252 + U+10000` stands for a long name. */
function written(input: string): string {
  const [, letter = '', count, end] = /^(\w) x(\d+)( \+ U\+10000)?$/.exec(input) ?? [];
  return count === undefined ? input : letter.repeat(Number(count)) + (end === undefined ? '' : '\u{10000}');
}

async function publish(storage: ReturnType<typeof createDiskStorage>, output: string): Promise<string> {
  await storage.claim({ output, suggestedName: 'named.bin', url: 'http://h.test/', rename: false, restart: false });
  await storage.prepare({ size: 3, fresh: true });
  await storage.write([Buffer.from('abc')], 0);
  return await storage.publish({ size: 3, onConflict: 'fail' });
}

describe.runIf(sanitise)('106 the names that others clean', () => {
  const { sanitizeFilename, writeReadUnlinkList, pip } = JSON.parse(
    sanitise ?? '{"sanitizeFilename":[],"writeReadUnlinkList":[],"pip":[]}',
  ) as Record<'sanitizeFilename' | 'pip', readonly (readonly [string, string])[]> & {
    readonly writeReadUnlinkList: readonly string[];
  };

  it('stay as they are where they are good, and become usable where not', async () => {
    for (const [input, expected] of sanitizeFilename) {
      const text = written(input);
      const name = safeFileName(text);
      // A device of Windows keeps its name, with something before it.
      if (expected === '') expect(name ?? '').toMatch(/^$|^_/);
      else if (expected === 'same' && text === input) expect(name).toBe(text);
      else expect(name).not.toBeNull();
      if (name !== null) await use(name);
    }
    expect(sanitizeFilename.length).toBeGreaterThan(20);
    await expectClean();
  });

  it('are written, read and removed', async () => {
    const names = writeReadUnlinkList.map((text) => safeFileName(text));
    for (const name of names) if (name !== null) await use(name);
    // One of them is empty.
    expect(names.filter((name) => name === null)).toHaveLength(1);
    expect(names.length).toBeGreaterThan(20);
    await expectClean();
  });

  it('pip: the last part of a path, or none', () => {
    for (const [input, expected] of pip) {
      expect([input, safeFileName(input)]).toEqual([input, /file/.test(expected) ? 'file' : null]);
    }
    expect(pip.length).toBeGreaterThan(5);
  });
});
