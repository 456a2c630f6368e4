/** The small files of a state folder that somebody, or something, has changed: lock, rest.json, publication.json. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FileSystem } from '../../src/adapters/storage/file-system.ts';
import { takeLock } from '../../src/adapters/storage/lock.ts';
import { ownIdentity } from '../../src/adapters/storage/process-identity.ts';
import { type Publication, readPublication } from '../../src/adapters/storage/publication.ts';
import { type RestNote, readRest } from '../../src/adapters/storage/rest-note.ts';
import { seal } from '../../src/adapters/storage/sealed.ts';
import { MOST_NUMBERS } from '../../src/adapters/storage/target-path.ts';
import { workspaceOf } from '../../src/adapters/storage/workspace.ts';
import { FailureError } from '../../src/machines/failures.ts';
import { fuzzAsync } from './fuzz.ts';
import { diskWith, flipped, forged, hostileValue, rewritten, torn } from './hostile-files.ts';

const workspace = workspaceOf('/t/a.iso');
/** Nested, and longer than any file of ours. */
const long = ['[', '{"a":', '[[],', '"', '\\', '0', ' ', '{"body":', '{"pid":1,"bootId":"b","host":['].map((one) =>
  one.repeat(Math.ceil(1_048_576 / one.length)),
);

const isNumber = (value: unknown) => typeof value === 'number' && Number.isFinite(value);
const isCount = (value: unknown, most = Number.MAX_SAFE_INTEGER) =>
  Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= most;

const kinds = [
  {
    name: 'rest.json',
    read: (disk: FileSystem): Promise<RestNote | Publication | null> => readRest(disk, workspace),
    good: { size: 1_000, modifiedMs: 1_700_000_000_000.5 } as object,
    isGood: { size: isNumber, modifiedMs: isNumber } as Readonly<Record<string, (value: unknown) => boolean>>,
  },
  {
    name: 'publication.json',
    read: (disk: FileSystem) => readPublication(disk, workspace),
    good: {
      url: 'http://h.test/a?token=REDACTED',
      size: 1_000,
      inode: 2 ** 60,
      modifiedMs: 1_700_000_000_000.5,
      number: 3,
      isReserved: true,
    },
    isGood: {
      url: (value: unknown) => typeof value === 'string',
      size: isCount,
      inode: isNumber,
      modifiedMs: isNumber,
      number: (value: unknown) => isCount(value, MOST_NUMBERS),
      isReserved: (value: unknown) => typeof value === 'boolean',
    },
  },
];

describe.each(kinds)('$name, whatever became of it', ({ read, good, isGood }) => {
  const written = seal(good);

  it('comes back as it was', async () => {
    expect(await read(diskWith(written))).toEqual(good);
  });

  it('with bytes changed, or torn, is nothing, or says the same', async () => {
    await fuzzAsync(
      4_000,
      fc.oneof<fc.Arbitrary<string | Buffer>[]>(flipped(written), torn(written)),
      async (changed) => {
        const found = await read(diskWith(changed));
        if (found !== null) expect(found).toEqual(good);
      },
    );
  });

  it('with a value changed, and its checksum too, is believed as far as its form goes', async () => {
    let believed = 0;
    await fuzzAsync(3_000, rewritten(good), async (body) => {
      // As JavaScript writes it, which has no -0 and no 1e400.
      const plain = JSON.stringify(JSON.parse(body));
      const found = await read(diskWith(forged(plain)));
      const said: unknown = JSON.parse(plain);
      const fields = typeof said === 'object' && said !== null ? (said as Readonly<Record<string, unknown>>) : {};
      const isSound = Object.entries(isGood).every(([key, isRight]) => isRight(fields[key]));
      expect([body, found]).toEqual([
        body,
        isSound ? Object.fromEntries(Object.keys(isGood).map((key) => [key, fields[key]])) : null,
      ]);
      if (isSound) believed += 1;
    });
    expect(believed).toBeGreaterThan(200);
  });

  it('that is none at all is nothing', async () => {
    const noise = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.json(),
      fc.json().map((body) => forged(body)),
      hostileValue.map((format) => forged(JSON.stringify(good), format)),
    );
    await fuzzAsync(1_000, noise, async (content) => {
      expect(await read(diskWith(content))).toBeNull();
    });
    for (const content of long) expect(await read(diskWith(content))).toBeNull();
  });
});

const path = '/t/lock';
const startTime = '4711';

/** A folder in memory, on a system that knows this process only. */
function folderWith(content: string | null) {
  const contents = new Map<string, string>();
  if (content !== null) contents.set(path, content);
  const failing = (code: string) => Object.assign(new Error(code), { code });
  const there = (name: string) => {
    const found = contents.get(name);
    if (found === undefined) throw failing('ENOENT');
    return found;
  };
  const put = (name: string, text: string) => {
    if (contents.has(name)) throw failing('EEXIST');
    contents.set(name, text);
  };
  const files = {
    open: async (name: string, flag: string) => {
      if (flag === 'wx') put(name, '');
      const text = there(name);
      return {
        stat: async () => ({ size: Buffer.byteLength(text) }),
        readFile: async () => text,
        writeFile: async (whole: string) => void contents.set(name, whole),
        close: async () => {},
      };
    },
    link: async (from: string, to: string) => put(to, there(from)),
    unlink: async (name: string) => {
      there(name);
      contents.delete(name);
    },
    lstat: async () => ({ mtimeMs: 0 }),
    readdir: async () => [...contents.keys()].map((name) => name.slice('/t/'.length)),
    readlink: async () => 'pid:[1]',
    readFile: async (name: string) => {
      if (name === `/proc/${process.pid}/stat`) return `1 (a) ${'0 '.repeat(19)}${startTime} 0`;
      if (name === '/etc/machine-id') return 'a-machine';
      if (name === '/proc/sys/kernel/random/boot_id') return 'this-boot';
      throw failing('ENOENT');
    },
  };
  return { files: files as unknown as FileSystem, contents };
}

/** Whether a lock is to be respected; null where that depends on the processes that run. */
function isHeld(text: string, own: Readonly<Record<string, unknown>>): boolean | null {
  let said: Readonly<Record<string, unknown>>;
  try {
    said = JSON.parse(text) ?? {};
  } catch {
    return false;
  }
  const { pid, bootId, startTime: since } = said;
  if (!isCount(pid) || pid === 0 || typeof bootId !== 'string') return false;
  const differs = (key: string) => said[key] !== undefined && said[key] !== own[key];
  if (differs('host') || differs('machine')) return true;
  // Known by a clock, it may be the same one.
  if (bootId !== own.bootId && !bootId.startsWith('booted-at-')) return false;
  if (differs('space')) return true;
  return pid === process.pid ? since === null || since === startTime : null;
}

describe('a lock, whatever became of it', async () => {
  const own = { ...(await ownIdentity(folderWith(null).files)), token: 'a-token' };
  const written = JSON.stringify(own);
  const ends = { taken: 0, refused: 0 };

  async function expectTakenOrRefused(content: string): Promise<void> {
    const { files, contents } = folderWith(content);
    const held = content.length > 4_096 ? false : isHeld(content, own);
    try {
      const lock = await takeLock(files, path);
      ends.taken += 1;
      expect([content, held]).not.toEqual([content, true]);
      expect(JSON.parse(contents.get(path) ?? '')).toMatchObject({ pid: process.pid, startTime });
      expect([...contents.keys()]).toEqual([path]);
      await lock.release();
      expect([...contents.keys()]).toEqual([]);
    } catch (error) {
      if (!(error instanceof FailureError)) throw error;
      ends.refused += 1;
      expect([content, held]).not.toEqual([content, false]);
      expect(error.failure.code).toBe('in-use');
      expect(error.failure.message).toMatch(/^\S[^\p{Cc}]*\.$/u);
      expect([...contents]).toEqual([[path, content]]);
    }
  }

  it('with a value changed is taken over, or its holder is respected', async () => {
    await fuzzAsync(3_500, rewritten(own), expectTakenOrRefused);
    expect(Math.min(ends.taken, ends.refused)).toBeGreaterThan(500);
  });

  it('with bytes changed, or torn, is taken over, or its holder is respected', async () => {
    const changed = fc.oneof(
      flipped(written).map((bytes) => bytes.toString('utf8')),
      torn(written),
    );
    await fuzzAsync(2_500, changed, expectTakenOrRefused);
  });

  it('that is none at all is taken over', async () => {
    await fuzzAsync(1_000, fc.oneof(fc.string({ unit: 'binary' }), fc.json()), expectTakenOrRefused);
    for (const content of long) await expectTakenOrRefused(content);
  });

  it('whose host is nested deeper than the stack is respected without a throw', async () => {
    await expectTakenOrRefused(`{"pid":1,"bootId":"b","host":${'['.repeat(1_000)}${']'.repeat(1_000)}}`);
    await expectTakenOrRefused(`{"pid":1,"bootId":"b","host":{"toString":1}}`);
  });
});
