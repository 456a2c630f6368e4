import { isatty } from 'node:tty';
import { parseDownloadUrl } from '../machines/download-url.ts';
import { type DownloadArguments, readCommandLine } from './arguments.ts';
import { EXIT_DONE, EXIT_INTERRUPTED, EXIT_USAGE } from './exit-codes.ts';
import { policyOf } from './policy.ts';
import { watchSignals } from './signals.ts';
import { StdoutWatch } from './stdout-watch.ts';

/** Carries out a command line and resolves to the exit code. */
export async function run(argv: readonly string[]): Promise<number> {
  const stdout = new StdoutWatch();
  return await stdout.judge(await carryOut(argv, stdout.signal));
}

async function carryOut(argv: readonly string[], unheard: AbortSignal): Promise<number> {
  const command = readCommandLine(argv, process.stdout.columns);
  switch (command.kind) {
    case 'print':
      process.stdout.write(command.text);
      return EXIT_DONE;
    case 'usage':
      return usageError(command.message);
    case 'completion': {
      const { completionScript } = await import('./completion.ts');
      process.stdout.write(completionScript(command.shell));
      return EXIT_DONE;
    }
    case 'window': {
      const { runWindow } = await import('./run-window.ts');
      return await interruptible(unheard, (signal) => runWindow(command.args, signal));
    }
    case 'download': {
      const { args } = command;
      const isBare = argv.length === 0 && !isatty(0) && !isatty(2);
      if (isBare && (await import('./desktop.ts')).hasDesktop(process.env)) return await carryOut(['window'], unheard);
      return await interruptible(unheard, (signal, force) => fetchUrl(args, signal, force));
    }
  }
}

/** Carries something out that Ctrl-C stops, once politely, twice at once, and that stops when nobody can read what it says. */
async function interruptible(
  unheard: AbortSignal,
  task: (signal: AbortSignal, force: () => never) => Promise<number>,
): Promise<number> {
  const interrupt = new AbortController();
  // What was to be restored on the way out hangs on the process's exit.
  const force = () => process.exit(EXIT_INTERRUPTED);
  const unwatch = watchSignals({ first: () => interrupt.abort(), second: force });
  unheard.addEventListener('abort', () => interrupt.abort());
  process.stderr.on('error', () => {});
  try {
    return await task(interrupt.signal, force);
  } finally {
    unwatch();
  }
}

async function fetchUrl(args: DownloadArguments, signal: AbortSignal, onForce: () => never): Promise<number> {
  const policy = policyOf(args, isatty(0) && isatty(2));
  if (args.url === null && !policy.canAsk) return usageError('No URL was given.');
  const url = args.url ?? (await askForUrl(signal));
  if (url === null) return EXIT_INTERRUPTED;
  // Loaded while nothing waits for it but the download itself.
  const { runDownload } = await import('./run-download.ts');
  return await runDownload({ url, args, policy, signal, onForce });
}

async function askForUrl(signal: AbortSignal): Promise<string | null> {
  const prompts = await import('../adapters/terminal/questions.ts');
  const check = (text: string) => {
    const parsed = parseDownloadUrl(text);
    return parsed.ok || parsed.message;
  };
  return await prompts.askForUrl(check, { input: process.stdin, output: process.stderr, signal });
}

function usageError(message: string): number {
  process.stderr.write(`multidown: ${message}\nSee multidown --help.\n`);
  return EXIT_USAGE;
}
