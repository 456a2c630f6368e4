import { describe, expect, it } from 'vitest';
import { SyncAhead } from '../../../src/adapters/storage/sync-ahead.ts';

const MIB = 1024 * 1024;

function smallestDue(ahead: SyncAhead): number {
  return Array.from({ length: 200 }, (_, mib) => mib).find((mib) => ahead.isDue(mib * MIB)) ?? Number.NaN;
}

describe('a sync beside everything else', () => {
  it('comes soon at first: the disk is not to be idle at the start', () => {
    expect(smallestDue(new SyncAhead())).toBe(16);
  });

  it.each([
    ['a quick disk', 64 * MIB, 250, 16],
    ['a slow disk', 64 * MIB, 251, 64],
    ['a disk that took no time to speak of', 16 * MIB, 0, 16],
  ])('comes as often as suits %s', (_, bytes, ms, due) => {
    const ahead = new SyncAhead();
    ahead.took(bytes, ms);
    expect(smallestDue(ahead)).toBe(due);
  });

  it('is not judged by one of a few bytes', () => {
    const ahead = new SyncAhead();
    ahead.took(16 * MIB - 1, 1_000);
    expect(smallestDue(ahead)).toBe(16);
  });

  it('follows a disk that changes', () => {
    const ahead = new SyncAhead();
    ahead.took(64 * MIB, 1_000);
    ahead.took(64 * MIB, 64);
    expect(smallestDue(ahead)).toBe(16);
  });
});
