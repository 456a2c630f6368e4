import { printable } from '../adapters/terminal/printable.ts';
import { checkOptions, LONGEST_TIMEOUT_MS } from '../machines/check-options.ts';
import { isAddress, outputIsAddress } from '../machines/download-url.ts';
import { parseDigest } from '../machines/expected-digest.ts';
import { checkFieldValue } from '../machines/header-fields.ts';
import { type DownloadOptions, defaultOptions, type IfChanged, type IfExists } from '../machines/options.ts';
import { ifChangedChoices, ifExistsChoices, type Shell } from './options.ts';
import { parseHeader } from './parse-header.ts';
import { parseCommandLine, type RawOptions, type RawWindowOptions } from './parser.ts';
import { sameFile } from './same-file.ts';
import { parseCount, parseSeconds, parseSize } from './units.ts';

/** A command line that can be carried out. */
export interface DownloadArguments {
  /** Not looked at yet; null when it must be asked for. */
  readonly url: string | null;
  readonly output: string | null;
  readonly ifExists: Exclude<IfExists, 'ask'> | null;
  readonly ifChanged: IfChanged | null;
  readonly numbers: Partial<
    Pick<DownloadOptions, 'connections' | 'retries' | 'timeoutMs'> & {
      readonly minSplit: number;
      readonly rateLimit: number;
    }
  >;
  readonly checksums: readonly string[];
  readonly headers: readonly (readonly [string, string])[];
  readonly userAgent: string | null;
  readonly cacert: string | null;
  readonly logFile: string | null;
  readonly restart: boolean;
  readonly dryRun: boolean;
  readonly insecure: boolean;
  readonly privateRedirects: boolean;
  readonly yes: boolean;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  /** Who is shown the running machine. */
  readonly inspect: 'window' | 'stately' | null;
  /** The window stays when the download has ended, and starts others. */
  readonly gui: boolean;
  readonly opensBrowser: boolean;
  readonly record: string | null;
}

/** The window without a download. */
export interface WindowArguments {
  /** Empty for the folder that is usual. */
  readonly folders: readonly string[];
  readonly replay: string | null;
  readonly opensBrowser: boolean;
  readonly record: string | null;
}

export type CommandLine =
  | { readonly kind: 'window'; readonly args: WindowArguments }
  | { readonly kind: 'download'; readonly args: DownloadArguments }
  | { readonly kind: 'completion'; readonly shell: Shell }
  | { readonly kind: 'print'; readonly text: string }
  | { readonly kind: 'usage'; readonly message: string };

/** Other programs take a lone dash for it. */
const outputIsStdout =
  'multidown cannot write to standard output. Give a file or a folder; a file whose name is a dash is ./-.';

/** Thrown and caught here: a sentence about one value. */
class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Reads and judges a command line; what is wrong with it comes as a sentence. */
export function readCommandLine(args: readonly string[], columns?: number): CommandLine {
  const parsed = parseCommandLine(args, columns);
  try {
    switch (parsed.kind) {
      case 'window':
        return { kind: 'window', args: windowArguments(parsed.options, { folders: parsed.folders }) };
      case 'replay':
        return { kind: 'window', args: windowArguments(parsed.options, { replay: parsed.file }) };
      case 'download':
        return { kind: 'download', args: judge(parsed.operands, parsed.options) };
      default:
        return parsed;
    }
  } catch (error) {
    if (error instanceof UsageError) return { kind: 'usage', message: error.message };
    throw error;
  }
}

function windowArguments(raw: RawWindowOptions, about: Partial<WindowArguments>): WindowArguments {
  refuseStream('--record', raw.record);
  return { folders: [], replay: null, opensBrowser: raw.open ?? true, record: raw.record ?? null, ...about };
}

function judge(operands: readonly string[], raw: RawOptions): DownloadArguments {
  const url = operands[0] ?? null;
  const positional = operands[1] ?? null;
  const output = raw.output ?? positional;
  for (const text of [positional, output]) {
    if (text !== null && isAddress(text)) throw new UsageError(outputIsAddress);
    if (text === '-') throw new UsageError(outputIsStdout);
  }
  if (positional !== null && output !== positional) {
    throw new UsageError(`Two outputs are given, ${show(positional)} and ${show(output ?? '')}. Give one.`);
  }
  if (raw.inspect && raw.inspectStately) throw new UsageError('Give --inspect or --inspect=stately, not both.');
  if (raw.gui && url === null) throw new UsageError('--gui takes a URL. To open the window alone: multidown window.');
  if (raw.quiet && raw.verbose) throw new UsageError('--quiet and --verbose contradict each other. Give one.');
  const headers = (raw.header ?? []).map((text) => orThrow(parseHeader(text)));
  if (raw.userAgent !== undefined && !checkFieldValue(raw.userAgent)) {
    throw new UsageError('The text of --user-agent has characters that cannot be sent.');
  }
  for (const text of raw.checksum ?? []) {
    const digest = text === 'auto' ? null : parseDigest(text);
    if (typeof digest === 'string') throw new UsageError(printable(digest));
  }
  refuseStream('--record', raw.record);
  refuseStream('--log-file', raw.logFile);
  const clash = sameFile({ output, record: raw.record ?? null, logFile: raw.logFile ?? null });
  if (clash !== null) throw new UsageError(clash);
  return {
    url,
    output,
    ifExists: oneOf('--if-exists', raw.ifExists, ifExistsChoices),
    ifChanged: oneOf('--if-changed', raw.ifChanged, ifChangedChoices),
    numbers: numbersOf(raw),
    checksums: raw.checksum ?? [],
    headers,
    userAgent: raw.userAgent ?? null,
    cacert: raw.cacert ?? null,
    logFile: raw.logFile ?? null,
    restart: raw.restart ?? false,
    dryRun: raw.dryRun ?? false,
    insecure: raw.insecure ?? false,
    privateRedirects: raw.privateRedirect ?? true,
    yes: raw.yes ?? false,
    json: raw.json ?? false,
    quiet: raw.quiet ?? false,
    verbose: raw.verbose ?? false,
    inspect: raw.inspectStately ? 'stately' : raw.inspect || raw.gui ? 'window' : null,
    gui: raw.gui ?? false,
    opensBrowser: raw.open ?? true,
    record: raw.record ?? null,
  };
}

/** A dash would be the standard output of other programs, and is a file nobody wanted here. */
function refuseStream(flag: string, path: string | undefined): void {
  if (path !== '-') return;
  const instead = flag === '--log-file' ? ' For a log on the standard error there is --verbose.' : '';
  throw new UsageError(`${flag} takes a file; one whose name is a dash is ./-.${instead}`);
}

function numbersOf(raw: RawOptions): DownloadArguments['numbers'] {
  const numbers = {
    ...(raw.connections === 'auto'
      ? { connections: 'auto' as const }
      : number('connections', '--connections', raw.connections, parseCount, 'auto or a whole number, from 1 to 64')),
    ...number('minSplit', '--min-split', raw.minSplit, parseSize, 'a size, as 500K or 2M'),
    ...number('rateLimit', '--limit-rate', raw.limitRate, parseSize, 'bytes a second, as 500K or 2M'),
    ...number('retries', '--retries', raw.retries, parseCount, 'a whole number'),
    ...number('timeoutMs', '--timeout', raw.timeout, parseTimeout, timeoutWanted),
  };
  const trouble = checkOptions({ ...defaultOptions, ...numbers });
  if (trouble !== null) throw new UsageError(trouble);
  return numbers;
}

/** The option counts in seconds, and so does what is said of it. */
const timeoutWanted = `from 0.001 to ${Math.floor(LONGEST_TIMEOUT_MS / 1_000)} seconds, as 30 or 2.5`;

function parseTimeout(text: string): number | null {
  const ms = parseSeconds(text);
  return ms !== null && ms > 0 && ms <= LONGEST_TIMEOUT_MS ? ms : null;
}

function number<Key extends string>(
  key: Key,
  flag: string,
  text: string | undefined,
  parse: (text: string) => number | null,
  wanted: string,
): { [K in Key]?: number } {
  if (text === undefined) return {};
  const value = parse(text);
  if (value === null) throw new UsageError(`${flag} takes ${wanted}, not ${show(text)}.`);
  return { [key]: value } as { [K in Key]?: number };
}

function oneOf<Choice extends string>(
  flag: string,
  text: string | undefined,
  choices: readonly Choice[],
): Choice | null {
  if (text === undefined) return null;
  const choice = choices.find((candidate) => candidate === text);
  if (choice === undefined) {
    const list = choices.join(', ').replace(/, ([^,]*)$/, ' or $1');
    throw new UsageError(`${flag} takes ${list}, not ${show(text)}.`);
  }
  return choice;
}

function orThrow<Value>(value: Value | string): Value {
  if (typeof value === 'string') throw new UsageError(value);
  return value;
}

function show(text: string): string {
  const shown = printable(text);
  return `"${shown.length > 80 ? `${shown.slice(0, 77)}...` : shown}"`;
}
