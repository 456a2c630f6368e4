import type { WindowHub } from '../adapters/window/hub.ts';

export interface Use {
  /** Nobody wants it any more. */
  readonly signal: AbortSignal;
  /** Only the signal ends it: a terminal is there to give it. */
  readonly isForever: boolean;
}

/** How long the window waits for a page: at the start for a browser, later for a reload. Milliseconds. */
const FIRST_PAGE_MS = 5 * 60_000;
const NEXT_PAGE_MS = 30_000;
const LOOK_MS = 500;

/** Resolves when the window may close: at the signal, or when no page is there and nothing runs. */
export async function untilUnused(
  hub: Pick<WindowHub, 'pages' | 'running'>,
  { signal, isForever }: Use,
): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    let wasSeen = false;
    let unusedMs = 0;
    const timer = setInterval(() => {
      wasSeen ||= hub.pages > 0;
      unusedMs = hub.pages > 0 || hub.running > 0 ? 0 : unusedMs + LOOK_MS;
      if (!isForever && unusedMs >= (wasSeen ? NEXT_PAGE_MS : FIRST_PAGE_MS)) end();
    }, LOOK_MS);
    const end = () => {
      clearInterval(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    signal.addEventListener('abort', end);
  });
}
