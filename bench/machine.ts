import { execFileSync } from 'node:child_process';
import { cpus, release, totalmem, type } from 'node:os';
import type { Client } from './clients.ts';
import { findProgram } from './find-program.ts';
import { GIB } from './units.ts';

/** The machine, a line. */
export function machineLine(): string {
  const all = cpus();
  const memory = `${Math.round(totalmem() / GIB)} GiB of memory`;
  return `${all.length} x ${all[0]?.model.trim() || 'unknown CPU'}, ${memory}, ${type()} ${release()}, Node ${process.versions.node}`;
}

/** What was measured, by name and version; and what was not there. */
export function versionsLine(clients: readonly Client[]): {
  readonly found: string;
  readonly missing: readonly string[];
} {
  const known = clients.map((client) => [client.name, client.version()] as const);
  return {
    found: known.flatMap(([name, version]) => (version === null ? [] : `${name} ${version}`)).join(', '),
    missing: known.flatMap(([name, version]) => (version === null ? name : [])),
  };
}

export function nginxVersion(program: string): string {
  // It says so on stderr.
  const text = execFileSync('sh', ['-c', '"$0" -v 2>&1', program], { encoding: 'utf8' });
  return /nginx\/([\d.]+)/.exec(text)?.[1] ?? 'unknown';
}

/** The kind of file system that holds the folder, such as `ext4`; empty where nobody tells. */
export function fileSystemOf(folder: string): string {
  if (findProgram('df') === null) return '';
  try {
    const lines = execFileSync('df', ['--output=fstype', folder], { encoding: 'utf8' }).trim().split('\n');
    return lines.at(-1) ?? '';
  } catch {
    return '';
  }
}
