/**
 * What can happen to a machine in a state, for walks over its graph: commands,
 * news of segments, the ends of invoked actors, delays that are over.
 */
import type { AnyMachineSnapshot, AnyStateMachine, AnyStateNode, EventObject } from 'xstate';
import { withoutWaiting } from '../../src/machines/download.connections.ts';
import type { DownloadContext } from '../../src/machines/download.context.ts';
import { FailureError } from '../../src/machines/failures.ts';
import { rivalsOf } from '../../src/machines/hedge.ts';
import { entity, failure, range, single, source, taken, target } from './contexts.ts';

export interface Happening extends EventObject {
  readonly [field: string]: unknown;
}

export function leavesOf(node: AnyStateNode): AnyStateNode[] {
  const children = Object.values(node.states);
  return children.length === 0 ? [node] : children.flatMap(leavesOf);
}

export function nodesOf(node: AnyStateNode): AnyStateNode[] {
  return [node, ...Object.values(node.states).flatMap(nodesOf)];
}

/** A leaf that is passed at once: nobody ever stays in it. */
export function isPassing(node: AnyStateNode): boolean {
  return node.always?.some((transition) => transition.guard === undefined) ?? false;
}

export const commands: readonly Happening[] = [
  { type: 'download.pause' },
  { type: 'download.resume' },
  { type: 'download.stop' },
  { type: 'download.setConnections', connections: 1 },
  { type: 'download.setConnections', connections: 8 },
  { type: 'download.setRateLimit', bytesPerSecond: 1_000 },
  { type: 'download.answer', answer: 'overwrite' },
  { type: 'download.answer', answer: 'rename' },
  { type: 'download.answer', answer: 'restart' },
  { type: 'download.answer', answer: 'stop' },
];

const lost = failure('connection-lost');
const refused = failure('http-status', { status: 503, pushBack: true, retryAfterMs: 1_000 });
const changed = failure('changed');

/** Another connection is refused: kept out of the walks, which it would make many times as long. */
export function refusalOf(id: string): Happening {
  return { type: 'segment.failed', id, failure: failure('http-status', { status: 410 }) };
}

/** All that a segment of this id may tell, in any order. */
export function newsOf(id: string, middle: number, end: number): Happening[] {
  return [
    { type: 'segment.requested', id },
    { type: 'segment.responded', id, from: 0, isProved: true, piece: null },
    {
      type: 'segment.responded',
      id,
      from: 0,
      isProved: true,
      piece: { start: 0, end: 2, algorithm: 'md5', hex: 'ab'.repeat(16) },
    },
    { type: 'segment.advanced', id, written: middle, bytesPerSecond: 10 },
    { type: 'segment.rewound', id },
    { type: 'segment.completed', id, written: end, at: 10 },
    { type: 'segment.backedOff', id, failure: lost, attempt: 1, delayMs: 500, at: 10 },
    { type: 'segment.backedOff', id, failure: refused, attempt: 1, delayMs: 500, at: 10 },
    { type: 'segment.released', id, written: middle },
    { type: 'segment.parked', id, written: middle },
    { type: 'segment.failed', id, failure: lost },
    { type: 'segment.failed', id, failure: changed },
  ];
}

/** What the download's actors may answer, by their names. */
const found = {
  kind: 'found',
  entity,
  source,
  suggestedName: 'file.bin',
  digests: [],
  open: { exchangeId: 'x', offset: 0 },
  warnings: [],
};
const checkpoint = { url: 'u', entity, plan: [range('segment-0', 0, 100, 40, 40)], startedAt: 1, activeMs: 5 };
const outputs: Readonly<Record<string, readonly unknown[]>> = {
  claimTarget: [
    { claim: { kind: 'fresh', target }, at: 1 },
    { claim: { kind: 'fresh', target: taken }, at: 1 },
    { claim: { kind: 'unnamed', directory: '/folder' }, at: 1 },
    { claim: { kind: 'partial', target, checkpoint }, at: 1 },
    { claim: { kind: 'published', target: taken }, at: 1 },
    { claim: { kind: 'foreign', target, url: 'http://other.test/', keptBytes: 7 }, at: 1 },
  ],
  probeSource: [
    found,
    { ...found, entity: single, source: { ...source, acceptsRanges: false } },
    { ...found, entity: { ...single, size: 0 }, open: null },
    { ...found, entity: { ...single, size: null } },
    { kind: 'changed', reason: 'it has another ETag' },
    { kind: 'failed', failure: lost, jitter: 0 },
    { kind: 'failed', failure: failure('http-status', { status: 404 }), jitter: 0 },
  ],
  compareExisting: [
    { digests: { sha256: 'ab' }, verified: ['sha256'], isMissing: false },
    { digests: {}, verified: [], isMissing: true },
  ],
  prepareTarget: [target],
  saveProgress: [{ plan: [] }],
  verifyDigests: [
    { digests: { sha256: 'ab' }, verified: ['sha256'], isMissing: false, damaged: [] },
    { digests: { sha256: 'ab' }, verified: [], isMissing: true, damaged: [] },
    { digests: {}, verified: [], isMissing: false, damaged: [{ start: 1, end: 3 }] },
  ],
  publishTarget: ['/folder/file.bin'],
};

/** The ends of what is invoked now. */
export function endsOfActors(snapshot: AnyMachineSnapshot): Happening[] {
  return snapshot._nodes.flatMap((node: AnyStateNode) =>
    node.invoke.flatMap(({ id, src }) => {
      const given = typeof src === 'string' ? (outputs[src] ?? []) : [];
      return [
        ...given.map((output) => ({ type: `xstate.done.actor.${id}`, output, actorId: id })),
        { type: `xstate.error.actor.${id}`, error: new Error('it broke'), actorId: id },
        { type: `xstate.error.actor.${id}`, error: new FailureError(changed), actorId: id },
        { type: `xstate.error.actor.${id}`, error: new FailureError(lost), actorId: id },
        ...(src === 'verifyDigests'
          ? [{ type: `xstate.error.actor.${id}`, error: new FailureError(failure('digest-mismatch')), actorId: id }]
          : []),
      ];
    }),
  );
}

/** Delays that may be over now. */
export function endsOfDelays(snapshot: AnyMachineSnapshot): Happening[] {
  return snapshot._nodes.flatMap((node: AnyStateNode) => node.after.map(({ eventType }) => ({ type: eventType })));
}

/** Told by actors that go on until they are stopped. */
const ticks: readonly Happening[] = [
  { type: 'meter.ticked', at: 20 },
  { type: 'traffic.measured', at: 20, bytes: 10, activeMs: 5 },
  { type: 'traffic.measured', at: 1_000, bytes: 20, activeMs: 15 },
  {
    type: 'transfers.surveyed',
    transfers: [{ id: 'segment-0', written: 10, bytesPerSecond: 5, burstBytes: 0, unansweredMs: 0, silentMs: 0 }],
  },
  { type: 'host.shared', connections: 1 },
  { type: 'host.shared', connections: 64 },
];

/** What may really happen to a download in this state. */
export function happeningsOf(snapshot: AnyMachineSnapshot): Happening[] {
  if (snapshot.status !== 'active') return [];
  const { plan, workers } = snapshot.context as DownloadContext;
  const news = plan.flatMap(({ id: rangeId, start, end }) =>
    rivalsOf(rangeId)
      .filter((id) => withoutWaiting(workers)[id])
      .flatMap((id) => newsOf(id, start + Math.floor(((end ?? 100) - start) / 2), end ?? 100)),
  );
  const heard = new Set(snapshot._nodes.flatMap((node: AnyStateNode) => node.ownEvents));
  return [...commands, ...endsOfActors(snapshot), ...endsOfDelays(snapshot), ...news, ...ticks].filter(({ type }) =>
    heard.has(type),
  );
}

/** Everything that any state may ever be told, whether it makes sense or not. */
export function anythingOf(machine: AnyStateMachine, snapshot: AnyMachineSnapshot): Happening[] {
  const types = nodesOf(machine.root).flatMap((node) => node.events);
  const bare = [...new Set(types)].filter((type) => type.startsWith('xstate.after')).map((type) => ({ type }));
  return [
    ...happeningsOf(snapshot),
    ...commands,
    ...newsOf('segment-0', 50, 100),
    ...newsOf('segment-99', 50, 100),
    ...newsOf('segment-0-hedge', 50, 100),
    ...ticks,
    { type: 'download.setConnections', connections: 'auto' },
    { type: 'something.else' },
    ...bare,
  ];
}
