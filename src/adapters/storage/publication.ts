import { orFail, orNull } from './disk-failures.ts';
import { replaceFile, writeAnew } from './durable-write.ts';
import type { FileSystem } from './file-system.ts';
import { readBounded } from './read-bounded.ts';
import { FORMAT, isIntact, readSealed, seal } from './sealed.ts';
import { MOST_NUMBERS, numbered } from './target-path.ts';
import type { Workspace } from './workspace.ts';

/** What is about to get its final name: after a crash it tells whose the file is that stands there. */
export interface Publication {
  /** The URL asked for, redacted. */
  readonly url: string;
  /** Bytes. */
  readonly size: number;
  /** Of the file, on its disk. */
  readonly inode: number;
  /** When it was last written to, milliseconds since 1970. */
  readonly modifiedMs: number;
  /** Which name it gets: 0 is the target's own, see `numbered`. */
  readonly number: number;
  /** The name was free, and an empty file holds it meanwhile: there are no hard links here. */
  readonly isReserved: boolean;
}

/** A longer file is none of ours, bytes: a URL may have 64 KiB, and six characters for each in JSON. */
const MOST_BYTES = 512 * 1024;

/**
 * Notes it, before anything has the final name.
 *
 * @param outlives the power, where an older note or an empty file may as well
 */
export async function notePublication(
  files: FileSystem,
  { publication: path }: Workspace,
  note: Publication,
  outlives: boolean,
): Promise<void> {
  if (outlives) await replaceFile(files, path, seal(note));
  else await writeAnew(files, path, seal(note));
}

/** Null where nothing was about to be published, and for a note that the crash has torn: it was not begun then. */
export async function readPublication(
  files: FileSystem,
  { publication: path }: Workspace,
): Promise<Publication | null> {
  const text = await orFail(orNull(readBounded(files, path, MOST_BYTES)), 'read', path);
  const file = text === null ? null : readSealed(text);
  if (file?.format !== FORMAT || !isIntact(file)) return null;
  return check(file.body);
}

function check(body: unknown): Publication | null {
  if (typeof body !== 'object' || body === null) return null;
  const { url, size, inode, modifiedMs, number, isReserved } = body as Partial<Record<keyof Publication, unknown>>;
  if (typeof url !== 'string' || typeof isReserved !== 'boolean' || !isNumber(modifiedMs)) return null;
  if (!isNumber(inode) || !isCount(size) || !isCount(number) || number > MOST_NUMBERS) return null;
  return { url, size, inode, modifiedMs, number, isReserved };
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && isNumber(value) && value >= 0;
}

/** Where it is, or would be. */
export function pathOf({ number }: Publication, target: string): string {
  return number === 0 ? target : numbered(target, number);
}

/** True when the file stands under its final name, as it was when it got it. */
export async function isPublished(files: FileSystem, note: Publication, target: string): Promise<boolean> {
  const path = pathOf(note, target);
  const found = await orFail(orNull(files.lstat(path)), 'looked at', path);
  return (
    found?.isFile() === true &&
    found.size === note.size &&
    found.ino === note.inode &&
    found.mtimeMs === note.modifiedMs
  );
}

/**
 * Removes the empty file that held the name when a run was killed. It is taken
 * for ours because the name was free when that was noted, and nothing is lost
 * if it is not: a file system without hard links often has no lasting inodes
 * by which to tell.
 *
 * @returns whether there was one
 */
export async function freeReserved(
  files: FileSystem,
  note: Publication,
  { data }: Workspace,
  target: string,
): Promise<boolean> {
  if (!note.isReserved) return false;
  const path = pathOf(note, target);
  const [held, left] = [
    await orFail(orNull(files.lstat(path)), 'looked at', path),
    await orFail(orNull(files.lstat(data)), 'looked at', data),
  ];
  if (held?.isFile() !== true || held.size !== 0 || left === null) return false;
  await orFail(orNull(files.unlink(path)), 'removed', path);
  return true;
}
