/** Which segments get a connection and which give theirs up, as pure functions over the download's context. */
import type { DownloadContext, Worker } from './download.context.ts';
import type { Entity } from './entity.ts';
import { CONNECTIONS_MAX } from './options.ts';
import { fillConnections } from './schedule.ts';
import { roughSpeed } from './speed.ts';

export function isBusy(worker: Worker): boolean {
  return worker.state === 'requesting' || worker.state === 'receiving' || worker.state === 'backingOff';
}

export function busyWorkers(context: DownloadContext): ReadonlyMap<string, Worker> {
  return new Map(Object.entries(context.workers).filter(([, worker]) => isBusy(worker)));
}

/** So many times a file may change under several connections before one must do: its validators may tell nothing. */
const RESTARTS_BEFORE_SINGLE = 2;

/** Most connections that may share the file, as far as its nature and the user say. */
export function mostConnections({ options, restarts }: DownloadContext, entity: Entity | null): number {
  if (entity?.acceptsRanges !== true || entity.size === null || restarts >= RESTARTS_BEFORE_SINGLE) return 1;
  return Math.min(options.connections, CONNECTIONS_MAX);
}

/** Most connections now. */
export function connectionLimit(context: DownloadContext): number {
  return Math.min(mostConnections(context, context.entity), context.allowance.ceiling);
}

/** One free connection's next work, ready to be told. */
export interface Order {
  /** The segment that fetches. */
  readonly id: string;
  /** The answer that is open already at its first byte. */
  readonly exchangeId: string | null;
  /** The segment whose rest it takes, and where that one ends now; null for a range that waited. */
  readonly cut: { readonly id: string; readonly end: number } | null;
}

/** Applies the one rule to the free connections. */
export function giveConnections(context: DownloadContext): {
  readonly change: Pick<DownloadContext, 'plan' | 'workers' | 'open'>;
  readonly orders: readonly Order[];
} {
  const busy = busyWorkers(context);
  const free = connectionLimit(context) - busy.size;
  const least = context.entity?.acceptsRanges ? context.options.minSplit : Number.POSITIVE_INFINITY;
  const guess = (roughSpeed(context.meter) ?? 0) / Math.max(1, busy.size);
  const working = new Map(
    [...busy].map(([id, { bytesPerSecond, state }]) => [id, { bytesPerSecond, isAsking: state === 'requesting' }]),
  );
  const { plan, assignments } = fillConnections(context.plan, working, free, least, guess);
  const workers = { ...context.workers };
  let { open } = context;
  const orders = assignments.map((assignment): Order => {
    const { id } = assignment;
    workers[id] = { state: 'requesting', attempt: 0, bytesPerSecond: 0 };
    const isOpen = open !== null && open.offset === plan.find((range) => range.id === id)?.written;
    const exchangeId = isOpen ? (open?.exchangeId ?? null) : null;
    if (isOpen) open = null;
    const cut = assignment.kind === 'split' ? { id: assignment.victim, end: assignment.at } : null;
    return { id, exchangeId, cut };
  });
  return { change: { plan, workers, open }, orders };
}

const worth: Readonly<Record<string, number>> = { receiving: 0, requesting: 1, backingOff: 2 };

/** More segments are busy than may be: those that are served least give way. */
export function surplus(context: DownloadContext): readonly string[] {
  return [...busyWorkers(context)]
    .sort(([, a], [, b]) => (worth[a.state] ?? 3) - (worth[b.state] ?? 3) || b.bytesPerSecond - a.bytesPerSecond)
    .slice(connectionLimit(context))
    .map(([id]) => id);
}
