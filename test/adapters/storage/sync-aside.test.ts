import { spawnSync } from 'node:child_process';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { syncAside } from '../../../src/adapters/storage/sync-aside.ts';
import { makeTempDir } from '../../support/temp-dir.ts';

const MODULE = join(import.meta.dirname, '../../../src/adapters/storage/sync-aside.ts');

describe('a sync on a thread of its own', () => {
  it('is done when it says so, several at once as well', async () => {
    await using folder = await makeTempDir();
    await using file = await open(folder.file('a'), 'w');
    await file.write('some bytes');
    await expect(Promise.all([syncAside(file.fd), syncAside(file.fd)])).resolves.toEqual([undefined, undefined]);
  });

  it('tells what the system said', async () => {
    await expect(syncAside(9_999)).rejects.toMatchObject({ code: 'EBADF' });
    // The thread is still there for others.
    await using folder = await makeTempDir();
    await using file = await open(folder.file('a'), 'w');
    await expect(syncAside(file.fd)).resolves.toBeUndefined();
  });

  it('happens before the program ends, and does not keep it from its end', () => {
    const program = `
      import { openSync } from 'node:fs';
      import { syncAside } from ${JSON.stringify(MODULE)};
      syncAside(openSync(process.execPath, 'r')).then(() => console.log('synced'));`;
    const { stdout, stderr, status } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
      encoding: 'utf8',
      timeout: 20_000,
    });
    expect({ stdout, stderr, status }).toEqual({ stdout: 'synced\n', stderr: '', status: 0 });
  });
});
