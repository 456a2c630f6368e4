/** Fewer connections pay than the file was divided for. */
import { withoutWorker } from './download.connections.ts';
import type { DownloadContext } from './download.context.ts';
import { absorb, type Range } from './ranges.ts';

/** Joins ranges that wait side by side, until hardly more are left than connections that will ask for them. */
export function joinWaiting({ plan, workers, tuning }: DownloadContext): Pick<DownloadContext, 'plan' | 'workers'> {
  const waiting = plan.filter(({ id }) => workers[id]?.state === 'waiting');
  const together = Math.ceil(waiting.length / tuning.ceiling);
  const groups = groupsOf(plan, new Set(waiting), together);
  const joined = groups.reduce((next, [host = '', ...rest]) => absorb(next, host, rest), plan);
  const gone = groups.flatMap(([, ...rest]) => rest);
  return { plan: joined, workers: gone.reduce((rest, id) => withoutWorker({ workers: rest }, id), workers) };
}

/** Ids of ranges that lie side by side and wait, so many together; of none but the first has anything arrived. */
function groupsOf(
  plan: readonly Range[],
  waiting: ReadonlySet<Range>,
  together: number,
): readonly (readonly string[])[] {
  const groups: string[][] = [];
  let last: string[] = [];
  for (const range of plan) {
    const isNext = last.length > 0 && last.length < together && range.written === range.start;
    if (!waiting.has(range)) {
      last = [];
    } else if (isNext) {
      last.push(range.id);
    } else {
      last = [range.id];
      groups.push(last);
    }
  }
  return groups;
}
