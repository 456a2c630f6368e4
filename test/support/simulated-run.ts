import { createActor } from 'xstate';
import { createDownloadImplementations } from '../../src/actors/implementations.ts';
import type { StoragePort } from '../../src/actors/ports.ts';
import { newShared } from '../../src/actors/shared-by-all.ts';
import { createDiskStorage } from '../../src/adapters/storage/disk-storage.ts';
import { downloadMachine } from '../../src/machines/download.machine.ts';
import { type DownloadOptions, defaultOptions } from '../../src/machines/options.ts';
import { writtenBytes } from '../../src/machines/ranges.ts';
import { FakeClock } from './fake-clock.ts';
import { FakeSource } from './fake-source.ts';
import type { SimulatedDisk } from './simulated-disk.ts';

export const FOLDER = '/home/user';
export const TARGET = `${FOLDER}/file.bin`;
/** Where the file goes when both are kept. */
export const NUMBERED = `${FOLDER}/file (1).bin`;

/** The names in the folder that are nobody's state. */
export function filesOf(disk: SimulatedDisk): string[] {
  return disk.list().filter((path) => path.startsWith(`${FOLDER}/`) && !/\.multidown\/|\/$/.test(path));
}

/** What the server has. */
export interface Origin {
  readonly bytes: Uint8Array;
  readonly etag: string | null;
  readonly lastModified: string | null;
  /** Bytes a millisecond, on each connection. */
  readonly rate: number;
}

/** What a run has been told is safe. */
interface Kept {
  /** Bytes of its last checkpoint that was saved; null before the first. */
  durable: number | null;
  /** The same at each time that it changed, with the operation of the disk after which it was so. */
  readonly history: { readonly after: number; readonly durable: number }[];
  /** It has thrown away what was there. */
  hasBegunAnew: boolean;
}

function watchCheckpoints(storage: StoragePort, disk: SimulatedDisk): Kept {
  const kept: Kept = { durable: null, history: [], hasBegunAnew: false };
  const note = (durable: number) => {
    kept.durable = durable;
    kept.history.push({ after: disk.operations, durable });
  };
  const beginAnew = () => {
    note(0);
    kept.hasBegunAnew = true;
  };
  const { saveCheckpoint, prepare, reject } = storage;
  storage.saveCheckpoint = async (checkpoint) => {
    await saveCheckpoint.call(storage, checkpoint);
    note(writtenBytes(checkpoint.plan));
  };
  storage.prepare = async (request) => {
    if (request.fresh) beginAnew();
    return await prepare.call(storage, request);
  };
  storage.reject = async () => {
    beginAnew();
    return await reject.call(storage);
  };
  return kept;
}

/** What the user does meanwhile. */
export interface User {
  /** To the question what is to become of a file at the target. */
  readonly answer?: 'overwrite' | 'rename';
  /** Pauses after so many simulated milliseconds, and goes on at once. */
  readonly pausesAfter?: number;
}

/** A download by the real machine, actors and disk storage, over a simulated disk and a server in simulated time. */
export function simulateRun(
  disk: SimulatedDisk,
  origin: Origin,
  options: Partial<DownloadOptions> = {},
  { answer = 'overwrite', pausesAfter }: User = {},
) {
  const clock = new FakeClock();
  const source = new FakeSource(clock, origin.bytes);
  source.etag = origin.etag;
  source.lastModified = origin.lastModified;
  source.rate = origin.rate;
  const storage = createDiskStorage({ cwd: FOLDER, files: disk.files, platform: 'linux' });
  const kept = watchCheckpoints(storage, disk);
  const input = {
    url: 'http://fake.test/file.bin',
    output: 'file.bin',
    options: { ...defaultOptions, connections: 3, minSplit: 1_000, ifExists: 'overwrite' as const, ...options },
  };
  // What a run has taken when it is abandoned is never given back.
  const machine = downloadMachine.provide(createDownloadImplementations({ source, storage, clock }, null, newShared()));
  const actor = createActor(machine, { input, clock: clock.xstate });
  actor.on('state', ({ state }) => {
    if (state === 'confirmingOverwrite') queueMicrotask(() => actor.send({ type: 'download.answer', answer }));
    if (state === 'paused') queueMicrotask(() => actor.send({ type: 'download.resume' }));
  });
  if (pausesAfter !== undefined) clock.after(pausesAfter, () => actor.send({ type: 'download.pause' }));
  // A reason that nobody waits for is no fault of the test.
  actor.subscribe({ error: () => {} });
  return {
    actor,
    clock,
    source,
    storage,
    kept,
    /** Runs until it has ended, or until `isDone`; at most ten simulated minutes. */
    async run(isDone: () => boolean = () => false) {
      if (actor.getSnapshot().status === 'active') actor.start();
      await clock.run(() => actor.getSnapshot().status !== 'active' || isDone());
      const { output, status } = actor.getSnapshot();
      if (status !== 'active') await storage.close().catch(() => {});
      return output;
    },
    /** The process is no more: nothing that it had begun goes on. */
    abandon() {
      actor.stop();
      for (const exchange of source.open_) exchange.cancel();
    },
  };
}
