import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WriteBatch } from '../../src/actors/write-batch.ts';
import { WriteBudget } from '../../src/actors/write-budget.ts';
import { FailureError } from '../../src/machines/failures.ts';
import { someBytes } from '../support/fake-download.ts';
import { GatedStorage, settled } from './gated-storage.ts';

const KIB = 1024;

function batchFrom(from = 0, budget = new WriteBudget()) {
  const storage = new GatedStorage();
  const told: unknown[] = [];
  const recycled = { bytes: 0 };
  const batch = new WriteBatch(storage, {
    from,
    onWritten: (error) => told.push(error),
    recycle: (chunk) => {
      recycled.bytes += chunk.length;
      // Whoever still reads it gets other bytes.
      chunk.fill(0xee);
    },
    budget,
  });
  return { storage, told, batch, recycled, budget };
}

describe('WriteBatch', () => {
  it('gathers, and writes 192 KiB at once', async () => {
    const { storage, batch } = batchFrom(100);
    for (let count = 0; count < 11; count += 1) batch.add(new Uint8Array(16 * KIB));
    expect(storage.writes).toEqual([]);
    batch.add(new Uint8Array(16 * KIB));
    expect(storage.writes).toEqual([{ position: 100, length: 192 * KIB }]);
    expect(batch).toMatchObject({ written: 100, position: 100 + 192 * KIB, isWriting: true, isIdle: false });
    await storage.land();
    expect(batch).toMatchObject({ written: 100 + 192 * KIB, isWriting: false, isIdle: true });
  });

  it('writes one batch after the other, never two at a time', async () => {
    const { storage, batch, told } = batchFrom();
    batch.add(new Uint8Array(256 * KIB));
    batch.add(new Uint8Array(192 * KIB));
    batch.flush();
    expect(storage.held).toBe(1);
    await storage.land();
    expect(told).toEqual([null]);
    expect(storage.writes).toEqual([
      { position: 0, length: 256 * KIB },
      { position: 256 * KIB, length: 192 * KIB },
    ]);
    await storage.land();
    expect(batch.isIdle).toBe(true);
  });

  it('is full at 512 KiB that are not written, what is in flight included', async () => {
    const { storage, batch } = batchFrom();
    batch.add(new Uint8Array(256 * KIB));
    batch.add(new Uint8Array(256 * KIB - 1));
    expect(batch.isFull).toBe(false);
    batch.add(new Uint8Array(1));
    expect(batch.isFull).toBe(true);
    await storage.land();
    expect(batch.isFull).toBe(false);
  });

  it('writes in one piece what was read side by side', async () => {
    const { storage, batch } = batchFrom();
    const memory = someBytes(30);
    for (const at of [0, 10, 20]) batch.add(memory.subarray(at, at + 10));
    batch.add(someBytes(5));
    batch.flush();
    expect(storage.pieces).toEqual([2]);
    await storage.land();
    expect(storage.data.length).toBe(35);
  });

  it('writes apart what only seems to lie side by side', async () => {
    const { storage, batch } = batchFrom();
    const [one, other] = [someBytes(30), someBytes(60).slice(30)];
    batch.add(one.subarray(0, 10));
    // The next place, of another piece of memory; then the same memory, and not the next place.
    batch.add(other.subarray(10, 20));
    batch.add(other.subarray(25, 30));
    const right = Buffer.concat([one.subarray(0, 10), other.subarray(10, 20), other.subarray(25, 30)]);
    batch.flush();
    expect(storage.pieces).toEqual([3]);
    await storage.land();
    expect(Buffer.from(storage.data)).toEqual(right);
  });

  it('leaves for later what is not worth a write, and is not idle while it does', async () => {
    const { storage, batch } = batchFrom();
    batch.add(new Uint8Array(200 * KIB));
    batch.add(new Uint8Array(10));
    await storage.land();
    expect(storage.writes).toHaveLength(1);
    expect(batch).toMatchObject({ isIdle: false, isWriting: false, position: 200 * KIB + 10 });
  });

  it('knows what it keeps, in flight or not, and so does the budget of all', async () => {
    const { batch, storage, budget } = batchFrom();
    batch.add(new Uint8Array(200 * KIB));
    batch.add(new Uint8Array(100 * KIB));
    expect([batch.kept, budget.kept]).toEqual([300 * KIB, 300 * KIB]);
    await storage.land();
    expect([batch.kept, budget.kept]).toEqual([100 * KIB, 100 * KIB]);
  });

  it('keeps nothing of what was dropped', async () => {
    const { batch, storage, recycled, budget } = batchFrom();
    budget.keep(4 * KIB * KIB - 300 * KIB);
    batch.add(new Uint8Array(200 * KIB));
    batch.add(new Uint8Array(100 * KIB));
    expect([budget.isSpent, budget.kept]).toEqual([true, 4 * KIB * KIB]);
    batch.drop();
    expect([budget.isSpent, recycled.bytes, batch.position]).toEqual([false, 100 * KIB, 200 * KIB]);
    budget.keep(100 * KIB);
    expect(budget.isSpent).toBe(true);
    await storage.landAll();
    expect(budget.isSpent).toBe(false);
  });

  it('does nothing when there is nothing to write', () => {
    const { storage, batch } = batchFrom();
    batch.flush();
    expect(storage.writes).toEqual([]);
    expect(batch.isIdle).toBe(true);
  });

  it('tells of a failed write and does not count its bytes', async () => {
    const { storage, batch, told } = batchFrom();
    storage.failing = { write: { code: 'disk-full', message: 'The disk is full.' } };
    storage.isHeld = false;
    batch.add(new Uint8Array(10));
    batch.flush();
    await settled();
    expect(told).toEqual([expect.any(FailureError)]);
    expect(batch).toMatchObject({ written: 0, isWriting: false });
  });

  it.each([
    ['in what is gathered', 25, 25],
    ['at the edge of a chunk', 20, 20],
    ['in the chunk before the last', 15, 15],
    ['before what is gathered: that in flight still lands', 5, 10],
    ['behind all', 99, 40],
  ])('cuts %s', async (_, end, position) => {
    const { storage, batch, recycled } = batchFrom();
    const bytes = someBytes(40);
    const right = bytes.slice(0, position);
    batch.add(bytes.subarray(0, 10));
    batch.flush();
    batch.add(bytes.subarray(10, 20));
    // Of other memory: a chunk of its own.
    batch.add(bytes.slice(20, 40));
    batch.truncate(end);
    expect([batch.position, recycled.bytes]).toEqual([position, 40 - position]);
    await storage.land();
    batch.flush();
    await storage.landAll();
    expect(storage.data).toEqual(right);
  });

  it('writes the right bytes to the right places, however they come, are flushed, landed and cut', async () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('add' as const), size: fc.integer({ min: 1, max: 100 * KIB }) }),
      fc.record({ kind: fc.constantFrom('flush' as const, 'land' as const), size: fc.constant(0) }),
    );
    const walk = fc.array(step, { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(
        walk,
        walk,
        fc.nat(50_000),
        fc.double({ min: 0, max: 1.2, noNaN: true }),
        async (one, two, from, cut) => {
          const { storage, batch, recycled, budget } = batchFrom(from);
          let sent = from;
          // All chunks lie side by side, as a socket that reads much brings them.
          const memory = new Uint8Array(2.5 * 1024 * KIB);
          let added = 0;
          const chunkOf = (size: number) => {
            const chunk = memory.subarray(added, added + size);
            chunk.forEach((_, index) => {
              chunk[index] = (sent + index) % 251;
            });
            added += size;
            return chunk;
          };
          const go = async (steps: typeof one) => {
            for (const { kind, size } of steps) {
              if (kind === 'add') batch.add(chunkOf(size));
              if (kind === 'add') sent += size;
              if (kind === 'flush') batch.flush();
              if (kind === 'land') await storage.land();
              expect(batch.position).toBe(sent);
            }
          };
          await go(one);
          const inFlight = storage.writes.reduce((sum, write) => sum + write.length, from);
          const end = from + Math.floor((sent - from) * cut);
          batch.truncate(end);
          sent = Math.max(inFlight, Math.min(sent, end));
          await go(two);
          await storage.landAll();
          batch.flush();
          await storage.landAll();
          expect(batch).toMatchObject({ written: sent, position: sent, isIdle: true });
          const right = storage.data.every((byte, offset) => offset < from || byte === offset % 251);
          expect(right).toBe(true);
          expect(storage.data.length).toBe(sent > from ? sent : 0);
          expect(recycled.bytes).toBe(added);
          // All but a byte of it is free again.
          budget.keep(4 * KIB * KIB - 1);
          expect(budget.isSpent).toBe(false);
          budget.keep(1);
          expect(budget.isSpent).toBe(true);
        },
      ),
      { numRuns: 40 },
    );
  });
});
