import { writeSync } from 'node:fs';
import type { ReadStream, WriteStream } from 'node:tty';

const SHOW_CURSOR = '\x1b[?25h';

/**
 * Makes sure that, however the process ends, the cursor is visible and the
 * terminal out of raw mode.
 *
 * @returns what restores it now; after that nothing is watched any more
 */
export function guardTerminal(stdin: ReadStream, screen: WriteStream): () => void {
  const restore = () => {
    if (stdin.isTTY && stdin.isRaw) stdin.setRawMode(false);
    showCursor(screen);
  };
  process.on('exit', restore);
  return () => {
    process.off('exit', restore);
    restore();
  };
}

/**
 * Shows the cursor at once. Past the stream: while a step is live, the renderer
 * holds back what others write to it, and at the process's end nothing that is
 * held back comes out.
 */
export function showCursor(screen: WriteStream): void {
  if (!screen.isTTY) return;
  try {
    writeSync('fd' in screen && typeof screen.fd === 'number' ? screen.fd : process.stderr.fd, SHOW_CURSOR);
  } catch {
    // The terminal has gone; nobody looks at its cursor.
  }
}
