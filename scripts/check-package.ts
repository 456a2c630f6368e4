/** `npm run check:package`: publint and Are-the-types-wrong over the tarball that would be published. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packInto } from '../test/support/pack.ts';

const folder = mkdtempSync(join(tmpdir(), 'multidown-pack-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

const { tarball } = packInto(folder);
const checks = [
  ['publint', 'run', tarball, '--strict'],
  // ESM only: that require() finds no types is meant.
  ['attw', tarball, '--profile', 'esm-only', '--no-emoji'],
] as const;

for (const [command, ...args] of checks) {
  const { status } = spawnSync(command, args, { stdio: 'inherit', shell: process.platform === 'win32' });
  if (status !== 0) {
    console.error(`${command} is not content with the package.`);
    process.exitCode = 1;
  }
}
