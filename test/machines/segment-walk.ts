import type { AnyMachineSnapshot } from 'xstate';
import { getShortestPaths } from 'xstate/graph';
import { type SegmentInput, segmentMachine } from '../../src/machines/segment.machine.ts';
import { entity, failure, single } from './contexts.ts';
import { endsOfActors, endsOfDelays, type Happening } from './world.ts';

export const segmentInput: SegmentInput = {
  id: 'segment-3',
  start: 10,
  end: 100,
  written: 10,
  entity,
  retries: 2,
  timeoutMs: 1_000,
};

/** Without a parent there is nobody to tell: what would be told is kept by name. */
export const lonelySegment = segmentMachine.provide({ actions: { tell: () => {} } });

export const attemptFailed = (code: 'connection-lost' | 'changed', written = 10): Happening => ({
  type: 'transfer.failed',
  failure: failure(code),
  written,
  at: 5,
  jitter: 0,
});

/** What its download and its transfer may tell a segment. */
export const segmentHappenings: readonly Happening[] = [
  { type: 'segment.start', exchangeId: 'x' },
  { type: 'segment.truncate', end: 80 },
  { type: 'segment.extend', end: 100 },
  { type: 'segment.park' },
  { type: 'segment.release' },
  { type: 'transfer.responded', from: 0, isProved: true, piece: null },
  { type: 'transfer.advanced', written: 50, bytesPerSecond: 9 },
  { type: 'transfer.completed', written: 100, at: 5 },
  { type: 'transfer.landed', written: 60, at: 5 },
  { type: 'transfer.landed', written: 100, at: 5 },
  attemptFailed('connection-lost'),
  attemptFailed('connection-lost', 50),
  attemptFailed('changed'),
];

/** Every state that a segment can be in. */
export function reachSegment(input: SegmentInput = segmentInput): AnyMachineSnapshot[] {
  return getShortestPaths(lonelySegment, {
    input,
    serializeState: (snapshot) => JSON.stringify([snapshot.value, snapshot.context]),
    events: (snapshot) => happeningsOfSegment(snapshot) as never[],
    limit: 20_000,
  }).map(({ state }) => state as AnyMachineSnapshot);
}

export function happeningsOfSegment(snapshot: AnyMachineSnapshot): Happening[] {
  return snapshot.status === 'active'
    ? [...segmentHappenings, ...endsOfActors(snapshot), ...endsOfDelays(snapshot)]
    : [];
}

/** Every step that a segment can take, where the server sends ranges and where it does not. */
export function segmentSteps(): { readonly snapshot: AnyMachineSnapshot; readonly event: Happening }[] {
  return [segmentInput, { ...segmentInput, start: 0, written: 0, entity: single }]
    .flatMap((input) => reachSegment(input))
    .flatMap((snapshot) => happeningsOfSegment(snapshot).map((event) => ({ snapshot, event })));
}
