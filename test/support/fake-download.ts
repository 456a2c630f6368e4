import { createActor } from 'xstate';
import { createDownloadImplementations } from '../../src/actors/implementations.ts';
import { newShared, type Shared } from '../../src/actors/shared-by-all.ts';
import { downloadMachine } from '../../src/machines/download.machine.ts';
import type { DownloadEvent } from '../../src/machines/events.ts';
import { type DownloadOptions, defaultOptions } from '../../src/machines/options.ts';
import { FakeClock } from './fake-clock.ts';
import { FakeSource } from './fake-source.ts';
import { FakeStorage } from './fake-storage.ts';

/** Bytes that differ at every offset up to 2^24. */
export function someBytes(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 31 + (index >> 8) * 7 + (index >> 16)) & 0xff);
}

/** The whole actor tree over fakes: the factory for tests, with everything in reach. */
export function fakeDownload(
  options: Partial<DownloadOptions> = {},
  parts: {
    bytes?: Uint8Array;
    storage?: FakeStorage;
    output?: string | null;
    /** For several at once: what those of a process have in common. */
    clock?: FakeClock;
    shared?: Shared;
  } = {},
) {
  const clock = parts.clock ?? new FakeClock();
  const source = new FakeSource(clock, parts.bytes ?? someBytes(100_000));
  const storage = parts.storage ?? new FakeStorage();
  const input = {
    url: 'http://fake.test/file.bin',
    output: parts.output === undefined ? 'file.bin' : parts.output,
    options: { ...defaultOptions, minSplit: 1_000, connections: 4, ...options },
  };
  const machine = downloadMachine.provide(
    createDownloadImplementations({ source, storage, clock }, input.options.rateLimit, parts.shared ?? newShared()),
  );
  const actor = createActor(machine, { input, clock: clock.xstate });
  const events: DownloadEvent[] = [];
  actor.on('*', (event) => events.push(event));
  const untilEnd = () => clock.run(() => actor.getSnapshot().status !== 'active');
  const until = (state: Parameters<ReturnType<typeof actor.getSnapshot>['matches']>[0]) =>
    clock.run(() => actor.getSnapshot().matches(state));
  return { actor, clock, source, storage, events, untilEnd, until, input, machine };
}
