import { describe, expect, it } from 'vitest';
import { ReadPace } from '../../../src/adapters/http/read-pace.ts';

describe('ReadPace', () => {
  it('reads as much as there is, without a limit', () => {
    const pace = new ReadPace();
    pace.join();
    expect(pace.mostRead).toBe(Number.POSITIVE_INFINITY);
    pace.pace(1_000_000);
    pace.pace(null);
    expect(pace.mostRead).toBe(Number.POSITIVE_INFINITY);
  });

  it("185 reads a twentieth of a second's bytes, all sockets together", () => {
    const pace = new ReadPace();
    pace.pace(1_000_000);
    expect(pace.mostRead).toBe(50_000);
    const leave = Array.from({ length: 4 }, () => pace.join());
    expect(pace.mostRead).toBe(12_500);
    leave[0]?.();
    leave[1]?.();
    expect(pace.mostRead).toBe(25_000);
  });

  it('never reads less than is worth it', () => {
    const pace = new ReadPace();
    pace.pace(1);
    expect(pace.mostRead).toBe(2_048);
  });
});
