import { dirname } from 'node:path';
import { orFail, orNull } from './disk-failures.ts';
import { syncFolder, writeAnew } from './durable-write.ts';
import type { FileSystem } from './file-system.ts';
import { readBounded } from './read-bounded.ts';
import { FORMAT, isIntact, readSealed, seal } from './sealed.ts';
import type { Workspace } from './workspace.ts';

/** What the data looked like when a run had ended by itself: whoever has written to it since is somebody else. */
export interface RestNote {
  /** Bytes. */
  readonly size: number;
  /** When it was last written to, milliseconds since 1970. */
  readonly modifiedMs: number;
}

/** A longer file is none of ours, bytes. */
const MOST_BYTES = 4_096;

/** Notes it. The data, its times too, has to be synced before. */
export async function noteRest(files: FileSystem, { rest: path }: Workspace, note: RestNote): Promise<void> {
  await writeAnew(files, path, seal(note), (file) => file.sync());
  await syncFolder(files, dirname(path));
}

/** Before the data is written to again: a power cut must not bring the note back. */
export async function withdrawRest(files: FileSystem, { rest: path, folder }: Workspace): Promise<void> {
  if ((await orFail(orNull(files.unlink(path)), 'removed', path)) === null) return;
  await orFail(syncFolder(files, folder), 'synced', folder);
}

/** Null where there is none, and for one that cannot be believed: it is a help, and nothing depends on it. */
export async function readRest(files: FileSystem, { rest: path }: Workspace): Promise<RestNote | null> {
  const text = await orNull(readBounded(files, path, MOST_BYTES)).catch(() => null);
  const file = text === null ? null : readSealed(text);
  return file?.format === FORMAT && isIntact(file) ? check(file.body) : null;
}

function check(body: unknown): RestNote | null {
  if (typeof body !== 'object' || body === null) return null;
  const { size, modifiedMs } = body as Partial<Record<keyof RestNote, unknown>>;
  return isNumber(size) && isNumber(modifiedMs) ? { size, modifiedMs } : null;
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}
