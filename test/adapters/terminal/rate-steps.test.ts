import { describe, expect, it } from 'vitest';
import { faster, slower } from '../../../src/adapters/terminal/rate-steps.ts';

const MIB = 1024 * 1024;

describe('185 the key for slower', () => {
  it.each([
    ['halves the limit', 8 * MIB, 3 * MIB, 4 * MIB],
    ['sets one at half the speed where there was none', null, 3 * MIB, 1.5 * MIB],
    ['does nothing while nothing is known', null, null, null],
    ['stops at 16 KiB', 20 * 1024, null, 16 * 1024],
    ['sets a whole number of bytes', 100_001, null, 50_001],
  ])('%s', (_, limit, speed, wanted) => expect(slower(limit, speed)).toBe(wanted));
});

describe('185 the key for faster', () => {
  it.each([
    ['doubles a limit that held from the start: nothing faster was ever seen', MIB, MIB, 2 * MIB],
    ['doubles a limit that is held', 4 * MIB, 16 * MIB, 8 * MIB],
    ['doubles it once more where the best speed is near', 16 * MIB, 16 * MIB, 32 * MIB],
    ['lifts it once it is twice the best speed', 32 * MIB, 16 * MIB, null],
    ['doubles it while no speed is known', MIB, null, 2 * MIB],
    ['leaves no limit alone', null, MIB, null],
  ])('%s', (_, limit, best, wanted) => expect(faster(limit, best)).toBe(wanted));
});
