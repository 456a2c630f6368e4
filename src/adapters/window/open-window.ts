import type { InspectionEvent } from 'xstate';
import type { DownloadControl } from '../../machines/front-end.ts';
import { type StartOutcome, WindowHub } from './hub.ts';
import { openBrowser } from './open-browser.ts';
import { builtPage, readPage } from './page-files.ts';
import type { StartRequest } from './protocol.ts';
import { openRecorder, type Recorder } from './recorder.ts';
import { readRecording } from './recording.ts';
import { startWindowServer, type WindowServer } from './server.ts';
import { judgeStart, type Order } from './start-request.ts';

export interface WindowOptions {
  readonly version: string;
  /** A page can see it; else only the recorder runs. */
  readonly isServed: boolean;
  /** Open the browser too. */
  readonly opensBrowser: boolean;
  /** A file to record into. */
  readonly record?: string | null;
  /** A recording to show, instead of downloads. */
  readonly replay?: string;
  /** Folders that a page may save to. */
  readonly roots?: readonly string[];
  /** Starts what a page has ordered; gives its id, or a sentence that says why not. */
  readonly start?: (order: Order) => StartOutcome;
  /** Where the window is; with its token, so for the user's eyes only. */
  readonly announce: (url: string) => void;
  /** A sentence for people. */
  readonly warn: (message: string) => void;
}

export interface DownloadWindow {
  readonly hub: WindowHub;
  /** Shows a download; gives its id, and what its actor is to be inspected with. */
  attach(
    control: DownloadControl,
    about: AttachOptions,
  ): { readonly id: string; readonly inspect: (event: InspectionEvent) => void };
  /** Tells the pages and the recording the rest, and ends. */
  close(): Promise<void>;
}

export interface AttachOptions {
  readonly url: string;
  readonly redact: (text: string) => string;
}

/** Downloads that may run at once. */
const MOST_RUNNING = 32;

/**
 * Opens the window: its server, the browser on it, and the flight recorder, as wanted.
 *
 * @throws FailureError when the recording cannot be read or written
 */
export async function openWindow(options: WindowOptions): Promise<DownloadWindow> {
  const { version, roots = [], start, replay } = options;
  let server: WindowServer | null = null;
  const hub: WindowHub = new WindowHub({
    mode: replay === undefined ? 'live' : 'replay',
    version,
    roots,
    ...(start === undefined
      ? {}
      : { start: (form) => judgeAndStart(form, { roots, start, hub, ownPort: server?.port ?? null }) }),
  });
  if (replay !== undefined) await readRecording(replay, hub);
  const recorder = openRecording(hub, options);
  let closeBrowser = () => {};
  if (options.isServed) {
    const served = await startWindowServer({ hub, files: await readPage(builtPage()) });
    server = served;
    options.announce(served.url);
    // An opener may run as long as its browser: how that ends is nobody's business once a page was there.
    const complain = () => {
      if (!served.isVisited) options.warn('No browser could be opened. Open the address of the window yourself.');
    };
    if (options.opensBrowser) closeBrowser = openBrowser(served.url, complain);
  }
  return {
    hub,
    attach(control, { url, redact }) {
      const { id, inspect, hear } = hub.add({ url, redact, send: (command) => control.send(command) });
      control.on('*', hear);
      return { id, inspect };
    },
    async close() {
      hub.flush();
      recorder?.close();
      await server?.close();
      closeBrowser();
    },
  };
}

function openRecording(hub: WindowHub, { record, version, warn }: WindowOptions): Recorder | null {
  if (record === undefined || record === null) return null;
  const recorder = openRecorder({ path: record, version, onTrouble: warn });
  hub.tap(recorder.write);
  return recorder;
}

interface Starting {
  readonly roots: readonly string[];
  readonly ownPort: number | null;
  readonly hub: WindowHub;
  readonly start: (order: Order) => StartOutcome;
}

async function judgeAndStart(form: StartRequest, { roots, ownPort, hub, start }: Starting): Promise<StartOutcome> {
  const judgement = await judgeStart(form, { roots, ownPort });
  if (!judgement.ok) return judgement;
  if (hub.running >= MOST_RUNNING) {
    return { ok: false, field: null, message: `${MOST_RUNNING} downloads are running. Wait until one has ended.` };
  }
  return start(judgement.order);
}
