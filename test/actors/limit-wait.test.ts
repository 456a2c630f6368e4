import { describe, expect, it } from 'vitest';
import { LimitWait } from '../../src/actors/limit-wait.ts';
import { RateLimiter } from '../../src/actors/rate-limiter.ts';
import { FakeClock } from '../support/fake-clock.ts';

/** A limit of 1,000 bytes a second: a byte is a millisecond. */
function limited() {
  const clock = new FakeClock();
  const limiter = new RateLimiter(clock);
  limiter.limit(1_000);
  const over: number[] = [];
  const wait = new LimitWait(limiter, clock, () => over.push(clock.now()));
  return { clock, limiter, wait, over };
}

describe('a wait for the rate limit', () => {
  it('lasts until what has arrived is earned, and is told once', () => {
    const { clock, wait, over } = limited();
    wait.earn(150);
    expect(wait.isWaiting).toBe(true);
    clock.xstate.increment(149);
    expect([wait.isWaiting, over]).toEqual([true, []]);
    clock.xstate.increment(1);
    expect([wait.isWaiting, over]).toEqual([false, [150]]);
    clock.xstate.increment(1_000);
    expect(over).toEqual([150]);
  });

  it('is none that is not worth stopping for', () => {
    const { wait, clock, over } = limited();
    wait.earn(4);
    expect(wait.isWaiting).toBe(false);
    wait.earn(1);
    expect(wait.isWaiting).toBe(true);
    clock.xstate.increment(5);
    expect(over).toEqual([5]);
  });

  it('looks five times a second whether the limit has changed', () => {
    const { clock, limiter, wait, over } = limited();
    wait.earn(5_000);
    clock.xstate.increment(50);
    limiter.limit(null);
    clock.xstate.increment(149);
    expect(over).toEqual([]);
    clock.xstate.increment(1);
    expect([wait.isWaiting, over]).toEqual([false, [200]]);
  });

  it('goes on when so little is left that it is not worth another look', () => {
    const { clock, limiter, wait, over } = limited();
    wait.earn(204);
    clock.xstate.increment(200);
    expect(over).toEqual([200]);
    wait.earn(201);
    // 204 were earned only for 200: 205 are left after the next look.
    expect(limiter.wait(405)).toBe(205);
    clock.xstate.increment(200);
    expect([wait.isWaiting, over]).toEqual([true, [200]]);
    clock.xstate.increment(5);
    expect(over).toEqual([200, 405]);
  });

  it('that begins anew forgets the former one', () => {
    const { clock, wait, over } = limited();
    wait.earn(100);
    wait.earn(50);
    clock.xstate.increment(149);
    expect(over).toEqual([]);
    clock.xstate.increment(1);
    expect(over).toEqual([150]);
  });

  it('that is stopped tells nobody', () => {
    const { clock, wait, over } = limited();
    wait.stop();
    wait.earn(100);
    wait.stop();
    expect(wait.isWaiting).toBe(false);
    clock.xstate.increment(1_000);
    expect(over).toEqual([]);
  });
});
