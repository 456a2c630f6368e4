import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findProgram } from './find-program.ts';
import type { Command } from './measure.ts';

/** What a client is to do. */
export interface Job {
  readonly url: string;
  /** The folder to write into, and the file's name there. */
  readonly folder: string;
  readonly name: string;
  /** Null is the client's own choice. */
  readonly connections: number | null;
  /** Bytes a second to be held; null for none. */
  readonly rateLimit: number | null;
  /** Of the file, in hexadecimal. */
  readonly sha256: string;
}

/** A downloader that can be measured. */
export interface Client {
  readonly name: string;
  /** Whether it takes one file over several connections. */
  readonly isParallel: boolean;
  /** One line; null when it is not on this machine. */
  version(): string | null;
  command(job: Job): Command;
  /** False for what only starts and ends, to be compared with. */
  readonly fetches?: boolean;
}

const root = fileURLToPath(new URL('..', import.meta.url));
const bench = fileURLToPath(new URL('.', import.meta.url));
const insecure = { NODE_TLS_REJECT_UNAUTHORIZED: '0', NODE_NO_WARNINGS: '1' };

/** multidown as it was built, or another build of it. */
export function multidown(name = 'multidown', program = join(root, 'bin', 'multidown.cjs')): Client {
  return {
    name,
    isParallel: true,
    version: () => textOf(process.execPath, [program, '--version']),
    command: ({ url, folder, name: file, connections, rateLimit }) => ({
      file: process.execPath,
      args: [
        ...[program, '--quiet', '--yes', '--insecure'],
        ...(connections === null ? [] : ['-n', String(connections)]),
        ...(rateLimit === null ? [] : ['--limit-rate', String(rateLimit)]),
        ...[url, join(folder, file)],
      ],
    }),
  };
}

/** A program of this folder, run by the same Node, for what only the library can tell. */
export function benchProgram(file: string, ...more: string[]): Client['command'] {
  return ({ url, folder, name, connections }) => ({
    file: process.execPath,
    args: [join(bench, 'programs', file), url, join(folder, name), String(connections ?? 32), ...more],
    env: insecure,
  });
}

/** The same with two threads for files, as the command has it. */
export function ownProgram(file: string, ...more: string[]): Client['command'] {
  const command = benchProgram(file, ...more);
  return (job) => {
    const { env, ...rest } = command(job);
    return { ...rest, env: { ...env, UV_THREADPOOL_SIZE: '2' } };
  };
}

/** The peers, each with the options that serve it best. */
export const peers: readonly Client[] = [
  system('curl', false, ({ url, folder, name, rateLimit }) => [
    ...['-s', '-f', '-k', '--http1.1', ...given(rateLimit, (rate) => ['--limit-rate', rate])],
    ...['-o', join(folder, name), url],
  ]),
  system('wget', false, ({ url, folder, name, rateLimit }) => [
    ...['-q', '--no-check-certificate', ...given(rateLimit, (rate) => [`--limit-rate=${rate}`])],
    ...['-O', join(folder, name), url],
  ]),
  // Its --chunk-size asks for one part after the other on one connection (1.99.1), so it is not among the parallel ones.
  system('wget2', false, ({ url, folder, name }) => [
    ...['-q', '--no-check-certificate', '--no-http2', '--progress=none', '-O', join(folder, name), url],
  ]),
  system('aria2c', true, ({ url, folder, name, connections, rateLimit }) => [
    ...given(rateLimit, (rate) => [`--max-overall-download-limit=${rate}`]),
    ...['-q', '--no-conf', '--check-certificate=false', '--file-allocation=none', '--allow-overwrite=true', '-k1M'],
    // It refuses more than 16 to one server. Ten seconds is its shortest sensible time-out: a stall ends then.
    ...[`-x${Math.min(16, connections ?? 16)}`, `-s${connections ?? 16}`, '--timeout=10', '--max-tries=0'],
    ...['-d', folder, '-o', name, url],
  ]),
  system('axel', true, ({ url, folder, name, connections }) => [
    ...['-q', '-k', '-n', String(connections ?? 8), '-o', join(folder, name), url],
  ]),
  installed('ipull', benchProgram('ipull.ts')),
  installed('easydl', benchProgram('easydl.ts')),
];

function given(rate: number | null, options: (rate: string) => readonly string[]): readonly string[] {
  return rate === null ? [] : options(String(rate));
}

function system(name: string, isParallel: boolean, args: (job: Job) => readonly string[]): Client {
  const file = findProgram(name);
  return {
    name,
    isParallel,
    version: () => (file === null ? null : textOf(file, ['--version'])),
    command: (job) => ({ file: file ?? name, args: args(job) }),
  };
}

function installed(name: string, command: Client['command']): Client {
  const manifest = join(bench, 'node_modules', name, 'package.json');
  return {
    name,
    isParallel: true,
    version: () =>
      existsSync(manifest) ? (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version : null,
    command,
  };
}

/** The first version number that a program says; null when it does not run. */
function textOf(file: string, args: readonly string[]): string | null {
  try {
    const text = execFileSync(file, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    return /\d+(\.\d+)+/.exec(text)?.[0] ?? null;
  } catch {
    return null;
  }
}
