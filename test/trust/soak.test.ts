/** Many downloads in one process, with faults: what it holds afterwards does not grow with their number. */
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Held } from '../support/soak.ts';
import { runCli } from '../support/spawn-cli.ts';

const MIB = 1024 * 1024;
const FIRST = 200;
const ALL = process.env.MULTIDOWN_TEST_DEEP === '1' ? 10_000 : 1_000;
const script = fileURLToPath(new URL('../support/soak.ts', import.meta.url));

describe('a process', () => {
  it(`194 that has carried out ${ALL} downloads, most with a fault, holds what it held after ${FIRST}`, {
    timeout: 3_600_000,
  }, async () => {
    const nodeOptions = ['--expose-gc'];
    const { code, stdout, stderr } = await runCli([String(FIRST), String(ALL)], { script, nodeOptions });
    // A file that only the garbage collector closes would be told of here.
    expect([code, stderr]).toEqual([0, '']);
    const [before, after] = JSON.parse(stdout) as [Held, Held];
    const told = ({ heapBytes, rssBytes, downloads }: Held) => `${heapBytes} and ${rssBytes} after ${downloads}`;
    console.log(`heap and resident memory, bytes: ${told(before)} downloads, ${told(after)}`);
    expect([before.downloads, after.downloads]).toEqual([FIRST, ALL]);
    // They did meet what they were to meet.
    for (const end of [
      'done',
      'interrupted',
      'connection-lost',
      'http-status',
      'protocol',
      'timeout',
      'disk',
      'digest-mismatch',
    ])
      expect(after.ends[end], end).toBeGreaterThan(10);
    // No timer, socket or other handle is left: only where it prints to.
    expect(after.resources).toEqual(before.resources);
    expect(Object.keys(after.resources).filter((name) => name !== 'PipeWrap')).toEqual([]);
    expect(after.descriptors).toBe(before.descriptors);
    // 4 KiB a download would be 3 MiB.
    expect(after.heapBytes).toBeLessThan(before.heapBytes + 3 * MIB);
    // The system's view of it comes to rest at about 300 MB; it would not if each download kept a piece of memory to read into.
    expect(after.rssBytes).toBeLessThan(before.rssBytes + 192 * MIB);
  });
});
