import { Argument, Command, CommanderError, Option } from 'commander';
import { version } from '../version.ts';
import { commands, optionSpecs, type Shell, shells } from './options.ts';

/** What stands on the command line, as text: nothing of it has been judged yet. */
export type Parsed =
  | { readonly kind: 'download'; readonly operands: readonly string[]; readonly options: RawOptions }
  | { readonly kind: 'completion'; readonly shell: Shell }
  /** The window, to start downloads from; they may go to these folders. */
  | { readonly kind: 'window'; readonly folders: readonly string[]; readonly options: RawWindowOptions }
  | { readonly kind: 'replay'; readonly file: string; readonly options: RawWindowOptions }
  /** The help or the version: for stdout, and that is all. */
  | { readonly kind: 'print'; readonly text: string }
  /** A sentence about what cannot be understood. */
  | { readonly kind: 'usage'; readonly message: string };

/** By commander's names: `--if-exists` is `ifExists`. */
export interface RawOptions {
  readonly output?: string;
  readonly ifExists?: string;
  readonly ifChanged?: string;
  readonly restart?: true;
  readonly checksum?: readonly string[];
  readonly dryRun?: true;
  readonly connections?: string;
  readonly limitRate?: string;
  readonly minSplit?: string;
  readonly retries?: string;
  readonly timeout?: string;
  readonly header?: readonly string[];
  readonly userAgent?: string;
  readonly cacert?: string;
  readonly insecure?: true;
  /** False with `--no-private-redirect`. */
  readonly privateRedirect?: boolean;
  readonly yes?: true;
  readonly json?: true;
  readonly quiet?: true;
  readonly verbose?: true;
  readonly logFile?: string;
  readonly inspect?: true;
  readonly inspectStately?: true;
  readonly gui?: true;
  /** False with `--no-open`. */
  readonly open?: boolean;
  readonly record?: string;
}

export interface RawWindowOptions {
  readonly open?: boolean;
  readonly record?: string;
}

const WIDEST_HELP = 80;

const examples = `
Examples:
  multidown https://example.org/file.iso
  multidown https://example.org/file.iso ~/Downloads/ -n 16
  multidown --yes --json https://example.org/file.iso -o file.iso
  multidown --checksum sha256:<hex> --limit-rate 2M https://example.org/file.iso
  multidown --inspect https://example.org/file.iso
  source <(multidown completion bash)

The same command again goes on from where it stopped. While it runs: space
pauses, Esc or q stops and keeps what has arrived, + and - change the
connections, ? lists the keys. With -v, -q or --json there are no keys: Ctrl-C
stops.`;

/**
 * Reads a command line.
 *
 * @param args without node and the script
 * @param columns the terminal's width, for the help
 */
export function parseCommandLine(args: readonly string[], columns = WIDEST_HELP): Parsed {
  let printed = '';
  let parsed: Parsed | null = null;
  const program = new Command('multidown')
    .description('Fetches a file over many connections at once, and goes on where it stopped.')
    .argument('[url]', 'address of the file; asked for when it is missing')
    .argument('[output]', 'a file, or a folder: one that exists, or ends in /')
    .usage('[options] [url] [output]')
    .helpCommand('help [command]', 'show this help, or that of a command')
    .exitOverride()
    .configureHelp({ subcommandTerm: (command) => `${command.name()} ${command.usage().replace('[options] ', '')}` })
    .configureOutput({
      writeOut: (text) => {
        printed += text;
      },
      writeErr: () => {},
      getOutHelpWidth: () => Math.min(WIDEST_HELP, columns),
      getOutHasColors: () => false,
    })
    .addHelpText('after', examples)
    .action((url: string | undefined, output: string | undefined, options: RawOptions) => {
      parsed = { kind: 'download', operands: [url, output].filter((text) => text !== undefined), options };
    });
  for (const spec of optionSpecs) {
    const option = new Option(spec.flags, spec.description).helpGroup(spec.group);
    if (spec.isRepeatable) option.argParser(collect);
    program.addOption(option);
  }
  program.addOption(new Option(STATELY).hideHelp());
  program
    .optionsGroup('Help:')
    .version(version, '--version', 'show the version')
    .helpOption('-h, --help', 'show this help');
  program
    .command('window')
    .description('open a window, to start downloads from')
    .argument('[folders...]', 'where they may be saved; this folder unless given')
    .addOption(optionOf('--no-open'))
    .addOption(optionOf('--record'))
    .action((folders: string[], _: unknown, command: Command) => {
      parsed = { kind: 'window', folders, options: command.optsWithGlobals<RawWindowOptions>() };
    });
  program
    .command('replay')
    .description('show what was recorded with --record')
    .argument('<file>', 'the recording')
    .addOption(optionOf('--no-open'))
    .action((file: string, _: unknown, command: Command) => {
      parsed = { kind: 'replay', file, options: command.optsWithGlobals<RawWindowOptions>() };
    });
  program
    .command('completion')
    .description('print the completion script of a shell')
    .addArgument(new Argument('<shell>', shells.join(', ')).choices(shells))
    .action((shell: Shell) => {
      parsed = { kind: 'completion', shell };
    });
  try {
    program.parse(helpBehind(args.map(withoutKind)), { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // For the help command its exit code is the process's own, which is a failure until all has gone well.
    return error.exitCode === 0 || (error.code === 'commander.help' && printed !== '')
      ? { kind: 'print', text: printed }
      : { kind: 'usage', message: usageMessage(error, args.includes('replay')) };
  }
  return parsed ?? { kind: 'usage', message: 'The command line could not be understood.' };
}

/** `--inspect` takes no value, so that a URL can follow it; the one that it knows is an option of its own. */
const STATELY = '--inspect-stately';

function withoutKind(arg: string): string {
  return arg === '--inspect=stately' ? STATELY : arg;
}

/** Asked for before a command, the help is the command's all the same. */
function helpBehind(args: readonly string[]): string[] {
  const [first = '', second = '', ...rest] = args;
  return ['-h', '--help'].includes(first) && commands.some((name) => name === second)
    ? [second, first, ...rest]
    : [...args];
}

function optionOf(name: string): Option {
  const spec = optionSpecs.find(({ flags }) => flags.startsWith(name));
  return new Option(spec?.flags ?? name, spec?.description);
}

function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/** Commander's messages as sentences, without the values: one of them may be a secret. */
function usageMessage({ code, message }: CommanderError, isReplay: boolean): string {
  const flag = /'([^'=\s]+)/.exec(message)?.[1] ?? '';
  const long = /--[\w-]+/.exec(message)?.[0] ?? flag;
  switch (code) {
    case 'commander.unknownOption': {
      if (flag === '--inspect') return '--inspect takes no value but =stately.';
      const suggestions = /Did you mean (?:one of )?([^?]+)\?/.exec(message)?.[1];
      return `There is no option ${flag}.${suggestions ? ` Did you mean ${suggestions.replace(/, ([^,]*)$/, ' or $1')}?` : ''}`;
    }
    case 'commander.optionMissingArgument':
      return `The option ${long} needs a value.`;
    case 'commander.help':
      return `There is help for these commands: ${commands.join(', ')}; and for all of it without a command.`;
    case 'commander.excessArguments':
      if (isReplay) return 'Give one recording to replay.';
      return 'There are too many arguments: one URL and one output at most. Put quotes around a name with spaces.';
    case 'commander.invalidArgument':
    case 'commander.missingArgument':
      if (isReplay) return 'Name the recording to replay: a file that was written with --record.';
      return `Name a shell for the completion: ${shells.join(', ')}.`;
    default:
      return message.replace(/^error: /, '');
  }
}
