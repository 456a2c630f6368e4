import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { CLI, cleanEnv } from '../support/cli-command.ts';
import { startOrigin } from '../support/origin-server.ts';
import { SmallBuffers } from '../support/small-buffers.ts';
import { runCli, spawnCli } from '../support/spawn-cli.ts';
import { makeTempDir } from '../support/temp-dir.ts';

const MIB = 1024 * 1024;

const outOfTime = ['--import', new URL('../support/out-of-time.ts', import.meta.url).href];
/** How long it may take to note what has arrived, milliseconds. */
const MOST_TO_NOTE_MS = 2_000;

interface Noted {
  readonly start: number;
  readonly written: number;
  readonly durable: number;
}

describe('a signal stops and keeps', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    '142 %s: exit 130, and the rest costs at most 3 percent more than was missing',
    async (signal) => {
      // What a busy machine leaves unread when a range is cut would count too.
      const buffers = new SmallBuffers(256 * 1024);
      await using origin = await startOrigin({ size: 48 * MIB, bytesPerSecond: 4 * MIB, room: buffers.room });
      await using folder = await makeTempDir();
      const target = folder.file('a.bin');
      await using run = spawnCli([origin.url, target, '-n', '6', '--json']);
      buffers.follow(run.pid);
      // In the middle: many connections, some ranges done.
      await run.waitFor('stdout', /"bytes":(?:1[2-9]|[2-9]\d)\d{6},/);
      run.kill(signal);
      const { code, stdout, stderr } = await run.exited;
      expect([code, stderr]).toEqual([130, expect.stringContaining('is kept')]);
      const last = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
      expect(last).toMatchObject({ type: 'failed', code: 'interrupted', resumable: true });
      expect(await readdir(folder.path)).toEqual(['a.bin.multidown']);
      // All that it says is kept was synced and noted: it would outlive the power too.
      const { plan } = JSON.parse(await readFile(`${target}.multidown/checkpoint.json`, 'utf8')).body.checkpoint;
      const durable = plan.reduce((sum: number, one: Noted) => sum + one.durable - one.start, 0);
      expect(plan.every(({ durable: synced, written }: Noted) => synced === written)).toBe(true);
      expect(durable).toBeGreaterThan(8 * MIB);

      // Still capped: what a faster server has under way when a range is cut would count too.
      const before = origin.bytesSent;
      await using next = spawnCli([origin.url, target, '-n', '3', '--json']);
      buffers.follow(next.pid);
      const rest = await next.exited;
      expect(rest.code).toBe(0);
      const states = rest.stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line));
      const { resumedBytes } = states.findLast(({ type }) => type === 'state');
      expect(resumedBytes).toBe(durable);
      expect(origin.bytesSent - before).toBeLessThanOrEqual((origin.size - resumedBytes) * 1.03);
      expect(Buffer.compare(await readFile(target), origin.bytes(0, origin.size))).toBe(0);
      expect(await readdir(folder.path)).toEqual(['a.bin']);
    },
  );

  it.each([
    ['goes on sending', {}],
    ['has fallen silent', { script: () => ({ stallAfter: MIB }) }],
  ])(
    '142 while the server %s: noting waits for nothing but the disk, and needs less than 2 s',
    async (_, behaviour) => {
      await using origin = await startOrigin({ size: 48 * MIB, bytesPerSecond: 4 * MIB, ...behaviour });
      await using folder = await makeTempDir();
      const options = { cwd: folder.path, nodeOptions: outOfTime };
      await using run = spawnCli([origin.url, 'a', '-n', '4', '--json'], options);
      await run.waitFor('stdout', /"bytes":(?:[2-9]\d{6}|\d{8}),/);
      // No timer fires from now on: had it to wait for one, or for the server, it would never end.
      run.kill('SIGTERM');
      const { code, stdout, stderr } = await run.exited;
      expect(code, stderr).toBe(130);
      const noted = JSON.parse(await readFile(folder.file('a.multidown', 'checkpoint.json'), 'utf8'));
      const { plan } = noted.body.checkpoint as { readonly plan: readonly Noted[] };
      expect(plan.every(({ durable, written }) => durable === written)).toBe(true);
      const durable = plan.reduce((sum, one) => sum + one.durable - one.start, 0);
      const last = [...stdout.matchAll(/"type":"progress","bytes":(\d+),/g)].at(-1)?.[1];
      expect(durable).toBeGreaterThanOrEqual(Number(last));
      // Of the processor's time, of which a busy machine has as much: some tens of milliseconds.
      const needed = Number(stderr.trimEnd().split('\n').at(-1));
      expect(needed).toBeGreaterThan(0);
      expect(needed).toBeLessThan(MOST_TO_NOTE_MS);
    },
  );

  it('before anything has arrived', async () => {
    await using origin = await startOrigin({ script: () => ({ silent: true }) });
    await using folder = await makeTempDir();
    await using run = spawnCli([origin.url, '-v'], { cwd: folder.path });
    await run.waitFor('stderr', 'state probing');
    run.kill('SIGINT');
    const end = await run.exited;
    expect(end).toMatchObject({ code: 130, signal: null });
    // A stop that was wanted is nothing to look into.
    expect(end.stderr).not.toMatch(/DownloadError|\n\s+at /);
    expect(await readdir(folder.path)).toEqual([]);
  });

  it('where nothing can be gone on with, and so leaves nothing', async () => {
    await using origin = await startOrigin({ size: 48 * MIB, bytesPerSecond: 4 * MIB, ranges: false });
    await using folder = await makeTempDir();
    await using run = spawnCli([origin.url, 'a.bin', '--json'], { cwd: folder.path });
    await run.waitFor('stdout', /"bytes":[2-9]\d{6},/);
    run.kill('SIGINT');
    expect(await run.exited).toMatchObject({ code: 130, stderr: expect.stringContaining('Nothing is kept') });
    expect(await readdir(folder.path)).toEqual([]);
  });

  it('while it waits to try again', async () => {
    await using origin = await startOrigin({ script: () => ({ status: 503, headers: { 'retry-after': '200' } }) });
    await using folder = await makeTempDir();
    await using run = spawnCli([origin.url], { cwd: folder.path });
    await run.waitFor('stderr', 'Trying again in 3 min 20 s.');
    run.kill('SIGTERM');
    expect((await run.exited).code).toBe(130);
  });
});

describe('a second signal ends at once', () => {
  it('142 also when the first one waits for a disk that does not answer', async () => {
    await using origin = await startOrigin({ size: 8 * MIB, bytesPerSecond: MIB });
    await using folder = await makeTempDir();
    // Closing and saving never end: the disk hangs from the first signal on.
    const stuck = `
      import fs from 'node:fs/promises';
      import { syncBuiltinESMExports } from 'node:module';
      const rename = fs.rename;
      fs.rename = (from, to) => process.listenerCount('SIGINT') > 0 && to.endsWith('checkpoint.json')
        ? new Promise((resolve) => setTimeout(resolve, 1e8)) : rename(from, to);
      syncBuiltinESMExports();`;
    const nodeOptions = ['--import', `data:text/javascript,${encodeURIComponent(stuck)}`];
    await using run = spawnCli([origin.url, 'a', '--json'], { cwd: folder.path, nodeOptions });
    await run.waitFor('stdout', '"downloading"');
    run.kill('SIGINT');
    await run.waitFor('stdout', '"pausing"');
    run.kill('SIGTERM');
    expect(await run.exited).toMatchObject({ code: 130, signal: null });
    // What was saved before is good for the next run.
    origin.set({ bytesPerSecond: Number.POSITIVE_INFINITY });
    expect(await runCli([origin.url, 'a', '-q'], { cwd: folder.path })).toMatchObject({ code: 0, stderr: '' });
    expect(Buffer.compare(await readFile(folder.file('a')), origin.bytes(0, origin.size))).toBe(0);
  });
});

describe('a signal that is none of its business', () => {
  it.each([
    ['for a moment', 300, '30'],
    ['for longer than its time-out', 2_500, '1'],
  ])('142 SIGSTOP %s: it goes on at SIGCONT, and ends right', async (_, ms, timeout) => {
    await using origin = await startOrigin({ size: 12 * MIB, bytesPerSecond: 2 * MIB });
    await using folder = await makeTempDir();
    const command = [origin.url, 'a', '-n', '4', '--timeout', timeout, '--json'];
    await using run = spawnCli(command, { cwd: folder.path });
    await run.waitFor('stdout', /"bytes":[2-9]\d{6},/);
    run.kill('SIGSTOP');
    await sleep(ms);
    run.kill('SIGCONT');
    expect(await run.exited).toMatchObject({ code: 0, signal: null, stderr: '' });
    expect(Buffer.compare(await readFile(folder.file('a')), origin.bytes(0, origin.size))).toBe(0);
    expect(await readdir(folder.path)).toEqual(['a']);
  });

  it('142 SIGSTOP, and SIGTERM while it stands still: at SIGCONT it stops and keeps', async () => {
    await using origin = await startOrigin({ size: 12 * MIB, bytesPerSecond: 2 * MIB });
    await using folder = await makeTempDir();
    await using run = spawnCli([origin.url, 'a', '-n', '4', '--json'], { cwd: folder.path });
    await run.waitFor('stdout', /"bytes":[2-9]\d{6},/);
    for (const signal of ['SIGSTOP', 'SIGTERM', 'SIGCONT'] as const) run.kill(signal);
    expect(await run.exited).toMatchObject({ code: 130, signal: null });
    origin.set({ bytesPerSecond: Number.POSITIVE_INFINITY });
    expect(await runCli([origin.url, 'a', '-q'], { cwd: folder.path })).toMatchObject({ code: 0, stderr: '' });
    expect(Buffer.compare(await readFile(folder.file('a')), origin.bytes(0, origin.size))).toBe(0);
  });

  it('142 SIGPIPE: nothing happens', async () => {
    await using origin = await startOrigin({ size: 8 * MIB, bytesPerSecond: 2 * MIB });
    await using folder = await makeTempDir();
    await using run = spawnCli([origin.url, 'a', '-n', '2', '--json'], { cwd: folder.path });
    await run.waitFor('stdout', /"bytes":[1-9]\d{6},/);
    run.kill('SIGPIPE');
    expect(await run.exited).toMatchObject({ code: 0, signal: null, stderr: '' });
    expect(Buffer.compare(await readFile(folder.file('a')), origin.bytes(0, origin.size))).toBe(0);
  });
});

describe('a reader that has gone', () => {
  it('126 of stdout: it stops, keeps what has arrived and says nothing of it', async () => {
    await using origin = await startOrigin({ size: 16 * MIB, bytesPerSecond: MIB / 2 });
    await using folder = await makeTempDir();
    const args = [CLI, origin.url, 'a', '--json', '-n', '2'];
    const child = spawn(process.execPath, args, {
      cwd: folder.path,
      env: cleanEnv(),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stderr = '';
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    child.stdout.on('data', (chunk) => {
      if (String(chunk).includes('"downloading"')) child.stdout.destroy();
    });
    const [code] = await once(child, 'close');
    expect(code).toBe(130);
    expect(stderr).not.toMatch(/EPIPE|\n\s+at /);
    expect(await readdir(folder.path)).toEqual(['a.multidown']);
  });
});
