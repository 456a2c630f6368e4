/**
 * To be loaded with `--import` before the program: ends the process with
 * SIGKILL at its operation number `DIE_AT` on files, before it is carried out.
 * What reads only is no step.
 */

import { writeSync } from 'node:fs';
import fs, { type FileHandle } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { isMainThread, Worker } from 'node:worker_threads';

type Operation = (this: unknown, ...args: unknown[]) => unknown;

const wanted = Number(process.env.DIE_AT ?? Number.POSITIVE_INFINITY);
let count = 0;

function step(name: string, args: readonly unknown[]): void {
  count += 1;
  if (count !== wanted) return;
  const paths = args.filter((arg) => typeof arg === 'string' && arg.startsWith('/'));
  writeSync(2, `died at step ${count}: ${[name, ...paths].join(' ')}\n`);
  process.kill(process.pid, 'SIGKILL');
}

function wrap(
  owner: object,
  names: readonly string[],
  isStep: (args: readonly unknown[]) => boolean = () => true,
): void {
  const operations = owner as Record<string, Operation>;
  for (const name of names) {
    const original = operations[name];
    if (!original) throw new Error(`there is no ${name}`);
    operations[name] = function (...args) {
      if (isStep(args)) step(name, args);
      return original.apply(this, args);
    };
  }
}

if (isMainThread) {
  const handle: FileHandle = await fs.open(import.meta.filename);
  await handle.close();
  wrap(Object.getPrototypeOf(handle), ['write', 'writev', 'writeFile', 'datasync', 'sync', 'truncate', 'chmod']);
  wrap(fs, ['link', 'rename', 'unlink', 'mkdir', 'rmdir', 'chmod']);
  wrap(fs, ['open'], ([, flags]) => flags !== 'r');
  // A sync on a thread of its own begins with a message to it.
  wrap(Worker.prototype, ['postMessage']);
  syncBuiltinESMExports();
}
