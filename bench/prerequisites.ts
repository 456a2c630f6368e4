import { findProgram } from './find-program.ts';

const needed = [
  ['nginx', 'nginx'],
  ['openssl', 'openssl'],
  ['time', 'time'],
] as const;

/** What the bench cannot do without and is not here: a sentence each. */
export function missingPrograms(): string[] {
  return needed.flatMap(([program, debian]) =>
    findProgram(program) === null
      ? `The bench needs ${program}, which is not on this machine. On Debian: apt-get install ${debian}`
      : [],
  );
}
