/** Fewer connections pay than the file was divided for. */
import { withoutWorker } from './download.connections.ts';
import type { DownloadContext } from './download.context.ts';
import { hedgeIdOf } from './hedge.ts';
import { absorb, type Range } from './ranges.ts';

interface Joined {
  readonly change: Pick<DownloadContext, 'plan' | 'workers'>;
  /** Segments that are at work, and where they end now. */
  readonly extended: readonly { readonly id: string; readonly end: number }[];
}

/**
 * Joins ranges that wait side by side, until hardly more are left than
 * connections that will ask for them. Where each request costs the bottleneck,
 * those at work go on through what waits behind them.
 */
export function joinWaiting({ plan, workers, tuning }: DownloadContext): Joined {
  const waiting = plan.filter(({ id }) => workers[id]?.state === 'waiting');
  const together = Math.ceil(waiting.length / tuning.ceiling);
  const isHost = ({ id }: Range) => tuning.wasBusy && workers[id]?.state === 'receiving' && !workers[hedgeIdOf(id)];
  const groups = groupsOf(plan, new Set(waiting), together, isHost);
  const joined = groups.reduce((next, [host = '', ...rest]) => absorb(next, host, rest), plan);
  const gone = groups.flatMap(([, ...rest]) => rest);
  const extended = groups.flatMap(([host = '', ...rest]) => {
    const end = joined.find(({ id }) => id === host)?.end ?? null;
    return workers[host]?.state === 'receiving' && rest.length > 0 && end !== null ? [{ id: host, end }] : [];
  });
  return {
    change: { plan: joined, workers: gone.reduce((rest, id) => withoutWorker({ workers: rest }, id), workers) },
    extended,
  };
}

/** Ids of ranges that lie side by side: so many that wait, or as many behind a host; of none but the first has anything arrived. */
function groupsOf(
  plan: readonly Range[],
  waiting: ReadonlySet<Range>,
  together: number,
  isHost: (range: Range) => boolean,
): readonly (readonly string[])[] {
  const groups: string[][] = [];
  let group: string[] = [];
  /** So many more may join it. */
  let room = 0;
  for (const range of plan) {
    const isWaiting = waiting.has(range);
    if (isWaiting && room > 0 && range.written === range.start) {
      group.push(range.id);
      room -= 1;
      continue;
    }
    group = [range.id];
    groups.push(group);
    if (isWaiting) room = together - 1;
    else room = isHost(range) ? together : 0;
  }
  return groups;
}
