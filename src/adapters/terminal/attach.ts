import type { ReadStream, WriteStream } from 'node:tty';
import type { DownloadControl } from '../../machines/front-end.ts';
import { attachPlainLines } from './plain-lines.ts';

export interface TerminalOptions {
  readonly stdin: ReadStream;
  /** Where all of it goes: stdout stays free. */
  readonly stderr: WriteStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Failures only. */
  readonly quiet: boolean;
  /** The live screen is wanted, if there is a terminal for it. */
  readonly live: boolean;
  /** A second Ctrl-C: end at once. */
  readonly onForce: () => void;
}

/** A front end that is ready to be seated. */
export interface Terminal {
  /** True for the live screen, which asks the machine's questions too. Plain lines ask nothing. */
  readonly isLive: boolean;
  attach(actor: DownloadControl): void;
  /** Resolves when the last line is out and the terminal is as it was. */
  close(): Promise<void>;
}

/** Loads the live screen, or plain lines where there is no terminal that can be drawn on. */
export async function loadTerminal(options: TerminalOptions): Promise<Terminal> {
  const { stdin, stderr, env, quiet, live, onForce } = options;
  if (live && !quiet && stdin.isTTY && stderr.isTTY && env.TERM !== 'dumb') {
    // Loaded for those who look at it only.
    const [{ Screen }, { styleFor }] = await Promise.all([import('./screen.ts'), import('./style.ts')]);
    return new Screen({ stdin, screen: stderr, style: styleFor(env, true), onForce });
  }
  return {
    isLive: false,
    attach: (actor) => attachPlainLines(actor, { write: (line) => stderr.write(`${line}\n`), quiet, now: Date.now }),
    close: () => new Promise((resolve) => stderr.write('', () => resolve())),
  };
}
