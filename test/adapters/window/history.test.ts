import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InspectionHistory } from '../../../src/adapters/window/history.ts';
import type { Inspected } from '../../../src/adapters/window/inspection.ts';
import type { InspectionMessage } from '../../../src/adapters/window/protocol.ts';

let next = 0;

function message(fields: object, isIntermediate = false): Inspected {
  const base = { download: 'd1', sequence: next++, createdAt: '0', sessionId: 'x:0', rootId: 'x:0' };
  const one = { ...base, ...fields } as InspectionMessage;
  return { message: one, text: JSON.stringify(one), isIntermediate };
}

const born = (sessionId: string, definition: object | null = null) =>
  message({
    type: '@xstate.actor',
    sessionId,
    name: sessionId,
    parentId: null,
    definition,
    definitionId: definition === null ? null : `chart of ${sessionId}`,
    snapshot: { status: 'active' },
  });
const snapshot = (sessionId: string, value: unknown, status = 'active', isIntermediate = false) =>
  message({ type: '@xstate.snapshot', sessionId, event: { type: 'e' }, snapshot: { status, value } }, isIntermediate);

describe('the history for pages that come late', () => {
  it('keeps everything while there is room', () => {
    const history = new InspectionHistory({ messages: 10, characters: 100_000 });
    const all = [born('x:0'), snapshot('x:0', 1), snapshot('x:0', 2)];
    history.add(all);
    expect(history.all()).toEqual(all);
  });

  it('drops figures before changes of state', () => {
    const history = new InspectionHistory({ messages: 100, characters: 10_000_000 });
    const changes: Inspected[] = [];
    for (let count = 0; count < 160; count++) {
      const isChange = count % 10 === 0;
      const one = snapshot('x:0', count, 'active', !isChange);
      if (isChange) changes.push(one);
      history.add([one]);
    }
    expect(history.all()).toEqual(expect.arrayContaining(changes));
    expect(history.all().length).toBeLessThan(120);
  });

  /** What stands at the end of a long history of others. */
  function afterLong(...first: readonly Inspected[]) {
    const history = new InspectionHistory({ messages: 40, characters: 1_000_000 });
    history.add([born('x:0', { id: 'chart' }), ...first]);
    for (let count = 0; count < 1_000; count++) history.add([snapshot('x:9', count)]);
    return history.all();
  }

  it('keeps a chart, and how the actor that brought it ended', () => {
    const bringer = born('x:1', { id: 'chart' });
    const end = snapshot('x:1', 'end', 'done');
    expect(afterLong(bringer, snapshot('x:1', 1), end)).toEqual(expect.arrayContaining([bringer, end]));
  });

  it('keeps how an actor is that has said nothing for long, and how the download ended', () => {
    const quiet = [born('x:1'), snapshot('x:1', 1)];
    const end = snapshot('x:0', 'done', 'done');
    expect(afterLong(...quiet, end)).toEqual(expect.arrayContaining([...quiet, end]));
  });

  it('forgets who has ended', () => {
    const history = new InspectionHistory({ messages: 40, characters: 1_000_000 });
    for (let count = 0; count < 1_000; count++) {
      history.add([born(`x:${count}`), snapshot(`x:${count}`, 1), snapshot(`x:${count}`, 2, 'done')]);
    }
    expect(history.all().length).toBeLessThanOrEqual(45);
  });

  it('is bounded, and what is left still says what every living actor is', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ actor: fc.nat(5), kind: fc.constantFrom('change', 'figure', 'end') }), { maxLength: 400 }),
        (steps) => {
          const history = new InspectionHistory({ messages: 40, characters: 20_000 });
          const chart = { id: 'chart' };
          history.add([born('x:0', chart), snapshot('x:0', 'first')]);
          const living = new Map<string, { id: string; value: unknown }>();
          let count = 0;
          for (const { actor, kind } of steps) {
            const place = `a${actor}`;
            const known = living.get(place);
            if (kind === 'end') {
              if (known) history.add([snapshot(known.id, 'end', 'done')]);
              living.delete(place);
              continue;
            }
            const id = known?.id ?? `x:${++count}`;
            if (!known) history.add([born(id)]);
            const value = next;
            history.add([snapshot(id, value, 'active', kind === 'figure')]);
            living.set(place, { id, value });
          }
          const all = history.all();
          // The bound, and the few that explain the rest.
          expect(all.length).toBeLessThanOrEqual(40 + 2 * 7 + 1);
          expect(all.map(({ message: { sequence } }) => sequence)).toEqual(
            all.map(({ message: { sequence } }) => sequence).toSorted((a, b) => a - b),
          );
          const told = new Map<string, unknown>();
          const names = new Set<string>();
          for (const { message: one } of all) {
            if (one.type === '@xstate.actor') names.add(one.sessionId);
            if (one.type === '@xstate.snapshot') told.set(one.sessionId, one.snapshot.value);
          }
          expect(all.some(({ message: one }) => one.type === '@xstate.actor' && one.definition !== null)).toBe(true);
          expect(told.get('x:0')).toBe('first');
          for (const { id, value } of living.values()) {
            expect(names).toContain(id);
            expect(told.get(id)).toBe(value);
          }
        },
      ),
    );
  });
});
