import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Opens the browser on an address with a token in it. What a program is started
 * with can be seen by every user of a machine: so the browser is shown a file
 * that only this user can read, and that leads there.
 *
 * @param onTrouble hears, once at most, that it could not be opened; not after the end
 * @returns what takes the file away again
 */
export function openBrowser(url: string, onTrouble: () => void): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'multidown-window-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  const file = join(folder, 'open.html');
  const page = `<!doctype html><meta charset="utf-8"><title>multidown</title><meta http-equiv="refresh" content="0;url=${url}">`;
  writeFileSync(file, page, { mode: 0o600 });
  const [command, args] = commandOf(file);
  const child = spawn(command, args, { stdio: 'ignore', detached: true });
  const complain = () => {
    child.off('exit', judge);
    onTrouble();
  };
  const judge = (code: number | null) => {
    // Windows' own opener ends with 1 also when all went well.
    if (code !== 0 && process.platform !== 'win32') complain();
  };
  child.once('exit', judge);
  child.once('error', complain);
  // Nobody waits for it.
  child.unref();
  process.once('exit', remove);
  return () => {
    process.off('exit', remove);
    child
      .off('exit', judge)
      .off('error', complain)
      .on('error', () => {});
    remove();
  };
}

function commandOf(file: string): readonly [string, readonly string[]] {
  switch (process.platform) {
    case 'darwin':
      return ['open', [file]];
    case 'win32':
      return ['explorer.exe', [file]];
    default:
      return ['xdg-open', [file]];
  }
}
