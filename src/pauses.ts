import type { DownloadActor } from './open-download.ts';

/** The pauses that a program waits for. */
export class Pauses {
  readonly #actor: DownloadActor;
  /** Those that are not there yet. */
  readonly #waiting = new Set<(isPaused: boolean) => void>();

  constructor(actor: DownloadActor) {
    this.#actor = actor;
  }

  /** Resolves to true once it is paused, to false when it is not going to be. */
  pause(): Promise<boolean> {
    const actor = this.#actor;
    // Who subscribes to what has ended is told so before there is a subscription.
    if (actor.getSnapshot().status !== 'active') return Promise.resolve(false);
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const finish = (isPaused: boolean) => {
      this.#waiting.delete(finish);
      states.unsubscribe();
      warnings.unsubscribe();
      resolve(isPaused);
    };
    const look = () => {
      if (actor.getSnapshot().hasTag('paused')) finish(true);
    };
    const states = actor.subscribe({ next: look, complete: () => finish(false), error: () => finish(false) });
    const warnings = actor.on('warning', ({ code }) => {
      if (code === 'pause-unsupported') finish(false);
    });
    this.#waiting.add(finish);
    actor.send({ type: 'download.pause' });
    // It may have been paused already, and nothing has changed then.
    look();
    return promise;
  }

  /** Goes on; whoever waits for a pause waits for nothing any more. */
  resume(): void {
    for (const finish of this.#waiting) finish(false);
    this.#actor.send({ type: 'download.resume' });
  }
}
