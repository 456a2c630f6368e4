import { describe, expect, it } from 'vitest';
import { type DownloadArguments, readCommandLine } from '../../src/cli/arguments.ts';
import { version } from '../../src/version.ts';

const URL = 'https://example.org/a.iso';

function accept(...args: string[]): DownloadArguments {
  const command = readCommandLine(args);
  if (command.kind !== 'download') throw new Error(JSON.stringify(command));
  return command.args;
}

function refuse(...args: string[]): string {
  const command = readCommandLine(args);
  if (command.kind !== 'usage') throw new Error(JSON.stringify(command));
  return command.message;
}

describe('what is understood', () => {
  it('nothing at all: the URL will be asked for', () => {
    expect(accept()).toEqual({
      url: null,
      output: null,
      ifExists: null,
      ifChanged: null,
      numbers: {},
      checksums: [],
      headers: [],
      userAgent: null,
      cacert: null,
      logFile: null,
      restart: false,
      dryRun: false,
      insecure: false,
      privateRedirects: true,
      yes: false,
      json: false,
      quiet: false,
      verbose: false,
      inspect: null,
      gui: false,
      opensBrowser: true,
      record: null,
    });
  });

  it('everything at once, in any order', () => {
    const sum = `sha256:${'ab'.repeat(32)}`;
    const flags = ['--restart', '--dry-run', '--insecure', '--no-private-redirect', '-y', '--json', '-v'];
    const values = ['-o', 'x', '--if-exists', 'rename', '--if-changed', 'restart', '-n', '8', '--min-split', '2M'];
    const more = [
      '--limit-rate',
      '500K',
      '--retries',
      '0',
      '--timeout',
      '2.5',
      '-H',
      'A: b',
      '-H',
      'C:d:e',
      '-A',
      'me',
    ];
    const files = ['--cacert', 'ca.pem', '--log-file', 'log', '--checksum', sum, '--checksum', `md5:${'0'.repeat(32)}`];
    expect(accept(...flags, URL, ...values, ...more, ...files)).toEqual({
      url: URL,
      output: 'x',
      ifExists: 'rename',
      ifChanged: 'restart',
      numbers: { connections: 8, minSplit: 2_097_152, rateLimit: 512_000, retries: 0, timeoutMs: 2_500 },
      checksums: [sum, `md5:${'0'.repeat(32)}`],
      headers: [
        ['A', 'b'],
        ['C', 'd:e'],
      ],
      userAgent: 'me',
      cacert: 'ca.pem',
      logFile: 'log',
      restart: true,
      dryRun: true,
      insecure: true,
      privateRedirects: false,
      yes: true,
      json: true,
      quiet: false,
      verbose: true,
      inspect: null,
      gui: false,
      opensBrowser: true,
      record: null,
    });
  });

  it('long options with =, and what follows --', () => {
    expect(accept('--connections=3', '--output=-x-', '--', URL)).toMatchObject({
      url: URL,
      output: '-x-',
      numbers: { connections: 3 },
    });
  });

  it.each([
    ['0.001', 1],
    ['2147483', 2_147_483_000],
  ])('a timeout of %s seconds', (text, timeoutMs) =>
    expect(accept(URL, '--timeout', text).numbers).toEqual({ timeoutMs }),
  );
  it('the same output twice', () => expect(accept(URL, 'x', '-o', 'x').output).toBe('x'));
  it('the second operand as output', () => expect(accept(URL, 'dir/').output).toBe('dir/'));
  it('a URL that is called like the command, behind --', () =>
    expect(accept('--', './completion').url).toBe('./completion'));

  it('a shell for completion', () =>
    expect(readCommandLine(['completion', 'zsh'])).toEqual({ kind: 'completion', shell: 'zsh' }));
  it('the window, with what it may save to', () => {
    const args = { folders: [], replay: null, opensBrowser: true, record: null };
    expect(readCommandLine(['window'])).toEqual({ kind: 'window', args });
    expect(readCommandLine(['window', 'a', 'b', '--no-open', '--record', 'r'])).toEqual({
      kind: 'window',
      args: { ...args, folders: ['a', 'b'], opensBrowser: false, record: 'r' },
    });
    expect(readCommandLine(['--no-open', 'replay', 'r'])).toEqual({
      kind: 'window',
      args: { ...args, replay: 'r', opensBrowser: false },
    });
  });
  it.each([
    [['--inspect'], { inspect: 'window', gui: false, opensBrowser: true, record: null }],
    [['--inspect=stately'], { inspect: 'stately', gui: false }],
    [['--gui', '--no-open'], { inspect: 'window', gui: true, opensBrowser: false }],
    [['--record', 'r'], { inspect: null, record: 'r' }],
  ])('%j, before the URL', (args, wanted) => expect(accept(...args, URL)).toMatchObject({ url: URL, ...wanted }));
  it('the version', () => expect(readCommandLine(['--version'])).toEqual({ kind: 'print', text: `${version}\n` }));
});

describe('the help', () => {
  it('says where there are no keys', () => {
    const command = readCommandLine(['--help'], 80);
    expect(command.kind === 'print' && command.text).toContain('With -v, -q or --json there are no keys');
  });

  it.each([20, 40, 79, 80, 200])('at %i columns is not wider than 80, and tells every option', (columns) => {
    const command = readCommandLine(['--help'], columns);
    const text = command.kind === 'print' ? command.text : '';
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
    for (const name of ['--if-exists', '--checksum', '--min-split', '--cacert', '--log-file', 'completion', 'Examples'])
      expect(text).toContain(name);
  });
});

describe('the help of a command', () => {
  it.each(['window', 'replay', 'completion'])('%s, wherever it is asked for', (command) => {
    for (const args of [
      [command, '-h'],
      [command, '--help'],
      ['-h', command],
      ['--help', command],
      ['help', command],
    ])
      expect(readCommandLine(args)).toEqual({
        kind: 'print',
        text: expect.stringMatching(`^Usage: multidown ${command} `),
      });
  });
  it('is that of all for "help" alone, and for a URL', () => {
    const all = readCommandLine(['--help']);
    for (const args of [['help'], ['-h', URL], [URL, '-h']]) expect(readCommandLine(args)).toEqual(all);
  });
  it('is not asked for by an output of that name', () => expect(accept(URL, 'help').output).toBe('help'));
});

describe('what is refused, with one sentence', () => {
  it.each([
    [['--conections', '3'], 'There is no option --conections. Did you mean --connections?'],
    [['--quite'], 'There is no option --quite. Did you mean --quiet?'],
    [['-z'], 'There is no option -z.'],
    [['--heder=Authorization: Bearer hunter22'], 'There is no option --heder.'],
    [['-n'], 'The option --connections needs a value.'],
    [
      [URL, 'a', 'b c'],
      'There are too many arguments: one URL and one output at most. Put quotes around a name with spaces.',
    ],
    [[URL, 'a', '-o', 'b'], 'Two outputs are given, "a" and "b". Give one.'],
    [[URL, '-o', 'x', '--record', './x'], 'The output and --record are the same file. Give each a name of its own.'],
    [[URL, 'x', '--log-file', 'a/../x'], 'The output and --log-file are the same file. Give each a name of its own.'],
    [
      [URL, '--record', 'x', '--log-file', 'x'],
      '--record and --log-file are the same file. Give each a name of its own.',
    ],
    [['-n', '0'], 'The number of connections must be auto or a whole number from 1 to 64, not 0.'],
    [['-n', '65'], 'The number of connections must be auto or a whole number from 1 to 64, not 65.'],
    [['-n', '-1'], 'The number of connections must be auto or a whole number from 1 to 64, not -1.'],
    [['-n', 'x'], '--connections takes auto or a whole number, from 1 to 64, not "x".'],
    [['-n', '1.5'], '--connections takes auto or a whole number, from 1 to 64, not "1.5".'],
    [['--retries', '-1'], 'The number of retries must be a whole number from 0 to 1000, not -1.'],
    [['--timeout', '0'], '--timeout takes from 0.001 to 2147483 seconds, as 30 or 2.5, not "0".'],
    [['--timeout', '0.0004'], '--timeout takes from 0.001 to 2147483 seconds, as 30 or 2.5, not "0.0004".'],
    [['--timeout', '2147484'], '--timeout takes from 0.001 to 2147483 seconds, as 30 or 2.5, not "2147484".'],
    [['--timeout', 'soon'], '--timeout takes from 0.001 to 2147483 seconds, as 30 or 2.5, not "soon".'],
    [['--min-split', '1'], 'The least size of a split must be at least 16384 bytes (16K), not 1.'],
    [['--limit-rate', '0'], 'The rate limit must be a whole number of bytes a second, at least 1, not 0.'],
    [['--limit-rate', 'fast'], '--limit-rate takes bytes a second, as 500K or 2M, not "fast".'],
    [['--if-exists', 'ask'], '--if-exists takes overwrite, rename, skip or fail, not "ask".'],
    [['--if-changed', 'x'], '--if-changed takes ask, restart or fail, not "x".'],
    [['--header', URL], 'A header is written as "Name: value", and one of them is a URL: its text is missing.'],
    [['-q', '-v'], '--quiet and --verbose contradict each other. Give one.'],
    [['--inspect=all', URL], '--inspect takes no value but =stately.'],
    [['--inspect', '--inspect=stately', URL], 'Give --inspect or --inspect=stately, not both.'],
    [['--gui'], '--gui takes a URL. To open the window alone: multidown window.'],
    [['replay'], 'Name the recording to replay: a file that was written with --record.'],
    [['replay', 'a', 'b'], 'Give one recording to replay.'],
    [['completion'], 'Name a shell for the completion: bash, zsh, fish.'],
    [['completion', 'tcsh'], 'Name a shell for the completion: bash, zsh, fish.'],
  ])('%j', (args, message) => expect(refuse(...args)).toBe(message));

  it.each([
    [URL, 'http://h/b'],
    [URL, '-o', 'HTTPS://h/b'],
    [URL, ' https://me:hunter22@h/b?sig=hunter22', '-o', 'x'],
  ])('%j: a second URL is no output, and may hold secrets', (...args) =>
    expect(refuse(...args)).toBe(
      'The output is a URL, and one file is fetched at a time. Give a file or a folder as the output, and run multidown once for each URL.',
    ),
  );
  it.each([
    [URL, '-'],
    [URL, '-o', '-'],
    [URL, '--output=-'],
    ['-', '-o', '-'],
  ])('%j: nothing is written to standard output, nor to a file called like it', (...args) =>
    expect(refuse(...args)).toBe(
      'multidown cannot write to standard output. Give a file or a folder; a file whose name is a dash is ./-.',
    ),
  );
  it('takes a file whose name is a dash', () => expect(accept(URL, '-o', './-').output).toBe('./-'));
  it.each([
    [[URL, '--record', '-'], '--record takes a file; one whose name is a dash is ./-.'],
    [['window', '--record=-'], '--record takes a file; one whose name is a dash is ./-.'],
    [
      [URL, '--log-file', '-'],
      '--log-file takes a file; one whose name is a dash is ./-. For a log on the standard error there is --verbose.',
    ],
  ])('%j: neither is a recording, nor a log', (args, message) => expect(refuse(...args)).toBe(message));
  it('takes an output that only looks like a URL in part', () =>
    expect(accept(URL, './http://h/b').output).toBe('./http://h/b'));

  it.each(['sha256', 'sha256:', 'sha256:abc', 'crc32:00000000', `sha256:${'g'.repeat(64)}`, '', 'md5:\x1b[2J'])(
    'the checksum %j',
    (text) => {
      const message = refuse('--checksum', text, URL);
      expect(message).toMatch(/checksum/);
      expect(message).not.toMatch(/\p{Cc}/u);
    },
  );

  it.each([
    'no-colon hunter22',
    ': hunter22',
    'Bad Name: hunter22',
    'A: hunter22\r\nB: c',
    'A: hunter22\0',
    'A: hunter22 ☃',
    'Range: hunter22',
    'transfer-encoding: hunter22',
  ])('the header %j, without telling its value', (text) => {
    expect(refuse('-H', text, URL)).not.toContain('hunter22');
  });

  it('a user agent with an end of line', () => expect(refuse('-A', 'a\nb')).toContain('--user-agent'));
  it('draws nothing on the terminal', () => expect(refuse('-n', '\x1b[2Jx')).not.toMatch(/\p{Cc}/u));
});
