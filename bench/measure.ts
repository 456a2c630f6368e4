import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A program to run. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** What a process cost. */
export interface Cost {
  /** Seconds from start to end. */
  readonly wall: number;
  /** User and system seconds of the process and its children. */
  readonly cpu: number;
  /** The most memory in use at once, in bytes. */
  readonly memory: number;
  /** Null when it was ended for taking too long, or died of a signal. */
  readonly exitCode: number | null;
  /** The last line on stdout. */
  readonly lastLine: string;
}

const KEPT = 64 * 1024;

/**
 * Runs a command under GNU time and waits for its end.
 *
 * GNU time stands between because the kernel's count of peak memory begins with
 * that of the process that forks, and this one is larger than a small client.
 *
 * @param limitSeconds after this the whole process group is killed
 */
export async function measure(command: Command, cwd: string, limitSeconds: number): Promise<Cost> {
  const note = join(cwd, 'cost.txt');
  const began = performance.now();
  const child = spawn('time', ['-q', '-f', '%U %S %M', '-o', note, command.file, ...command.args], {
    cwd,
    env: { ...process.env, ...command.env },
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: true,
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output = (output + text).slice(-KEPT);
  });
  const { pid } = child;
  const kill = () => {
    if (pid !== undefined && child.exitCode === null) process.kill(-pid, 'SIGKILL');
  };
  const timer = setTimeout(kill, limitSeconds * 1000);
  // However the bench ends, its clients do not outlive it.
  process.prependOnceListener('exit', kill);
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    // Not `exit`: the last line on stdout may still be on its way then.
    child.once('close', resolve);
  });
  const wall = (performance.now() - began) / 1000;
  clearTimeout(timer);
  process.off('exit', kill);
  const [user = 0, system = 0, kibibytes = 0] = await costOf(note);
  return {
    wall,
    cpu: user + system,
    memory: kibibytes * 1024,
    exitCode,
    lastLine: output.trimEnd().split('\n').at(-1) ?? '',
  };
}

async function costOf(note: string): Promise<number[]> {
  // A killed one leaves nothing to read.
  const text = await readFile(note, 'utf8').catch(() => '');
  return text.trim().split(/\s+/).map(Number);
}
