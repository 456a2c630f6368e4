/**
 * `npm run demo`: the real program fetches 128 MiB from a server of its own on
 * loopback, whose every connection is slow; then the file is checked. It leaves
 * nothing behind, whichever way it ends.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, mkdtempSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { startOrigin } from '../test/support/origin-server.ts';

const MIB = 1024 * 1024;
const SIZE = 128 * MIB;
/** With the usual 32 connections some eight seconds; with one more than four minutes. */
const BYTES_PER_SECOND = MIB / 2;
const LATENCY_MS = 20;

const folder = mkdtempSync(join(tmpdir(), 'multidown-demo-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));

const origin = await startOrigin({
  size: SIZE,
  path: '/demo.bin',
  bytesPerSecond: BYTES_PER_SECOND,
  latencyMs: LATENCY_MS,
});
// Worked out while nothing moves yet, so that it does not slow the server down.
const wanted = origin.sha256();
console.log(
  `The demo's own server gives ${SIZE / MIB} MiB, but only ${BYTES_PER_SECOND / 1024} KiB/s to each connection:\n` +
    'one alone would need over four minutes.\n',
);

const target = join(folder, 'demo.bin');
const program = fileURLToPath(new URL('../bin/multidown.cjs', import.meta.url));
const child = spawn(process.execPath, [program, origin.url, target], { stdio: 'inherit' });

// A terminal sends Ctrl-C to both processes: the program decides what it means, and this one outlives it to clean up.
process.on('SIGINT', () => {});
for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));

const code = await new Promise<number>((resolve) => {
  child.once('error', (error) => {
    console.error(`The program could not be started: ${error.message}`);
    resolve(1);
  });
  child.once('exit', (exitCode, signal) => resolve(exitCode ?? 128 + (signal ? constants.signals[signal] : 0)));
});
await origin.close();

if (code === 0) process.exitCode = await check();
else {
  console.log(
    '\nThe demo was not finished. Its folder is removed, with what was kept in it: npm run demo begins anew.',
  );
  process.exitCode = code;
}

async function check(): Promise<number> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(target), hash);
  const found = hash.digest('hex');
  if (found !== wanted) {
    console.error(`\nThe file is WRONG: its SHA-256 is ${found}, and should be ${wanted}.`);
    return 1;
  }
  console.log(`\nThe file is right: its SHA-256 is the server's own (${origin.log.length} requests).\n${found}`);
  console.log('The demo has removed its files.');
  return 0;
}
