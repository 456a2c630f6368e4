/** Sections E and F of the fault list, on a real disk. Each name begins with its number. */
import { createHash } from 'node:crypto';
import {
  cp,
  link,
  lstat,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { OpenDownloadOptions } from '../../src/open-download.ts';
import { someBytes } from '../support/fake-download.ts';
import { honest, type Script, type Step } from '../support/misbehaving-server.ts';
import { placeWith, runTrial } from '../support/trial.ts';

const SIZE = 200_000;
const bytes = someBytes(SIZE);
const serving: Script = (request) => honest(bytes, request);

/** Sends half of each answer, then nothing until `go` is called; then the rest. */
function halting() {
  const gate = Promise.withResolvers<void>();
  let isOpen = false;
  const script: Script = (request) => {
    const [first, body] = honest(bytes, request) as [Step, { send: Uint8Array }];
    if (isOpen || !('send' in body)) return [first, body];
    const middle = Math.floor(body.send.length / 2);
    return [
      first,
      { send: body.send.subarray(0, middle) },
      { until: gate.promise },
      { send: body.send.subarray(middle) },
    ];
  };
  const go = () => {
    isOpen = true;
    gate.resolve();
  };
  return { script, go };
}

/** Everything below a folder: what it is, and how many bytes each file has. */
async function everything(folder: string): Promise<Record<string, number>> {
  const found: Record<string, number> = {};
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile()) found[relative(folder, path)] = (await lstat(path)).size;
  }
  return found;
}

/**
 * Runs a download into the folder `in`, does something to the disk when half of
 * it is there, and lets it go on. What is left is told of the folder above.
 */
async function meddle(what: (folder: string) => Promise<unknown>, options: OpenDownloadOptions = {}) {
  const { script, go } = halting();
  await using place = await placeWith(script);
  const folder = join(place.folder, 'in');
  await mkdir(folder);
  let hasBegun = false;
  const trial = await runTrial(place.server.url, folder, {
    connections: 2,
    attach: (actor) =>
      void actor.on('progress', ({ bytes: arrived }) => {
        if (hasBegun || arrived < SIZE * 0.45) return;
        hasBegun = true;
        void what(folder).finally(go);
      }),
    ...options,
  });
  expect(hasBegun).toBe(true);
  const left = await everything(place.folder);
  // Whatever became of it: the same command, once more, believes nothing that is not there.
  const again = await runTrial(place.server.url, folder, { ...options, ifExists: 'overwrite' });
  expect([again.ended, again.file && Buffer.compare(again.file, bytes)]).toEqual(['done', 0]);
  return { ...trial, left };
}

describe('a disk that changes while a download runs', () => {
  const data = (folder: string) => join(folder, 'file.bin.multidown', 'data');
  /** Changes one byte in place. */
  const edit = async (path: string) => {
    const file = await open(path, 'r+');
    await file.write(Buffer.from([(bytes[5] ?? 0) ^ 1]), 0, 1, 5);
    await file.close();
  };

  it.each([
    ['deleted', (folder: string) => rm(data(folder))],
    ['cut', (folder: string) => truncate(data(folder), 10)],
    [
      'replaced by another file',
      async (folder: string) => {
        await rename(data(folder), `${data(folder)}.old`);
        await writeFile(data(folder), Buffer.alloc(SIZE));
      },
    ],
    ['edited, and as long as before', (folder: string) => edit(data(folder))],
    ['gone with its folder', (folder: string) => rm(join(folder, 'file.bin.multidown'), { recursive: true })],
  ])('117, 118 the data is %s: seen before it is published', async (_, what) => {
    const trial = await meddle(what);
    expect([trial.ended, trial.file]).toEqual(['disk', null]);
    expect(trial.message).toContain('was changed by somebody else');
  });

  it('118 the data is edited: it is seen without a checksum, and said', async () => {
    const trial = await meddle((folder) => edit(data(folder)));
    expect([trial.ended, trial.file]).toEqual(['disk', null]);
    expect(trial.message).toContain('was changed by somebody else');
    expect(trial.events.at(-1)).toMatchObject({ type: 'failed', resumable: false });
  });

  it('118 the data is edited: a checksum sees it', async () => {
    const checksum = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    const trial = await meddle((folder) => edit(data(folder)), { checksum });
    expect(['digest-mismatch', 'disk']).toContain(trial.ended);
    expect(trial.file).toBeNull();
  });

  it('114 a file appears at the target: it is left alone, and what has arrived is kept', async () => {
    const trial = await meddle((folder) => writeFile(join(folder, 'file.bin'), 'mine'), { ifExists: 'fail' });
    expect(trial.ended).toBe('target-exists');
    expect(String(trial.file)).toBe('mine');
    expect(trial.left).toMatchObject({ [join('in', 'file.bin.multidown', 'data')]: SIZE });
  });

  it.each([
    [
      'the state folder is moved away',
      (folder: string) => rename(join(folder, 'file.bin.multidown'), join(folder, 'moved')),
    ],
    ['the folder of the file vanishes', (folder: string) => rm(folder, { recursive: true })],
    ['the folder of the file gets another name', (folder: string) => rename(folder, `${folder}-moved`)],
    [
      'another folder takes its place',
      async (folder: string) => {
        await rename(folder, `${folder}-moved`);
        await mkdir(join(folder, 'file.bin.multidown'), { recursive: true });
        for (const name of ['data', 'live.json', 'rest.json'])
          await writeFile(join(folder, 'file.bin.multidown', name), 'theirs');
      },
    ],
  ])('117 %s: nothing is published, and nothing is written elsewhere', async (_, what) => {
    let before: Record<string, number> = {};
    const trial = await meddle(async (folder) => {
      await what(folder);
      before = await everything(join(folder, '..'));
    });
    expect([trial.ended, trial.file]).toEqual(['disk', null]);
    expect(trial.message).toContain('was changed by somebody else');
    // Our own data may have grown, where it is now; and our own lock goes where it still is ours.
    const isOurs = (path: string) => /moved/.test(path) && /(?:data|live(?:-2)?\.json|lock)$/.test(path);
    const others = (found: Record<string, number>) => Object.entries(found).filter(([path]) => !isOurs(path));
    expect(others(trial.left)).toEqual(others(before));
    expect(Object.keys(trial.left).filter((path) => !(path in before))).toEqual([]);
  });
});

describe('what stands at the target', () => {
  it('111 is not overwritten without leave', async () => {
    await using place = await placeWith(serving);
    await writeFile(join(place.folder, 'file.bin'), 'mine');
    const trial = await place.run({ ifExists: 'fail' });
    expect([trial.ended, String(trial.file)]).toEqual(['target-exists', 'mine']);
    expect((await place.run({ ifExists: 'rename' })).result?.path).toBe(join(place.folder, 'file (1).bin'));
    expect(await readFile(join(place.folder, 'file.bin'), 'utf8')).toBe('mine');
  });

  it('115 a link is replaced, not followed; a dangling one and one to a folder too', async () => {
    for (const goal of ['victim', 'nowhere']) {
      await using place = await placeWith(serving);
      await writeFile(join(place.folder, 'victim'), 'precious');
      await symlink(join(place.folder, goal), join(place.folder, 'file.bin'));
      const trial = await place.run();
      expect(trial.file && Buffer.compare(trial.file, bytes)).toBe(0);
      expect((await lstat(join(place.folder, 'file.bin'))).isFile()).toBe(true);
      expect(await readFile(join(place.folder, 'victim'), 'utf8')).toBe('precious');
      expect(await readdir(place.folder)).not.toContain('nowhere');
    }
  });

  it('115 a hard link: its other name keeps its bytes', async () => {
    await using place = await placeWith(serving);
    await writeFile(join(place.folder, 'other'), 'precious');
    await link(join(place.folder, 'other'), join(place.folder, 'file.bin'));
    await place.run();
    expect(await readFile(join(place.folder, 'other'), 'utf8')).toBe('precious');
  });

  it('115 a link in the place of the state folder is refused', async () => {
    await using place = await placeWith(serving);
    await mkdir(join(place.folder, 'elsewhere'));
    await symlink(join(place.folder, 'elsewhere'), join(place.folder, 'file.bin.multidown'));
    const trial = await place.run();
    expect([trial.ended, trial.file]).toEqual(['invalid-path', null]);
    expect(await readdir(join(place.folder, 'elsewhere'))).toEqual([]);
  });
});

describe('names', () => {
  const disposition =
    (name: string): Script =>
    (request) =>
      honest(bytes, request, ['ETag: "v1"', `Content-Disposition: attachment; filename="${name}"`]);

  it.each([
    '../../evil',
    '..\\\\..\\\\evil',
    '/etc/evil',
    'C:\\\\evil',
    '..',
    '.',
    '',
    '.bashrc',
    '%2e%2e%2fevil',
    '..%252fevil',
    'a/../../evil',
  ])('107 the server cannot lead out of the folder with the name %j', async (name) => {
    await using place = await placeWith(disposition(name));
    const inside = join(place.folder, 'in');
    await mkdir(inside);
    const trial = await runTrial(place.server.url, inside, { output: null });
    expect(trial.ended).toBe('done');
    expect(await readdir(place.folder)).toEqual(['in']);
    const [made = ''] = await readdir(inside);
    expect(made).not.toMatch(/^\.|[/\\]/);
  });

  it.each(['a.desktop', 'a.lnk', 'a.url', 'a.webloc', 'a.scf', 'a.library-ms'])(
    '110 a name that a desktop would run, %s, comes out as another',
    async (name) => {
      await using place = await placeWith(disposition(name));
      const trial = await runTrial(place.server.url, place.folder, { output: null });
      expect(trial.result?.path.endsWith(name)).toBe(false);
    },
  );

  it('108 a name of 255 bytes, and its state folder, both fit', async () => {
    await using place = await placeWith(disposition(`${'ä'.repeat(300)}.tar.gz`));
    const trial = await runTrial(place.server.url, place.folder, { output: null });
    expect(trial.ended).toBe('done');
    const [made = ''] = await readdir(place.folder);
    expect(Buffer.byteLength(made)).toBeLessThanOrEqual(255);
    expect(made).toMatch(/^ä+\.tar\.gz$|^ä+\.gz$/);
  });

  it('113 two downloads that are told one name at once: one has it, the other is told', async () => {
    await using place = await placeWith(serving);
    const both = await Promise.all([place.run({ ifExists: 'fail' }), place.run({ ifExists: 'fail' })]);
    const ends = both.map(({ ended }) => ended).sort();
    expect(['in-use', 'target-exists']).toContain(ends.find((end) => end !== 'done'));
    expect(ends.filter((end) => end === 'done')).toHaveLength(1);
    expect(Buffer.compare(await readFile(join(place.folder, 'file.bin')), bytes)).toBe(0);
  });

  it('124 a path of 3000 characters, in names that are short enough, is made', async () => {
    await using place = await placeWith(serving);
    const output = `${`${'a'.repeat(199)}/`.repeat(15)}file.bin`;
    const trial = await place.run({ output });
    expect([trial.ended, trial.message]).toEqual(['done', '']);
    expect(Buffer.compare(await readFile(join(place.folder, output)), bytes)).toBe(0);
  });

  it('124 a path of 5000 characters is refused with a sentence, and nothing is made of it', async () => {
    await using place = await placeWith(serving);
    const trial = await place.run({ output: `${'a/'.repeat(2_500)}file.bin` });
    expect(trial.ended).toBe('invalid-path');
    expect(trial.message).toBe('The path of the output is too long for the file system.');
    expect(await place.list()).toEqual([]);
    expect(place.server.requests).toHaveLength(0);
  });
});

describe('a partial', () => {
  /** A place where half of the file has been left behind by a run that was stopped. */
  async function placeWithPartial(options: OpenDownloadOptions = {}) {
    const { script, go } = halting();
    const place = await placeWith(script);
    const stop = new AbortController();
    const trial = await place.run({
      connections: 1,
      signal: stop.signal,
      attach: (actor) =>
        void actor.on('progress', ({ bytes: arrived }) => {
          if (arrived > 50_000) stop.abort();
        }),
      ...options,
    });
    expect(trial.ended).toBe('interrupted');
    go();
    return { place, checkpoint: join(place.folder, 'file.bin.multidown', 'checkpoint.json') };
  }

  it('132 holds no secret, and cannot lead elsewhere: headers are given anew', async () => {
    const secret = 'S3CR3T-IN-A-HEADER';
    const { place, checkpoint } = await placeWithPartial({ headers: { Authorization: `Bearer ${secret}` } });
    await using _ = place;
    const text = await readFile(checkpoint, 'utf8');
    expect(text).not.toContain(secret);
    expect(Object.keys(JSON.parse(text).body.checkpoint).sort()).toEqual([
      'activeMs',
      'entity',
      'plan',
      'startedAt',
      'url',
    ]);
  });

  it.each(['proxy', 'headers', 'output', 'hooks'])(
    '133 with a field "%s" of somebody else is not believed',
    async (field) => {
      const { place, checkpoint: path } = await placeWithPartial();
      await using _ = place;
      const file = JSON.parse(await readFile(path, 'utf8'));
      file.body.checkpoint[field] = 'http://evil.test/';
      const body = JSON.stringify(file.body);
      const sha256 = createHash('sha256').update(body).digest('hex');
      await writeFile(path, `{"format":1,"sha256":"${sha256}","body":${body}}\n`);
      await rm(join(place.folder, 'file.bin.multidown', 'live.json'), { force: true });
      const trial = await place.run();
      expect([trial.ended, trial.file]).toEqual(['checkpoint-damaged', null]);
      expect(place.server.requests.every(({ headers }) => headers.host?.startsWith('127.0.0.1'))).toBe(true);
    },
  );

  /** What has become of the partial since the run that was stopped... */
  const restore = async (folder: string, cp: (from: string, to: string) => Promise<void>) => {
    const state = join(folder, 'file.bin.multidown');
    await rename(state, `${state}.old`);
    await cp(`${state}.old`, state);
    await rm(`${state}.old`, { recursive: true });
  };
  const data = (folder: string) => join(folder, 'file.bin.multidown', 'data');
  const rest = (folder: string) => join(folder, 'file.bin.multidown', 'rest.json');
  const edit = async (path: string, at: number) => {
    const file = await open(path, 'r+');
    await file.write(Buffer.from([(bytes[at] ?? 0) ^ 1]), 0, 1, at);
    await file.close();
  };
  const replace = async (path: string, content: Uint8Array) => {
    await writeFile(`${path}.other`, content);
    // Else it could be within a second of the one that it replaces, as a copy may.
    await utimes(`${path}.other`, 1, 1);
    await rename(`${path}.other`, path);
  };
  const copyAll = (from: string, to: string) => cp(from, to, { recursive: true });
  const copyWithTimes = (from: string, to: string) => cp(from, to, { recursive: true, preserveTimestamps: true });

  /** ...and what the next one made of it: how it ended, what it warned of, and the first byte that it asked for. */
  async function goOn(what: (folder: string) => Promise<unknown>, options: OpenDownloadOptions = {}) {
    const { place } = await placeWithPartial();
    await using _ = place;
    const { size: held } = await lstat(data(place.folder));
    await what(place.folder);
    const before = place.server.requests.length;
    const trial = await place.run({ ifChanged: 'fail', ...options });
    expect([trial.ended, trial.file && Buffer.compare(trial.file, bytes)]).toEqual(['done', 0]);
    const [first] = place.server.requests.slice(before);
    return { held, warnings: trial.warnings, from: first?.rangeStart, requests: place.server.requests.length - before };
  }

  it.each([
    ['nothing', () => Promise.resolve()],
    ['a kill, after which no time is known', (folder: string) => rm(rest(folder))],
    ['a note of its end that is torn', (folder: string) => truncate(rest(folder), 20)],
    [
      'a move of its folder, and back',
      async (folder: string) => {
        await rename(join(folder, 'file.bin.multidown'), join(folder, 'away'));
        await rename(join(folder, 'away'), join(folder, 'file.bin.multidown'));
      },
    ],
  ])('127 whose data is the same after %s is gone on with, and nothing is compared', async (_, what) => {
    const { held, warnings, from } = await goOn(what);
    expect(from).toBe(held);
    expect(warnings).not.toContain('restarted');
    expect(warnings).not.toContain('identity-unproved');
  });

  it.each([
    ['edited in one byte', (folder: string) => edit(data(folder), 7)],
    ['made longer', (folder: string) => truncate(data(folder), SIZE)],
    ['replaced by another file of the same length', (folder: string) => replace(data(folder), Buffer.alloc(100_000))],
    [
      'replaced after a kill',
      async (folder: string) => {
        await rm(rest(folder));
        // The old one stays, or the new one may get its number.
        await rename(data(folder), join(folder, 'old'));
        await writeFile(data(folder), Buffer.alloc(100_000));
      },
    ],
  ])('127 whose data was %s between two runs: seen without a checksum, said, and begun anew', async (_, what) => {
    const { warnings, from } = await goOn(what);
    expect(from).toBe(0);
    expect(warnings).toContain('restarted');
  });

  it.each([
    ['a copy', copyAll],
    ['a copy with its times', copyWithTimes],
    [
      'a copy of what a killed run left',
      async (from: string, to: string) => {
        await rm(join(from, 'rest.json'));
        await copyAll(from, to);
      },
    ],
  ])('127 whose folder is %s is compared with the server, and then gone on with', async (_, copy) => {
    const { held, warnings, from, requests } = await goOn((folder) => restore(folder, copy), { connections: 1 });
    expect([from, requests]).toEqual([held, 2]);
    expect(warnings).toContain('identity-unproved');
    expect(warnings).not.toContain('restarted');
  });

  it('127 whose data alone comes out of a backup, times and all, is compared as well', async () => {
    const { warnings } = await goOn(async (folder) => {
      await cp(data(folder), join(folder, 'backup'), { preserveTimestamps: true });
      await rename(join(folder, 'backup'), data(folder));
    });
    expect(warnings).toContain('identity-unproved');
    expect(warnings).not.toContain('restarted');
  });

  it.each([
    ['other bytes', (path: string, size: number) => writeFile(path, Buffer.alloc(size, 1))],
    [
      'holes',
      async (path: string, size: number) => {
        await writeFile(path, '');
        await truncate(path, size);
      },
    ],
  ])('127 whose folder is a copy with %s in it is begun anew, whatever the policy', async (_, spoil) => {
    const { warnings } = await goOn((folder) =>
      restore(folder, async (from, to) => {
        await copyAll(from, to);
        await spoil(join(to, 'data'), (await lstat(join(from, 'data'))).size);
      }),
    );
    expect(warnings).toContain('restarted');
  });

  it('127 of another address is told, and left alone', async () => {
    const { place } = await placeWithPartial();
    await using _ = place;
    const other = await runTrial(`${place.server.url}?other`, place.folder, { ifChanged: 'fail' });
    expect(other.ended).toBe('partial-exists');
    expect((await place.run()).ended).toBe('done');
  });
});
