import fc from 'fast-check';
import { expect } from 'vitest';
import {
  advance,
  finish,
  isComplete,
  joinComplete,
  markDurable,
  nextId,
  type Plan,
  planWhole,
  rewind,
  split,
} from '../../src/machines/ranges.ts';
import { fillConnections } from '../../src/machines/schedule.ts';

/** One change of a plan; the numbers choose a range and a place in it. */
export interface Step {
  readonly kind:
    | 'advance'
    | 'complete'
    | 'split'
    | 'rewind'
    | 'noteSaved'
    | 'markDurable'
    | 'joinComplete'
    | 'fill'
    | 'restore';
  readonly which: number;
  /** 0 <= x <= 1. */
  readonly where: number;
}

const kinds = [
  'advance',
  'complete',
  'split',
  'rewind',
  'noteSaved',
  'markDurable',
  'joinComplete',
  'fill',
  'restore',
] as const;

export const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    kind: fc.constantFrom(...kinds),
    which: fc.nat(200),
    where: fc.double({ min: 0, max: 1, noNaN: true }),
  }),
  { maxLength: 60 },
);

/** Sizes up to the last that a double counts exactly, with the edges. */
export const sizes: fc.Arbitrary<number> = fc.oneof(
  fc.nat(100),
  fc.nat(5_000_000),
  fc.maxSafeNat(),
  fc.constantFrom(0, 1, 2, 2 ** 31 - 1, 2 ** 31, 2 ** 32, Number.MAX_SAFE_INTEGER),
);

/** Applies steps to the plan of a file of `size` bytes; `look` sees the plan after each. */
export function walkPlan(size: number, walk: readonly Step[], look: (plan: Plan) => void = () => {}): Plan {
  let plan = planWhole(size);
  let saved = plan;
  look(plan);
  for (const step of walk) {
    if (step.kind === 'noteSaved') saved = plan;
    plan = takeStep(plan, step, saved);
    // A restored plan has no save under way.
    if (step.kind === 'restore' || step.kind === 'joinComplete') saved = plan;
    look(plan);
  }
  return plan;
}

function takeStep(plan: Plan, { kind, which, where }: Step, saved: Plan): Plan {
  const range = plan[which % Math.max(1, plan.length)];
  if (!range || range.end === null) return plan;
  const { id, end, written } = range;
  switch (kind) {
    case 'advance':
      return advance(plan, id, written + Math.floor((end - written) * where));
    case 'complete':
      return finish(plan, id, end);
    case 'split': {
      const at = written + 1 + Math.floor((end - written - 2) * where);
      return at > written && at < end ? split(plan, id, at, nextId(plan)) : plan;
    }
    case 'rewind':
      return rewind(plan, id);
    case 'noteSaved':
      return plan;
    case 'markDurable':
      return markDurable(plan, saved);
    case 'joinComplete':
      return joinComplete(plan);
    case 'fill':
      return fillConnections(plan, new Map(), which % 65, 1 + Math.floor(end * where)).plan;
    case 'restore':
      return joinComplete(JSON.parse(JSON.stringify(plan)) as Plan);
  }
}

/** What is true of every plan of a file of known size, always. */
export function expectSound(plan: Plan, size: number): void {
  let offset = 0;
  const ids = new Set<string>();
  for (const range of plan) {
    expect(range.start).toBe(offset);
    expect(range.end).toBeGreaterThan(range.start);
    expect(range.durable).toBeGreaterThanOrEqual(range.start);
    expect(range.written).toBeGreaterThanOrEqual(range.durable);
    expect(range.end).toBeGreaterThanOrEqual(range.written);
    expect([range.start, range.durable, range.written, range.end].every(Number.isSafeInteger)).toBe(true);
    offset = range.end ?? Number.NaN;
    ids.add(range.id);
  }
  expect(offset).toBe(size);
  expect(ids.size).toBe(plan.length);
}

/** Finishes what is missing. */
export function completeAll(plan: Plan): Plan {
  return plan
    .filter((range) => !isComplete(range))
    .reduce((done, range) => advance(done, range.id, range.end ?? 0), plan);
}
