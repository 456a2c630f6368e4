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
    if (screen.isTTY) screen.write(SHOW_CURSOR);
  };
  process.on('exit', restore);
  return () => {
    process.off('exit', restore);
    restore();
  };
}
