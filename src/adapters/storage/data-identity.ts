import type { RestNote } from './rest-note.ts';

/**
 * Which file a note speaks of. The numbers are those of the file system, and
 * lasting where it tells time (`edit-watch.ts`). The number of the device is
 * not among them: it is another one after a boot, or when a stick is put in
 * again, and the notes are on the same device as the data anyway.
 */
export interface DataIdentity {
  /** Of `data`. */
  readonly inode: number;
  /** Of the state folder: another one where the whole of it is a copy. */
  readonly folder: number;
}

/**
 * What has become of the data since the last run noted something of it:
 * nothing; it came here by a copy, or out of a backup; or somebody has written
 * to it, or put another file in its place.
 */
export type Standing = 'same' | 'copied' | 'changed';

/** What stands there now. */
export interface DataNow extends DataIdentity {
  /** Bytes. */
  readonly size: number;
  /** When it was last written to, milliseconds since 1970. */
  readonly modifiedMs: number;
}

/** As exactly as programs that copy keep times, the worst of them: tar, say. */
const COPIED_TO_MS = 1_000;

/**
 * @param noted null where that could not be told: nothing is known then
 * @param rest null where the last run did not end by itself: it may have written until its last moment
 */
export function judgeData(noted: DataIdentity | null, rest: RestNote | null, now: DataNow): Standing {
  if (noted === null) return 'same';
  const isInode = noted.inode === now.inode;
  if (isInode && (rest === null || (rest.size === now.size && rest.modifiedMs === now.modifiedMs))) return 'same';
  // A copy may keep the time or not. In the same folder only one that does passes for the file that was there.
  if (noted.folder !== now.folder) return 'copied';
  const isAlike = rest !== null && rest.size === now.size && Math.abs(rest.modifiedMs - now.modifiedMs) < COPIED_TO_MS;
  return !isInode && isAlike ? 'copied' : 'changed';
}
