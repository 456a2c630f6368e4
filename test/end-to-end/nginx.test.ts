import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { findNginx, startNginx } from '../support/nginx.ts';
import { pseudoFile } from '../support/pseudo-file.ts';
import { runCli, spawnCli } from '../support/spawn-cli.ts';
import { makeTempDir, type TempDir } from '../support/temp-dir.ts';

const MIB = 1024 * 1024;
const hasNginx = findNginx() !== null;
if (!hasNginx) console.log('nginx is not installed, so its tests are left out: apt-get install nginx');

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest('hex');
}

async function setUp(size: number, limitRate?: number) {
  const root = await makeTempDir();
  const file = pseudoFile(size, 5);
  await writeFile(root.file('file.bin'), file.bytes(0, size));
  const nginx = await startNginx({ root: root.path, ...(limitRate === undefined ? {} : { limitRate }) });
  const folder: TempDir = await makeTempDir();
  return {
    nginx,
    folder,
    url: `${nginx.base}/file.bin`,
    digest: file.sha256(),
    async [Symbol.asyncDispose]() {
      await nginx.close();
      await root.remove();
      await folder.remove();
    },
  };
}

describe.runIf(hasNginx)('against nginx', () => {
  it('fetches a file over many connections', async () => {
    await using here = await setUp(40 * MIB);
    const target = here.folder.file('a.bin');
    const { code, stderr } = await runCli([here.url, target, '-n', '8', '--checksum', `sha256:${here.digest}`]);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stderr).toContain('sha256 matches');
    expect(await sha256(target)).toBe(here.digest);
    const log = await here.nginx.log();
    expect(log.every((entry) => entry.request.startsWith('GET') && entry.status === 206)).toBe(true);
    expect(log.length).toBeGreaterThan(7);
  });

  it('is killed, stopped, and goes on with another number of connections', async () => {
    await using here = await setUp(24 * MIB, MIB);
    const target = here.folder.file('a.bin');
    const progressed = (run: { stdout: string }, bytes: number) => () =>
      run.stdout.split('\n').some((line) => line.includes('"progress"') && JSON.parse(line).bytes > bytes);

    await using first = spawnCli([here.url, target, '-n', '6', '--yes', '--json']);
    await until(progressed(first, 4 * MIB));
    first.kill('SIGKILL');
    await first.exited;
    expect(await readdir(here.folder.path)).toEqual(['a.bin.multidown']);

    await using second = spawnCli([here.url, target, '-n', '2', '--yes', '--json']);
    await until(progressed(second, 6 * MIB));
    second.kill('SIGINT');
    expect(await second.exited).toMatchObject({ code: 130 });
    const states = second.stdout.split('\n').filter((line) => line.includes('"resumedBytes"'));
    expect(states.some((line) => JSON.parse(line).resumedBytes > 3 * MIB)).toBe(true);

    const third = await runCli([here.url, target, '-n', '16', '--yes', '--quiet']);
    expect(third).toMatchObject({ code: 0, stdout: '', stderr: '' });
    expect(await sha256(target)).toBe(here.digest);
    expect(await readdir(here.folder.path)).toEqual(['a.bin']);
  });
});

async function until(isDone: () => boolean): Promise<void> {
  const end = Date.now() + 30_000;
  while (!isDone()) {
    if (Date.now() > end) throw new Error('it did not get so far in 30 s');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
