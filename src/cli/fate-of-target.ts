import { lstatSync } from 'node:fs';
import { MOST_NUMBERS, numbered } from '../adapters/storage/target-path.ts';
import { workspaceOf } from '../adapters/storage/workspace.ts';
import { formatBytes } from '../adapters/terminal/format.ts';
import { printable } from '../adapters/terminal/printable.ts';
import type { Policy } from './policy.ts';

/** The size of what stands at a path; null when nothing does. */
export type SizeAt = (path: string) => number | null;

export const sizeOnDisk: SizeAt = (path) => lstatSync(path, { throwIfNoEntry: false })?.size ?? null;

export interface Fate {
  /** Where a real run would put the file. */
  readonly path: string;
  /** What would become of the file that stands there; null when none does. */
  readonly sentence: string | null;
}

/**
 * What a real run would do about a file at the target.
 *
 * @param isResumed a partial would be gone on with: its state keeps its place
 */
export function fateOfTarget(path: string, ifExists: Policy['ifExists'], isResumed: boolean, sizeAt: SizeAt): Fate {
  const size = sizeAt(path);
  if (size === null) return { path, sentence: null };
  const isThere = `a file of ${formatBytes(size)} is there`;
  // Where another download is on its way to a name, that is taken, too.
  const isFree = (place: string) => sizeAt(place) === null && (isResumed || sizeAt(workspaceOf(place).folder) === null);
  if (ifExists === 'rename') {
    for (let number = 1; number <= MOST_NUMBERS; number += 1) {
      const free = numbered(path, number);
      if (isFree(free)) return { path: free, sentence: `${printable(path)} is taken: it would be left as it is` };
    }
  }
  switch (ifExists) {
    case 'overwrite':
      return { path, sentence: `${isThere}, and would be overwritten` };
    case 'ask':
      return { path, sentence: `${isThere}: you would be asked what is to become of it` };
    default:
      return { path, sentence: `${isThere}: it would stop, and leave it as it is` };
  }
}
