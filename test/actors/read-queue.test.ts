import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ReadQueue, type ReadTurn } from '../../src/actors/read-queue.ts';
import { WriteBudget } from '../../src/actors/write-budget.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

function queueOf(count: number) {
  const budget = new WriteBudget();
  const queue = new ReadQueue(budget);
  const admitted: number[] = [];
  const turns = Array.from({ length: count }, (_, index) => queue.enter(() => admitted.push(index)));
  const waiting = () => turns.flatMap((turn, index) => (turn.isWaiting ? [index] : []));
  return { budget, queue, turns, admitted, waiting };
}

/** What follows from a release happens a little later. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);

describe('a queue of readers', () => {
  it('lets everybody read while there is room', () => {
    const { budget, turns, waiting } = queueOf(64);
    budget.keep(4 * MIB - 1);
    expect(turns.map((turn) => turn.bring(256 * KIB, 256 * KIB))).toEqual(turns.map(() => false));
    expect(waiting()).toEqual([]);
  });

  it('lets those wait who keep 64 KiB, once all together keep 4 MiB', () => {
    const { budget, turns, waiting } = queueOf(3);
    budget.keep(4 * MIB);
    expect(turns[0]?.bring(64 * KIB - 1, 64 * KIB - 1)).toBe(false);
    expect(turns[1]?.bring(64 * KIB, 64 * KIB)).toBe(true);
    expect(turns[1]?.bring(KIB, 65 * KIB)).toBe(true);
    expect(waiting()).toEqual([1]);
  });

  it('goes on with eight, in the order in which they came', async () => {
    const { budget, turns, admitted, waiting } = queueOf(20);
    budget.keep(4 * MIB);
    for (const turn of turns) turn.bring(64 * KIB, 64 * KIB);
    await settled();
    expect(admitted).toEqual([]);
    budget.release(2 * MIB);
    expect(admitted).toEqual([]);
    await settled();
    expect(admitted).toEqual(range(0, 8));
    expect(waiting()).toEqual(range(8, 20));
  });

  it('lets no more begin than there is room for, of half a turn each', async () => {
    const { budget, turns, admitted } = queueOf(20);
    budget.keep(4 * MIB);
    for (const turn of turns) turn.bring(64 * KIB, 64 * KIB);
    budget.release(256 * KIB);
    await settled();
    expect(admitted).toEqual([0, 1]);
    budget.release(1);
    await settled();
    expect(admitted).toEqual([0, 1, 2]);
  });

  it('passes a turn on after 256 KiB, and whoever had it is the last', async () => {
    const { budget, turns, admitted, waiting } = queueOf(10);
    budget.keep(4 * MIB);
    for (const turn of turns) turn.bring(64 * KIB, 64 * KIB);
    budget.release(2 * MIB);
    await settled();
    expect(turns[0]?.bring(255 * KIB, 255 * KIB)).toBe(false);
    expect(turns[0]?.bring(KIB, 256 * KIB)).toBe(true);
    await settled();
    for (const index of [1, 2]) turns[index]?.bring(256 * KIB, 256 * KIB);
    await settled();
    expect(admitted).toEqual([...range(0, 10), 0]);
    expect(waiting()).toEqual([1, 2]);
  });

  it('reads on without turns when nobody waits any more', async () => {
    const { budget, turns, admitted } = queueOf(9);
    budget.keep(4 * MIB);
    for (const turn of turns) turn.bring(64 * KIB, 64 * KIB);
    budget.release(2 * MIB);
    await settled();
    turns[8]?.leave();
    expect(turns[0]?.bring(256 * KIB, 256 * KIB)).toBe(false);
    expect(turns[0]?.bring(256 * KIB, 256 * KIB)).toBe(false);
    // Its place is free: so is the room of the one that left the line.
    budget.keep(2 * MIB);
    expect(turns[8]?.bring(64 * KIB, 64 * KIB)).toBe(true);
    budget.release(2 * MIB);
    await settled();
    expect(admitted).toEqual([...range(0, 8), 8]);
  });

  it('lets whoever looks go on when those whose turn it is bring nothing', async () => {
    const { budget, turns, admitted, waiting } = queueOf(10);
    budget.keep(4 * MIB);
    for (const turn of turns) turn.bring(64 * KIB, 64 * KIB);
    budget.release(3 * MIB);
    await settled();
    turns[9]?.look();
    expect(waiting()).toEqual([8, 9]);
    // Less than a quarter of what may be kept.
    budget.release(1);
    await settled();
    expect(waiting()).toEqual([8, 9]);
    turns[9]?.look();
    // Nor does it wait any more, nor is it let in twice.
    turns[9]?.look();
    expect(waiting()).toEqual([8]);
    expect(admitted).toEqual([...range(0, 8), 9]);
    // It has taken a turn like the others.
    turns[0]?.leave();
    await settled();
    expect(waiting()).toEqual([8]);
    turns[9]?.leave();
    await settled();
    expect(waiting()).toEqual([]);
  });

  it('forgets whoever leaves, waiting or not', async () => {
    const { budget, turns, admitted } = queueOf(9);
    budget.keep(4 * MIB);
    for (const turn of turns) turn.bring(64 * KIB, 64 * KIB);
    turns[0]?.leave();
    turns[0]?.leave();
    budget.release(4 * MIB);
    await settled();
    expect(admitted).toEqual(range(1, 9));
    for (const turn of turns) turn.leave();
    budget.keep(4 * MIB);
    for (const turn of turns) turn.bring(64 * KIB, 64 * KIB);
    budget.release(4 * MIB);
    await settled();
    expect(admitted).toEqual([...range(1, 9), ...range(0, 8)]);
  });

  it('holds the bound, and leaves nobody behind, whatever is read and written when', async () => {
    const step = fc.record({ who: fc.nat(15), kib: fc.integer({ min: 1, max: 256 }), isWrite: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 200 }), async (steps) => {
        const { budget, turns, admitted } = queueOf(16);
        const kept = turns.map(() => 0);
        const write = (who: number) => {
          budget.release(kept[who] ?? 0);
          kept[who] = 0;
        };
        const read = (turn: ReadTurn, who: number, bytes: number) => {
          kept[who] = (kept[who] ?? 0) + bytes;
          budget.keep(bytes);
          turn.bring(bytes, kept[who] ?? 0);
        };
        for (const { who, kib, isWrite } of steps) {
          const turn = turns[who];
          if (isWrite) write(who);
          else if (turn && !turn.isWaiting && (kept[who] ?? 0) < 512 * KIB) read(turn, who, kib * KIB);
          if (isWrite) await settled();
          // What one turn of each can add to it, at most.
          expect(budget.kept).toBeLessThan(4 * MIB + 16 * 256 * KIB);
        }
        for (const who of kept.keys()) write(who);
        await settled();
        for (const turn of turns) turn.look();
        expect(turns.filter((turn) => turn.isWaiting)).toEqual([]);
        expect(admitted.length).toBeLessThanOrEqual(steps.length);
      }),
      { numRuns: 40 },
    );
  });
});
