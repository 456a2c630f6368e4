import type { InspectionEvent } from 'xstate';
import type { LogWrite } from '../adapters/log/attach-log.ts';
import { loadTerminal } from '../adapters/terminal/attach.ts';
import type { OpenDownloadOptions } from '../open-download.ts';
import type { DownloadArguments } from './arguments.ts';
import type { EventHub } from './event-hub.ts';
import type { Policy } from './policy.ts';

export interface FrontEnds {
  /** Null when nothing is logged. */
  readonly log: LogWrite | null;
  /** For the download's `onRequest`; null when nothing is logged. */
  readonly onRequest: NonNullable<OpenDownloadOptions['onRequest']> | null;
  /** For the actor's `inspect`; null when nobody watches. */
  readonly inspect: ((event: InspectionEvent) => void) | null;
  /** Resolves when all that is to be said has been said, and nobody needs the window any more. */
  close(): Promise<void>;
}

export interface FrontEndOptions {
  readonly url: string;
  readonly args: DownloadArguments;
  readonly policy: Policy;
  /** Stops everything. */
  readonly signal: AbortSignal;
  readonly redact: (text: string) => string;
  /** A second Ctrl-C on the live screen: end at once. */
  readonly onForce: () => void;
}

/**
 * Attaches those who show the download: each is loaded only when it is wanted.
 *
 * @throws FailureError `invalid-path` when the log file or the recording cannot be written
 */
export async function attachFrontEnds(hub: EventHub, options: FrontEndOptions): Promise<FrontEnds> {
  const { args, policy, onForce } = options;
  const { stdin, stderr, env } = process;
  const terminal = await loadTerminal({
    stdin,
    stderr,
    env,
    // The log tells the same; whoever reads JSON wants stderr for failures only.
    quiet: args.quiet || args.json || args.dryRun || args.verbose,
    live: policy.isLive,
    onForce,
  });
  // First of all, so that what goes wrong with the others is told.
  terminal.attach(hub);
  if (args.json) {
    const { attachJsonLines } = await import('../adapters/json-lines/json-lines.ts');
    const { stdout } = process;
    attachJsonLines(hub, {
      write: (line) => stdout.write(line),
      onDrain: (resume) => void stdout.once('drain', resume),
    });
  }
  if (args.dryRun && !args.json && !args.quiet) {
    const { attachDryRun } = await import('./dry-run.ts');
    attachDryRun(hub, { args, policy, write: (text) => void process.stdout.write(text) });
  }
  if (policy.canAsk && !terminal.isLive) {
    const { attachQuestions } = await import('./plain-questions.ts');
    attachQuestions(hub, { input: stdin, output: stderr });
  }
  const log = args.verbose || args.logFile !== null ? await openLog(hub, options) : null;
  const isWatched = args.inspect !== null || args.record !== null;
  const watch = isWatched ? await (await import('./watch.ts')).watch(hub, options) : null;
  return {
    log: log?.write ?? null,
    onRequest: log?.onRequest ?? null,
    inspect: watch?.inspect ?? null,
    async close() {
      await terminal.close();
      // The terminal is as it was, so that Ctrl-C ends the window.
      await watch?.close();
      log?.close();
    },
  };
}

async function openLog(hub: EventHub, { args, redact }: FrontEndOptions) {
  const [{ attachLog, logRequest }, { createLogger }, { openLogFile }, { readable }] = await Promise.all([
    import('../adapters/log/attach-log.ts'),
    import('../adapters/log/logger.ts'),
    import('../adapters/log/log-file.ts'),
    import('../adapters/log/readable.ts'),
  ]);
  const say = (text: string) => void process.stderr.write(`${text}\n`);
  const file = args.logFile === null ? null : openLogFile(args.logFile, (message) => say(`multidown: ${message}`));
  const sinks = [
    ...(file === null ? [] : [file.write]),
    ...(args.verbose ? [(line: string) => say(readable(line))] : []),
  ];
  const write = createLogger({ sinks, redact });
  attachLog(hub, write);
  const onRequest: FrontEnds['onRequest'] = (request) => logRequest(write, request);
  return { write, onRequest, close: () => file?.close() };
}
