import type { ClockPort } from '../../actors/ports.ts';

/** The real clock. */
export function createSystemClock(): ClockPort {
  return {
    now: () => performance.now(),
    wall: () => Date.now(),
    every(ms, tick) {
      const timer = setInterval(tick, ms);
      return () => clearInterval(timer);
    },
    after(ms, done) {
      const timer = setTimeout(done, ms);
      return () => clearTimeout(timer);
    },
    activeMs: () => performance.eventLoopUtilization().active,
    random: () => Math.random(),
  };
}
