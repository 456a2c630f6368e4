import { SimulatedClock } from 'xstate';
import type { ClockPort } from '../../src/actors/ports.ts';

/** One simulated time for the machine (`createActor(..., { clock })`) and for the ports. */
export class FakeClock implements ClockPort {
  readonly xstate = new SimulatedClock();
  jitter = 0.5;

  now(): number {
    return this.xstate.now();
  }

  /** By how much somebody has set the wall clock, milliseconds. */
  wallShift = 0;

  wall(): number {
    return Date.UTC(2026, 0, 1) + this.now() + this.wallShift;
  }

  every(ms: number, tick: () => void): () => void {
    let stop = () => {};
    const again = () => {
      stop = this.after(ms, () => {
        again();
        tick();
      });
    };
    again();
    return () => stop();
  }

  after(ms: number, done: () => void): () => void {
    const id = this.xstate.setTimeout(done, ms);
    return () => this.xstate.clearTimeout(id);
  }

  /** The part of the time that is spent at work. */
  load = 0;

  activeMs(): number {
    return this.now() * this.load;
  }

  random(): number {
    return this.jitter;
  }

  /** Lets promises settle, then time pass, until `isDone` or `limitMs` of simulated time are over. */
  async run(isDone: () => boolean, limitMs = 600_000, step = 10): Promise<void> {
    const end = this.now() + limitMs;
    while (true) {
      for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      if (isDone()) return;
      if (this.now() >= end) throw new Error(`not done after ${limitMs} ms of simulated time`);
      this.xstate.increment(step);
    }
  }
}
