import { Argument, Command, CommanderError, Option } from 'commander';
import { version } from '../version.ts';
import { optionSpecs, type Shell, shells } from './options.ts';

/** What stands on the command line, as text: nothing of it has been judged yet. */
export type Parsed =
  | { readonly kind: 'download'; readonly operands: readonly string[]; readonly options: RawOptions }
  | { readonly kind: 'completion'; readonly shell: Shell }
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
  readonly yes?: true;
  readonly json?: true;
  readonly quiet?: true;
  readonly verbose?: true;
  readonly logFile?: string;
}

const WIDEST_HELP = 80;

const examples = `
Examples:
  multidown https://example.org/file.iso
  multidown https://example.org/file.iso ~/Downloads/ -n 16
  multidown --yes --json https://example.org/file.iso -o file.iso
  multidown --checksum sha256:<hex> --limit-rate 2M https://example.org/file.iso
  source <(multidown completion bash)

The same command again goes on from where it stopped. While it runs: space
pauses, Esc or q stops and keeps what has arrived, + and - change the
connections, ? lists the keys.`;

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
    .helpCommand(false)
    .exitOverride()
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
  program
    .optionsGroup('Help:')
    .version(version, '--version', 'show the version')
    .helpOption('-h, --help', 'show this help')
    .command('completion')
    .description('print the completion script of a shell')
    .addArgument(new Argument('<shell>', shells.join(', ')).choices(shells))
    .action((shell: Shell) => {
      parsed = { kind: 'completion', shell };
    });
  try {
    program.parse(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? { kind: 'print', text: printed } : { kind: 'usage', message: usageMessage(error) };
  }
  return parsed ?? { kind: 'usage', message: 'The command line could not be understood.' };
}

function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/** Commander's messages as sentences, without the values: one of them may be a secret. */
function usageMessage({ code, message }: CommanderError): string {
  const flag = /'([^'=\s]+)/.exec(message)?.[1] ?? '';
  const long = /--[\w-]+/.exec(message)?.[0] ?? flag;
  switch (code) {
    case 'commander.unknownOption': {
      const suggestions = /Did you mean (?:one of )?([^?]+)\?/.exec(message)?.[1];
      return `There is no option ${flag}.${suggestions ? ` Did you mean ${suggestions.replace(/, ([^,]*)$/, ' or $1')}?` : ''}`;
    }
    case 'commander.optionMissingArgument':
      return `The option ${long} needs a value.`;
    case 'commander.excessArguments':
      return 'There are too many arguments: one URL and one output at most. Put quotes around a name with spaces.';
    case 'commander.invalidArgument':
    case 'commander.missingArgument':
      return `Name a shell for the completion: ${shells.join(', ')}.`;
    default:
      return message.replace(/^error: /, '');
  }
}
