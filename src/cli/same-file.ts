import { resolve } from 'node:path';
import type { DownloadArguments } from './arguments.ts';

/**
 * Looks whether two options would write to one file.
 *
 * @returns null when they would not, else a sentence that says which
 */
export function sameFile({
  output,
  record,
  logFile,
}: Pick<DownloadArguments, 'output' | 'record' | 'logFile'>): string | null {
  const places = [
    ['the output', output],
    ['--record', record],
    ['--log-file', logFile],
  ] as const;
  const seen = new Map<string, string>();
  for (const [name, path] of places) {
    if (path === null) continue;
    const whole = resolve(path);
    const other = seen.get(whole);
    if (other !== undefined)
      return `${other.replace(/^t/, 'T')} and ${name} are the same file. Give each a name of its own.`;
    seen.set(whole, name);
  }
  return null;
}
