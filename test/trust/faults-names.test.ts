/** Names that several want, or that are many, on a real disk: sections E of the fault list. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { OpenDownloadOptions } from '../../src/open-download.ts';
import { someBytes } from '../support/fake-download.ts';
import { honest, type Script } from '../support/misbehaving-server.ts';
import { spawnCli } from '../support/spawn-cli.ts';
import { placeWith, runTrial } from '../support/trial.ts';

const bytes = someBytes(200_000);
const serving: Script = (request) => honest(bytes, request);
/** Calls the file so, whatever its address. */
const calling =
  (name: string): Script =>
  (request) =>
    honest(bytes, request, ['ETag: "v1"', `Content-Disposition: attachment; filename="${name}"`]);

describe('a name', () => {
  it.each([
    ['keep both', { ifExists: 'rename' }],
    ['let the server name it', { ifExists: 'fail', output: null }],
  ] as const)(
    '113 downloads that choose one name at once, and %s: all are right, under different names',
    async (_, options) => {
      // None is done before all have begun.
      const gate = Promise.withResolvers<void>();
      await using place = await placeWith((request) => {
        const [first, ...body] = calling('same.bin')(request);
        return first ? [first, { until: gate.promise }, ...body] : body;
      });
      const addresses = ['one', 'two', 'three'].map((name) => `${place.server.url}?${name}`);
      let begun = 0;
      const attach: OpenDownloadOptions['attach'] = (actor) =>
        void actor.on('state', ({ state }) => {
          if (state === 'downloading') begun += 1;
          if (begun === addresses.length) gate.resolve();
        });
      const all = await Promise.all(addresses.map((url) => runTrial(url, place.folder, { ...options, attach })));
      expect(all.map(({ ended }) => ended)).toEqual(['done', 'done', 'done']);
      const paths = new Set(all.map(({ result }) => result?.path ?? ''));
      expect(paths.size).toBe(3);
      for (const path of paths) expect(Buffer.compare(await readFile(path), bytes)).toBe(0);
      expect(await place.list()).toHaveLength(3);
    },
  );

  it('113 two processes that choose one name at once: both are right, under different names', async () => {
    const asked = Promise.withResolvers<void>();
    await using place = await placeWith((request) => {
      if (request.path.endsWith('two')) asked.resolve();
      return [{ until: asked.promise }, ...calling('same.bin')(request)];
    });
    const runs = ['one', 'two'].map(
      (name) =>
        spawnCli([`${place.server.url}?${name}`, '--if-exists', 'rename', '--quiet'], { cwd: place.folder }).exited,
    );
    expect((await Promise.all(runs)).map(({ code }) => code)).toEqual([0, 0]);
    expect((await place.list()).toSorted()).toEqual(['same (1).bin', 'same.bin']);
    for (const name of await place.list())
      expect(Buffer.compare(await readFile(join(place.folder, name)), bytes)).toBe(0);
  });

  it('111 with all numbered names taken: an error that says so, and nothing is changed', async () => {
    await using place = await placeWith(serving);
    const names = ['file.bin', ...Array.from({ length: 999 }, (_, index) => `file (${index + 1}).bin`)];
    await Promise.all(names.map((name) => writeFile(join(place.folder, name), 'mine')));
    const trial = await place.run({ ifExists: 'rename' });
    expect([trial.ended, String(trial.file)]).toEqual(['target-exists', 'mine']);
    expect(trial.message).toMatch(/999 numbered names .* taken\. Choose another name\.$/);
    expect(await place.list()).toHaveLength(1_000);
  });

  it('124 a relative path is relative to where it was given, not to where the process is later', async () => {
    await using place = await placeWith(serving);
    const elsewhere = join(place.folder, 'elsewhere');
    const inside = join(place.folder, 'here');
    for (const path of [elsewhere, inside]) await mkdir(path);
    // A worker of the test cannot change its folder: the program does it, midway.
    const program = `
      import { openDownload } from ${JSON.stringify(new URL('../../src/index.ts', import.meta.url).href)};
      const download = openDownload(process.argv[2], { output: 'sub/file.bin', rateLimit: 400_000 });
      for await (const { type, state } of download)
        if (type === 'state' && state === 'downloading') process.chdir(process.argv[3]);
      console.log((await download.done).path);`;
    const script = join(place.folder, 'program.mjs');
    await writeFile(script, program);
    const { stdout, stderr } = await spawnCli([place.server.url, elsewhere], { script, cwd: inside }).exited;
    expect(stdout.trim(), stderr).toBe(join(inside, 'sub', 'file.bin'));
    expect(Buffer.compare(await readFile(join(inside, 'sub', 'file.bin')), bytes)).toBe(0);
    expect(await readdir(elsewhere)).toEqual([]);
  });
});
