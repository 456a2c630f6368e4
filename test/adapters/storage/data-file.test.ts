import type { Worker } from 'node:worker_threads';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { DataFile } from '../../../src/adapters/storage/data-file.ts';
import { type FileSystem, nodeFileSystem } from '../../../src/adapters/storage/file-system.ts';
import { someBytes } from '../../support/fake-download.ts';
import { makeTempDir } from '../../support/temp-dir.ts';

const EXT4 = 0xef53;
const onExt4 = { ...nodeFileSystem, statfs: async () => ({ type: EXT4 }) } as unknown as FileSystem;

describe('a data file', () => {
  it('is closed only when no thread reads it any more', async () => {
    await using folder = await makeTempDir();
    const threads: Worker[] = [];
    const meet = (thread: Worker) => threads.push(thread);
    process.on('worker', meet);
    onTestFinished(() => void process.off('worker', meet));
    let now = 0;
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => now);
    onTestFinished(() => clock.mockRestore());
    const data = await DataFile.open(onExt4, folder.file('data'), true, () => {});
    data.expectDigest(['sha256'], []);
    now = 100;
    await data.write([someBytes(32 * 1024 * 1024)], 0);
    await data.close();
    expect(threads.map(({ threadId }) => threadId)).toEqual([-1]);
  });
});
