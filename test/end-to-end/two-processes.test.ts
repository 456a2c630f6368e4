/** Two real processes that want one place on a real disk. */
import { readdir, readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { someBytes } from '../support/fake-download.ts';
import { honest } from '../support/misbehaving-server.ts';
import { spawnCli } from '../support/spawn-cli.ts';
import { placeWith } from '../support/trial.ts';

const files: Readonly<Record<string, Uint8Array>> = {
  '/one': someBytes(200_000),
  '/two': someBytes(200_000).map((byte) => byte ^ 255),
};
const contentOf = (path: string) => files[path] ?? new Uint8Array();

/** Serves both; what is behind the heads comes when it is let. */
function serveWhenLet() {
  const { promise, resolve } = Promise.withResolvers<void>();
  const place = placeWith((request) => {
    const [head, ...body] = honest(contentOf(request.path), request, [
      'ETag: "v1"',
      'Content-Disposition: attachment; filename="same.bin"',
    ]);
    return head ? [head, { until: promise }, ...body] : body;
  });
  return { place, letGo: resolve };
}

describe('two processes on one target', () => {
  it.each([
    ['one address', ['/one', '/one']],
    ['two addresses', ['/one', '/two']],
  ])('137 from %s: one gets its file right, the other ends with 10 and says who has it', async (_, paths) => {
    const { place: placing, letGo } = serveWhenLet();
    await using place = await placing;
    await using all = new AsyncDisposableStack();
    const runs = paths.map((path) => {
      const command = [new URL(path, place.server.url).href, 'a', '--yes'];
      return { path, run: all.use(spawnCli(command, { cwd: place.folder })) };
    });
    // The file does not come before one of them has ended.
    const loser = await Promise.race(runs.map(({ run }) => run.exited.then((result) => ({ run, result }))));
    const winner = runs.find(({ run }) => run !== loser.run);
    expect(loser.result).toMatchObject({ code: 10, stdout: '' });
    expect(loser.result.stderr).toMatch(new RegExp(`process ${winner?.run.pid}\\b.*\\.\\n$`));
    letGo();
    expect(await winner?.run.exited).toMatchObject({ code: 0 });
    expect(Buffer.compare(await readFile(`${place.folder}/a`), contentOf(winner?.path ?? ''))).toBe(0);
    expect(await readdir(place.folder)).toEqual(['a']);
  });
});

describe('two processes that let the server choose', () => {
  it('113 one name for two addresses: each has its own file, and tells where', async () => {
    const { place: placing, letGo } = serveWhenLet();
    await using place = await placing;
    await using all = new AsyncDisposableStack();
    const runs = Object.keys(files).map((path) => {
      const command = [new URL(path, place.server.url).href, '--json'];
      return { path, run: all.use(spawnCli(command, { cwd: place.folder })) };
    });
    // None is done before both have a place.
    await Promise.all(runs.map(({ run }) => run.waitFor('stdout', '"downloading"')));
    letGo();
    for (const { path, run } of runs) {
      const { code, stdout, stderr } = await run.exited;
      expect(code, stderr).toBe(0);
      const done = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
      expect(done.type).toBe('done');
      expect(Buffer.compare(await readFile(done.path), contentOf(path))).toBe(0);
    }
    expect((await place.list()).toSorted()).toEqual(['same (1).bin', 'same.bin']);
  });
});
