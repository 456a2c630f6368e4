import { describe, expect, it } from 'vitest';
import { type AnyMachineSnapshot, type AnyTransitionDefinition, transition } from 'xstate';
import type { SegmentContext } from '../../src/machines/segment.machine.ts';
import { lonelySegment as alone, happeningsOfSegment, reachSegment, segmentHappenings } from './segment-walk.ts';
import { follow, leafIds } from './walk.ts';
import { type Happening, leavesOf, nodesOf } from './world.ts';

const park: Happening = { type: 'segment.park' };
const over: Happening = { type: 'xstate.after.backOff.segment.backingOff' };
const broken: Happening = { type: 'xstate.error.actor.transfer', error: new Error('it broke'), actorId: 'transfer' };
const context = (snapshot: AnyMachineSnapshot) => snapshot.context as SegmentContext;

describe('the paths of a segment', () => {
  const reached = reachSegment();

  it('reach every state', () => {
    const seen = new Set(reached.flatMap(leafIds));
    expect([...seen].sort()).toEqual(
      leavesOf(alone.root)
        .map((node) => node.id)
        .sort(),
    );
  });

  it('take every transition', () => {
    const taken = new Set<AnyTransitionDefinition>();
    for (const snapshot of reached)
      for (const event of happeningsOfSegment(snapshot))
        for (const one of alone.getTransitionData(snapshot as never, event as never) ?? []) taken.add(one);
    const all = nodesOf(alone.root).flatMap((node) => [...node.transitions.values()].flat());
    expect(all.filter((one) => !taken.has(one)).map((one) => `${one.source.id}: ${one.eventType}`)).toEqual([]);
  });

  it('handle every event in every state without a throw', () => {
    for (const snapshot of reached)
      for (const event of [...segmentHappenings, over, broken, { type: 'something.else' }])
        expect(() => transition(alone, snapshot as never, event as never)).not.toThrow();
  });

  it('run a transfer while active, and nothing in any other state', () => {
    for (const snapshot of reached) {
      expect(Object.keys(snapshot.children)).toEqual(snapshot.matches('active') ? ['transfer'] : []);
    }
  });

  it('answer a park: parked, or about to be, or over', () => {
    for (const snapshot of reached.filter(({ status }) => status === 'active')) {
      const next = follow(alone, snapshot, park).snapshot;
      expect(next.value === 'parked' || next.matches({ active: 'parking' })).toBe(true);
    }
  });

  it('never go back, nor lose what is written', () => {
    for (const snapshot of reached)
      for (const event of happeningsOfSegment(snapshot)) {
        const next = follow(alone, snapshot, event).snapshot;
        expect(context(next).written).toBeGreaterThanOrEqual(context(snapshot).written);
      }
  });
});
