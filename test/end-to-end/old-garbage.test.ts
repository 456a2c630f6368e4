/** Garbage that has grown old is collected before V8 would. */
import { readdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { startOrigin } from '../support/origin-server.ts';
import { runCli } from '../support/spawn-cli.ts';
import { makeTempDir } from '../support/temp-dir.ts';

const path = fileURLToPath(new URL('../../bin/old-garbage.cjs', import.meta.url));
const { lookout } = createRequire(import.meta.url)(path) as {
  lookout(used: () => number, makeCollect: () => () => void): () => void;
};
const MB = 1_000_000;

/** Looks at a heap of these sizes, one after the other; collecting leaves `left` of it. */
function collections(sizes: readonly number[], left: number): readonly number[] {
  const collected: number[] = [];
  let made = 0;
  let now = 0;
  const look = lookout(
    () => now,
    () => {
      made += 1;
      return () => {
        collected.push(now);
        now = left;
      };
    },
  );
  for (const size of sizes) {
    now = size;
    look();
  }
  expect(made).toBe(collected.length > 0 ? 1 : 0);
  return collected;
}

describe('old garbage', () => {
  it('is collected when there is a tenth more than there was at the least, or was left the last time', () => {
    const sizes = [8, 6, 6.5, 6.6, 6.7, 7, 7.7, 7.8].map((size) => size * MB);
    expect(collections(sizes, 7 * MB)).toEqual([6.7 * MB, 7.8 * MB]);
  });

  it('is left to V8 in a large heap, and where there is little', () => {
    expect(collections([14 * MB, 17 * MB, 30 * MB], 14 * MB)).toEqual([]);
    expect(collections([6 * MB, 6.3 * MB, 6.6 * MB], 6 * MB)).toEqual([]);
  });

  it('is really collected, and no flag stays set', async () => {
    await using folder = await makeTempDir();
    const program = `
      const { getHeapSpaceStatistics } = require('node:v8');
      const used = () => getHeapSpaceStatistics().find((space) => space.space_name === 'old_space').space_used_size;
      const look = require(${JSON.stringify(path)}).lookout();
      look();
      let garbage = Array.from({ length: 100_000 }, (_, index) => ({ index }));
      // Whatever outlives two collections of the young is old.
      for (let round = 0; round < 200; round += 1) Array.from({ length: 10_000 }, () => ({ round }));
      garbage = null;
      const before = used();
      look();
      console.log(before - used() > 1_000_000, require('node:vm').runInNewContext('typeof gc'));`;
    await writeFile(folder.file('garbage.cjs'), program);
    const run = await runCli([], { script: folder.file('garbage.cjs') });
    expect(run).toMatchObject({ code: 0, stderr: '', stdout: 'true undefined\n' });
  });

  it('is looked for by a download that lasts', async () => {
    await using origin = await startOrigin();
    await using folder = await makeTempDir();
    const spy = `
      const v8 = process.getBuiltinModule('node:v8');
      let used = 6_000_000;
      v8.getHeapSpaceStatistics = () => [{ space_name: 'old_space', space_used_size: (used += 1_000_000) }];
      const set = v8.setFlagsFromString;
      v8.setFlagsFromString = (flag) => {
        if (flag === '--expose-gc') process.getBuiltinModule('node:fs').writeFileSync('collected', '');
        set(flag);
      };`;
    const nodeOptions = ['--import', `data:text/javascript,${encodeURIComponent(spy)}`];
    // A megabyte, for a second.
    const args = [origin.url, '--quiet', '--yes', '--limit-rate', '1M'];
    expect(await runCli(args, { cwd: folder.path, nodeOptions })).toMatchObject({ code: 0, stderr: '' });
    expect(await readdir(folder.path)).toContain('collected');
  });
});
