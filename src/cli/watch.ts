import type { InspectionEvent } from 'xstate';
import { openWindow } from '../adapters/window/open-window.ts';
import { version } from '../version.ts';
import type { DownloadArguments } from './arguments.ts';
import { hasDesktop } from './desktop.ts';
import type { EventHub } from './event-hub.ts';
import { createStarter } from './start-ordered.ts';
import { untilUnused } from './until-unused.ts';

export interface Watch {
  readonly inspect: (event: InspectionEvent) => void;
  /** Resolves when nobody needs the window any more, and it has ended. */
  close(): Promise<void>;
}

export interface WatchOptions {
  readonly url: string;
  readonly args: DownloadArguments;
  readonly signal: AbortSignal;
  readonly redact: (text: string) => string;
}

/**
 * Those who watch the machine itself: the window, the recorder, Stately's inspector.
 *
 * @throws FailureError `invalid-path` when the recording cannot be written
 */
export async function watch(hub: EventHub, { url, args, signal, redact }: WatchOptions): Promise<Watch> {
  const say = (text: string) => void process.stderr.write(`${text}\n`);
  const stately =
    args.inspect === 'stately'
      ? await (await import('../adapters/window/stately.ts')).openStately({ redact, say })
      : null;
  const starter = args.gui ? createStarter(signal) : null;
  const window = await openWindow({
    version,
    isServed: args.inspect === 'window',
    opensBrowser: args.opensBrowser && hasDesktop(process.env),
    record: args.record,
    ...(starter === null ? {} : { roots: [process.cwd()], start: (order) => starter.start(window, order) }),
    announce: (address) => say(`Window: ${address}`),
    warn: (message) => say(`multidown: ${message}`),
  });
  const { inspect } = window.attach(hub, { url, redact });
  return {
    inspect: (event) => {
      inspect(event);
      stately?.inspect(event);
    },
    async close() {
      if (starter !== null) {
        const hasTerminal = process.stderr.isTTY;
        if (hasTerminal && !signal.aborted) say('The window stays open. Ctrl-C closes it.');
        await untilUnused(window.hub, { signal, isForever: hasTerminal });
        await starter.settled();
      }
      await window.close();
      stately?.close();
    },
  };
}
