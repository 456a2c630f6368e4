import { writeSync } from 'node:fs';
import type { ReadStream, WriteStream } from 'node:tty';

const SHOW_CURSOR = '\x1b[?25h';

/**
 * Makes sure that, however the process ends, the cursor is visible and the
 * terminal out of raw mode.
 *
 * @param sayLast called first when the process ends before the terminal was restored
 * @returns what restores it now; after that nothing is watched any more
 */
export function guardTerminal(stdin: ReadStream, screen: WriteStream, sayLast: () => void): () => void {
  const restore = () => {
    if (stdin.isTTY && stdin.isRaw) stdin.setRawMode(false);
    showCursor(screen);
  };
  const onExit = () => {
    sayLast();
    restore();
  };
  process.on('exit', onExit);
  return () => {
    process.off('exit', onExit);
    restore();
  };
}

/** Shows the cursor at once. */
export function showCursor(screen: WriteStream): void {
  if (screen.isTTY) writeAtOnce(screen, SHOW_CURSOR);
}

/**
 * Writes past the stream: while a step is live, the renderer holds back what
 * others write to it, and at the process's end nothing that is held back comes
 * out.
 */
export function writeAtOnce(screen: WriteStream, text: string): void {
  try {
    writeSync('fd' in screen && typeof screen.fd === 'number' ? screen.fd : process.stderr.fd, text);
  } catch {
    // The terminal has gone; nobody looks at it.
  }
}
