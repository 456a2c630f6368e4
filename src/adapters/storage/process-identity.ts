import { hostname } from 'node:os';
import { areProof, readBootId } from './boot-id.ts';
import type { FileSystem } from './file-system.ts';

/** Tells one process from every other, also from a later one with the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  /** In the system's ticks since its boot; null where it cannot be had. */
  readonly startTime: string | null;
  readonly bootId: string;
  /** The computer's name, for people too. Left out by older versions. */
  readonly host?: string;
  /** Tells computers of one name apart; null where there is nothing that could. */
  readonly machine?: string | null;
  /** Where its number counts: a container has numbers of its own. */
  readonly space?: string | null;
}

/** Where one cannot see whether it lives, it is `elsewhere`. */
export type Liveness = 'alive' | 'dead' | 'elsewhere';

export async function ownIdentity(files: FileSystem): Promise<Required<ProcessIdentity>> {
  return {
    pid: process.pid,
    startTime: await startTimeOf(files, process.pid),
    bootId: await readBootId(files),
    host: hostname(),
    machine: await textOf(files, '/etc/machine-id'),
    space: await files.readlink('/proc/self/ns/pid').catch(() => null),
  };
}

/** `dead` only when that process is surely gone. */
export async function livenessOf(files: FileSystem, identity: ProcessIdentity): Promise<Liveness> {
  const own = await ownIdentity(files);
  const { pid, startTime, bootId, host = own.host, machine = own.machine, space = own.space } = identity;
  if (host !== own.host || machine !== own.machine) return 'elsewhere';
  // A clock that was set is no boot.
  if (bootId !== own.bootId && areProof(bootId, own.bootId)) return 'dead';
  if (space !== own.space) return 'elsewhere';
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it is there, and another user's.
    return error instanceof Error && 'code' in error && error.code === 'EPERM' ? 'alive' : 'dead';
  }
  const now = await startTimeOf(files, pid);
  return now === null || startTime === null || now === startTime ? 'alive' : 'dead';
}

/** Field 22 of /proc/<pid>/stat, see proc(5). The name in field 2 may hold anything, parentheses too. */
async function startTimeOf(files: FileSystem, pid: number): Promise<string | null> {
  const stat = await textOf(files, `/proc/${pid}/stat`);
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
}

/** What the system says of itself; null where it says nothing. */
async function textOf(files: FileSystem, path: string): Promise<string | null> {
  try {
    return (await files.readFile(path, 'utf8')).trim() || null;
  } catch {
    return null;
  }
}
