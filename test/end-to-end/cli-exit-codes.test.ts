import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { startOrigin } from '../support/origin-server.ts';
import { runCli, spawnCli } from '../support/spawn-cli.ts';
import { makeTempDir } from '../support/temp-dir.ts';

const MIB = 1024 * 1024;

/** Codes 2, 3, 5 and 6 are reached in cli-bad-input, 9 (the disk) in cli-disk, 130 in cli-signals too. */
describe('exit codes', () => {
  it('0: done, and a file of no bytes is made', async () => {
    await using origin = await startOrigin({ size: 0 });
    await using folder = await makeTempDir();
    expect(await runCli([origin.url, 'a'], { cwd: folder.path })).toMatchObject({ code: 0, stdout: '' });
    expect((await stat(folder.file('a'))).size).toBe(0);
    expect(await readdir(folder.path)).toEqual(['a']);
  });

  it('1: a bug of ours, with its stack for -v only', async () => {
    // What no rule foresees: the very first thing that is asked of the system throws.
    const broken = `process.umask = () => { throw new Error('the sky fell'); };`;
    const nodeOptions = ['--import', `data:text/javascript,${encodeURIComponent(broken)}`];
    await using origin = await startOrigin();
    await using folder = await makeTempDir();
    const result = await runCli([origin.url, '-q'], { cwd: folder.path, nodeOptions });
    expect(result).toMatchObject({ code: 1, stdout: '' });
    expect(result.stderr).toMatch(/^multidown: Something unexpected went wrong: the sky fell/);
    expect(result.stderr).not.toMatch(/\n\s+at /);
  });

  it('4: the target exists, or a partial of another address', async () => {
    await using origin = await startOrigin({ size: 4 * MIB, bytesPerSecond: 1 * MIB });
    await using folder = await makeTempDir();
    await writeFile(folder.file('a'), 'mine');
    const options = { cwd: folder.path };
    expect(await runCli([origin.url, 'a'], options)).toMatchObject({ code: 4, stderr: /exists already/ });
    expect(await readFile(folder.file('a'), 'utf8')).toBe('mine');

    await using run = spawnCli([origin.url, 'b', '-n', '1'], options);
    await run.waitFor('stderr', 'Downloading');
    run.kill('SIGTERM');
    expect((await run.exited).code).toBe(130);
    const other = await runCli([`${origin.base}/other`, 'b'], options);
    expect(other).toMatchObject({ code: 4, stderr: /partial download of another address/ });
  });

  it('6: a server that breaks its word', async () => {
    await using origin = await startOrigin({ script: () => ({ headers: { 'content-range': 'bytes 5-9/10' } }) });
    await using folder = await makeTempDir();
    expect(await runCli([origin.url, '--retries', '0'], { cwd: folder.path })).toMatchObject({ code: 6 });
    expect(await readdir(folder.path)).toEqual([]);
  });

  it('7: the file changed on the server; --if-changed restart begins anew', async () => {
    await using origin = await startOrigin({ size: 4 * MIB, bytesPerSecond: 1 * MIB });
    await using folder = await makeTempDir();
    const options = { cwd: folder.path };
    await using run = spawnCli([origin.url, 'a', '-n', '2'], options);
    await run.waitFor('stderr', 'Downloading');
    run.kill('SIGINT');
    await run.exited;
    origin.replace();
    origin.set({ bytesPerSecond: Number.POSITIVE_INFINITY });
    const result = await runCli([origin.url, 'a', '--yes'], options);
    expect(result).toMatchObject({ code: 7, stderr: /not the one this download began with/ });
    expect(await readdir(folder.path)).toEqual(['a.multidown']);
    expect(await runCli([origin.url, 'a', '--yes', '--if-changed', 'restart'], options)).toMatchObject({ code: 0 });
    expect(Buffer.compare(await readFile(folder.file('a')), origin.bytes(0, origin.size))).toBe(0);
  });

  it('8: the digest does not match; the data is set aside', async () => {
    await using origin = await startOrigin();
    await using folder = await makeTempDir();
    const options = { cwd: folder.path };
    const wrong = await runCli([origin.url, 'a', '--checksum', `sha256:${'0'.repeat(64)}`], options);
    expect(wrong).toMatchObject({ code: 8 });
    expect(await readdir(folder.path)).toEqual(['a.multidown']);
    const right = await runCli([origin.url, 'b', '--checksum', `SHA-256:${origin.sha256().toUpperCase()}`], options);
    expect(right).toMatchObject({ code: 0, stderr: /sha256 matches/ });
  });

  it('9: a damaged checkpoint; --restart begins anew', async () => {
    await using origin = await startOrigin({ size: 4 * MIB, bytesPerSecond: 1 * MIB });
    await using folder = await makeTempDir();
    const options = { cwd: folder.path };
    await using run = spawnCli([origin.url, 'a', '-n', '2'], options);
    await run.waitFor('stderr', 'Downloading');
    run.kill('SIGINT');
    await run.exited;
    for (const name of ['checkpoint.json', 'live.json']) {
      const path = folder.file('a.multidown', name);
      const text = await readFile(path, 'utf8').catch(() => null);
      if (text !== null) await writeFile(path, text.replace('"written":', '"written":1'));
    }
    const result = await runCli([origin.url, 'a', '--yes'], options);
    expect(result).toMatchObject({ code: 9, stderr: /is damaged.*--restart/ });
    origin.set({ bytesPerSecond: Number.POSITIVE_INFINITY });
    expect(await runCli([origin.url, 'a', '--yes', '--restart'], options)).toMatchObject({ code: 0 });
    expect(Buffer.compare(await readFile(folder.file('a')), origin.bytes(0, origin.size))).toBe(0);
  });

  it('10: another process fetches to the same target', async () => {
    await using origin = await startOrigin({ size: 8 * MIB, bytesPerSecond: MIB / 2 });
    await using folder = await makeTempDir();
    const options = { cwd: folder.path };
    await using run = spawnCli([origin.url, 'a', '-n', '1'], options);
    await run.waitFor('stderr', 'Downloading');
    const result = await runCli([origin.url, 'a', '--yes'], options);
    expect(result.code).toBe(10);
    expect(result.stderr).toContain(String(run.pid));
  });

  it('130: stopped and kept', async () => {
    await using origin = await startOrigin({ size: 8 * MIB, bytesPerSecond: MIB / 2 });
    await using folder = await makeTempDir();
    await using run = spawnCli([origin.url, 'a'], { cwd: folder.path });
    await run.waitFor('stderr', 'Downloading');
    run.kill('SIGINT');
    expect(await run.exited).toMatchObject({ code: 130, signal: null, stderr: /is kept/ });
  });
});
