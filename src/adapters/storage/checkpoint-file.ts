import type { Checkpoint } from '../../machines/checkpoint.ts';
import { FailureError } from '../../machines/failures.ts';
import type { DataIdentity } from './data-identity.ts';
import { orFail, orNull } from './disk-failures.ts';
import type { FileSystem } from './file-system.ts';
import { FORMAT, isIntact, readSealed, seal } from './sealed.ts';

/** A file longer than this is none of ours, bytes. */
const MOST_BYTES = 16 * 1024 * 1024;

/** A checkpoint with what is needed to judge it. */
export interface NotedCheckpoint {
  readonly bootId: string;
  readonly checkpoint: Checkpoint;
  /** The file that it speaks of; left out where that cannot be told, and by older versions. */
  readonly data?: DataIdentity;
}

export function serialise({ bootId, checkpoint, data }: NotedCheckpoint): string {
  return seal({ bootId, checkpoint, data });
}

/**
 * Reads a checkpoint or live note.
 *
 * @returns null when there is none
 * @throws FailureError `checkpoint-damaged`: it is there and cannot be believed; `disk`: it cannot be read
 */
export async function readCheckpoint(files: FileSystem, path: string): Promise<NotedCheckpoint | null> {
  const text = await orFail(orNull(readBounded(files, path)), 'read', path);
  return text === null ? null : await parse(text, path);
}

async function readBounded(files: FileSystem, path: string): Promise<string> {
  const file = await files.open(path, 'r');
  try {
    const { size } = await file.stat();
    if (size > MOST_BYTES) throw damaged(path);
    const text = await file.readFile('utf8');
    // A live note is written over longer ones: what is behind its line is theirs.
    return text.slice(0, text.indexOf('\n') + 1) || text;
  } finally {
    await file.close();
  }
}

async function parse(text: string, path: string): Promise<NotedCheckpoint> {
  const file = readSealed(text);
  if (typeof file?.format === 'number' && file.format > FORMAT) {
    throw new FailureError({
      code: 'checkpoint-damaged',
      message: `${path} was written by a newer multidown. Use that one, or begin anew with --restart.`,
      path,
    });
  }
  if (file?.format !== FORMAT || !file.body || !isIntact(file)) throw damaged(path);
  // Loaded when there is something to check: most runs start from nothing.
  const { checkCheckpoint, checkIdentity } = await import('./checkpoint-schema.ts');
  const { bootId, checkpoint, data }: { readonly [Key in keyof NotedCheckpoint]?: unknown } = file.body;
  const checked = checkCheckpoint(checkpoint);
  const identity = data === undefined ? undefined : checkIdentity(data);
  if (checked === null || identity === null || typeof bootId !== 'string') throw damaged(path);
  return { bootId, checkpoint: checked, ...(identity && { data: identity }) };
}

function damaged(path: string): FailureError {
  return new FailureError({
    code: 'checkpoint-damaged',
    message: `${path} is damaged, so what has arrived cannot be trusted. Nothing was deleted; begin anew with --restart.`,
    path,
  });
}
