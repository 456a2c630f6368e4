import { FailureError } from '../../machines/failures.ts';
import { cannotLink, codeOf, orNull } from './disk-failures.ts';
import type { FileSystem } from './file-system.ts';
import { createHash } from './hash.ts';
import { isAlive, ownIdentity, type ProcessIdentity } from './process-identity.ts';
import { uniqueToken } from './unique-token.ts';

/** A held lock. */
export interface Lock {
  /** Lets it go, unless somebody has taken it over. */
  release(): Promise<void>;
}

/** Takers that meet try again so often. */
const MOST_TRIES = 20;

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
    if (holder !== null && (await isAlive(files, holder))) throw inUse(path, holder.pid);
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
    if (maker !== null && (await isAlive(files, maker))) return;
  }
  try {
    if ((await orNull(read(files, path))) === held) await orNull(files.unlink(path));
  } finally {
    await orNull(files.unlink(ticket));
  }
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
    await file.writeFile(content);
  } finally {
    await file.close();
  }
}

async function read(files: FileSystem, path: string): Promise<string> {
  const file = await files.open(path, 'r');
  try {
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}

/** Null for a lock that was torn: its holder died while writing it. */
function parse(text: string): ProcessIdentity | null {
  try {
    const { pid, startTime, bootId } = JSON.parse(text);
    return Number.isSafeInteger(pid) && pid > 0 && typeof bootId === 'string' ? { pid, startTime, bootId } : null;
  } catch {
    return null;
  }
}

function holding(files: FileSystem, path: string, content: string): Lock {
  return {
    async release() {
      if ((await orNull(read(files, path))) === content) await orNull(files.unlink(path));
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
