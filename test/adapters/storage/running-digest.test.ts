import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type FileHandle, open } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RunningDigest } from '../../../src/adapters/storage/running-digest.ts';
import { someBytes } from '../../support/fake-download.ts';
import { Random } from '../../support/random.ts';
import { makeTempDir } from '../../support/temp-dir.ts';

const { signal } = new AbortController();
const bytes = someBytes(100_000);
const sha256 = (of: Uint8Array) => createHash('sha256').update(of).digest('hex');

let folder: Awaited<ReturnType<typeof makeTempDir>>;
let handle: FileHandle;
let reads: (readonly [start: number, length: number])[];
let digest: RunningDigest;

beforeEach(async () => {
  folder = await makeTempDir();
  handle = await open(folder.file('data'), 'w+');
  reads = [];
  const read = handle.read.bind(handle) as (...args: unknown[]) => Promise<{ bytesRead: number }>;
  Object.assign(handle, {
    read: async (...args: unknown[]) => {
      const found = await read(...args);
      if (found.bytesRead > 0) reads.push([args[3] as number, found.bytesRead]);
      return found;
    },
  });
  digest = new RunningDigest({ handle, path: folder.file('data') }, ['sha256', 'md5']);
});

afterEach(async () => {
  vi.restoreAllMocks();
  await digest.close();
  await handle.close();
  await folder[Symbol.asyncDispose]();
});

async function write(start: number, end: number, what = bytes): Promise<void> {
  await handle.write(what, start, end - start, start);
  digest.wrote([what.subarray(start, end)], start);
}

const finish = (size = bytes.length) => digest.finish(['sha256'], size, signal);

describe('a running digest', () => {
  it('of what comes in order reads nothing', async () => {
    await handle.write(bytes, 0, 30_000, 0);
    digest.wrote([bytes.subarray(0, 10_000), bytes.subarray(10_000, 30_000)], 0);
    await write(30_000, 100_000);
    expect(await finish()).toEqual({ sha256: sha256(bytes) });
    expect(reads).toEqual([]);
  });

  it('reads what came before its turn when the turn is there, once', async () => {
    await write(60_000, 80_000);
    await write(0, 20_000);
    await write(40_000, 60_000);
    expect(reads).toEqual([]);
    await write(20_000, 40_000);
    await digest.settle();
    expect(reads).toEqual([[40_000, 40_000]]);
    await write(80_000, 100_000);
    expect(await finish()).toEqual({ sha256: sha256(bytes) });
    expect(reads).toEqual([[40_000, 40_000]]);
  });

  it('reads at the end what its turn never came for', async () => {
    await write(50_000, 100_000);
    await write(0, 10_000);
    // Written by somebody who did not tell, as a former run.
    await handle.write(bytes, 10_000, 40_000, 10_000);
    expect(await finish()).toEqual({ sha256: sha256(bytes) });
    expect(reads).toEqual([[10_000, 90_000]]);
  });

  it('takes what is written behind while it catches up', async () => {
    await write(20_000, 40_000);
    await write(0, 20_000);
    // It has begun to read.
    await write(40_000, 50_000);
    await write(70_000, 100_000);
    await write(50_000, 70_000);
    expect(await finish()).toEqual({ sha256: sha256(bytes) });
  });

  it('tells the same when it is asked again, and more than one kind', async () => {
    await write(0, 100_000);
    const both = await digest.finish(['sha256', 'md5'], bytes.length, signal);
    expect(both).toEqual({ sha256: sha256(bytes), md5: createHash('md5').update(bytes).digest('hex') });
    expect(await finish()).toEqual({ sha256: sha256(bytes) });
  });

  it.each([
    ['is written twice', () => write(10_000, 20_000)],
    ['is written across what was hashed', () => write(40_000, 60_000)],
    ['is written again before its turn', () => write(80_000, 85_000)],
    ['is longer than the file', async () => {}, 40_000],
    ['was given up', async () => digest.giveUp()],
  ])('says nothing where it %s', async (_, happens, size = 100_000) => {
    await write(0, 50_000);
    await write(70_000, 90_000);
    await happens();
    expect(await finish(size)).toBeNull();
  });

  it('says nothing of a kind that was not expected, nor of a file that is too short', async () => {
    await write(0, 50_000);
    expect(await digest.finish(['sha512'], 50_000, signal)).toBeNull();
    expect(await digest.finish(['sha512', 'md5'], 50_000, signal)).toEqual({
      md5: createHash('md5').update(bytes.subarray(0, 50_000)).digest('hex'),
    });
    expect(await finish(50_001)).toBeNull();
    expect(await finish(50_000)).toEqual({ sha256: sha256(bytes.subarray(0, 50_000)) });
  });

  it('says nothing where it could not read on the way, and fails where it cannot at the end', async () => {
    await write(20_000, 40_000);
    const broken = Object.assign(new Error('made up'), { code: 'EIO' });
    Object.assign(handle, { read: () => Promise.reject(broken) });
    await write(0, 20_000);
    await digest.settle();
    expect(await finish()).toBeNull();
    const other = new RunningDigest({ handle, path: 'data' }, ['sha256']);
    await expect(other.finish(['sha256'], 10, signal)).rejects.toMatchObject({ failure: { code: 'disk' } });
  });

  it('says nothing where the file was cut before it could be read', async () => {
    await write(20_000, 40_000);
    await handle.truncate(20_000);
    await write(0, 20_000);
    await digest.settle();
    expect(await finish(40_000)).toBeNull();
  });

  it('reads what a former run has written, while the rest arrives', async () => {
    await handle.write(bytes);
    digest = new RunningDigest(
      { handle, path: 'data' },
      ['sha256'],
      [
        { start: 0, end: 30_000 },
        { start: 60_000, end: 90_000 },
      ],
    );
    await digest.settle();
    expect(reads).toEqual([[0, 30_000]]);
    digest.wrote([bytes.subarray(30_000, 60_000)], 30_000);
    await digest.settle();
    digest.wrote([bytes.subarray(90_000)], 90_000);
    expect(await finish()).toEqual({ sha256: sha256(bytes) });
    expect(reads).toEqual([
      [0, 30_000],
      [60_000, 30_000],
    ]);
  });

  it('says nothing where what a former run has written is written again', async () => {
    await handle.write(bytes);
    digest = new RunningDigest({ handle, path: 'data' }, ['sha256'], [{ start: 50_000, end: 60_000 }]);
    await write(0, 55_000);
    expect(await finish()).toBeNull();
  });

  it('reads of four files at a time, and of the next when more is written to it', async () => {
    await handle.write(bytes);
    const there = [{ start: 0, end: 10_000 }];
    const five = [1, 2, 3, 4, 5].map(() => new RunningDigest({ handle, path: 'data' }, ['sha256'], there));
    await Promise.all(five.map((one) => one.settle()));
    expect(reads).toHaveLength(4);
    const last = five.at(-1) as RunningDigest;
    last.wrote([bytes.subarray(10_000, 20_000)], 10_000);
    await last.settle();
    expect(reads).toHaveLength(5);
    expect(await last.finish(['sha256'], bytes.length, signal)).toEqual({ sha256: sha256(bytes) });
  });

  it('can be stopped', async () => {
    await write(50_000, 100_000);
    await expect(digest.finish(['sha256'], 100_000, AbortSignal.abort())).rejects.toMatchObject({
      failure: { code: 'interrupted' },
    });
  });

  it('is right for pieces of any length in any order', async () => {
    for (let seed = 0; seed < 60; seed += 1) {
      const source = new Random(seed);
      const random = () => source.next();
      const one = new RunningDigest({ handle, path: 'data' }, ['sha256']);
      const edges = [0, bytes.length, ...Array.from({ length: 12 }, () => Math.floor(random() * bytes.length))];
      edges.sort((a, b) => a - b);
      const spans = edges.slice(1).map((end, index) => [edges[index] ?? 0, end] as const);
      for (const [start, end] of spans
        .map((span) => [random(), span] as const)
        .sort(([a], [b]) => a - b)
        .map(([, span]) => span)) {
        await handle.write(bytes, start, end - start, start);
        one.wrote([bytes.subarray(start, end)], start);
        if (random() < 0.3) await one.settle();
      }
      expect(await one.finish(['sha256'], bytes.length, signal), `seed ${seed}`).toEqual({ sha256: sha256(bytes) });
    }
  });
});

describe('a running digest of what comes faster than it could be hashed on the way', () => {
  const MIB = 1024 * 1024;
  const many = someBytes(40 * MIB);
  let now = 0;
  let threads: Worker[] = [];
  const meet = (thread: Worker) => threads.push(thread);
  const finishMany = (size = many.length) => digest.finish(['sha256'], size, signal);
  /** A tenth of a second passes, and this has come meanwhile, far behind all that matters here. */
  const elsewhere = async (length: number) => {
    now += 100;
    digest.wrote([{ length } as Uint8Array], now * 1_000_000_000);
    // A thread that has begun is told of in a moment.
    await setImmediate();
  };

  beforeEach(() => {
    now = 0;
    threads = [];
    vi.spyOn(performance, 'now').mockImplementation(() => now);
    digest = new RunningDigest({ handle, path: folder.file('data') }, ['sha256']);
    process.on('worker', meet);
  });

  afterEach(() => {
    process.off('worker', meet);
  });

  it('is made by a thread that reads the file, from the first byte', async () => {
    digest = new RunningDigest({ handle, path: folder.file('data') }, ['sha256', 'md5']);
    await write(0, 10 * MIB, many);
    await write(20 * MIB, 30 * MIB, many);
    await elsewhere(26 * MIB);
    await write(10 * MIB, 20 * MIB, many);
    await write(30 * MIB, 40 * MIB, many);
    await digest.settle();
    const both = await digest.finish(['sha256', 'md5'], many.length, signal);
    expect(both).toEqual({ sha256: sha256(many), md5: createHash('md5').update(many).digest('hex') });
    expect(await finishMany()).toEqual({ sha256: sha256(many) });
    expect(threads).toHaveLength(1);
    expect(reads).toEqual([]);
  });

  it('is made without one up to 256 MiB a second, and within the first tenth of a second', async () => {
    await write(0, 20 * MIB, many);
    await elsewhere(5 * MIB);
    now += 99;
    digest.wrote([{ length: 200 * MIB } as Uint8Array], 1e15);
    await write(20 * MIB, 40 * MIB, many);
    expect(await finishMany()).toEqual({ sha256: sha256(many) });
    expect(threads).toEqual([]);
  });

  it('is made by one from 128 MiB a second on, where there are two of them', async () => {
    digest = new RunningDigest({ handle, path: folder.file('data') }, ['sha256', 'md5']);
    await elsewhere(12 * MIB);
    expect(threads).toHaveLength(0);
    await elsewhere(14 * MIB);
    expect(threads).toHaveLength(1);
  });

  it('is made by one at once where much is there already', async () => {
    await handle.truncate(65 * MIB);
    const file = { handle, path: folder.file('data') };
    digest = new RunningDigest(file, ['sha256'], [{ start: 0, end: 64 * MIB }]);
    await digest.settle();
    expect(threads).toHaveLength(0);
    digest = new RunningDigest(file, ['sha256'], [{ start: 0, end: 64 * MIB + 1 }]);
    await digest.settle();
    expect(threads).toHaveLength(1);
    expect(await finishMany(65 * MIB)).toEqual({ sha256: sha256(Buffer.alloc(65 * MIB)) });
  });

  it('is made by four of them in a process, and not while more would be needed', async () => {
    const there = [{ start: 0, end: 65 * MIB }];
    await handle.truncate(65 * MIB);
    const [last, ...four] = [1, 2, 3, 4, 5]
      .map(() => new RunningDigest({ handle, path: 'data' }, ['sha256'], there))
      .reverse();
    await setImmediate();
    expect(threads).toHaveLength(4);
    expect(await last?.finish(['sha256'], 65 * MIB, signal)).toBeNull();
    await Promise.all(four.map((one) => one.close()));
  });

  it('is made without one where much has been hashed already', async () => {
    for (let start = 0; start < 160; start += 40) digest.wrote([many], start * MIB);
    await elsewhere(100 * MIB);
    await digest.settle();
    expect(threads).toEqual([]);
  });

  it('lets the thread begin where something is being read already', async () => {
    await write(8 * MIB, 40 * MIB, many);
    await write(0, 8 * MIB, many);
    await elsewhere(100 * MIB);
    await digest.settle();
    expect(await finishMany()).toEqual({ sha256: sha256(many) });
    expect(threads).toHaveLength(1);
    // The piece that was under way, and the one that is read beside it.
    expect(reads.reduce((sum, [, length]) => sum + length, 0)).toBeLessThanOrEqual(3 * MIB);
  });

  it('asks the thread for no less than 8 MiB while the file is being written', async () => {
    await elsewhere(100 * MIB);
    const [thread] = threads;
    const ask = vi.spyOn(thread as Worker, 'postMessage');
    await write(0, 8 * MIB - 1, many);
    await digest.settle();
    expect(ask.mock.calls).toEqual([]);
    await write(8 * MIB - 1, 8 * MIB, many);
    await digest.settle();
    expect(ask.mock.calls).toEqual([[{ end: 8 * MIB }]]);
    await write(8 * MIB, 9 * MIB, many);
    expect(await finishMany(9 * MIB)).toEqual({ sha256: sha256(many.subarray(0, 9 * MIB)) });
    expect(ask.mock.calls).toEqual([[{ end: 8 * MIB }], [{ end: 9 * MIB }], ['digests']]);
  });

  it('says nothing where the file was cut before the thread could read it', async () => {
    await elsewhere(100 * MIB);
    await write(8 * MIB, 16 * MIB, many);
    await handle.truncate(8 * MIB);
    digest.wrote([many.subarray(0, 8 * MIB)], 0);
    await digest.settle();
    expect(await finishMany(16 * MIB)).toBeNull();
  });

  it.each([
    ['between two questions', async () => {}],
    ['while it reads', () => write(0, 40 * MIB, many)],
  ])('says nothing where the thread ends %s', async (_, happens) => {
    await elsewhere(100 * MIB);
    await happens();
    await threads[0]?.terminate();
    digest.wrote([many], 50 * MIB);
    expect(await finishMany()).toBeNull();
    await digest.settle();
  });

  it('says nothing where the thread cannot read, be it at the end', async () => {
    await elsewhere(100 * MIB);
    await once(threads[0] as Worker, 'online');
    await handle.close();
    digest.wrote([many.subarray(0, 4 * MIB)], 0);
    expect(await finishMany(4 * MIB)).toBeNull();
    handle = await open(folder.file('data'), 'r+');
  });

  it('ends the thread as soon as there is nothing to be said any more', async () => {
    await elsewhere(100 * MIB);
    const ended = once(threads[0] as Worker, 'exit');
    digest.giveUp();
    await ended;
    expect(await finishMany()).toBeNull();
  });

  it('says nothing where no thread is to be had', async () => {
    const { getBuiltinModule } = process;
    vi.spyOn(process, 'getBuiltinModule').mockImplementation((name: string) => {
      if (name === 'node:worker_threads') throw new Error('not allowed');
      return getBuiltinModule(name);
    });
    await write(0, 20 * MIB, many);
    await elsewhere(100 * MIB);
    await write(20 * MIB, 40 * MIB, many);
    expect(await finishMany()).toBeNull();
  });

  it('can be stopped while the thread reads, and ends it', async () => {
    await elsewhere(100 * MIB);
    await write(0, 40 * MIB, many);
    const stop = new AbortController();
    const stopped = expect(digest.finish(['sha256'], many.length, stop.signal)).rejects.toMatchObject({
      failure: { code: 'interrupted' },
    });
    stop.abort();
    await stopped;
    expect(threads[0]?.threadId).toBe(-1);
  });

  it.each([
    ['reads', 40 * MIB],
    ['has nothing to do', 0],
  ])('ends the thread that %s when the file is closed', async (_, length) => {
    await elsewhere(100 * MIB);
    digest.wrote([many.subarray(0, length)], 0);
    await digest.close();
    expect(threads[0]?.threadId).toBe(-1);
    expect(await finishMany()).toBeNull();
  });
});
