import type { DownloadEvent } from '../../machines/events.ts';

/** What a log needs of the download's actor: to hear. The XState actor fits. */
export interface DownloadActor {
  on<Type extends DownloadEvent['type']>(
    type: Type,
    handler: (event: Extract<DownloadEvent, { type: Type }>) => void,
  ): { unsubscribe(): void };
}
