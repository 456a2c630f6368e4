import type { DownloadCommand, DownloadEvent } from './events.ts';

/** What a front end needs of the download's actor: to hear and to command. The XState actor fits. */
export interface DownloadControl {
  on(type: '*', handler: (event: DownloadEvent) => void): { unsubscribe(): void };
  send(command: DownloadCommand): void;
}

/** A handler for each type of event that a front end cares for. */
export type DownloadListeners = {
  readonly [Type in DownloadEvent['type']]?: (event: Extract<DownloadEvent, { type: Type }>) => void;
};

/** Calls the listener of each event's type; returns what stops it. */
export function listen(actor: Pick<DownloadControl, 'on'>, listeners: DownloadListeners): () => void {
  const subscription = actor.on('*', (event) => {
    switch (event.type) {
      case 'state':
        return listeners.state?.(event);
      case 'progress':
        return listeners.progress?.(event);
      case 'segment':
        return listeners.segment?.(event);
      case 'warning':
        return listeners.warning?.(event);
      case 'done':
        return listeners.done?.(event);
      case 'failed':
        return listeners.failed?.(event);
    }
  });
  return () => subscription.unsubscribe();
}
