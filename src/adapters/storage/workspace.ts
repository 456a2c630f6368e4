import { join } from 'node:path';
import { STATE_SUFFIX } from '../../machines/claim.ts';

/** The state folder of a target, and what is in it. */
export interface Workspace {
  readonly folder: string;
  readonly data: string;
  readonly checkpoint: string;
  /** Notes for a killed process, written in turn. */
  readonly live: readonly [string, string];
  /** What the data looked like when the last run had ended. */
  readonly rest: string;
  readonly lock: string;
  /** What is about to get its final name. */
  readonly publication: string;
  readonly rejected: string;
}

export function workspaceOf(target: string): Workspace {
  const folder = `${target}${STATE_SUFFIX}`;
  return {
    folder,
    data: join(folder, 'data'),
    checkpoint: join(folder, 'checkpoint.json'),
    live: [join(folder, 'live.json'), join(folder, 'live-2.json')],
    rest: join(folder, 'rest.json'),
    lock: join(folder, 'lock'),
    publication: join(folder, 'publication.json'),
    rejected: join(folder, 'data.rejected'),
  };
}

/** The target that a folder's entry is the state of; null when it is none. */
export function targetOf(folder: string, entry: string): string | null {
  return entry.endsWith(STATE_SUFFIX) && entry.length > STATE_SUFFIX.length
    ? join(folder, entry.slice(0, -STATE_SUFFIX.length))
    : null;
}
