import type { FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { FailureError } from '../../machines/failures.ts';
import { cannotLink, codeOf, orNull } from './disk-failures.ts';
import type { FileSystem } from './file-system.ts';
import { createHash } from './hash.ts';
import { livenessOf, ownIdentity, type ProcessIdentity } from './process-identity.ts';
import { readBounded } from './read-bounded.ts';
import { uniqueToken } from './unique-token.ts';

/** A held lock. */
export interface Lock {
  /** It still lies where it was taken: nobody has moved its folder away, or put another one in its place. */
  isHeld(): Promise<boolean>;
  /** Lets it go, unless somebody has taken it over. */
  release(): Promise<void>;
}

/** A longer file is no lock of ours, bytes. */
const MOST_BYTES = 4_096;
/** Takers that meet try again so often. */
const MOST_TRIES = 20;
/** A holder that cannot be looked at is taken for dead when nothing has been written for so long, milliseconds. */
const QUIET_MS = 60 * 60 * 1_000;

/**
 * Takes the lock file at `path`, from a dead holder too.
 *
 * @throws FailureError `in-use` when its holder lives
 */
export async function takeLock(files: FileSystem, path: string): Promise<Lock> {
  const content = JSON.stringify({ ...(await ownIdentity(files)), token: uniqueToken() });
  for (let attempt = 0; attempt < MOST_TRIES; attempt += 1) {
    if (await create(files, path, content)) return holding(files, path, content);
    const held = await orNull(read(files, path));
    if (held === null) continue;
    const holder = parse(held);
    if (holder !== null) {
      const liveness = await livenessOf(files, holder);
      if (liveness === 'alive') throw inUse(path, holder.pid);
      if (liveness === 'elsewhere' && !(await isQuiet(files, path))) throw inUseElsewhere(path, holder);
    }
    await bury(files, path, held, content);
  }
  throw new FailureError({ code: 'in-use', message: `The lock ${path} changes hands all the time. Try again.`, path });
}

/**
 * Removes a dead holder's lock. Two takers may have read it, and the slower one
 * must not remove what the faster has put in its place: so there is a ticket,
 * named after the dead lock's content, and only its maker removes the lock, if
 * it still is the one that the ticket names.
 */
async function bury(files: FileSystem, path: string, held: string, content: string): Promise<void> {
  const ticket = `${path}.${createHash('sha256').update(held).digest('hex').slice(0, 16)}`;
  if (!(await create(files, ticket, content))) {
    const maker = parse((await orNull(read(files, ticket))) ?? '');
    const liveness = maker === null ? 'dead' : await livenessOf(files, maker);
    if (liveness === 'alive' || (liveness === 'elsewhere' && !(await isQuiet(files, path)))) return;
  }
  try {
    if ((await orNull(read(files, path))) === held) await orNull(files.unlink(path));
  } finally {
    await orNull(files.unlink(ticket));
  }
}

/**
 * Nothing in the folder of the lock was written to for an hour. A download
 * that runs notes its progress all the time, and one that is paused for so long
 * on another computer loses its lock. The disk's own clock counts: making a
 * draft of a lock has just set the folder's time by it.
 */
async function isQuiet(files: FileSystem, path: string): Promise<boolean> {
  const folder = dirname(path);
  const now = (await files.lstat(folder)).mtimeMs;
  const own = (await files.readdir(folder)).filter((entry) => !entry.startsWith('lock.'));
  for (const entry of own) {
    const found = await orNull(files.lstat(join(folder, entry)));
    if (found !== null && now - found.mtimeMs < QUIET_MS) return false;
  }
  return true;
}

/** Makes the file with its whole content at once: nobody may take a lock that is being written for a torn one. */
async function create(files: FileSystem, path: string, content: string): Promise<boolean> {
  const draft = `${path}.${uniqueToken()}.tmp`;
  try {
    await write(files, draft, content);
    await files.link(draft, path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    if (!cannotLink(error)) throw error;
  } finally {
    await orNull(files.unlink(draft)).catch(() => {});
  }
  try {
    await write(files, path, content);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

async function write(files: FileSystem, path: string, content: string): Promise<void> {
  const file = await files.open(path, 'wx', 0o600);
  try {
    await closing(file, () => file.writeFile(content));
  } catch (error) {
    // It is ours, and it holds nothing.
    await orNull(files.unlink(path)).catch(() => {});
    throw error;
  }
}

async function closing(file: FileHandle, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } finally {
    await file.close();
  }
}

function read(files: FileSystem, path: string): Promise<string> {
  return readBounded(files, path, MOST_BYTES);
}

/** Null for a lock that was torn: its holder died while writing it. */
function parse(text: string): ProcessIdentity | null {
  try {
    const { pid, startTime, bootId, host, machine, space } = JSON.parse(text);
    return Number.isSafeInteger(pid) && pid > 0 && typeof bootId === 'string'
      ? { pid, startTime, bootId, host, machine, space }
      : null;
  } catch {
    return null;
  }
}

function holding(files: FileSystem, path: string, content: string): Lock {
  const isHeld = async () => (await orNull(read(files, path))) === content;
  return {
    isHeld,
    async release() {
      if (await isHeld()) await orNull(files.unlink(path));
    },
  };
}

function inUse(path: string, pid: number): FailureError {
  const who = pid === process.pid ? 'this program already' : `another multidown (process ${pid})`;
  return new FailureError({
    code: 'in-use',
    message: `This target is being downloaded by ${who}. Wait for it, or stop it.`,
    path,
  });
}

function inUseElsewhere(path: string, { pid, host = '' }: ProcessIdentity): FailureError {
  // It was written by somebody else, who may have put anything there, and is shown.
  const name = typeof host === 'string' ? host.replaceAll(/[^\w.-]/g, '?').slice(0, 64) : '?';
  return new FailureError({
    code: 'in-use',
    message: `This target is being downloaded on another computer or in a container: process ${pid} on ${name}. Wait for it, or stop it; if it is gone, remove ${path}, or wait until nothing has been written there for an hour.`,
    path,
  });
}
