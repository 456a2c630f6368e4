import { spawn } from 'node:child_process';
import { CLI, cleanEnv } from './cli-command.ts';

export interface CliOptions {
  readonly cwd?: string;
  /** On top of a clean environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Written to its standard input, which then ends. Default nothing. */
  readonly input?: string;
  /** Options of node itself. */
  readonly nodeOptions?: readonly string[];
  /** Another program of node's; default is multidown's bin. */
  readonly script?: string;
  /** Another node. */
  readonly node?: string;
}

export interface CliResult {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A running program without a terminal. With `await using` it does not outlive its test. */
export interface CliRun extends AsyncDisposable {
  readonly pid: number;
  /** What it has printed so far. */
  readonly stdout: string;
  readonly stderr: string;
  /** Resolves when it has printed that; rejects, with all that it printed, when it ends without it or time runs out. */
  waitFor(stream: 'stdout' | 'stderr', wanted: string | RegExp, timeoutMs?: number): Promise<void>;
  kill(signal: NodeJS.Signals): void;
  /** Resolves when it has ended and all of its output is here. */
  readonly exited: Promise<CliResult>;
}

export function spawnCli(args: readonly string[], options: CliOptions = {}): CliRun {
  const command = [...(options.nodeOptions ?? []), options.script ?? CLI, ...args];
  const child = spawn(options.node ?? process.execPath, command, {
    cwd: options.cwd,
    env: cleanEnv(options.env),
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const text = { stdout: '', stderr: '' };
  const watchers = new Set<() => void>();
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (chunk: string) => {
      text[name] += chunk;
      for (const look of watchers) look();
    });
  }
  // It may end without reading its input.
  child.stdin.on('error', () => {});
  child.stdin.end(options.input ?? '');

  const exited = new Promise<CliResult>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, ...text }));
  });

  async function waitFor(stream: 'stdout' | 'stderr', wanted: string | RegExp, timeoutMs = 20_000): Promise<void> {
    const isThere = () => (typeof wanted === 'string' ? text[stream].includes(wanted) : wanted.test(text[stream]));
    let look = () => {};
    let timer: NodeJS.Timeout | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        const giveUp = (why: string) =>
          reject(new Error(`${why} before ${wanted} was on ${stream}.\n${text.stdout}\n--- stderr\n${text.stderr}`));
        look = () => void (isThere() && resolve());
        watchers.add(look);
        look();
        timer = setTimeout(() => giveUp(`${timeoutMs} ms passed`), timeoutMs);
        exited.then(
          ({ code, signal }) => giveUp(`The program ended (${code ?? signal})`),
          (error: unknown) => giveUp(String(error)),
        );
      });
    } finally {
      clearTimeout(timer);
      watchers.delete(look);
    }
  }

  return {
    pid: child.pid ?? -1,
    get stdout() {
      return text.stdout;
    },
    get stderr() {
      return text.stderr;
    },
    waitFor,
    kill: (signal) => void child.kill(signal),
    exited,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await exited.catch(() => {});
    },
  };
}

/** Runs it to its end. */
export async function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  await using run = spawnCli(args, options);
  return await run.exited;
}
