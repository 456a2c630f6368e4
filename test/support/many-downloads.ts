/**
 * `many-downloads.ts <folder> <base> <count> <bad>`: a process that fetches so
 * many files of a server at once, `<base>/file-0` and so on, and tells its parent
 * when bytes of all of them have arrived, and in the end how they ended and what
 * it took. `<bad>` is the number of one that is not there.
 */
import { readdirSync } from 'node:fs';
import { sharedByAll } from '../../src/actors/shared-by-all.ts';
import { download, openDownload } from '../../src/index.ts';

export type ManyMessage =
  | { readonly type: 'moving'; readonly ended: number }
  | {
      readonly type: 'over';
      /** `done`, or the failure's code. */
      readonly ends: readonly string[];
      /** Handles beyond those before the first download: the most, and those left. */
      readonly handles: { readonly most: number; readonly left: number };
      /** Resident memory beyond that before the first download, bytes. */
      readonly memory: number;
      /** Bytes that still count as waiting for the disk. */
      readonly unwritten: number;
    };

const tell = (message: ManyMessage) => process.send?.(message);
const handles = () => readdirSync('/proc/self/fd').length;

async function run(folder: string, base: string, count: number, bad: number): Promise<void> {
  // What is loaded and compiled for the first one is not the price of many.
  await download(`${base}/warm-up`, { output: `${folder}/warm-up` });
  const before = { handles: handles(), memory: process.memoryUsage.rss() };
  const most = { ...before };
  const look = () => {
    most.handles = Math.max(most.handles, handles());
    most.memory = Math.max(most.memory, process.memoryUsage.rss());
  };
  const looking = setInterval(look, 10);
  const moving = new Set<number>();
  let ended = 0;
  const all = Array.from({ length: count }, (_, index) => {
    const output = `${folder}/file-${index}`;
    const one = openDownload(`${base}/file-${index}`, { output, retries: 0, timeoutMs: 50_000 });
    one.actor.on('progress', ({ bytes }) => {
      if (bytes === 0 || moving.has(index)) return;
      moving.add(index);
      if (moving.size === count - 1) tell({ type: 'moving', ended });
    });
    return one.done.then(
      () => {
        ended += 1;
        return 'done';
      },
      (error: { code?: string }) => {
        if (index !== bad) ended += 1;
        return error.code ?? 'unexpected';
      },
    );
  });
  const ends = await Promise.all(all);
  look();
  clearInterval(looking);
  tell({
    type: 'over',
    ends,
    handles: { most: most.handles - before.handles, left: handles() - before.handles },
    memory: most.memory - before.memory,
    unwritten: sharedByAll.budget.kept,
  });
}

const [folder = '', base = '', count = '', bad = ''] = process.argv.slice(2);
await run(folder, base, Number(count), Number(bad));
process.disconnect?.();
