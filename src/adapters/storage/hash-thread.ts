import type { MessagePort, Worker } from 'node:worker_threads';
import type { DigestAlgorithm } from '../../machines/options.ts';
import type { ReadableFile } from './read-pieces.ts';

/** Read at once, bytes. */
const READ_BYTES = 1024 * 1024;
/** Of a process: each takes some MiB of memory. */
const MOST_THREADS = 4;

let threads = 0;

type Question =
  /** Hash on to there. */
  | { readonly end: number }
  /** The digests of what has been hashed. */
  | 'digests';

interface Start {
  readonly fd: number;
  readonly algorithms: readonly DigestAlgorithm[];
  readonly readBytes: number;
}

/**
 * Hashes a file from its beginning on a processor of its own. It reads the file
 * by itself: what it is told of has just been written, and is in the system's
 * memory. It is asked one thing at a time.
 *
 * Any failure ends it, and says no more than that it is so: then the file has
 * to be read in another way.
 */
export class HashThread {
  readonly #thread: Worker;
  #answer: PromiseWithResolvers<unknown> | null = null;
  #isOver = false;

  /** @throws where the program may have no threads, or has enough of them */
  constructor({ handle }: ReadableFile, algorithms: readonly DigestAlgorithm[]) {
    if (threads >= MOST_THREADS) throw new Error(`${threads} threads hash already`);
    const { Worker: Thread } = process.getBuiltinModule('node:worker_threads');
    this.#thread = new Thread(`(${run.toString()})()`, {
      eval: true,
      // What the program was started with, as a loader, is of no use to it.
      execArgv: [],
      workerData: { fd: handle.fd, algorithms, readBytes: READ_BYTES } satisfies Start,
      resourceLimits: { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 16, stackSizeMb: 1 },
    });
    threads += 1;
    this.#thread.unref();
    this.#thread.on('message', (answer) => this.#settle()?.resolve(answer));
    this.#thread.on('error', (error) => this.#fail(error));
    this.#thread.on('exit', () => {
      threads -= 1;
      this.#fail(new Error('the thread that hashes has ended'));
    });
  }

  /** @returns all before it is hashed: less than was asked for where the file ends earlier */
  async hashTo(end: number): Promise<number> {
    return (await this.#ask({ end })) as number;
  }

  async digests(): Promise<Readonly<Record<string, string>>> {
    return (await this.#ask('digests')) as Readonly<Record<string, string>>;
  }

  /** Once it has ended, nothing is read any more: the file may be closed. Whoever waits for an answer is told. */
  async end(): Promise<void> {
    await this.#thread.terminate();
  }

  #ask(question: Question): Promise<unknown> {
    if (this.#isOver) return Promise.reject(new Error('the thread that hashes has ended'));
    this.#answer = Promise.withResolvers();
    // An idle thread keeps no program from its end.
    this.#thread.ref();
    this.#thread.postMessage(question);
    return this.#answer.promise;
  }

  #settle(): PromiseWithResolvers<unknown> | null {
    const answer = this.#answer;
    this.#answer = null;
    this.#thread.unref();
    return answer;
  }

  #fail(error: unknown): void {
    this.#isOver = true;
    this.#settle()?.reject(error);
  }
}

/** What the thread does. It sees nothing of this file. */
function run(): void {
  const { readSync } = process.getBuiltinModule('node:fs');
  const { createHash } = process.getBuiltinModule('node:crypto');
  const { parentPort, workerData } = process.getBuiltinModule('node:worker_threads');
  const { fd, algorithms, readBytes } = workerData as Start;
  const hashes = algorithms.map((algorithm) => ({ algorithm, hash: createHash(algorithm) }));
  const memory = Buffer.allocUnsafeSlow(readBytes);
  const port = parentPort as MessagePort;
  let at = 0;
  port.on('message', (question: Question) => {
    if (question === 'digests') {
      port.postMessage(Object.fromEntries(hashes.map(({ algorithm, hash }) => [algorithm, hash.copy().digest('hex')])));
      return;
    }
    while (at < question.end) {
      const length = readSync(fd, memory, 0, Math.min(readBytes, question.end - at), at);
      if (length === 0) break;
      for (const { hash } of hashes) hash.update(memory.subarray(0, length));
      at += length;
    }
    port.postMessage(at);
  });
}
