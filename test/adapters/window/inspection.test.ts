import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { assign, createActor, fromPromise, setup } from 'xstate';
import { createInspection, type Inspected } from '../../../src/adapters/window/inspection.ts';
import { plainValue } from '../../../src/adapters/window/plain-value.ts';
import type { InspectionMessage } from '../../../src/adapters/window/protocol.ts';

const redact = (text: string) => text.replaceAll('hunter2', 'REDACTED');

describe('plain values', () => {
  class Connection {
    readonly secret = 'hunter2';
  }
  const loop: Record<string, unknown> = { name: 'loop' };
  loop.self = loop;
  it.each([
    ['a hunter2 b', 'a REDACTED b'],
    [{ hunter2: ['hunter2', { deep: 'x hunter2' }] }, { REDACTED: ['REDACTED', { deep: 'x REDACTED' }] }],
    [new Error('hunter2'), { name: 'Error', message: 'REDACTED' }],
    [new Uint8Array(7), '(7 bytes)'],
    [Buffer.from('hunter2'), '(7 bytes)'],
    [() => 1, undefined],
    [Promise.resolve(1), undefined],
    [new Connection(), '(Connection)'],
    [new Set([1]), [1]],
    [new Map([['a', 1]]), { a: 1 }],
    [10n, '10'],
    [Number.POSITIVE_INFINITY, 'Infinity'],
    [null, null],
    [{ __proto__: null, a: 1 }, { a: 1 }],
  ])('%o', (value, wanted) => expect(plainValue(value, redact)).toEqual(wanted));

  it('are made of anything, without a throw', () => {
    const throwing = Object.defineProperty({}, 'x', {
      enumerable: true,
      get: () => {
        throw new Error('no');
      },
    });
    expect(plainValue(throwing, redact)).toBe('(cannot be shown)');
  });

  it('are bounded, however deep, wide or long', () => {
    const wide = Array.from({ length: 100 }, () => Array.from({ length: 10_000 }, () => 'x'.repeat(10_000)));
    for (const value of [loop, wide, 'x'.repeat(10_000_000)]) {
      expect(JSON.stringify(plainValue(value, redact)).length).toBeLessThan(1_000_000);
    }
    expect(JSON.stringify(plainValue('x'.repeat(10_000_000), redact)).length).toBeLessThan(5_000);
    const cut = plainValue(
      Array.from({ length: 600 }, (_, index) => index),
      redact,
    ) as unknown[];
    expect([cut.length, cut.at(-1)]).toEqual([513, '(88 more)']);
    expect(
      plainValue(
        Array.from({ length: 64 }, (_, index) => index),
        redact,
      ),
    ).toHaveLength(64);
  });
});

const machine = setup({
  types: {} as {
    context: { count: number; secret: string };
    events: { type: 'item.advanced' } | { type: 'go' } | { type: 'back' };
  },
  actors: {
    work: fromPromise(async () => {
      await new Promise((resolve) => setTimeout(resolve, 7));
      return 'hunter2';
    }),
  },
}).createMachine({
  id: 'test',
  context: { count: 0, secret: 'hunter2' },
  initial: 'one',
  on: { 'item.advanced': { actions: assign({ count: ({ context }) => context.count + 1 }) } },
  states: {
    one: { on: { go: 'two' } },
    two: { invoke: { id: 'work', src: 'work' }, on: { back: 'one' } },
  },
});

describe('inspection', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  function watched() {
    const told: Inspected[] = [];
    const inspection = createInspection({ download: 'd1', redact, onMessages: (messages) => told.push(...messages) });
    const actor = createActor(machine, { inspect: inspection.inspect });
    actor.start();
    return { actor, told, inspection, messages: () => told.map(({ message }) => message) };
  }
  const values = (messages: readonly InspectionMessage[], rootId: string) =>
    messages.flatMap((one) =>
      one.type === '@xstate.snapshot' && one.sessionId === rootId ? [one.snapshot.value] : [],
    );

  it('tells the chart once, the actors, every event and every change of state', async () => {
    const { actor, messages, told } = watched();
    actor.send({ type: 'go' });
    await vi.advanceTimersByTimeAsync(20);
    actor.send({ type: 'back' });
    await vi.advanceTimersByTimeAsync(500);
    const all = messages();
    expect(all.map(({ sequence }) => sequence)).toEqual(all.map((_, index) => index));
    const actors = all.filter((one) => one.type === '@xstate.actor');
    expect(actors.map(({ name, parentId, definitionId }) => [name, parentId, definitionId])).toEqual([
      [actor.id, null, 'test'],
      ['work', actor.sessionId, null],
    ]);
    expect(actors[0]?.definition).toMatchObject({ id: 'test', states: { one: {}, two: {} } });
    expect(values(all, actor.sessionId)).toEqual(['one', 'two', 'two', 'one']);
    const events = all.flatMap((one) =>
      one.type === '@xstate.event' && one.sessionId === actor.sessionId ? [one.event.type] : [],
    );
    expect(events).toEqual(['xstate.init', 'go', 'xstate.done.actor.work', 'back']);
    expect(JSON.stringify(told)).not.toContain('hunter2');
    for (const { message, text } of told) expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(message)));
  });

  it('tells a change at once, and figures in a while, the last of each', async () => {
    const { actor, messages } = watched();
    await vi.advanceTimersByTimeAsync(10);
    const before = messages().length;
    expect(before).toBeGreaterThan(0);
    for (let count = 0; count < 1_000; count++) actor.send({ type: 'item.advanced' });
    await vi.advanceTimersByTimeAsync(100);
    expect(messages()).toHaveLength(before);
    await vi.advanceTimersByTimeAsync(400);
    const figures = messages().slice(before);
    expect(figures.map(({ type }) => type)).toEqual(['@xstate.event', '@xstate.snapshot']);
    expect(figures[1]).toMatchObject({ snapshot: { context: { count: 1_000 } } });
    actor.send({ type: 'item.advanced' });
    actor.send({ type: 'go' });
    await vi.advanceTimersByTimeAsync(10);
    expect(messages().at(-1)).toMatchObject({ type: '@xstate.snapshot' });
    expect(values(messages(), actor.sessionId)).toContain('two');
  });

  it('takes what comes and goes for no news', async () => {
    const { actor, told } = watched();
    for (let count = 0; count < 100; count++) {
      actor.send({ type: 'go' });
      await vi.advanceTimersByTimeAsync(20);
      actor.send({ type: 'back' });
      await vi.advanceTimersByTimeAsync(20);
    }
    // 100 rounds, ten messages each.
    expect(told.length).toBeLessThan(500);
    const born = told.filter(({ message }) => message.type === '@xstate.actor').map(({ message }) => message.sessionId);
    const ended = told.filter(
      ({ message }) => message.type === '@xstate.snapshot' && message.snapshot.status === 'done',
    );
    // Whoever was told to live was told to end.
    expect(ended.map(({ message }) => message.sessionId)).toEqual(born.slice(1));
  });

  it('tells a chart once for all who have it', async () => {
    const { inspection, messages, actor } = watched();
    const twin = createActor(machine, { inspect: inspection.inspect });
    twin.start();
    inspection.flush();
    const actors = messages().filter((one) => one.type === '@xstate.actor');
    expect(
      actors.map(({ sessionId, definition, definitionId }) => [sessionId, definition !== null, definitionId]),
    ).toEqual([
      [actor.sessionId, true, 'test'],
      [twin.sessionId, false, 'test'],
    ]);
  });

  it('flushes when it is told to', () => {
    const { inspection, told } = watched();
    expect(told).toEqual([]);
    inspection.flush();
    expect(told.length).toBeGreaterThan(0);
  });
});
