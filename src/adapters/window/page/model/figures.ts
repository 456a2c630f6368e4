import type { DownloadContext } from '../../../../machines/download.context.ts';
import { figuresOf } from '../../../../machines/download.figures.ts';
import type { Figures } from '../../../../machines/events.ts';
import type { PlainSnapshot } from '../../protocol.ts';
import type { History } from './history.ts';
import { isResting } from './shown-figures.ts';

/** The figures out of a download's context as it was at any time; null for what is no such context. */
export function figuresFrom(context: unknown): Figures | null {
  if (typeof context !== 'object' || context === null || !('plan' in context) || !('meter' in context)) return null;
  try {
    return figuresOf(context as DownloadContext);
  } catch {
    // A recording of another version, or one that was cut to fit.
    return null;
  }
}

/** One point of the plots. */
export interface Sample {
  /** Milliseconds spent downloading until then, which is the "Time passed": a pause does not count. */
  readonly elapsedMs: number;
  /** Null before there is anything to tell it by. */
  readonly bytesPerSecond: number | null;
  readonly connections: number;
}

/** Milliseconds between two points: more cannot be told apart. */
const STEP_MS = 200;
/** Points that are kept; then every second one goes. */
const MOST = 3_000;

/** Gathers the points of the plots out of a history, each message looked at once. */
export class Samples {
  readonly #history: History;
  #points: Sample[] = [];
  #next = 0;
  #stepMs = STEP_MS;
  #isResting = false;

  constructor(history: History) {
    this.#history = history;
  }

  get points(): readonly Sample[] {
    for (; this.#next < this.#history.end; this.#next++) this.#look(this.#next);
    return this.#points;
  }

  #look(place: number): void {
    const message = this.#history.message(place);
    if (message?.type !== '@xstate.snapshot' || message.sessionId !== message.rootId) return;
    const rests = isAtRest(message.snapshot);
    const last = this.#points.at(-1);
    if (rests) {
      // It falls at once, and stays down until it goes on.
      if (!this.#isResting && last) this.#points.push({ ...last, bytesPerSecond: 0, connections: 0 });
      this.#isResting = true;
      return;
    }
    const figures = figuresFrom(message.snapshot.context);
    if (!figures || figures.startedAt === 0) return;
    const { elapsedMs, speed, connections } = figures;
    if (last && elapsedMs - last.elapsedMs < this.#stepMs) return;
    this.#isResting = false;
    this.#points.push({
      elapsedMs,
      bytesPerSecond: connections.active === 0 ? 0 : speed.now,
      connections: connections.active,
    });
    if (this.#points.length > MOST) {
      this.#points = this.#points.filter((_, index) => index % 2 === 0);
      this.#stepMs *= 2;
    }
  }
}

function isAtRest({ status, value }: PlainSnapshot): boolean {
  if (status !== 'active') return true;
  const outermost = typeof value === 'object' && value !== null ? (Object.keys(value)[0] ?? '') : String(value);
  return isResting(outermost);
}
