import type { DownloadCommand, DownloadEvent } from '../machines/events.ts';
import type { DownloadControl } from '../machines/front-end.ts';

type Handler = (event: DownloadEvent) => void;

/**
 * Stands between a download and its front ends, with the same two sides as the
 * actor: they can be attached before the download is opened, so they miss
 * nothing, and hear of a download that could not even be opened.
 */
export class EventHub implements DownloadControl {
  readonly #handlers = new Set<Handler>();
  #receiver: Pick<DownloadControl, 'send'> | null = null;
  #hasEnded = false;

  /** The last event, `done` or `failed`, has been told. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  on(_type: '*', handler: Handler): { unsubscribe(): void } {
    this.#handlers.add(handler);
    return { unsubscribe: () => void this.#handlers.delete(handler) };
  }

  send(command: DownloadCommand): void {
    this.#receiver?.send(command);
  }

  /** From now on commands go there. */
  connect(receiver: Pick<DownloadControl, 'send'>): void {
    this.#receiver = receiver;
  }

  emit(event: DownloadEvent): void {
    this.#hasEnded ||= event.type === 'done' || event.type === 'failed';
    for (const handler of [...this.#handlers]) handler(event);
  }
}
