import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const bench = fileURLToPath(new URL('.', import.meta.url));

/** What each peer is called where Debian keeps it. */
const debian: Readonly<Record<string, string>> = { aria2c: 'aria2' };
const fromNpm = ['ipull', 'easydl'];

/** Fetches the peers that are npm packages, once: nobody but the bench needs them. Says so when it cannot. */
export function installPeers(): void {
  if (existsSync(join(bench, 'node_modules'))) return;
  console.error('Installing the peers that are npm packages (npm ci --prefix bench).');
  const { status } = spawnSync('npm', ['ci', '--prefix', bench, '--no-audit', '--no-fund'], {
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (status !== 0) console.error('That did not work: the bench goes on without them.');
}

/** How to get the peers that are not here; null when nobody is missing. */
export function adviceFor(missing: readonly string[]): string | null {
  const packages = missing.filter((name) => !fromNpm.includes(name)).map((name) => debian[name] ?? name);
  const lines = [
    ...(packages.length > 0 ? [`on Debian, apt-get install ${packages.join(' ')}`] : []),
    ...(missing.some((name) => fromNpm.includes(name)) ? ['npm ci --prefix bench'] : []),
  ];
  return lines.length > 0
    ? `Not measured, for they are not here: ${missing.join(', ')}. To have them: ${lines.join('; ')}.`
    : null;
}
