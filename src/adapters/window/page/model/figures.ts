import type { DownloadContext } from '../../../../machines/download.context.ts';
import { figuresOf } from '../../../../machines/download.figures.ts';
import type { Figures } from '../../../../machines/events.ts';
import type { History } from './history.ts';

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
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly bytes: number;
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
    const at = Number(message.createdAt);
    const last = this.#points.at(-1);
    if (last && at - last.at < this.#stepMs) return;
    const figures = figuresFrom(message.snapshot.context);
    if (!figures || figures.startedAt === 0) return;
    this.#points.push({
      at,
      bytes: figures.bytes,
      bytesPerSecond: figures.connections.active === 0 ? 0 : figures.speed.now,
      connections: figures.connections.active,
    });
    if (this.#points.length > MOST) {
      this.#points = this.#points.filter((_, index) => index % 2 === 0);
      this.#stepMs *= 2;
    }
  }
}
