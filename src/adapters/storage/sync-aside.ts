import type { MessagePort, Worker } from 'node:worker_threads';

interface Reply {
  readonly call: number;
  /** Null when all is on the disk. */
  readonly error: { readonly message: string; readonly code: string | undefined } | null;
}

let thread: Worker | null = null;
let calls = 0;
const waiting = new Map<number, PromiseWithResolvers<void>>();

/**
 * `fdatasync` on a thread of its own. To be used where all other work on files
 * shares one thread (`UV_THREADPOOL_SIZE=1`), which a slow disk would hold up.
 */
export function syncAside(fd: number): Promise<void> {
  thread ??= start();
  const worker = thread;
  calls += 1;
  const done = Promise.withResolvers<void>();
  waiting.set(calls, done);
  // An idle thread keeps no program from its end.
  worker.ref();
  worker.postMessage({ call: calls, fd });
  return done.promise;
}

function start(): Worker {
  const { Worker: Thread } = process.getBuiltinModule('node:worker_threads');
  const worker = new Thread(`(${run.toString()})()`, {
    eval: true,
    resourceLimits: { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 16, stackSizeMb: 1 },
  });
  worker.on('message', ({ call, error }: Reply) => {
    const done = waiting.get(call);
    waiting.delete(call);
    if (waiting.size === 0) worker.unref();
    if (error) done?.reject(Object.assign(new Error(error.message), { code: error.code }));
    else done?.resolve();
  });
  // What it was asked for may not have happened.
  const giveUp = (error: unknown) => {
    if (thread !== worker) return;
    thread = null;
    for (const done of waiting.values()) done.reject(error);
    waiting.clear();
  };
  worker.on('error', giveUp);
  worker.on('exit', () => giveUp(new Error('the thread that syncs has ended')));
  return worker;
}

/** What the thread does. It sees nothing of this file. */
function run(): void {
  const { fdatasyncSync } = process.getBuiltinModule('node:fs');
  const { parentPort } = process.getBuiltinModule('node:worker_threads') as { parentPort: MessagePort };
  parentPort.on('message', ({ call, fd }: { call: number; fd: number }) => {
    let error: Reply['error'] = null;
    try {
      fdatasyncSync(fd);
    } catch (caught) {
      const { message, code } = caught as NodeJS.ErrnoException;
      error = { message, code };
    }
    parentPort.postMessage({ call, error });
  });
}
