/**
 * `checkpointing.ts <url> <file> <connections> on|off`: the library's own wiring,
 * with the noting of progress left in, or never due. Nobody wants it off but this bench.
 */
// biome-ignore lint/correctness/noUndeclaredDependencies: the machine's own copy, the project's; a second one would be another library
import { createActor, fromCallback, toPromise } from 'xstate';
import { createDownloadImplementations } from '../../src/actors/implementations.ts';
import { createSystemClock } from '../../src/adapters/clock/system-clock.ts';
import { createHttpSource } from '../../src/adapters/http/source.ts';
import { createDiskStorage } from '../../src/adapters/storage/disk-storage.ts';
import { downloadMachine } from '../../src/machines/download.machine.ts';
import { defaultOptions } from '../../src/machines/options.ts';

const [url = '', output = '', connections = '8', saving = 'on'] = process.argv.slice(2);
const disk = createDiskStorage({});
const source = createHttpSource({ url: url, headers: [], userAgent: 'multidown-bench' });
const ports = { source, storage: disk, clock: createSystemClock() };
/** The longest that a timer takes, milliseconds: the machine does not even wake for a note. */
const NEVER = 2 ** 31 - 1;
const whole = downloadMachine.provide(createDownloadImplementations(ports));
const machine =
  saving === 'off'
    ? whole.provide({ actors: { keepLiveNote: fromCallback(() => {}) }, delays: { checkpointInterval: NEVER } })
    : whole;
const options = {
  ...defaultOptions,
  ...{ connections: Number(connections), ifExists: 'overwrite' as const, computeDigest: false },
};

const began = performance.now();
const cpuBefore = process.cpuUsage();
const actor = createActor(machine, { input: { url, output, options } });
actor.start();
const { status } = await toPromise(actor);
const { user, system } = process.cpuUsage(cpuBefore);
const wall = performance.now() - began;
await source.close();
await disk.close();
console.log(JSON.stringify({ 'transfer s': wall / 1000, 'transfer CPU s': (user + system) / 1e6 }));
process.exitCode = status === 'done' ? 0 : 1;
