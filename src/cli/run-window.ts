import { existsSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { printable } from '../adapters/terminal/printable.ts';
import { openWindow } from '../adapters/window/open-window.ts';
import { FailureError } from '../machines/failures.ts';
import { systemReason } from '../machines/system-reason.ts';
import { version } from '../version.ts';
import type { WindowArguments } from './arguments.ts';
import { hasDesktop } from './desktop.ts';
import { EXIT_DONE, exitCodes } from './exit-codes.ts';
import { createStarter } from './start-ordered.ts';
import { untilUnused } from './until-unused.ts';

/** `multidown window` and `multidown replay`: the window until Ctrl-C, or until its page is closed. */
export async function runWindow(args: WindowArguments, signal: AbortSignal): Promise<number> {
  const say = (text: string) => void process.stderr.write(`${text}\n`);
  const starter = createStarter(signal);
  const hasTerminal = process.stderr.isTTY;
  try {
    const roots = rootsOf(args.folders, hasTerminal);
    const window = await openWindow({
      version,
      isServed: true,
      opensBrowser: args.opensBrowser && hasDesktop(process.env),
      record: args.record,
      ...(args.replay === null ? { roots, start: (order) => starter.start(window, order) } : { replay: args.replay }),
      announce: (address) => say(`Window: ${address}${hasTerminal ? '\nCtrl-C closes it.' : ''}`),
      warn: (message) => say(`multidown: ${message}`),
    });
    await untilUnused(window.hub, { signal, isForever: hasTerminal });
    await starter.settled();
    await window.close();
    return EXIT_DONE;
  } catch (error) {
    if (!(error instanceof FailureError)) throw error;
    say(`multidown: ${error.failure.message}`);
    return exitCodes[error.failure.code];
  }
}

/** Where downloads may go: as given, or here; for one who did not come from a terminal, where downloads go usually. */
function rootsOf(folders: readonly string[], hasTerminal: boolean): readonly string[] {
  if (folders.length === 0) {
    const usual = join(homedir(), 'Downloads');
    return [hasTerminal ? process.cwd() : existsSync(usual) ? usual : homedir()];
  }
  return folders.map(rootOf);
}

/** None is made: a slip of the pen would be a folder, and downloads would be looked for elsewhere. */
function rootOf(folder: string): string {
  const path = resolve(folder);
  const fail = (why: string, cause?: unknown) => {
    const message = printable(`The folder ${path} cannot be saved to: ${why}. Name another, or make it first.`);
    return new FailureError({ code: 'invalid-path', message, path }, { cause });
  };
  let isFolder: boolean;
  try {
    isFolder = statSync(path).isDirectory();
  } catch (error) {
    throw fail(systemReason(error, 'it does not exist'), error);
  }
  if (!isFolder) throw fail('it is a file');
  return path;
}
