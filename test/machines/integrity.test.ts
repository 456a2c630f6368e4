import { describe, expect, it } from 'vitest';
import { type AnyStateMachine, createMachine, fromPromise, setup, transition } from 'xstate';
import { downloadMachine } from '../../src/machines/download.machine.ts';
import { segmentMachine } from '../../src/machines/segment.machine.ts';
import { flawsOf } from './integrity.ts';
import { lonelySegment, segmentSteps } from './segment-walk.ts';
import { follow, reachDownload } from './walk.ts';
import { happeningsOf, nodesOf, refusalOf } from './world.ts';

describe('a planted flaw', () => {
  const kit = setup({
    actors: { fetch: fromPromise(async () => 1) },
    actions: { note: () => {} },
    guards: { isIt: () => true },
    delays: { soon: 5 },
  });
  // Planted in plain configs: the compiler would refuse some of them, as it should.
  const plant = (states: Record<string, object>) =>
    createMachine({
      id: 'planted',
      initial: 'first',
      states: { first: {}, end: { type: 'final' }, ...states },
    } as never).provide(kit.createMachine({}).implementations as never);

  it.each([
    ['nothing', { first: { after: { soon: 'end' } } }, []],
    ['a mistyped delay', { first: { after: { son: 'end' } } }, ['planted.first: no delay is called son']],
    [
      'a mistyped actor',
      { first: { invoke: { src: 'fetsh', onDone: 'end', onError: 'end' } } },
      ['planted.first: no actor is called fetsh'],
    ],
    [
      'no onError',
      { first: { invoke: { src: 'fetch', onDone: 'end' } } },
      ['planted.first: nothing follows when fetch fails'],
    ],
    [
      'no onDone',
      { first: { invoke: { src: 'fetch', onError: 'end' } } },
      ['planted.first: nothing follows when fetch is done'],
    ],
    [
      'a mistyped action',
      { first: { entry: 'notte', on: { x: 'end' } } },
      ['planted.first: no action is called notte'],
    ],
    [
      'a mistyped action of a transition',
      { first: { on: { x: { target: 'end', actions: { type: 'notte' } } } } },
      ['planted.first: no action is called notte'],
    ],
    [
      'a mistyped guard',
      { first: { on: { x: { target: 'end', guard: 'isIt2' } } } },
      ['planted.first: no guard is called isIt2'],
    ],
    ['a dead end', { first: { on: { x: {} } } }, ['planted.first: there is no way out']],
  ])('%s is seen', (_, states, flaws) => {
    expect(flawsOf(plant(states))).toEqual(flaws);
  });

  it('in a target is refused by XState itself', () => {
    expect(() => flawsOf(plant({ first: { on: { x: 'ende' } } }))).toThrow(/ende/);
  });
});

describe('who tells whom', () => {
  /** The events that a machine's states handle. */
  const heard = (machine: AnyStateMachine) => new Set(nodesOf(machine.root).flatMap((node) => node.ownEvents));
  /** What is sent by any transition out of any reachable state. */
  const sentByDownload = new Set(
    reachDownload({ minSplit: 20, connections: 2 }).flatMap(({ snapshot }) =>
      [...happeningsOf(snapshot), refusalOf('segment-1')]
        .flatMap((event) => follow(downloadMachine, snapshot, event).actions)
        .flatMap((action) => /^send segment-\S+ (.*)/.exec(action)?.[1] ?? []),
    ),
  );
  const toldBySegment = new Set<string>();
  const sentToTransfer = new Set<string>();
  for (const { snapshot, event } of segmentSteps()) {
    for (const { type, params } of transition(lonelySegment, snapshot as never, event as never)[1]) {
      if (type === 'tell') toldBySegment.add((params as unknown as { type: string }).type);
      if (type === 'xstate.sendTo') sentToTransfer.add((params as unknown as { event: { type: string } }).event.type);
    }
  }

  it('the download tells its segments only what they hear', () => {
    expect([...sentByDownload].sort()).toEqual([
      'segment.extend',
      'segment.park',
      'segment.release',
      'segment.start',
      'segment.truncate',
    ]);
    for (const type of sentByDownload) expect(heard(segmentMachine)).toContain(type);
  });

  it('a segment hears nothing that nobody tells', () => {
    const own = [...heard(segmentMachine)].filter((type) => type.startsWith('segment.'));
    expect(own.filter((type) => !sentByDownload.has(type))).toEqual([]);
  });

  it('a segment tells the download only what it hears, and all that it hears', () => {
    const hears = [...heard(downloadMachine)].filter((type) => type.startsWith('segment.'));
    expect([...toldBySegment].sort()).toEqual(hears.sort());
  });

  it('a segment tells its transfer only what it knows', () => {
    expect([...sentToTransfer].sort()).toEqual(['transfer.extend', 'transfer.land', 'transfer.truncate']);
  });

  it('every command is heard in some state', () => {
    const commands = ['pause', 'resume', 'stop', 'setConnections', 'setRateLimit', 'answer'];
    for (const command of commands) expect(heard(downloadMachine)).toContain(`download.${command}`);
  });
});

describe('tags', () => {
  it('say in every state what a front end may do', () => {
    for (const { snapshot } of reachDownload({ minSplit: 40, connections: 1, ifExists: 'ask', ifChanged: 'ask' })) {
      const of = (['working', 'question', 'paused', 'ended'] as const).filter((tag) => snapshot.hasTag(tag as never));
      expect(of, JSON.stringify(snapshot.value)).toHaveLength(1);
      expect(snapshot.hasTag('ended' as never)).toBe(snapshot.status === 'done');
      if (snapshot.hasTag('question' as never)) expect(snapshot.context.question).not.toBeNull();
      else expect(snapshot.context.question, JSON.stringify(snapshot.value)).toBeNull();
    }
  });
});
