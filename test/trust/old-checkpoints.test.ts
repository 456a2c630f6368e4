/** What every release has left on disks: each format keeps a file in test/fixtures, which is never changed. */
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { workspaceOf } from '../../src/adapters/storage/workspace.ts';
import { someBytes } from '../support/fake-download.ts';
import { SimulatedDisk } from '../support/simulated-disk.ts';
import { FOLDER, simulateRun, TARGET } from '../support/simulated-run.ts';

const bytes = someBytes(12_000);

describe('134 a checkpoint of format 1', () => {
  it('is gone on from: only what was not durable is fetched', async () => {
    const url = new URL('../fixtures/checkpoint.format-1', import.meta.url);
    const disk = new SimulatedDisk();
    disk.seedFolder('/home');
    disk.seedFolder(FOLDER);
    const workspace = workspaceOf(TARGET);
    disk.seed(workspace.checkpoint, await readFile(url));
    const held = new Uint8Array(12_000);
    held.set(bytes.subarray(0, 3_000));
    held.set(bytes.subarray(4_000, 6_000), 4_000);
    disk.seed(workspace.data, held);
    const run = simulateRun(disk, { bytes, etag: '"v1"', lastModified: null, rate: 100 }, { ifExists: 'fail' });
    expect(await run.run()).toMatchObject({ status: 'done' });
    expect(disk.read(TARGET)).toEqual(bytes);
    const asked = run.source.requests.map(({ from }) => from ?? 0).sort((a, b) => a - b);
    expect(asked[0]).toBe(3_000);
    expect(asked.filter((from) => from >= 4_000 && from < 6_000)).toEqual([]);
  });
});
