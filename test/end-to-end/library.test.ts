import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  DownloadError,
  type DownloadEvent,
  download,
  type OpenDownloadOptions,
  openDownload,
} from '../../src/index.ts';
import { type Origin, type OriginOptions, startOrigin } from '../support/origin-server.ts';
import { makeTempDir, type TempDir } from '../support/temp-dir.ts';

const MIB = 1024 * 1024;
const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const resource of open.splice(0)) await resource[Symbol.asyncDispose]();
});

async function setUp(options: OriginOptions = {}): Promise<{ origin: Origin; folder: TempDir }> {
  const origin = await startOrigin(options);
  const folder = await makeTempDir();
  open.push(origin, folder);
  return { origin, folder };
}

async function sha256(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
}

const state = (events: readonly DownloadEvent[]) =>
  events.flatMap((event) => (event.type === 'state' ? [event.state] : []));

/** Waits for the event that `wanted` accepts. */
async function until(events: AsyncIterable<DownloadEvent>, wanted: (event: DownloadEvent) => boolean): Promise<void> {
  for await (const event of events) if (wanted(event)) return;
  throw new Error('it ended before that');
}

describe('setRateLimit()', () => {
  it('185 lowers, raises and lifts the limit of a running download', async () => {
    const { origin, folder } = await setUp({ size: 4 * MIB });
    // It would take four minutes.
    const one = openDownload(origin.url, { output: folder.file('a.bin'), rateLimit: 16 * 1024 });
    await until(one, (event) => event.type === 'progress' && event.bytes > 0);
    for (const limit of [8 * 1024, 64 * 1024, null]) {
      one.setRateLimit(limit);
      expect(one.figures.rateLimit).toBe(limit);
    }
    for (const wrong of [0, -1, 1.5, Number.NaN]) {
      expect(() => one.setRateLimit(wrong)).toThrow(expect.objectContaining({ code: 'invalid-option' }));
      expect(one.figures.rateLimit).toBeNull();
    }
    await one.done;
    expect(await sha256(folder.file('a.bin'))).toBe(origin.sha256());
  });
});

describe('download()', () => {
  it('fetches a file whole, and leaves only it', async () => {
    const { origin, folder } = await setUp({ size: 20 * MIB });
    const result = await download(origin.url, { output: folder.file('a.bin'), connections: 8 });
    expect(result).toMatchObject({ path: folder.file('a.bin'), size: 20 * MIB, skipped: false });
    expect(await sha256(result.path)).toBe(origin.sha256());
    expect(await readdir(folder.path)).toEqual(['a.bin']);
    expect(origin.log.every((request) => request.method === 'GET')).toBe(true);
    expect(origin.log[0]?.range).toBe('bytes=0-');
    expect(origin.log.length).toBeGreaterThan(4);
  });

  it.each([
    ['without ranges', { ranges: false }],
    ['without a length', { ranges: false, length: 'chunked' }],
    ['delimited by its close', { ranges: false, length: 'close' }],
  ] as [string, OriginOptions][])('fetches a file %s over one connection', async (_, options) => {
    const { origin, folder } = await setUp({ size: 3 * MIB, ...options });
    const { path } = await download(origin.url, { output: `${folder.path}/` });
    expect(path).toBe(folder.file('file.bin'));
    expect(await sha256(path)).toBe(origin.sha256());
    expect(origin.log).toHaveLength(1);
  });

  it.each([0, 1, 2, 65_535, MIB - 1, MIB, MIB + 1, 2 * MIB, 2 * MIB + 1])('fetches %i bytes', async (size) => {
    const { origin, folder } = await setUp({ size });
    const { path } = await download(origin.url, { output: folder.file('n'), connections: 16 });
    expect((await stat(path)).size).toBe(size);
    expect(await sha256(path)).toBe(origin.sha256());
    expect(origin.bytesSent).toBeLessThanOrEqual(size * 1.5 + 1);
  });

  it('179 checks digests before it publishes', async () => {
    const { origin, folder } = await setUp({ size: MIB });
    const good = await download(origin.url, { output: folder.file('good'), checksum: `sha256:${origin.sha256()}` });
    expect(good.digests).toEqual({ sha256: origin.sha256() });
    const bad = download(origin.url, { output: folder.file('bad'), checksum: `sha256:${'0'.repeat(64)}` });
    await expect(bad).rejects.toMatchObject({ name: 'DownloadError', code: 'digest-mismatch' });
    expect(existsSync(folder.file('bad'))).toBe(false);
    expect(existsSync(folder.file('bad.multidown', 'data.rejected'))).toBe(true);
  });

  it('rejects with typed errors', async () => {
    const { origin, folder } = await setUp({ script: () => ({ status: 404 }) });
    const failed = download(origin.url, { output: folder.file('x') });
    await expect(failed).rejects.toBeInstanceOf(DownloadError);
    await expect(failed).rejects.toMatchObject({ code: 'http-status', status: 404, resumable: false });
    for (const wrong of ['nonsense', undefined as unknown as string])
      await expect(download(wrong)).rejects.toMatchObject({ code: 'invalid-url' });
    await expect(download(new URL('/404', origin.url))).rejects.toMatchObject({ code: 'http-status' });
    await expect(download(origin.url, { connections: 65 })).rejects.toMatchObject({ code: 'invalid-option' });
    await expect(download(origin.url, { checksum: 'sha256:xyz' })).rejects.toMatchObject({ code: 'invalid-option' });
    for (const untyped of [
      { ifExists: 'bogus' },
      { output: 5 },
      { checksum: 5 },
      { signal: {} },
      { userAgent: 'a\nb' },
      { ca: 'bogus' },
      { headers: { 'x y': '1' } },
      { headers: { Range: 'bytes=1-2' } },
      { headers: [['X-Key', 1]] },
    ]) {
      const wrong = untyped as unknown as OpenDownloadOptions;
      await expect(download(origin.url, wrong)).rejects.toMatchObject({ code: 'invalid-option' });
    }
    expect(await readdir(folder.path)).toEqual([]);
  });

  it('does not touch what stands at the target', async () => {
    const { origin, folder } = await setUp();
    await writeFile(folder.file('a'), 'mine');
    await expect(download(origin.url, { output: folder.file('a') })).rejects.toMatchObject({ code: 'target-exists' });
    expect(await readFile(folder.file('a'), 'utf8')).toBe('mine');
    const kept = await download(origin.url, { output: folder.file('a'), ifExists: 'rename' });
    expect(kept.path).toBe(folder.file('a (1)'));
    const skipped = await download(origin.url, { output: folder.file('a'), ifExists: 'skip' });
    expect(skipped).toMatchObject({ skipped: true, size: 4 });
    expect(await readFile(folder.file('a'), 'utf8')).toBe('mine');
    await download(origin.url, { output: folder.file('a'), ifExists: 'overwrite' });
    expect(await sha256(folder.file('a'))).toBe(origin.sha256());
  });

  it('runs several at once that do not touch each other', async () => {
    const { origin, folder } = await setUp({ size: 4 * MIB });
    const results = await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        download(origin.url, { output: folder.file(`f${index}`), connections: 4 }),
      ),
    );
    for (const { path } of results) expect(await sha256(path)).toBe(origin.sha256());
  });
});

describe('openDownload()', () => {
  it('tells its story in order, and the figures add up', async () => {
    const { origin, folder } = await setUp({ size: 8 * MIB, bytesPerSecond: 4 * MIB });
    const running = openDownload(origin.url, { output: folder.file('a'), connections: 4 });
    const events: DownloadEvent[] = [];
    for await (const event of running) events.push(event);
    expect(state(events)).toEqual(['validating', 'probing', 'preparing', 'downloading', 'merging', 'done']);
    const progress = events.filter((event) => event.type === 'progress');
    expect(progress.at(-1)).toMatchObject({ bytes: 8 * MIB, total: 8 * MIB, fraction: 1 });
    expect(events.at(-1)).toMatchObject({ type: 'done', size: 8 * MIB });
    expect(running.figures.bytes).toBe(8 * MIB);
    await expect(running.done).resolves.toMatchObject({ size: 8 * MIB });
  });

  it('pauses, resumes, changes its connections', async () => {
    const { origin, folder } = await setUp({ size: 12 * MIB, bytesPerSecond: 3 * MIB });
    const running = openDownload(origin.url, { output: folder.file('a'), connections: 3 });
    await until(running, (event) => event.type === 'progress' && event.bytes > 2 * MIB);
    expect(await running.pause()).toBe(true);
    const { bytes } = running.figures;
    const sent = origin.bytesSent;
    expect(bytes).toBeGreaterThan(2 * MIB);
    expect(existsSync(folder.file('a.multidown', 'checkpoint.json'))).toBe(true);
    running.setConnections(8);
    running.resume();
    const { path } = await running.done;
    expect(await sha256(path)).toBe(origin.sha256());
    // A server that has put bytes into its sockets cannot take them back.
    expect(origin.bytesSent - sent).toBeLessThanOrEqual((12 * MIB - bytes) * 1.5);
  });

  it('pauses before the server has answered, and before it is asked', async () => {
    const { origin, folder } = await setUp({ size: MIB });
    const running = openDownload(origin.url, { output: folder.file('a') });
    expect(await running.pause()).toBe(true);
    expect(origin.bytesSent).toBe(0);
    running.resume();
    expect(await running.pause()).toBe(true);
    // Of two that are asked to pause, the second hears of it as well.
    expect(await running.pause()).toBe(true);
    running.resume();
    const { path } = await running.done;
    expect(await sha256(path)).toBe(origin.sha256());
    expect(await running.pause()).toBe(false);
  });

  it.each([
    ['at once', null],
    ['while it prepares', (event: DownloadEvent) => event.type === 'state' && event.state === 'preparing'],
    ['while it downloads', (event: DownloadEvent) => event.type === 'progress' && event.bytes > MIB],
  ])('does not pause what is told to go on meanwhile: %s', async (_, when) => {
    const { origin, folder } = await setUp({ size: 4 * MIB, bytesPerSecond: 2 * MIB });
    const isTime = Promise.withResolvers<void>();
    const running = openDownload(origin.url, {
      output: folder.file('a'),
      connections: 2,
      attach: (actor) => actor.on('*', (event) => when?.(event) && isTime.resolve()),
    });
    if (when) await isTime.promise;
    const pauses = [running.pause(), running.pause()];
    running.resume();
    expect(await Promise.all(pauses)).toEqual([false, false]);
    expect(running.actor.getSnapshot().status).toBe('active');
    const { path } = await running.done;
    expect(await sha256(path)).toBe(origin.sha256());
  });

  it('stops by a signal, and the same call goes on', async () => {
    const { origin, folder } = await setUp({ size: 8 * MIB, bytesPerSecond: 2 * MIB });
    const stopper = new AbortController();
    const first = openDownload(origin.url, { output: folder.file('a'), connections: 2, signal: stopper.signal });
    await until(first, (event) => event.type === 'progress' && event.bytes > 2 * MIB);
    stopper.abort(new Error('enough'));
    await expect(first.done).rejects.toMatchObject({
      code: 'interrupted',
      resumable: true,
      cause: new Error('enough'),
    });
    const before = first.figures.bytes;
    origin.set({ bytesPerSecond: Number.POSITIVE_INFINITY });
    const second = openDownload(origin.url, { output: folder.file('a'), connections: 5 });
    await until(
      second,
      (event) => event.type === 'state' && event.state === 'downloading' && event.resumedBytes >= before,
    );
    const { path } = await second.done;
    expect(await sha256(path)).toBe(origin.sha256());
  });

  it('ends at once when the signal was aborted before', async () => {
    const { origin, folder } = await setUp();
    const running = openDownload(origin.url, { output: folder.file('a'), signal: AbortSignal.abort() });
    await expect(running.done).rejects.toMatchObject({ code: 'interrupted' });
    expect(await readdir(folder.path)).toEqual([]);
  });

  it('194 prints nothing, hooks no signal, and leaves no timer or socket', async () => {
    const { origin, folder } = await setUp({ size: 2 * MIB });
    const printed = [vi.spyOn(process.stdout, 'write'), vi.spyOn(process.stderr, 'write')];
    const handlers = () => ['SIGINT', 'SIGTERM', 'SIGHUP', 'exit'].map((name) => process.listenerCount(name));
    const before = handlers();
    const running = openDownload(origin.url, { output: folder.file('a') });
    expect(handlers()).toEqual(before);
    await running.done;
    for (const spy of printed) {
      expect(spy).not.toHaveBeenCalled();
      spy.mockRestore();
    }
    expect(handlers()).toEqual(before);
    expect(origin.connections.now).toBe(0);
    // The server here is ours: its own sockets must be gone too.
    await vi.waitFor(() => {
      const left = process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap');
      expect(left).toEqual([]);
    });
  });

  it('answers questions', async () => {
    const { origin, folder } = await setUp();
    await writeFile(folder.file('a'), 'mine');
    const running = openDownload(origin.url, { output: folder.file('a'), ifExists: 'ask' });
    await until(running, (event) => event.type === 'state' && event.question?.kind === 'target-exists');
    running.answer('overwrite');
    await running.done;
    expect(await sha256(folder.file('a'))).toBe(origin.sha256());
  });

  it('26 notices that the file has changed, and never mixes', async () => {
    const { origin, folder } = await setUp({ size: 8 * MIB, bytesPerSecond: 2 * MIB });
    const first = openDownload(origin.url, { output: folder.file('a'), connections: 2 });
    await until(first, (event) => event.type === 'progress' && event.bytes > 2 * MIB);
    await first.stop();
    origin.replace();
    origin.set({ bytesPerSecond: Number.POSITIVE_INFINITY });
    await expect(download(origin.url, { output: folder.file('a') })).rejects.toMatchObject({ code: 'changed' });
    const { path } = await download(origin.url, { output: folder.file('a'), ifChanged: 'restart' });
    expect(await sha256(path)).toBe(origin.sha256());
  });
});
