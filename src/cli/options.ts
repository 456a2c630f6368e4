/** The one list of options: the parser, the help and the shells' completion are made from it. */
export interface OptionSpec {
  /** As commander has it: `-o, --output <path>`. */
  readonly flags: string;
  readonly description: string;
  readonly group: OptionGroup;
  /** What a shell may offer for its value; another may be typed. None for options without a value. */
  readonly value?: 'file' | 'text' | readonly string[];
  readonly isRepeatable?: boolean;
}

export type OptionGroup = 'File:' | 'Connections:' | 'Requests:' | 'Output:' | 'Window:';

export const ifExistsChoices = ['overwrite', 'rename', 'skip', 'fail'] as const;
export const ifChangedChoices = ['ask', 'restart', 'fail'] as const;
export const shells = ['bash', 'zsh', 'fish'] as const;
/** The commands besides the download itself. */
export const commands = ['window', 'replay', 'completion'] as const;
/** The options of commands, by their names; each is one of the list, too. */
export const commandOptions = { window: ['--no-open', '--record'], replay: ['--no-open'] } as const;
export type Shell = (typeof shells)[number];

export const optionSpecs: readonly OptionSpec[] = [
  {
    flags: '-o, --output <path>',
    description: 'a file, or a folder; the same as [output]',
    group: 'File:',
    value: 'file',
  },
  {
    flags: '--if-exists <what>',
    description: 'if a file is there: overwrite, rename, skip, fail',
    group: 'File:',
    value: ifExistsChoices,
  },
  {
    flags: '--if-changed <what>',
    description: 'if the partial is outdated: ask, restart, fail',
    group: 'File:',
    value: ifChangedChoices,
  },
  { flags: '--restart', description: 'drop a partial download and begin anew', group: 'File:' },
  {
    flags: '--checksum <sum>',
    description: 'sha256:<hex>, sha512, sha1, md5; auto; repeatable',
    group: 'File:',
    value: ['auto'],
    isRepeatable: true,
  },
  { flags: '--dry-run', description: 'say what would happen, and fetch nothing', group: 'File:' },
  {
    flags: '-n, --connections <number>',
    description: 'most at once, 1 to 64, or auto (default)',
    group: 'Connections:',
    value: ['auto'],
  },
  {
    flags: '--limit-rate <size>',
    description: 'most bytes a second, all together: 500K, 2M',
    group: 'Connections:',
    value: 'text',
  },
  {
    flags: '--min-split <size>',
    description: 'no part smaller than this (default: by speed)',
    group: 'Connections:',
    value: 'text',
  },
  {
    flags: '--retries <number>',
    description: 'failures in a row before giving up (default: 5)',
    group: 'Connections:',
    value: 'text',
  },
  {
    flags: '--timeout <seconds>',
    description: 'hardly a byte for so long is a stall (default: 30)',
    group: 'Connections:',
    value: 'text',
  },
  {
    flags: '-H, --header <field>',
    description: 'send "Name: value" too; repeatable',
    group: 'Requests:',
    value: 'text',
    isRepeatable: true,
  },
  {
    flags: '-A, --user-agent <text>',
    description: 'instead of multidown and its version',
    group: 'Requests:',
    value: 'text',
  },
  {
    flags: '--cacert <file>',
    description: 'trust the authorities in this PEM file too',
    group: 'Requests:',
    value: 'file',
  },
  { flags: '--insecure', description: 'trust any certificate: for servers of your own', group: 'Requests:' },
  {
    flags: '--no-private-redirect',
    description: 'refuse redirects from public to private addresses',
    group: 'Requests:',
  },
  {
    flags: '-y, --yes',
    description: 'ask nothing, overwrite unless --if-exists differs',
    group: 'Output:',
  },
  { flags: '--json', description: 'one JSON object a line on stdout', group: 'Output:' },
  { flags: '-q, --quiet', description: 'say nothing but failures', group: 'Output:' },
  { flags: '-v, --verbose', description: 'a readable log on stderr', group: 'Output:' },
  {
    flags: '--log-file <file>',
    description: 'append a log to it, one JSON object a line',
    group: 'Output:',
    value: 'file',
  },
  {
    flags: '--inspect',
    description: 'show the running machine in a browser',
    group: 'Window:',
  },
  { flags: '--gui', description: 'open the window in a browser, and stay there', group: 'Window:' },
  { flags: '--no-open', description: 'print the address of the window only', group: 'Window:' },
  {
    flags: '--record <file>',
    description: 'record what happens, for multidown replay',
    group: 'Window:',
    value: 'file',
  },
];

/** The names of an option: `-o` and `--output`. */
export function namesOf({ flags }: OptionSpec): readonly string[] {
  return flags.match(/(?<![\w-])--?[\w-]+/g) ?? [];
}
