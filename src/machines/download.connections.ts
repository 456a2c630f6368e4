/** Which segments get a connection and which give theirs up, as pure functions over the download's context. */
import type { DownloadContext, Worker } from './download.context.ts';
import type { TransfersSurveyed } from './download.io.ts';
import type { Entity } from './entity.ts';
import { hedgeIdOf, rangeIdOf } from './hedge.ts';
import { farApart, inOrder, type NextWaiting } from './next-waiting.ts';
import { CONNECTIONS_MAX, type DigestAlgorithm } from './options.ts';
import { isComplete, type Plan } from './ranges.ts';
import { type Busy, chooseHedges, fillConnections, isWaiting, type Path } from './schedule.ts';
import { isSlowFor } from './slow.ts';
import { roughSpeed } from './speed.ts';
import { AUTO_MOST } from './tuning.ts';

export function isBusy(worker: Worker): boolean {
  return worker.state === 'requesting' || worker.state === 'receiving' || worker.state === 'backingOff';
}

export function withoutWorker({ workers }: Pick<DownloadContext, 'workers'>, id: string): DownloadContext['workers'] {
  const { [id]: _gone, ...rest } = workers;
  return rest;
}

/** A range without a connection: it gets a segment when it gets one. */
const waitingWorker: Worker = { state: 'waiting', attempt: 0, bytesPerSecond: 0 };

/** All that is missing waits. */
export function waitingWorkers(plan: Plan): DownloadContext['workers'] {
  return Object.fromEntries(plan.filter((range) => !isComplete(range)).map(({ id }) => [id, waitingWorker]));
}

/** Those that have an actor. */
export function withoutWaiting(workers: DownloadContext['workers']): DownloadContext['workers'] {
  return Object.fromEntries(Object.entries(workers).filter(([, { state }]) => state !== 'waiting'));
}

/** How many are busy. It is asked with every piece of news, and so without a list of them. */
export function busyCount({ workers }: Pick<DownloadContext, 'workers'>): number {
  let count = 0;
  for (const id in workers) if (isBusyId(workers, id)) count += 1;
  return count;
}

function isBusyId(workers: DownloadContext['workers'], id: string): boolean {
  const worker = workers[id];
  return worker !== undefined && isBusy(worker);
}

export function busyWorkers(context: DownloadContext): ReadonlyMap<string, Worker> {
  return new Map(Object.entries(context.workers).filter(([, worker]) => isBusy(worker)));
}

/** So many times a file may change under several connections before one must do: its validators may tell nothing. */
export const RESTARTS_BEFORE_SINGLE = 2;

/** Most connections that may share the file, as far as its nature and the user say. */
export function mostConnections({ options, restarts, isAlone }: DownloadContext, entity: Entity | null): number {
  if (entity?.acceptsRanges !== true || entity.size === null || restarts >= RESTARTS_BEFORE_SINGLE || isAlone) return 1;
  return options.connections === 'auto' ? AUTO_MOST : Math.min(options.connections, CONNECTIONS_MAX);
}

/** Under a rate limit each connection gets so much at least, bytes a second: what a server has sent before it is held back lies in its buffers. */
const LEAST_FED = 16 * 1024;

/** For so many connections a file is divided before any has brought a byte: under a rate limit it is yet to be seen whether one is enough. */
export function openingConnections(context: DownloadContext, entity: Entity | null): number {
  const { connections, rateLimit } = context.options;
  if (rateLimit !== null && connections === 'auto') return 1;
  return Math.min(mostConnections(context, entity), fedConnections(context));
}

/** Into so many parts a file is divided at first. */
export function openingParts(context: DownloadContext, entity: Entity | null): number {
  const parts = openingConnections(context, entity);
  return parts * (context.options.rateLimit === null ? digestRounds(context, parts, entity?.size ?? 0) : 1);
}

/** Less is not worth a request of its own, bytes. */
const DIGEST_PART = 16 * 1024 * 1024;
const MOST_DIGEST_ROUNDS = 8;
/** About what a processor hashes, bytes a second. */
const HASHED = 1024 ** 3;

/**
 * A digest is made, while bytes arrive, of what has come in order: so each
 * connection fetches several parts, one after the other, and of n only the last
 * one is left to be hashed when the last byte is there. Each part costs a round
 * trip: size / (HASHED * n) + n * roundTrip is least at the root of their ratio.
 */
function digestRounds({ options, promised, source }: DownloadContext, parts: number, size: number): number {
  if (digestsToRun(options, promised).length === 0 || parts === 1 || options.connections === 'auto') return 1;
  const most = Math.min(MOST_DIGEST_ROUNDS, Math.floor(size / parts / DIGEST_PART));
  if (most <= 1) return 1;
  const roundTrip = (source?.latencyMs ?? 0) / 1_000;
  return Math.max(1, Math.min(most, Math.round(Math.sqrt(size / HASHED / roundTrip))));
}

/** Digests of the whole file that will be wanted, as far as that is known: beside most files lies a SHA-256, if any. */
export function digestsToRun(
  { digests, computeDigest, findChecksum }: DownloadContext['options'],
  promised: DownloadContext['promised'],
): readonly DigestAlgorithm[] {
  const wanted = new Set([...digests, ...promised].map(({ algorithm }) => algorithm));
  return [...(computeDigest || findChecksum ? wanted.add('sha256') : wanted)];
}

function fedConnections({ options: { rateLimit } }: DownloadContext): number {
  return rateLimit === null ? CONNECTIONS_MAX : Math.max(1, Math.floor(rateLimit / LEAST_FED));
}

/** Most connections now. */
export function connectionLimit(context: DownloadContext): number {
  const { options, allowance, tuning, share } = context;
  const paying = options.connections === 'auto' ? tuning.ceiling : CONNECTIONS_MAX;
  return Math.min(mostConnections(context, context.entity), allowance.ceiling, share, paying, fedConnections(context));
}

/** One free connection's next work, ready to be told. */
export interface Order {
  /** The segment that fetches: it is made for it. */
  readonly id: string;
  /** The answer that is open already at its first byte. */
  readonly exchangeId: string | null;
  /** The segment whose rest it takes, and where that one ends now. */
  readonly cut: { readonly id: string; readonly end: number } | null;
}

/** Seen for so long without a byte a segment counts as stuck, milliseconds. */
const STUCK_MS = 200;
/** A request counts as stuck without an answer, and an answer as silent, after so long, milliseconds, or some round trips, if that is more. */
const PATIENCE_MS = 150;
const PATIENCE_ROUND_TRIPS = 4;

/** What the transfers have just been seen to do, by segment. */
export type Survey = ReadonlyMap<string, Omit<TransfersSurveyed['transfers'][number], 'id' | 'written'>>;

interface Given {
  readonly change: Pick<DownloadContext, 'plan' | 'workers' | 'open'>;
  readonly orders: readonly Order[];
}

/** More connections than this are opened a few at a time: neither we nor the server do all in one turn. */
const AT_ONCE = 8;
const AT_A_TIME = 3;

/** How many may be opened now, of the free ones: the next in a moment. */
function mostNow(busy: number): number {
  return Math.max(AT_A_TIME, AT_ONCE - busy);
}

/** A range waits, and a connection is free for it. */
export function hasWaiting(context: DownloadContext): boolean {
  const { workers, plan } = context;
  if (busyCount(context) >= connectionLimit(context)) return false;
  const busy = { has: (id: string) => isBusyId(workers, id) };
  return plan.some((range) => isWaiting(range, busy));
}

/** Connections that may be used and are not, and no range waits for them, while some range is still being fetched. */
export function hasIdleConnections(context: DownloadContext): boolean {
  const busy = busyCount(context);
  return busy > 0 && busy < connectionLimit(context) && !hasWaiting(context);
}

/**
 * Applies the one rule to the free connections; what no range can be parted for fetches the slowest ones again.
 *
 * @param survey of the transfers, whose news may be old; null where nobody has looked: then ranges that wait are
 * given away, and nothing is parted or tried again
 */
export function giveConnections(context: DownloadContext, survey: Survey | null = new Map()): Given {
  const mayPart = survey !== null && context.entity?.acceptsRanges === true;
  const least = mayPart ? context.options.minSplit : Number.POSITIVE_INFINITY;
  const busy = busyWorkers(context);
  const free = connectionLimit(context) - busy.size;
  const path = pathOf(context, busy.size);
  const patienceMs = Math.max(PATIENCE_MS, PATIENCE_ROUND_TRIPS * path.roundTrip * 1_000);
  const working = new Map(
    [...busy].map(([id, worker]): [string, Busy] => {
      const { bytesPerSecond = 0, burstBytes = 0, unansweredMs = 0, silentMs = 0 } = survey?.get(id) ?? {};
      const now = { ...worker, bytesPerSecond: Math.max(worker.bytesPerSecond, bytesPerSecond) };
      const view = busyOf(context.workers, id, now);
      const silentSeconds = silentMs >= patienceMs ? silentMs / 1_000 : 0;
      return [id, { ...view, burstBytes, silentSeconds, isStuck: view.isStuck || unansweredMs >= patienceMs }];
    }),
  );
  const most = mostNow(busy.size);
  const { plan, assignments } = fillConnections(context.plan, working, free, least, path, most, nextWaitingOf(context));
  const workers = { ...context.workers };
  let { open } = context;
  const orders = assignments.map((assignment): Order => {
    const { id } = assignment;
    const { replaced = 0, hedges = 0 } = workers[id] ?? {};
    workers[id] = { ...newWorker, ...(replaced && { replaced }), ...(hedges && { hedges }) };
    const isOpen = open !== null && open.offset === plan.find((range) => range.id === id)?.written;
    const exchangeId = isOpen ? (open?.exchangeId ?? null) : null;
    if (isOpen) open = null;
    const cut = assignment.kind === 'split' ? { id: assignment.victim, end: assignment.at } : null;
    return { id, exchangeId, cut };
  });
  // With as many as may be opened now, there may be more to start, or to part, in a moment.
  const isAllGiven = orders.length < most;
  if (isAllGiven && mayPart && context.options.rateLimit === null && context.seams === null) {
    for (const rangeId of chooseHedges(plan, working, free - orders.length, path)) {
      const id = hedgeIdOf(rangeId);
      const worker = workers[rangeId];
      if (worker) workers[rangeId] = { ...worker, hedges: (worker.hedges ?? 0) + 1 };
      workers[id] = newWorker;
      orders.push({ id, exchangeId: null, cut: null });
    }
  }
  return { change: { plan, workers, open }, orders };
}

/** What an answer is open for comes first. Where their number is yet to be found out, and no digest is made of what has come in order, they lie apart. */
function nextWaitingOf({ options, promised, open }: DownloadContext): NextWaiting {
  if (options.connections !== 'auto' || digestsToRun(options, promised).length > 0) return inOrder;
  return (plan, isWaiting) =>
    plan.find((range) => range.written === open?.offset && isWaiting(range)) ?? farApart(plan, isWaiting);
}

const newWorker: Worker = { state: 'requesting', attempt: 0, bytesPerSecond: 0 };

function busyOf(workers: DownloadContext['workers'], id: string, worker: Worker): Busy {
  const { bytesPerSecond, state, hedges = 0 } = worker;
  const isStuck = bytesPerSecond === 0 && state !== 'backingOff' && isSlowFor(worker, STUCK_MS);
  const isHedged = Object.hasOwn(workers, hedgeIdOf(id));
  return { bytesPerSecond, isAsking: state === 'requesting', isHedged, hedges, isStuck };
}

function pathOf({ meter, usual, source }: DownloadContext, busy: number): Path {
  return {
    usual: usual || (roughSpeed(meter) ?? 0) / Math.max(1, busy),
    roundTrip: (source?.latencyMs ?? 0) / 1_000,
    isGuess: usual === 0,
  };
}

const worth: Readonly<Record<string, number>> = { receiving: 0, requesting: 1, backingOff: 2 };

/** More segments are busy than may be: those that are served least give way, second tries first of all. */
export function surplus(context: DownloadContext): readonly string[] {
  const rank = (id: string, { state }: Worker) => (rangeIdOf(id) === id ? (worth[state] ?? 3) : 4);
  return [...busyWorkers(context)]
    .sort(([idA, a], [idB, b]) => rank(idA, a) - rank(idB, b) || b.bytesPerSecond - a.bytesPerSecond)
    .slice(connectionLimit(context))
    .map(([id]) => id);
}
