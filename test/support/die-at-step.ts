/**
 * To be loaded with `--import` before the program: ends the process with
 * SIGKILL at its operation number `DIE_AT` on files, before it is carried out.
 * What reads only is no step. With `DIE_IN=finish` they are counted from the
 * first cut of a file to its length on, with which the finish begins; else up
 * to there: how many pieces a file is written in is another number each time.
 */

import { writeSync } from 'node:fs';
import fs, { type FileHandle } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { isMainThread, Worker } from 'node:worker_threads';

type Operation = (this: unknown, ...args: unknown[]) => unknown;

const wanted = Number(process.env.DIE_AT ?? Number.POSITIVE_INFINITY);
const isInFinish = process.env.DIE_IN === 'finish';
let hasFinishBegun = false;
let count = 0;
/** Of open files. */
const pathOf = new WeakMap<object, unknown>();

function step(owner: unknown, name: string, args: readonly unknown[]): void {
  hasFinishBegun ||= name === 'truncate';
  if (hasFinishBegun !== isInFinish) return;
  count += 1;
  if (count !== wanted) return;
  const known = typeof owner === 'object' && owner !== null ? pathOf.get(owner) : null;
  const paths = [known, ...args].filter((arg) => typeof arg === 'string' && arg.startsWith('/'));
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
      if (isStep(args)) step(this, name, args);
      return original.apply(this, args);
    };
  }
}

if (isMainThread) {
  const handle: FileHandle = await fs.open(import.meta.filename);
  await handle.close();
  wrap(Object.getPrototypeOf(handle), ['write', 'writev', 'writeFile', 'datasync', 'sync', 'truncate', 'chmod']);
  wrap(fs, ['link', 'rename', 'unlink', 'mkdir', 'rmdir', 'chmod']);
  const { open } = fs;
  fs.open = async (path, ...rest) => {
    const opened = await open(path, ...rest);
    pathOf.set(opened, path);
    return opened;
  };
  wrap(fs, ['open'], ([, flags]) => flags !== 'r');
  // A sync on a thread of its own begins with a message to it.
  wrap(Worker.prototype, ['postMessage']);
  syncBuiltinESMExports();
}
