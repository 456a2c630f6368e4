import { readBootId } from './boot-id.ts';
import type { FileSystem } from './file-system.ts';

/** Tells one process from every other, also from a later one with the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  /** In the system's ticks since its boot; null where it cannot be had. */
  readonly startTime: string | null;
  readonly bootId: string;
}

export async function ownIdentity(files: FileSystem): Promise<ProcessIdentity> {
  return { pid: process.pid, startTime: await startTimeOf(files, process.pid), bootId: await readBootId(files) };
}

/** False only when that process is surely gone. */
export async function isAlive(files: FileSystem, identity: ProcessIdentity): Promise<boolean> {
  if (identity.bootId !== (await readBootId(files))) return false;
  try {
    process.kill(identity.pid, 0);
  } catch (error) {
    // EPERM: it is there, and another user's.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
  const startTime = await startTimeOf(files, identity.pid);
  return startTime === null || identity.startTime === null || startTime === identity.startTime;
}

/** Field 22 of /proc/<pid>/stat, see proc(5). The name in field 2 may hold anything, parentheses too. */
async function startTimeOf(files: FileSystem, pid: number): Promise<string | null> {
  try {
    const stat = await files.readFile(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}
