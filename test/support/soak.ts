/**
 * Many small downloads in one process, most of which meet something: a server
 * that misbehaves, a disk that fails, a stop. Prints what the process holds after
 * the first part of them and after all, as JSON. Needs `--expose-gc`.
 */
import { mkdtemp, open, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { someBytes } from './fake-download.ts';
import { head, honest, type Script, startMisbehaving } from './misbehaving-server.ts';
import { runTrial } from './trial.ts';

/** What is held when nothing runs. */
export interface Held {
  readonly downloads: number;
  readonly descriptors: number;
  readonly heapBytes: number;
  readonly rssBytes: number;
  readonly resources: Readonly<Record<string, number>>;
  /** How downloads ended, and how often. */
  readonly ends: Readonly<Record<string, number>>;
}

const [first = 200, all = 1_000] = process.argv.slice(2).map(Number);
const AT_ONCE = 8;
/** Downloads from one server: a server keeps what it was asked. */
const PER_SERVER = 40;
const SIZE = 48 * 1024;
const bytes = someBytes(SIZE);

const scripts: readonly Script[] = [
  (request) => honest(bytes, request),
  // Half of each answer, by a clean end and by a reset.
  (request) =>
    honest(bytes, request)
      .map((step) => ('send' in step && typeof step.send !== 'string' ? half(step.send) : step))
      .concat({ end: true }),
  (request) =>
    honest(bytes, request)
      .map((step) => ('send' in step && typeof step.send !== 'string' ? half(step.send) : step))
      .concat({ reset: true }),
  () => [{ reset: true }],
  () => [{ send: head('503 Busy', ['Content-Length: 0']) }],
  () => [{ send: head('404 Not Found', ['Content-Length: 4']) }, { send: 'none' }],
  () => [{ send: head('206 Partial Content', ['Content-Range: bytes 7-9/10', 'Content-Length: 3']) }, { send: 'abc' }],
  () => [{ send: 'nonsense\r\n\r\n' }],
  () => [{ send: head('302 Found', ['Location: /file.bin', 'Content-Length: 0']) }],
  // Nothing comes any more.
  (request) => [...honest(bytes, request).slice(0, 1), { wait: null }],
];

function half(part: Uint8Array): { send: Uint8Array } {
  return { send: part.subarray(0, part.length / 2) };
}

/** Errors of the disk that the next calls of these names meet. */
const failing = new Map<string, number>();

async function breakDisk(): Promise<void> {
  const handle = await open(import.meta.filename);
  const operations: Record<string, (this: unknown, ...args: unknown[]) => unknown> = Object.getPrototypeOf(handle);
  await handle.close();
  for (const name of ['write', 'writev', 'datasync', 'truncate']) {
    const original = operations[name];
    operations[name] = function (...args) {
      const left = failing.get(name) ?? 0;
      if (left === 0) return original?.apply(this, args);
      failing.set(name, left - 1);
      return Promise.reject(Object.assign(new Error('no'), { code: 'EIO' }));
    };
  }
}

const ends: Record<string, number> = {};

async function one(number: number, url: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'multidown-soak-'));
  const stop = new AbortController();
  const meets = number % 7;
  if (meets === 1) setTimeout(() => stop.abort(), number % 40);
  if (meets === 3) failing.set(['write', 'writev', 'datasync', 'truncate'][number % 4] ?? '', 1);
  const { ended } = await runTrial(url, folder, {
    retries: 0,
    timeoutMs: 200,
    signal: stop.signal,
    ...(meets === 5 ? { checksum: `sha256:${'0'.repeat(64)}` } : {}),
  });
  ends[ended] = (ends[ended] ?? 0) + 1;
  await rm(folder, { recursive: true });
}

async function upTo(from: number, to: number): Promise<void> {
  for (let start = from; start < to; start += PER_SERVER) {
    const count = Math.min(PER_SERVER, to - start);
    const server = await startMisbehaving((request) => {
      const number = Number(/\d+/.exec(request.path)?.[0]);
      return (scripts[number % (scripts.length + 5)] ?? (scripts[0] as Script))(request);
    });
    let next = start;
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        while (next < start + count) {
          const number = next++;
          await one(number, `http://127.0.0.1:${server.port}/${number}`);
        }
      }),
    );
    await server.idle();
    await server[Symbol.asyncDispose]();
  }
}

async function held(downloads: number): Promise<Held> {
  for (let turn = 0; turn < 5; turn += 1) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    globalThis.gc?.();
  }
  const resources: Record<string, number> = {};
  for (const name of process.getActiveResourcesInfo()) resources[name] = (resources[name] ?? 0) + 1;
  const descriptors = await readdir('/proc/self/fd').then(
    (names) => names.length,
    () => 0,
  );
  const { heapUsed: heapBytes, rss: rssBytes } = process.memoryUsage();
  return { downloads, descriptors, heapBytes, rssBytes, resources, ends: { ...ends } };
}

await breakDisk();
await upTo(0, first);
const before = await held(first);
await upTo(first, all);
console.log(JSON.stringify([before, await held(all)]));
