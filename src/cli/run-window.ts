import { existsSync, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { openWindow } from '../adapters/window/open-window.ts';
import { FailureError } from '../machines/failures.ts';
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
    const window = await openWindow({
      version,
      isServed: true,
      opensBrowser: args.opensBrowser && hasDesktop(process.env),
      record: args.record,
      ...(args.replay === null
        ? { roots: rootsOf(args.folders, hasTerminal), start: (order) => starter.start(window, order) }
        : { replay: args.replay }),
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
  return folders.map((folder) => {
    const path = resolve(folder);
    try {
      mkdirSync(path, { recursive: true });
    } catch (cause) {
      throw new FailureError({ code: 'invalid-path', message: `The folder ${path} cannot be made.`, path }, { cause });
    }
    return path;
  });
}
