/** A file system that takes names for the same which differ in case, or in how their letters are composed. */
import { describe, expect, it } from 'vitest';
import { createDiskStorage } from '../../src/adapters/storage/disk-storage.ts';
import { someBytes } from '../support/fake-download.ts';
import { SimulatedDisk } from '../support/simulated-disk.ts';
import { FOLDER, filesOf, NUMBERED, type Origin, simulateRun, TARGET } from '../support/simulated-run.ts';

const bytes = someBytes(12_000);
const origin: Origin = { bytes, etag: '"v1"', lastModified: null, rate: 100 };
const mine = new TextEncoder().encode('mine');
const LOUD = `${FOLDER}/FILE.BIN`;

function folding(): SimulatedDisk {
  const disk = new SimulatedDisk({ hasLinks: true, foldsNames: true });
  disk.seedFolder('/home');
  disk.seedFolder(FOLDER);
  return disk;
}

describe('123 a file whose name differs in case only', () => {
  it('is one that is there: it is not overwritten without leave', async () => {
    const disk = folding();
    disk.seed(LOUD, mine);
    expect(await simulateRun(disk, origin, { ifExists: 'fail' }).run()).toMatchObject({
      failure: { code: 'target-exists' },
    });
    expect([filesOf(disk), disk.read(TARGET)]).toEqual([[LOUD], mine]);
  });

  it('is kept where both are to be kept', async () => {
    const disk = folding();
    disk.seed(LOUD, mine);
    await simulateRun(disk, origin, { ifExists: 'rename' }).run();
    expect([disk.read(LOUD), disk.read(NUMBERED)]).toEqual([mine, bytes]);
  });

  it('is left alone when it appears meanwhile', async () => {
    const disk = folding();
    const run = simulateRun(disk, { ...origin, rate: 20 }, { ifExists: 'fail' });
    await run.run(() => run.clock.now() > 50);
    disk.seed(LOUD, mine);
    expect(await run.run()).toMatchObject({ failure: { code: 'target-exists' } });
    expect([filesOf(disk), disk.read(LOUD)]).toEqual([[LOUD], mine]);
  });

  it('is seen when only its letters are composed in another way', async () => {
    const disk = folding();
    disk.seed(`${FOLDER}/\u00e9.bin`, mine);
    const storage = createDiskStorage({ cwd: FOLDER, files: disk.files, platform: 'linux' });
    const request = { suggestedName: null, url: 'http://fake.test/', rename: false, restart: false };
    expect(await storage.claim({ ...request, output: 'e\u0301.bin' })).toMatchObject({ target: { existingSize: 4 } });
    await storage.close();
  });
});
