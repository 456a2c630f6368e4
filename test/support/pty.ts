import { rmSync } from 'node:fs';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawn } from '@lydell/node-pty';
import xterm from '@xterm/headless';
import { CLI, cleanEnv } from './cli-command.ts';

export interface TerminalOptions {
  /** Default 80. */
  readonly columns?: number;
  /** Default 24. */
  readonly rows?: number;
  readonly cwd?: string;
  /** On top of a clean environment with TERM=xterm-256color. */
  readonly env?: Readonly<Record<string, string>>;
  /** Another program of node's; default is multidown's bin. */
  readonly script?: string;
  readonly nodeOptions?: readonly string[];
  /**
   * The shell controls jobs: Ctrl-Z hands it the terminal. It shows `SUSPENDED
   * and cooked` (or `raw`: how it was given the terminal), and Enter is `fg`.
   */
  readonly controlsJobs?: boolean;
}

/** How the terminal was left by the program. */
export interface TerminalEnd {
  /** 128 + number when a signal ended the program, as a shell has it. */
  readonly code: number;
  /** What `stty -a` said right after the program's end. */
  readonly stty: string;
  /** Line editing and echo are on, as a shell expects. */
  readonly isCooked: boolean;
  readonly isCursorVisible: boolean;
}

/** A program under a real pseudo-terminal, with a model of its screen. With `await using` it does not outlive its test. */
export interface TerminalRun extends AsyncDisposable {
  /** Types keys: `' '`, `'\x1b'`, `'\x03'`. */
  write(keys: string): void;
  resize(columns: number, rows: number): void;
  /** The screen's lines as a person sees them now, without trailing blanks; scrolled-off ones are not in it. */
  screen(): string[];
  /** All lines, those that scrolled off included. */
  scrollback(): string[];
  /** Every byte so far, escape codes included. */
  readonly raw: string;
  readonly isCursorVisible: boolean;
  /** Resolves when the screen (scrollback included) shows it; rejects with the screen when time runs out or the program ends without it. */
  waitFor(wanted: string | RegExp | ((lines: readonly string[]) => boolean), timeoutMs?: number): Promise<void>;
  /** Sends a signal to the program, not to the shell around it. */
  kill(signal: NodeJS.Signals): void;
  readonly exited: Promise<TerminalEnd>;
}

/*
 * A shell around the program reads the terminal's settings before it closes.
 * Its trap keeps Ctrl-C from ending the shell; the program itself starts with
 * the signal's default. The program's process id goes to a file for `kill`.
 */
const WRAPPER = `
trap : INT QUIT HUP
$MULTIDOWN_TEST_JOBS
sh -c 'echo $$ >"$MULTIDOWN_TEST_PID"; unset MULTIDOWN_TEST_PID MULTIDOWN_TEST_STTY MULTIDOWN_TEST_JOBS; exec "$@"' sh "$@"
code=$?
while [ -n "$MULTIDOWN_TEST_JOBS" ] && kill -0 %1 2>/dev/null; do
  stty -a | grep -q '[^-]icanon' && state=cooked || state=raw
  stty sane
  echo "SUSPENDED and $state"
  read -r enter
  fg %1
  code=$?
done
stty -a >"$MULTIDOWN_TEST_STTY"
exit $code
`;

export async function spawnInTerminal(args: readonly string[], options: TerminalOptions = {}): Promise<TerminalRun> {
  const { columns = 80, rows = 24 } = options;
  const notes = await mkdtemp(join(tmpdir(), 'multidown-pty-'));
  const files = { pid: join(notes, 'pid'), stty: join(notes, 'stty') };
  const command = [process.execPath, ...(options.nodeOptions ?? []), options.script ?? CLI, ...args];
  const pty = spawn('/bin/sh', ['-c', WRAPPER, 'sh', ...command], {
    // It becomes TERM.
    name: options.env?.TERM ?? 'xterm-256color',
    cols: columns,
    rows,
    cwd: options.cwd ?? process.cwd(),
    env: cleanEnv({
      TERM: 'xterm-256color',
      ...options.env,
      MULTIDOWN_TEST_PID: files.pid,
      MULTIDOWN_TEST_STTY: files.stty,
      MULTIDOWN_TEST_JOBS: options.controlsJobs ? 'set -m' : '',
    }),
  });
  const model = new xterm.Terminal({ cols: columns, rows, scrollback: 5_000, allowProposedApi: true });
  // The model answers questions about the terminal (cursor position, say) as a real one does.
  model.onData((reply) => pty.write(reply));
  const watchers = new Set<() => void>();
  let raw = '';
  let hasEnded = false;
  pty.onData((data) => {
    raw += data;
    model.write(data, () => {
      for (const look of watchers) look();
    });
  });

  const exited = new Promise<TerminalEnd>((resolve, reject) => {
    pty.onExit(({ exitCode, signal }) => {
      hasEnded = true;
      const end = async () => {
        // All output has been handed to the model; an empty write comes back after it.
        await new Promise<void>((done) => model.write('', done));
        const stty = await readFile(files.stty, 'utf8').catch(() => '');
        const isCooked = /(^|\s)icanon\b/.test(stty) && /(^|\s)echo\b/.test(stty);
        return { code: signal ? 128 + signal : exitCode, stty, isCooked, isCursorVisible: isCursorVisible(raw) };
      };
      end().then(resolve, reject);
      void exited.finally(() => rmSync(notes, { recursive: true, force: true }));
    });
  });

  function lines(from: number): string[] {
    const buffer = model.buffer.active;
    const all = Array.from({ length: buffer.length - from }, (_, row) => {
      return buffer.getLine(from + row)?.translateToString(true) ?? '';
    });
    while (all.at(-1) === '') all.pop();
    return all;
  }

  async function waitFor(wanted: Parameters<TerminalRun['waitFor']>[0], timeoutMs = 20_000): Promise<void> {
    const isThere = () => {
      if (typeof wanted === 'function') return wanted(lines(0));
      const text = lines(0).join('\n');
      return typeof wanted === 'string' ? text.includes(wanted) : wanted.test(text);
    };
    let look = () => {};
    let timer: NodeJS.Timeout | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        const giveUp = (why: string) => reject(new Error(`${why} before it showed ${wanted}.\n${lines(0).join('\n')}`));
        look = () => void (isThere() && resolve());
        watchers.add(look);
        look();
        timer = setTimeout(() => giveUp(`${timeoutMs} ms passed`), timeoutMs);
        exited.then(
          ({ code }) => giveUp(`The program ended (${code})`),
          (error: unknown) => giveUp(String(error)),
        );
      });
    } finally {
      clearTimeout(timer);
      watchers.delete(look);
    }
  }

  async function kill(signal: NodeJS.Signals): Promise<void> {
    const pid = Number(await readFile(files.pid, 'utf8').catch(() => ''));
    if (hasEnded || !pid) return;
    try {
      process.kill(pid, signal);
    } catch {
      // It ended meanwhile.
    }
  }

  return {
    write: (keys) => pty.write(keys),
    resize(newColumns, newRows) {
      model.resize(newColumns, newRows);
      pty.resize(newColumns, newRows);
    },
    screen: () => lines(model.buffer.active.baseY),
    scrollback: () => lines(0),
    get raw() {
      return raw;
    },
    get isCursorVisible() {
      return isCursorVisible(raw);
    },
    waitFor,
    kill: (signal) => void kill(signal),
    exited,
    async [Symbol.asyncDispose]() {
      await kill('SIGKILL');
      if (!hasEnded) pty.kill('SIGKILL');
      await exited.catch(() => {});
      model.dispose();
    },
  };
}

function isCursorVisible(raw: string): boolean {
  return raw.lastIndexOf('\x1b[?25h') >= raw.lastIndexOf('\x1b[?25l');
}
