/**
 * A long random walk over the machine of a segment by pure steps: whatever its
 * download and its transfer tell it, in any order, what must always be true is
 * true. It is held by no checkpoint: what outlives the process is its range, in
 * the download's plan. MULTIDOWN_SEED replays a failure.
 */
import { describe, expect, it } from 'vitest';
import { type AnyMachineSnapshot, type AnyStateMachine, initialTransition, transition } from 'xstate';
import type { SegmentContext } from '../../src/machines/segment.machine.ts';
import { entity, single } from '../machines/contexts.ts';
import { happeningsOfSegment, lonelySegment, segmentInput } from '../machines/segment-walk.ts';
import { leafIds } from '../machines/walk.ts';
import type { Happening } from '../machines/world.ts';
import { Random } from '../support/random.ts';
import { Running } from './running.ts';

const EVENTS = process.env.MULTIDOWN_TEST_DEEP === '1' ? 400_000 : 40_000;
const SEED = Number(process.env.MULTIDOWN_SEED ?? 1);
/** What a server without an announced length has. */
const UNKNOWN_END = 100;

const machine = lonelySegment as AnyStateMachine;
/** What the download is told, when a state is entered in which nothing runs any more. */
const farewells: Readonly<Record<string, string>> = {
  waiting: 'segment.released',
  parked: 'segment.parked',
  done: 'segment.completed',
  failed: 'segment.failed',
};

interface Told {
  readonly type: string;
  readonly written?: number;
}

interface Action {
  readonly type: string;
  readonly params?: unknown;
}

class SegmentWalk {
  readonly #random: Random;
  #snapshot!: AnyMachineSnapshot;
  #running!: Running;
  #path: string[] = [];
  /** The largest end since the transfer began: it may not have heard yet that its end was moved. */
  #most = 0;
  /** Events that were taken: to begin anew is none. */
  taken = 0;
  readonly visited = new Set<string>();

  constructor(seed: number) {
    this.#random = new Random(seed);
    this.#begin();
  }

  step(): void {
    const all = happeningsOfSegment(this.#snapshot).filter(({ type, actorId }) => {
      if (!this.#running.canEnd(actorId)) return false;
      // Else no walk would get far.
      return this.#random.chance(0.1) || !/^xstate\.error|transfer\.completed|segment\.park/.test(type);
    });
    const [event] = all.length === 0 ? [] : [this.#vary(this.#random.pick(all))];
    if (event === undefined || this.#snapshot.value === 'parked') return this.#begin();
    this.taken += 1;
    this.#path.push(event.type);
    const before = this.#snapshot;
    const [next, actions] = transition(machine, before, event);
    this.#snapshot = next as AnyMachineSnapshot;
    this.#running.end(event);
    this.#running.note(actions);
    for (const leaf of leafIds(this.#snapshot)) this.visited.add(leaf);
    const told = (actions as readonly Action[])
      .filter(({ type }) => type === 'tell')
      .map(({ params }) => params as Told);
    const flaw = this.#flaw(before, told);
    if (flaw !== null) throw new Error(`after ${this.#path.slice(-12).join(' > ')}: ${flaw}`);
  }

  get #context(): SegmentContext {
    return this.#snapshot.context as SegmentContext;
  }

  #begin(): void {
    const start = this.#random.pick([0, 10]);
    const [snapshot, actions] = initialTransition(machine, {
      ...segmentInput,
      start,
      end: this.#random.pick([50, 100, null]),
      written: start + this.#random.integer(20),
      entity: this.#random.pick([entity, single]),
    });
    this.#snapshot = snapshot as AnyMachineSnapshot;
    this.#running = new Running();
    this.#running.note(actions);
    this.#most = this.#context.end ?? UNKNOWN_END;
    this.#path = [];
  }

  /** News of any offset that the transfer may have come to. */
  #vary(event: Happening): Happening {
    const { start, written, end } = this.#context;
    if (typeof event.end === 'number') return { ...event, end: written + 1 + this.#random.integer(UNKNOWN_END) };
    if (event.type === 'transfer.completed') return { ...event, written: Math.max(written, end ?? UNKNOWN_END) };
    if (typeof event.written !== 'number') return event;
    return { ...event, written: start + this.#random.integer(this.#most - start + 1) };
  }

  /** A sentence about what must not be; null when all is well. */
  #flaw(before: AnyMachineSnapshot, told: readonly Told[]): string | null {
    const { start, written, end, attempt, retries, entity: known } = this.#context;
    const was = before.context as SegmentContext;
    // A transfer begins with the end as it is now, and is gone on with over ends that are moved.
    const isBegun = this.#snapshot.matches('active') && !before.matches('active');
    this.#most = isBegun ? Math.max(end ?? UNKNOWN_END, written) : Math.max(this.#most, end ?? UNKNOWN_END);

    if (written < start) return `${written} is before its start ${start}`;
    if (written > this.#most) return `${written} is beyond ${this.#most}, the furthest that was asked for`;
    const isRewound = !known.acceptsRanges && written === start;
    if (written < was.written && !isRewound) return `${written} after ${was.written}: bytes were forgotten`;
    if (attempt > retries + 1) return `it fails for the ${attempt}th time, with ${retries} retries`;

    const [strange] = this.#running.compare(this.#snapshot, []);
    if (strange !== undefined) return strange;
    const place = String(this.#snapshot.value);
    const farewell = farewells[place];
    if (farewell !== undefined) {
      const count = this.#running.children.size + this.#running.timers.size;
      if (count > 0) return `${count} things run in ${place}`;
      const last = told.filter(({ type }) => type === farewell);
      if (before.value !== place && last.length !== 1) return `${farewell} is told ${last.length} times`;
      if (last[0]?.written !== undefined && last[0].written !== written) return `${farewell} tells ${last[0].written}`;
    }
    return this.#random.chance(0.3) ? this.#flawOfPark() : null;
  }

  /** Whatever it does, it can be parked: at once, or when the writes in flight have landed. */
  #flawOfPark(): string | null {
    if (this.#snapshot.status !== 'active') return null;
    const [parked] = transition(machine, this.#snapshot, { type: 'segment.park' });
    if (parked.value === 'parked') return null;
    if (!parked.matches({ active: 'parking' })) return `a park leads to ${JSON.stringify(parked.value)}`;
    const { written } = this.#context;
    for (const ended of [
      { type: 'transfer.landed', written, at: 1 },
      { type: 'transfer.failed', failure: { code: 'connection-lost', message: 'Lost.' }, written, at: 1, jitter: 0 },
    ]) {
      const [next] = transition(machine, parked, ended);
      if (next.value !== 'parked') return `${ended.type} after a park leads to ${JSON.stringify(next.value)}`;
    }
    return null;
  }
}

describe('a segment, whatever happens to it', () => {
  it(`holds over ${EVENTS} events (MULTIDOWN_SEED=${SEED})`, () => {
    const walk = new SegmentWalk(SEED);
    while (walk.taken < EVENTS) walk.step();
    // It has been everywhere: else it would prove nothing.
    expect([...walk.visited].sort()).toEqual([
      'segment.active.parking',
      'segment.active.receiving',
      'segment.active.releasing',
      'segment.active.requesting',
      'segment.backingOff',
      'segment.done',
      'segment.failed',
      'segment.parked',
      'segment.waiting',
    ]);
  });
});
