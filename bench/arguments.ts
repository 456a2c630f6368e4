/** How the bench is to be run. */
export interface BenchOptions {
  /** Rounds of each case. */
  readonly rounds: number;
  /** Names of the cases to run; empty is all. */
  readonly cases: readonly string[];
  /** Names of the clients to run besides multidown; empty is all. */
  readonly peers: readonly string[];
  /** Smaller files, and two rounds unless said: to see that the bench works. */
  readonly quick: boolean;
  /** Write bench/RESULTS.md, and the table of the README. */
  readonly write: boolean;
  /** Keep every run's figures in this file. */
  readonly json: string | null;
  /** Go on from what that file has: its cases are not run again. */
  readonly goOn: boolean;
  /** Folder for the files; the system's folder for temporary files unless said. */
  readonly work: string | null;
  /** Another build to measure as a peer: the path of its `multidown.cjs`. */
  readonly against: string | null;
  readonly list: boolean;
  readonly help: boolean;
}

export const usage = `npm run bench -- [options]

  --case <name>      run this case only (repeatable); --list names them
  --peer <name>      run this peer only, besides multidown (repeatable; "none" runs no peer)
  --rounds <n>       rounds of each case (5)
  --quick            smaller files and, unless --rounds is given, 2 rounds
  --json <file>      keep every run's figures
  --go-on            do not run again what that file has; with --write, the table holds both
  --write            write bench/RESULTS.md, and the table of the README: all cases and peers only
  --work <folder>    put the files here: room for twice the largest file
  --against <file>   measure another build too: the path of its bin/multidown.cjs
  --list             name the cases
  --help`;

const MOST_ROUNDS = 1000;

/**
 * Reads the bench's command line.
 *
 * @throws Error with a sentence about what cannot be understood
 */
export function parseArguments(args: readonly string[]): BenchOptions {
  const rest = [...args];
  const given = { cases: [] as string[], peers: [] as string[] };
  const flags = { quick: false, write: false, goOn: false, list: false, help: false };
  const values = { rounds: null as number | null, json: null as string | null, work: null as string | null };
  let against: string | null = null;
  while (rest.length > 0) {
    const name = rest.shift() ?? '';
    if (name === '--case') given.cases.push(optionValue(name, rest));
    else if (name === '--peer') given.peers.push(optionValue(name, rest));
    else if (name === '--rounds') values.rounds = roundsOf(optionValue(name, rest));
    else if (name === '--json') values.json = optionValue(name, rest);
    else if (name === '--work') values.work = optionValue(name, rest);
    else if (name === '--against') against = optionValue(name, rest);
    else if (name === '--go-on') flags.goOn = true;
    else if (name === '--quick' || name === '--write' || name === '--list' || name === '--help') {
      flags[name.slice(2) as keyof typeof flags] = true;
    } else throw new Error(`The bench does not know "${name}". Ask it for --help.`);
  }
  const isPart = given.cases.length > 0 && !flags.goOn;
  if (flags.goOn && values.json === null) throw new Error('--go-on goes with --json, which says from where.');
  if (flags.write && (flags.quick || isPart || given.peers.length > 0)) {
    throw new Error(
      '--write replaces the whole table, so it goes with neither --case nor --peer nor --quick; --json keeps figures of a part.',
    );
  }
  return { ...given, ...flags, ...values, against, rounds: values.rounds ?? (flags.quick ? 2 : 5) };
}

function optionValue(name: string, rest: string[]): string {
  const value = rest.shift();
  if (value === undefined || value.startsWith('--')) throw new Error(`${name} needs a value. Ask for --help.`);
  return value;
}

function roundsOf(text: string): number {
  const rounds = Number(text);
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > MOST_ROUNDS) {
    throw new Error(`--rounds is a whole number from 1 to ${MOST_ROUNDS}, not "${text}".`);
  }
  return rounds;
}
