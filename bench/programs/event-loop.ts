/**
 * `event-loop.ts <url> <file> <connections>`: fetches through the library, as
 * fast as it goes, and says how late the event loop was.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { download } from '../../src/index.ts';

const RESOLUTION_MS = 1;
const NANOSECONDS = 1e6;

const [url = '', output = '', connections = '8'] = process.argv.slice(2);
const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
delay.enable();
await download(url, {
  ...{ output, connections: Number(connections), ifExists: 'overwrite', insecure: true },
  // As the command has it: what is measured is the transfer.
  computeDigest: false,
});
delay.disable();
// What the histogram holds is the time between two ticks, the wanted one included.
const late = (percentile: number) => Math.max(0, delay.percentile(percentile) / NANOSECONDS - RESOLUTION_MS);
console.log(JSON.stringify({ 'delay p50 ms': late(50), 'delay p99 ms': late(99), 'delay max ms': late(100) }));
