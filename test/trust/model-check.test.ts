/**
 * Long random walks over the machine of a download by pure steps: whatever
 * happens, in any order, what must always be true is true. With the walk over
 * a segment (`model-check-segment.test.ts`) these are 100,000 events, ten times
 * as many in the long version; MULTIDOWN_SEED replays a failure.
 */
import { describe, expect, it } from 'vitest';
import {
  type AnyMachineSnapshot,
  type AnyStateMachine,
  type AnyStateNode,
  initialTransition,
  transition,
} from 'xstate';
import { serialise } from '../../src/adapters/storage/checkpoint-file.ts';
import { checkCheckpoint } from '../../src/adapters/storage/checkpoint-schema.ts';
import { isIntact, readSealed } from '../../src/adapters/storage/sealed.ts';
import type { Checkpoint } from '../../src/machines/checkpoint.ts';
import { withoutWaiting } from '../../src/machines/download.connections.ts';
import {
  checkpointOf,
  type DownloadContext,
  parkContext,
  restoreContext,
} from '../../src/machines/download.context.ts';
import { downloadMachine } from '../../src/machines/download.machine.ts';
import { rangeIdOf } from '../../src/machines/hedge.ts';
import type { DownloadOptions } from '../../src/machines/options.ts';
import { isComplete, type Plan, writtenBytes } from '../../src/machines/ranges.ts';
import { input, source, target } from '../machines/contexts.ts';
import { nextFill } from '../machines/download-happenings.ts';
import { inputs, leafIds } from '../machines/walk.ts';
import { anythingOf, type Happening, happeningsOf } from '../machines/world.ts';
import { Random } from '../support/random.ts';
import { Running } from './running.ts';

const isDeep = process.env.MULTIDOWN_TEST_DEEP === '1';
const given = Number(process.env.MULTIDOWN_SEED);
const FACTOR = isDeep ? 10 : 1;
const DOWNLOAD_EVENTS = 10_000 * FACTOR;
const seeds = given ? [given] : [1, 2, 3, 4, 5, isDeep ? Date.now() % 1e9 : 6];

/** What is wrong with a plan; null when nothing is. */
function flawOf(plan: Plan, size: number | null): string | null {
  let offset: number | null = 0;
  for (const { id, start, durable, written, end } of plan) {
    if (start !== offset) return `${id} begins at ${start}, not at ${offset}`;
    if (!(start <= durable && durable <= written)) return `${id}: ${start} <= ${durable} <= ${written} is not so`;
    if (end !== null && (written > end || end <= start)) return `${id}: ${written} of ${start} to ${end}`;
    offset = end;
  }
  if (new Set(plan.map(({ id }) => id)).size !== plan.length) return 'two ranges have one name';
  return plan.length === 0 || offset === size ? null : `it ends at ${offset}, the file at ${size}`;
}

/** As it comes back from the disk; null when nobody would believe it. */
function reread(checkpoint: Checkpoint): Checkpoint | null {
  const file = readSealed(serialise({ bootId: 'boot-1', checkpoint }));
  if (file === null || !isIntact(file)) return null;
  return checkCheckpoint((file.body as { readonly checkpoint: unknown }).checkpoint);
}

/** A new machine finds the checkpoint, and is told nothing but good news: it must end, with every byte fetched once. */
function endFrom(checkpoint: Checkpoint, random: Random): void {
  const options = {
    ifExists: 'overwrite',
    minSplit: random.pick([7, 60]),
    connections: random.pick([1, 3, 8]),
  } as const;
  const machine = downloadMachine as AnyStateMachine;
  let [now] = initialTransition(machine, input(options)) as unknown as [AnyMachineSnapshot, unknown];
  const tell = (event: Happening) => {
    [now] = transition(machine, now, event) as unknown as [AnyMachineSnapshot, unknown];
  };
  const answer = (src: string, output: unknown) => {
    const invoke = now._nodes
      .flatMap((node: AnyStateNode) => node.invoke)
      .find((one: { src: unknown }) => one.src === src);
    if (!invoke) throw new Error(`${src} does not run in ${JSON.stringify(now.value)}`);
    tell({ type: `xstate.done.actor.${invoke.id}`, output });
  };
  answer('claimTarget', { claim: { kind: 'partial', target, checkpoint }, at: 1 });
  const fetched = new Map<string, number>();
  const begun = (now.context as DownloadContext).plan;
  for (let step = 0; now.status === 'active' && step < 1_000; step += 1) {
    const { plan, workers, entity: known } = now.context as DownloadContext;
    if (now.matches({ probing: 'asking' })) {
      const first = plan.find((range) => !isComplete(range));
      const open = first ? { exchangeId: 'x', offset: first.written } : null;
      answer('probeSource', {
        kind: 'found',
        entity: known,
        source,
        suggestedName: 'f',
        digests: [],
        open,
        warnings: [],
      });
    } else if (now.matches('preparing')) answer('prepareTarget', target);
    else if (now.matches({ merging: 'verifying' }))
      answer('verifyDigests', { digests: {}, verified: [], isMissing: false, damaged: [] });
    else if (now.matches({ merging: 'publishing' })) answer('publishTarget', target.path);
    else {
      const busy = Object.keys(workers).filter((id) => ['requesting', 'receiving'].includes(workers[id]?.state ?? ''));
      // What waits is begun in a moment.
      if (busy.length === 0) {
        tell(nextFill);
        continue;
      }
      const id = random.pick(busy);
      const range = plan.find((one) => one.id === rangeIdOf(id));
      if (!range) throw new Error(`${id} fetches nothing`);
      if (workers[id]?.state === 'requesting') tell({ type: 'segment.responded', id, piece: null });
      else {
        fetched.set(range.id, (range.end ?? 100) - range.written);
        tell({ type: 'segment.completed', id, written: range.end ?? 100, at: step });
      }
    }
  }
  if (now.value !== 'done') throw new Error(`from ${JSON.stringify(checkpoint.plan)}: ${JSON.stringify(now.value)}`);
  const { plan, result } = now.context as DownloadContext;
  const total = [...fetched.values()].reduce((sum, bytes) => sum + bytes, 0);
  if (total !== writtenBytes(plan) - writtenBytes(begun)) throw new Error(`${total} bytes were fetched`);
  if (!plan.every(isComplete) || result?.size !== writtenBytes(plan)) throw new Error('something is missing');
}

class DownloadWalk {
  readonly #random: Random;
  #snapshot!: AnyMachineSnapshot;
  #running!: Running;
  #path: string[] = [];
  /** Checkpoints that a next run may find: what earlier ones have left. */
  readonly #left: unknown[] = [];
  /** Events that were taken: to begin anew is none. */
  taken = 0;
  readonly ends = new Map<string, number>();
  readonly visited = new Set<string>();

  constructor(seed: number) {
    this.#random = new Random(seed);
    this.#begin();
  }

  get #context(): DownloadContext {
    return this.#snapshot.context as DownloadContext;
  }

  step(): void {
    const event = this.#random.chance(0.85) ? this.#likely() : this.#anything();
    if (event === null) return this.#begin();
    this.#path.push(event.type);
    try {
      this.#take(event);
      this.#check(event);
    } catch (error) {
      throw new Error(`after ${this.#path.slice(-12).join(' > ')}: ${String(error)}`, { cause: error });
    }
    if (this.#snapshot.status !== 'active') {
      this.ends.set(String(this.#snapshot.value), (this.ends.get(String(this.#snapshot.value)) ?? 0) + 1);
      this.#begin();
    }
  }

  #begin(): void {
    const options: Partial<DownloadOptions> = {
      ...this.#random.pick(inputs),
      ...(this.#random.chance(0.5) ? { connections: this.#random.pick([1, 2, 3, 8, 64, 'auto'] as const) } : {}),
      ...(this.#random.chance(0.5) ? { minSplit: this.#random.pick([1, 7, 30, 100]) } : {}),
    };
    const [snapshot, actions] = initialTransition(downloadMachine as AnyStateMachine, input(options));
    this.#snapshot = snapshot as AnyMachineSnapshot;
    this.#running = new Running();
    this.#running.note(actions);
    this.#path = [JSON.stringify(options)];
  }

  /** An end, or a stop, comes seldom: else no walk would get far. */
  #likely(): Happening | null {
    const all = happeningsOf(this.#snapshot).filter(
      ({ type, actorId }) =>
        this.#running.canEnd(actorId) &&
        (this.#random.chance(0.1) ||
          !/^download\.(?:stop|pause)|^xstate\.error|segment\.failed|segment\.completed/.test(type)),
    );
    return all.length === 0 ? null : this.#vary(this.#random.pick(all));
  }

  /** What makes no sense here; but what ends, is over or tells must have been begun. */
  #anything(): Happening | null {
    const { workers } = this.#context;
    const all = anythingOf(downloadMachine as AnyStateMachine, this.#snapshot).filter(
      ({ type, id }) =>
        !type.startsWith('xstate.after') && !(type.startsWith('segment.') && !(String(id) in withoutWaiting(workers))),
    );
    return all.length === 0 ? null : this.#vary(this.#random.pick(all));
  }

  /** The same event with other numbers: news is late, a save holds what was there when it began. */
  #vary(event: Happening): Happening {
    const range = this.#context.plan.find(({ id }) => id === rangeIdOf(String(event.id)));
    if (range && typeof event.written === 'number' && event.type !== 'segment.completed') {
      // News may be of before a split, and so beyond the end; of unknown length no more comes than there is.
      const most = range.end === null ? 100 : range.end + 2;
      return { ...event, written: range.start + this.#random.integer(most - range.start + 1) };
    }
    const { actorId, output } = event as { actorId?: string; output?: { claim?: { kind: string } } };
    const begun = this.#running.children.get(String(actorId)) as { checkpoint?: { plan: Plan } } | undefined;
    if (Array.isArray(output) && begun?.checkpoint) return { ...event, output: begun.checkpoint.plan };
    if (output?.claim?.kind === 'partial' && this.#left.length > 0) {
      return { ...event, output: { ...output, claim: { ...output.claim, checkpoint: this.#random.pick(this.#left) } } };
    }
    return event;
  }

  #take(event: Happening): void {
    const [next, actions] = transition(downloadMachine as AnyStateMachine, this.#snapshot, event);
    this.taken += 1;
    this.#snapshot = next as AnyMachineSnapshot;
    this.#running.end(event);
    this.#running.note(actions);
  }

  #check(event: Happening): void {
    const { plan, entity: known, workers, result } = this.#context;
    for (const leaf of leafIds(this.#snapshot)) this.visited.add(leaf);
    const flaw = known === null ? null : flawOf(plan, known.size);
    if (flaw !== null) throw new Error(flaw);
    if (this.#snapshot.status === 'active') {
      const [strange] = this.#running.compare(this.#snapshot, Object.keys(withoutWaiting(workers)));
      if (strange !== undefined) throw new Error(strange);
      for (const id of Object.keys(workers)) {
        if (!plan.some((range) => range.id === rangeIdOf(id))) throw new Error(`${id} fetches no range`);
      }
    }
    if (this.#snapshot.matches('paused')) {
      const count = this.#running.children.size + this.#running.timers.size + Object.keys(workers).length;
      if (count > 0) throw new Error(`${count} things run while it is paused`);
    }
    if (this.#snapshot.matches('merging') && known?.size !== null) {
      if (!plan.every(isComplete) || writtenBytes(plan) !== known?.size)
        throw new Error('it is put together too early');
    }
    if (this.#snapshot.value === 'done' && result === null) throw new Error('it is done without a result');
    if (this.#random.chance(0.2)) this.#checkStop(event);
    if (this.#random.chance(0.2)) this.#checkRestore();
  }

  #checkStop({ type }: Happening): void {
    if (this.#snapshot.status !== 'active') return;
    const [next] = transition(downloadMachine as AnyStateMachine, this.#snapshot, { type: 'download.stop' });
    // Where bytes may be in flight, or may not have been noted, they land and are noted first.
    const isSaved = ['downloading', 'pausing', 'merging'].some((state) => this.#snapshot.matches(state));
    const isAnswered =
      (next.value === 'stopped' && !isSaved) ||
      (next.matches('pausing') && ['stop', 'fail'].includes((next.context as DownloadContext).intent)) ||
      next.matches({ merging: 'publishing' });
    if (!isAnswered) throw new Error(`a stop after ${type} leads to ${JSON.stringify(next.value)}`);
  }

  /** What would be on disk if this were the last instant can be read, and gone on from. */
  #checkRestore(): void {
    const checkpoint = checkpointOf(parkContext(this.#context));
    if (checkpoint === null) return;
    expect(checkpoint).toEqual(checkpointOf(this.#context));
    const read = reread(checkpoint);
    if (read === null) throw new Error(`no run would read ${JSON.stringify(checkpoint)}`);
    expect(read).toEqual(checkpoint);
    if (this.#left.length < 50) this.#left.push(read);
    else this.#left[this.#random.integer(50)] = read;
    const restored = restoreContext(this.#context, read);
    const flaw = restored.entity === null ? null : flawOf(restored.plan, restored.entity.size);
    if (flaw !== null) throw new Error(`restored: ${flaw}`);
    if (restored.entity && writtenBytes(restored.plan) !== writtenBytes(read.plan)) throw new Error('bytes were lost');
    // What a process that died here leaves, another one ends from.
    if (this.#random.chance(0.3)) endFrom(read, this.#random);
  }
}

describe('135 a download, whatever happens to it', () => {
  it.each(seeds)(`holds over ${DOWNLOAD_EVENTS} events (MULTIDOWN_SEED=%i)`, (seed) => {
    const walk = new DownloadWalk(seed);
    while (walk.taken < DOWNLOAD_EVENTS) walk.step();
    // It has been about: else it would prove nothing.
    expect([...walk.ends.keys()].sort()).toEqual(['done', 'failed', 'stopped']);
    expect(walk.visited.size).toBeGreaterThan(22);
  });
});
