import { describe, expect, it } from 'vitest';
import { type AnyMachineSnapshot, assign, createActor, setup, transition } from 'xstate';
import { type SegmentContext, type SegmentInput, segmentMachine } from '../../src/machines/segment.machine.ts';
import { single } from './contexts.ts';
import { attemptFailed, lonelySegment, segmentInput } from './segment-walk.ts';
import { follow, named } from './walk.ts';
import type { Happening } from './world.ts';

const input = segmentInput;
const alone = lonelySegment;
const failed = attemptFailed;
const start: Happening = { type: 'segment.start', exchangeId: null };
const responded: Happening = { type: 'transfer.responded', from: 0, isProved: true, piece: null };
const park: Happening = { type: 'segment.park' };
const release: Happening = { type: 'segment.release' };
const landed: Happening = { type: 'transfer.landed', written: 60, at: 5 };
const allLanded: Happening = { type: 'transfer.landed', written: 100, at: 5 };
const completed: Happening = { type: 'transfer.completed', written: 100, at: 5 };
const lost = failed('connection-lost');
const over: Happening = { type: 'xstate.after.backOff.segment.backingOff' };
const broken: Happening = { type: 'xstate.error.actor.transfer', error: new Error('it broke'), actorId: 'transfer' };

const context = (snapshot: AnyMachineSnapshot) => snapshot.context as SegmentContext;

/** What is told to the download, in order. */
function toldBy(events: readonly Happening[], from: SegmentInput = input): Record<string, unknown>[] {
  const told: Record<string, unknown>[] = [];
  let snapshot = follow(alone, { input: from }).snapshot;
  for (const event of events) {
    const [next, actions] = transition(alone, snapshot as never, event as never);
    for (const { type, params } of actions)
      if (type === 'tell') told.push(params as unknown as Record<string, unknown>);
    snapshot = next;
  }
  return told;
}

describe('a segment, event by event', () => {
  it.each([
    ['waits', [], 'waiting', []],
    ['starts', [start], { active: 'requesting' }, ['spawn transferRange', 'tell']],
    ['is answered', [start, responded], { active: 'receiving' }, ['tell']],
    ['parks while it waits', [park], 'parked', ['tell']],
    ['parks while it asks', [start, park], { active: 'parking' }, ['send transfer transfer.land']],
    ['parks while it receives', [start, responded, park], { active: 'parking' }, ['send transfer transfer.land']],
    ['parks when all has landed', [start, park, landed], 'parked', ['stop transfer', 'tell']],
    ['parks even when landing fails', [start, park, lost], 'parked', ['stop transfer', 'tell']],
    ['is done although it was to park', [start, park, completed], 'done', ['stop transfer', 'tell']],
    ['parks while it backs off', [start, lost, park], 'parked', ['cancel', 'tell']],
    ['lets its connection go', [start, responded, release], { active: 'releasing' }, ['send transfer transfer.land']],
    ['waits again', [start, release, landed], 'waiting', ['stop transfer', 'tell']],
    ['parks while it lets go', [start, release, park], { active: 'parking' }, ['send transfer transfer.land']],
    [
      'backs off when letting go fails',
      [start, release, lost],
      'backingOff',
      ['stop transfer', 'tell', 'tell', 'wait 250'],
    ],
    ['lets go while it backs off', [start, lost, release], 'waiting', ['cancel', 'tell']],
    ['backs off', [start, lost], 'backingOff', ['stop transfer', 'tell', 'tell', 'wait 250']],
    ['tries again', [start, lost, over], { active: 'requesting' }, ['cancel', 'spawn transferRange', 'tell']],
    ['gives up', [start, lost, over, lost, over, lost], 'failed', ['stop transfer', 'tell']],
    ['gives up at once where it cannot help', [start, failed('changed')], 'failed', ['stop transfer', 'tell']],
    ['fails when its transfer breaks', [start, broken], 'failed', ['stop transfer', 'tell']],
    ['is done', [start, responded, completed], 'done', ['stop transfer', 'tell']],
    [
      'is cut while it receives',
      [start, { type: 'segment.truncate', end: 80 }],
      { active: 'requesting' },
      ['send transfer transfer.truncate'],
    ],
    ['is cut while it waits', [{ type: 'segment.truncate', end: 80 }], 'waiting', []],
    ['is cut while it backs off', [start, lost, { type: 'segment.truncate', end: 80 }], 'backingOff', []],
  ] as const)('%s', (_, events, value, actions) => {
    const all: readonly Happening[] = events;
    const before = follow(alone, { input }, ...all.slice(0, -1));
    const last = all.at(-1);
    const after = last ? follow(alone, before.snapshot, last) : before;
    expect(after.snapshot.value).toEqual(value);
    expect(after.actions).toEqual(actions);
    expect(context(after.snapshot).end).toBe(all.some(({ type }) => type === 'segment.truncate') ? 80 : 100);
  });

  it.each([
    [
      'progress',
      [start, { type: 'transfer.advanced', written: 50, bytesPerSecond: 9 }],
      { type: 'segment.advanced', written: 50, bytesPerSecond: 9 },
    ],
    ['the end', [start, completed], { type: 'segment.completed', written: 100, at: 5 }],
    [
      'a retry, and why',
      [start, lost],
      { type: 'segment.backedOff', failure: { code: 'connection-lost' }, attempt: 1, delayMs: 250, at: 5 },
    ],
    ['that it gave up, and why', [start, failed('changed')], { type: 'segment.failed', failure: { code: 'changed' } }],
    [
      'that it gave up after some attempts',
      [start, lost, over, lost, over, lost],
      { type: 'segment.failed', failure: { message: expect.stringMatching(/gave up after 3 attempts in a row\.$/) } },
    ],
    [
      'that its transfer broke',
      [start, broken],
      { type: 'segment.failed', failure: { code: 'unexpected', message: expect.stringContaining('it broke') } },
    ],
    [
      'an answer, and what it says of its bytes',
      [start, { type: 'transfer.responded', from: 7, isProved: false, piece: { start: 7, end: 9 } }],
      { type: 'segment.responded', from: 7, isProved: false, piece: { start: 7, end: 9 } },
    ],
    [
      'an answer to what was left of a short one',
      [start, responded, { ...responded, from: 70 }],
      { type: 'segment.responded', from: 70, isProved: true, piece: null },
    ],
    ['that it asks', [start], { type: 'segment.requested' }],
    ['that it was parked while it waited', [park], { type: 'segment.parked', written: 10 }],
    ['that it was parked while it backed off', [start, lost, park], { type: 'segment.parked', written: 10 }],
    [
      'that it has let go while it backed off',
      [start, failed('connection-lost', 55), release],
      { type: 'segment.released', written: 55 },
    ],
    ['where it was parked', [start, park, landed], { type: 'segment.parked', written: 60 }],
    [
      'what had landed before it failed to land the rest',
      [start, park, failed('connection-lost', 55)],
      { type: 'segment.parked', written: 55 },
    ],
    ['where it has let go', [start, release, landed], { type: 'segment.released', written: 60 }],
    [
      'that nothing was left to let go',
      [start, release, allLanded],
      { type: 'segment.completed', written: 100, at: 5 },
    ],
  ] as const)('tells %s', (_, events, told) => {
    expect(toldBy(events).at(-1)).toMatchObject({ id: 'segment-3', ...told });
  });

  it('lets go what came of a whole file: it begins with its first byte again', () => {
    const told = toldBy([start, release, allLanded], { ...input, entity: single });
    expect(told.at(-1)).toMatchObject({ type: 'segment.released' });
  });

  it('gives its transfer what is missing, and how long it may take', () => {
    const [, actions] = transition(
      alone,
      follow(alone, { input }).snapshot as never,
      { type: 'segment.start', exchangeId: 'x' } as never,
    );
    const spawned = actions.find(({ type }) => type === 'xstate.spawnChild');
    expect(spawned?.params).toMatchObject({
      src: 'transferRange',
      id: 'transfer',
      input: { id: 'segment-3', from: 10, end: 100, entity: input.entity, exchangeId: 'x', timeoutMs: 1_000 },
    });
  });

  it.each([
    ['cut', { type: 'segment.truncate', end: 80 }, { type: 'transfer.truncate', end: 80 }],
    ['made longer', { type: 'segment.extend', end: 120 }, { type: 'transfer.extend', end: 120 }],
    ['parked', park, { type: 'transfer.land' }],
    ['released', release, { type: 'transfer.land' }],
  ] as const)('tells its transfer that it is %s', (_, event, command) => {
    const before = follow(alone, { input }, start, responded).snapshot;
    const [, actions] = transition(alone, before as never, event as never);
    const sent = actions.filter(({ type }) => type === 'xstate.sendTo').map(({ params }) => params);
    expect(sent).toEqual([expect.objectContaining({ targetId: 'transfer', event: command })]);
  });

  it.each([
    ['waits', []],
    ['fetches', [start, responded]],
    ['backs off', [start, lost]],
  ] as const)('hears where it ends while it %s', (_, events) => {
    for (const [type, end] of [
      ['segment.truncate', 80],
      ['segment.extend', 120],
    ])
      expect(context(follow(alone, { input }, ...events, { type: type as string, end }).snapshot).end).toBe(end);
  });

  it('gives the retries back when enough has arrived, and remembers how far it was', () => {
    const least = 16;
    for (const [written, attempt] of [
      [10 + least, 0],
      [10 + least - 1, 1],
    ]) {
      const progress: Happening = { type: 'transfer.advanced', written, bytesPerSecond: 9 };
      const { snapshot } = follow(alone, { input }, start, lost, over, progress);
      expect(context(snapshot)).toMatchObject({ written, attempt, furthest: attempt === 0 ? written : 10 });
    }
    const whole = { ...input, start: 0, written: 0, entity: single };
    const again = follow(alone, { input: whole }, start, failed('connection-lost', 55)).snapshot;
    expect(context(again)).toMatchObject({ written: 0, furthest: 55, attempt: 1 });
    expect(context(follow(alone, again, over, failed('connection-lost', 60)).snapshot)).toMatchObject({
      furthest: 55,
      attempt: 2,
    });
  });

  it('is done with all that was written, and parked with all that has landed', () => {
    expect(context(follow(alone, { input }, start, completed).snapshot).written).toBe(100);
    expect(context(follow(alone, { input }, start, park, landed).snapshot).written).toBe(60);
    expect(context(follow(alone, { input }, start, release, landed).snapshot).written).toBe(60);
  });

  it('does not go back when news come late', () => {
    const [far, near] = [60, 50].map(
      (written): Happening => ({ type: 'transfer.advanced', written, bytesPerSecond: 9 }),
    );
    if (!far || !near) throw new Error('news are missing');
    expect(context(follow(alone, { input }, start, far, near).snapshot).written).toBe(60);
  });

  it('takes a host that is not found for trouble on the way, since it was found before', () => {
    const unknown = { ...lost, failure: { code: 'host-not-found', message: 'm' } };
    expect(follow(alone, { input }, start, unknown).snapshot.value).toBe('backingOff');
  });

  it('keeps why an attempt failed, and lands what it had', () => {
    const kept = context(follow(alone, { input }, start, failed('connection-lost', 55)).snapshot);
    expect(kept).toMatchObject({ failure: { code: 'connection-lost' }, written: 55, delayMs: 250, exchangeId: null });
    const landing = follow(alone, { input }, start, park, failed('connection-lost', 55)).snapshot;
    expect(context(landing)).toMatchObject({ failure: { code: 'connection-lost' }, written: 55 });
    expect(context(follow(alone, { input }, start, broken).snapshot)).toMatchObject({ written: 10, delayMs: null });
  });

  it('tells what a broken attempt had written before it backs off', () => {
    expect(toldBy([start, failed('connection-lost', 55)]).map((event) => [event.type, event.written])).toEqual([
      ['segment.requested', undefined],
      ['segment.advanced', 55],
      ['segment.backedOff', undefined],
    ]);
  });

  it('starts over where the server sends whole files only', () => {
    const events = [start, failed('connection-lost', 55)];
    const whole = { ...input, start: 0, written: 0, entity: single };
    expect(toldBy(events, whole).map((event) => event.type)).toContain('segment.rewound');
    expect(context(follow(alone, { input: whole }, ...events).snapshot).written).toBe(0);
  });

  it('counts only failures in a row: progress gives the retries back', () => {
    const progress = [50, 60, 70, 80].flatMap((written) => [failed('connection-lost', written), over]);
    const { snapshot } = follow(alone, { input: { ...input, timeoutMs: 500 } }, start, ...progress);
    expect(snapshot.value).toEqual({ active: 'requesting' });
    expect(context(snapshot)).toMatchObject({ written: 80, attempt: 1 });
  });

  it('70 counts a few bytes for none: who only trickles is not asked for ever', () => {
    const { retries, written } = input;
    // Sixteen bytes a second make a connection one that serves.
    const trickle = Array.from({ length: retries + 1 }, (_, count) => [
      { type: 'transfer.advanced', written: written + count * 3 + 3, bytesPerSecond: 100 },
      failed('connection-lost', written + count * 3 + 3),
      over,
    ]).flat();
    const { snapshot } = follow(alone, { input: { ...input, timeoutMs: 10_000 } }, start, ...trickle.slice(0, -1));
    expect(snapshot.value).toBe('failed');
    expect(context(snapshot).written).toBe(written + (retries + 1) * 3);
  });

  it('asks for what is missing only, and takes the open answer once', () => {
    const kept = follow(alone, { input }, { type: 'segment.start', exchangeId: 'x' });
    expect(context(kept.snapshot).exchangeId).toBe('x');
    const again = follow(alone, kept.snapshot, failed('connection-lost', 55), over);
    expect(context(again.snapshot)).toMatchObject({ exchangeId: null, written: 55 });
    const later = follow(alone, kept.snapshot, release, landed);
    expect(context(later.snapshot)).toMatchObject({ exchangeId: null, written: 60, attempt: 0 });
  });
});

describe('the real machine, under a parent', () => {
  const parentOf = (child: typeof segmentMachine) =>
    setup({
      types: {} as { context: { told: string[] }; events: Happening },
      actors: { child },
    }).createMachine({
      context: { told: [] },
      invoke: { src: 'child', id: 'child', input },
      on: { '*': { actions: assign({ told: ({ context: { told }, event }) => [...told, event.type] }) } },
    });

  it('says which actor was not provided, instead of hanging', () => {
    const actor = createActor(parentOf(segmentMachine)).start();
    const child = actor.getSnapshot().children.child;
    child?.send({ type: 'segment.start', exchangeId: null });
    expect(actor.getSnapshot().context.told).toEqual([
      'segment.requested',
      'segment.failed',
      'xstate.done.actor.child',
    ]);
    const { failure: why } = child?.getSnapshot().context ?? {};
    expect(why).toMatchObject({
      code: 'unexpected',
      message: expect.stringContaining('"transferRange" was not provided'),
    });
    actor.stop();
  });
});

describe('the names of actions', () => {
  it('are read off the actions', () => {
    expect(named([{ type: 'tell' }, { type: 'xstate.cancel' }])).toEqual(['tell', 'cancel']);
  });
});
