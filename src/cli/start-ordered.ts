import { createRedactor } from '../adapters/log/redactor.ts';
import { secretsOf } from '../adapters/log/secrets.ts';
import type { StartOutcome } from '../adapters/window/hub.ts';
import type { DownloadWindow } from '../adapters/window/open-window.ts';
import type { Order } from '../adapters/window/start-request.ts';
import { DownloadError } from '../download-error.ts';
import { openDownload } from '../open-download.ts';
import { EventHub } from './event-hub.ts';
import { redactEvent } from './redact-event.ts';

/** Starts the downloads that a page orders. */
export interface Starter {
  start(window: DownloadWindow, order: Order): StartOutcome;
  /** Resolves when all of them have ended and closed what they had open. */
  settled(): Promise<void>;
}

/** @param signal stops them all; what has arrived is kept */
export function createStarter(signal: AbortSignal): Starter {
  const running = new Set<Promise<void>>();
  return {
    start(window, { url, ...options }) {
      if (signal.aborted) return { ok: false, field: null, message: 'multidown is about to end.' };
      const redact = createRedactor(secretsOf(url, []));
      const hub = new EventHub();
      const { id, inspect } = window.attach(hub, { url, redact });
      const fail = (error: unknown) => {
        if (hub.hasEnded) return;
        const { code, message } =
          error instanceof DownloadError
            ? error
            : { code: 'unexpected' as const, message: `Something unexpected went wrong: ${String(error)}` };
        hub.emit({ type: 'failed', code, message: redact(message), status: null, resumable: false });
      };
      try {
        const { done } = openDownload(url, {
          ...options,
          ifExists: 'ask',
          ifChanged: 'ask',
          signal,
          inspect,
          attach(actor) {
            hub.connect(actor);
            actor.on('*', (event) => hub.emit(redactEvent(event, redact)));
          },
        });
        const ended: Promise<void> = done.then(() => {}, fail).finally(() => running.delete(ended));
        running.add(ended);
      } catch (error) {
        fail(error);
      }
      return { ok: true, download: id };
    },
    async settled() {
      await Promise.all(running);
    },
  };
}
