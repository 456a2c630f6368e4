/**
 * To be loaded with `--import` before the program: from the first SIGTERM on no
 * timer of the process fires any more, and in the end it says, as the last line
 * on stderr, what processor time it has needed since, in milliseconds.
 */
import { writeSync } from 'node:fs';
import timers from 'node:timers';
import { isMainThread } from 'node:worker_threads';

type Callback = (...args: unknown[]) => void;
type Timer = (callback: Callback, ...rest: unknown[]) => unknown;

let isOut = false;

function wrap(owner: object): void {
  const functions = owner as Record<string, Timer>;
  for (const name of ['setTimeout', 'setInterval']) {
    const original = functions[name];
    if (!original) throw new Error(`there is no ${name}`);
    functions[name] = (callback, ...rest) => {
      const unlessOut: Callback = (...args) => {
        if (!isOut) callback(...args);
      };
      return original(unlessOut, ...rest);
    };
  }
}

if (isMainThread) {
  wrap(globalThis);
  wrap(timers);
  process.once('SIGTERM', () => {
    isOut = true;
    const before = process.cpuUsage();
    process.once('exit', () => {
      const { user, system } = process.cpuUsage(before);
      writeSync(2, `${Math.ceil((user + system) / 1_000)}\n`);
    });
  });
}
