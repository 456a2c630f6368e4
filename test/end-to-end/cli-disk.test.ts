import { spawnSync } from 'node:child_process';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { startOrigin } from '../support/origin-server.ts';
import { runCli, spawnCli } from '../support/spawn-cli.ts';
import { makeTempDir, type TempDir } from '../support/temp-dir.ts';

const MIB = 1024 * 1024;

/** A disk of a few MiB, mounted for one test. Null where this user may not mount. */
async function mountSmallDisk(folder: TempDir, mebibytes: number): Promise<AsyncDisposable | null> {
  const path = folder.file('disk');
  await mkdir(path);
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'multidown-test', path]);
  if (status !== 0) {
    console.log('A small disk cannot be mounted here (that takes a superuser on Linux): a full disk was not tried.');
    return null;
  }
  return {
    async [Symbol.asyncDispose]() {
      spawnSync('umount', ['--lazy', path]);
    },
  };
}

describe('the disk: exit code 9', () => {
  it('too small for the file: seen before the first byte, nothing is left', async () => {
    await using folder = await makeTempDir();
    await using disk = await mountSmallDisk(folder, 1);
    if (disk === null) return;
    await using origin = await startOrigin({ size: 8 * MIB });
    const { code, stderr } = await runCli([origin.url, 'a', '-y'], { cwd: folder.file('disk') });
    expect([code, stderr]).toEqual([9, expect.stringMatching(/^multidown: There is not enough room in .*disk/)]);
    expect(await readdir(folder.file('disk'))).toEqual([]);
    expect(origin.log).toHaveLength(1);
  });

  it('119 full midway: what has arrived is kept, and the same command goes on when there is room', async () => {
    await using folder = await makeTempDir();
    await using disk = await mountSmallDisk(folder, 12);
    if (disk === null) return;
    await using origin = await startOrigin({ size: 8 * MIB, bytesPerSecond: 2 * MIB });
    const cwd = folder.file('disk');
    await using run = spawnCli([origin.url, 'a', '-n', '1', '--json'], { cwd });
    await run.waitFor('stdout', /"type":"progress","bytes":[1-9]/);
    // Somebody else takes the room.
    await writeFile(folder.file('disk', 'other'), Buffer.alloc(8 * MIB));
    const full = await run.exited;
    expect([full.code, full.stderr]).toEqual([9, expect.stringMatching(/disk is full/)]);
    expect(await readdir(cwd)).toEqual(['a.multidown', 'other']);

    await rm(folder.file('disk', 'other'));
    origin.set({ bytesPerSecond: Number.POSITIVE_INFINITY });
    const before = origin.log.length;
    expect(await runCli([origin.url, 'a', '-n', '1', '-q'], { cwd })).toMatchObject({ code: 0, stderr: '' });
    expect(origin.log[before]?.range).toMatch(/^bytes=[1-9]/);
    expect(Buffer.compare(await readFile(folder.file('disk', 'a')), origin.bytes(0, origin.size))).toBe(0);
  });
});
