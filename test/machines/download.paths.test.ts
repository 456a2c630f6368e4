import { describe, expect, it } from 'vitest';
import { type AnyMachineSnapshot, type AnyTransitionDefinition, createActor, SimulatedClock, transition } from 'xstate';
import { withoutWaiting } from '../../src/machines/download.connections.ts';
import { checkpointOf, type DownloadContext, parkContext } from '../../src/machines/download.context.ts';
import { downloadMachine } from '../../src/machines/download.machine.ts';
import { input } from './contexts.ts';
import { expectSound } from './plan-model.ts';
import { inputs, leafIds, type Reached, reachDownload } from './walk.ts';
import { anythingOf, happeningsOf, isPassing, leavesOf, nodesOf, refusalOf } from './world.ts';

const reached: Reached[] = inputs.flatMap(reachDownload);
const context = (snapshot: AnyMachineSnapshot) => snapshot.context as DownloadContext;
const take = (snapshot: AnyMachineSnapshot, event: { type: string }): AnyMachineSnapshot =>
  transition(downloadMachine, snapshot as never, event as never)[0];
/** Only time brings a second try about. */
const hedged = (() => {
  const found = reached.find(
    ({ snapshot }) => snapshot.matches('downloading') && 'segment-0' in context(snapshot).workers,
  );
  if (!found) throw new Error('no download fetches');
  const workers = {
    ...context(found.snapshot).workers,
    'segment-0-hedge': { state: 'receiving', attempt: 0, bytesPerSecond: 5 },
  };
  return downloadMachine.resolveState({
    value: found.snapshot.value as never,
    context: { ...context(found.snapshot), workers } as DownloadContext,
  }) as AnyMachineSnapshot;
})();
const told = (path: readonly string[], event: { type: string }) => [...path, event.type].join(' > ');

describe('the paths of a download', () => {
  it('reach every state in which it can stay', () => {
    const leaves = leavesOf(downloadMachine.root).filter((node) => !isPassing(node));
    const seen = new Set(reached.flatMap(({ snapshot }) => leafIds(snapshot)));
    expect(leaves.map((node) => node.id).sort()).toEqual([...seen].sort());
  });

  it('never stay in a state that is passed at once', () => {
    const passing = leavesOf(downloadMachine.root).filter(isPassing);
    expect(passing.map((node) => node.id)).toEqual([
      'download.probing.deciding',
      'download.downloading.tuning.deciding',
      'download.pausing.leaving',
    ]);
  });

  it('take every transition that waits for an event', () => {
    const taken = new Set<AnyTransitionDefinition>();
    for (const { snapshot } of [...reached, { snapshot: hedged }])
      for (const event of [...happeningsOf(snapshot), ...(snapshot === hedged ? [refusalOf('segment-0')] : [])])
        for (const one of downloadMachine.getTransitionData(snapshot as never, event as never) ?? []) taken.add(one);
    const all = nodesOf(downloadMachine.root).flatMap((node) => [...node.transitions.values()].flat());
    const left = all.filter((one) => !taken.has(one)).map((one) => `${one.source.id}: ${one.eventType}`);
    expect(left).toEqual([]);
  });

  it('keep the plan sound, and its context plain', () => {
    for (const { snapshot, path } of reached) {
      const { plan, entity } = context(snapshot);
      if (entity?.size != null) expectSound(plan, entity.size);
      expect(JSON.parse(JSON.stringify(context(snapshot))), path.join(' > ')).toEqual(context(snapshot));
    }
  });

  it('know their workers: a child for each but those that wait while bytes arrive, none afterwards', () => {
    for (const { snapshot, path } of reached) {
      const children = Object.keys(snapshot.children).filter((id) => id.startsWith('segment-'));
      expect(children.sort(), path.join(' > ')).toEqual(Object.keys(withoutWaiting(context(snapshot).workers)).sort());
      if (!snapshot.matches('downloading') && !snapshot.matches('pausing')) expect(children).toEqual([]);
    }
  });

  it('end with an output that says how', () => {
    const ended = reached.filter(({ snapshot }) => snapshot.status === 'done');
    expect(new Set(ended.map(({ snapshot }) => snapshot.value))).toEqual(new Set(['done', 'failed', 'stopped']));
    for (const { snapshot, path } of ended) {
      expect(snapshot.output?.status, path.join(' > ')).toBe(snapshot.value);
      if (snapshot.value !== 'done') expect(snapshot.output.failure.message).not.toBe('');
    }
  });
});

describe('every state and every event', () => {
  const places = [
    ...new Map(
      reached.map((one) => {
        const { workers, intent, target } = context(one.snapshot);
        return [JSON.stringify([one.snapshot.value, workers, intent, target]), one];
      }),
    ).values(),
  ];

  it('are handled without a throw, whether the event makes sense or not', () => {
    let count = 0;
    for (const { snapshot, path } of places) {
      if (snapshot.status !== 'active') continue;
      for (const event of anythingOf(downloadMachine, snapshot)) {
        count += 1;
        try {
          take(snapshot, event);
        } catch (error) {
          throw new Error(told(path, event), { cause: error });
        }
      }
    }
    expect(count).toBeGreaterThan(5_000);
  });

  it('answer a stop: at once, or by pausing first, or by ending what cannot be interrupted', () => {
    for (const { snapshot, path } of places) {
      if (snapshot.status !== 'active') continue;
      const next = take(snapshot, { type: 'download.stop' });
      const value = next.value === 'stopped' ? 'stopped' : Object.keys(next.value)[0];
      expect(['stopped', 'pausing', 'merging'], told(path, { type: 'download.stop' })).toContain(value);
      // A failure that is being written down ends the download anyway, with its own reason.
      if (value === 'pausing') expect(['stop', 'fail']).toContain(context(next).intent);
      if (value === 'pausing' && context(snapshot).intent !== 'fail') expect(context(next).intent).toBe('stop');
      if (value === 'merging') expect(next.value).toEqual({ merging: 'publishing' });
    }
  });

  it('hear the settings in each state', () => {
    for (const { snapshot } of places) {
      if (snapshot.status !== 'active') continue;
      expect(
        context(take(snapshot, { type: 'download.setConnections', connections: 7 } as never)).options.connections,
      ).toBe(7);
      expect(
        context(take(snapshot, { type: 'download.setRateLimit', bytesPerSecond: 9 } as never)).options.rateLimit,
      ).toBe(9);
    }
  });
});

describe('parked, written down and restored', () => {
  const parkable = [
    ...new Map(
      reached
        .filter(({ snapshot }) => context(snapshot).entity !== null)
        .map((one) => [JSON.stringify([one.snapshot.value, parkContext(context(one.snapshot))]), one]),
    ).values(),
  ];

  it('each state gives a quiet download that goes on by probing', () => {
    expect(new Set(parkable.flatMap(({ snapshot }) => leafIds(snapshot))).size).toBeGreaterThan(15);
    for (const { snapshot, path } of parkable) {
      const parked = downloadMachine.resolveState({ value: 'paused', context: parkContext(context(snapshot)) });
      const clock = new SimulatedClock();
      const actor = createActor(downloadMachine, { snapshot: parked, input: input(), clock });
      const persisted = actor.getPersistedSnapshot();
      const text = JSON.stringify(persisted);
      expect(JSON.parse(text)).toEqual(persisted);

      const restored = createActor(downloadMachine, { snapshot: JSON.parse(text), input: input(), clock });
      restored.start();
      clock.increment(1e9);
      const quiet = restored.getSnapshot();
      expect(quiet.value, path.join(' > ')).toBe('paused');
      expect(quiet.children).toEqual({});
      expect(checkpointOf(quiet.context)).toEqual(checkpointOf(context(snapshot)));
      const resumed = take(quiet, { type: 'download.resume' });
      const isRefused = quiet.context.obstacle !== null || quiet.context.target?.existingSize != null;
      if (!isRefused) expect(resumed.matches({ probing: 'asking' }), path.join(' > ')).toBe(true);
      restored.stop();
    }
  });
});
