import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { version } from '../../src/version.ts';
import { parseJsonLines } from '../support/json-lines.ts';
import { startOrigin } from '../support/origin-server.ts';
import { runCli } from '../support/spawn-cli.ts';
import { makeTempDir } from '../support/temp-dir.ts';

const MIB = 1024 * 1024;

describe('a target that exists', () => {
  it.each([
    [['--yes'], 0, ['a'], 'new'],
    [['--if-exists', 'overwrite'], 0, ['a'], 'new'],
    [['--yes', '--if-exists', 'rename'], 0, ['a', 'a (1)'], 'mine'],
    [['--if-exists', 'rename'], 0, ['a', 'a (1)'], 'mine'],
    [['--yes', '--if-exists', 'skip'], 0, ['a'], 'mine'],
    [['--yes', '--if-exists', 'fail'], 4, ['a'], 'mine'],
    [[], 4, ['a'], 'mine'],
  ])('%j: exit %i', async (flags, code, names, content) => {
    await using origin = await startOrigin();
    await using folder = await makeTempDir();
    await writeFile(folder.file('a'), 'mine');
    expect(await runCli([origin.url, 'a', ...flags], { cwd: folder.path })).toMatchObject({ code, stdout: '' });
    expect(await readdir(folder.path)).toEqual(names);
    const isMine = (await readFile(folder.file('a'), 'utf8')) === 'mine';
    expect(isMine).toBe(content === 'mine');
    const fetched = names.at(-1) === 'a' ? content === 'new' && 'a' : 'a (1)';
    if (fetched) expect(Buffer.compare(await readFile(folder.file(fetched)), origin.bytes(0, origin.size))).toBe(0);
    else expect(origin.log).toEqual([]);
  });
});

describe('--json', () => {
  it('tells a download from its first state to its end, as the schema says', async () => {
    await using origin = await startOrigin({ size: 12 * MIB, bytesPerSecond: 2 * MIB });
    await using folder = await makeTempDir();
    const { code, stdout, stderr } = await runCli([origin.url, 'a', '--json', '-n', '4'], { cwd: folder.path });
    expect([code, stderr]).toEqual([0, '']);
    const lines = parseJsonLines(stdout);
    const states = lines.flatMap((line) => (line.type === 'state' ? [line.state] : []));
    expect(states).toEqual(['validating', 'probing', 'preparing', 'downloading', 'merging', 'done']);
    expect(new Set(lines.map(({ type }) => type))).toEqual(new Set(['state', 'progress', 'segment', 'done']));
    expect(lines.at(-1)).toMatchObject({ type: 'done', path: folder.file('a'), size: 12 * MIB, dryRun: false });
    expect(lines.filter(({ v }) => v !== 1)).toEqual([]);
  });

  it.each([
    ['not a URL at all', [], 3, 'invalid-url'],
    ['a log file that cannot be written', ['--log-file', '/nowhere/log'], 3, 'invalid-path'],
    ['a host that does not answer', [], 5, 'connection-refused'],
  ])('tells of %s, too', async (what, flags, code, failure) => {
    const url = code === 5 ? 'http://127.0.0.1:9/' : what.includes('URL') ? 'not-a-url' : 'http://127.0.0.1:9/';
    await using folder = await makeTempDir();
    const result = await runCli([url, '--json', ...flags], { cwd: folder.path });
    expect(result.code).toBe(code);
    expect(parseJsonLines(result.stdout).at(-1)).toMatchObject({ type: 'failed', code: failure });
    expect(result.stderr).toMatch(/^multidown: .*\n$/);
  });

  it('a status, a warning, a skipped target', async () => {
    await using origin = await startOrigin({
      script: ({ index }) => (index === 0 ? { status: 503 } : { status: 404 }),
    });
    await using folder = await makeTempDir();
    const lines = parseJsonLines((await runCli([origin.url, 'a', '--json'], { cwd: folder.path })).stdout);
    expect(lines.find(({ type }) => type === 'warning')).toMatchObject({ code: 'retrying' });
    expect(lines.at(-1)).toMatchObject({ type: 'failed', code: 'http-status', status: 404, resumable: false });
    await writeFile(folder.file('b'), 'mine');
    const skipped = await runCli([origin.url, 'b', '--json', '--if-exists', 'skip'], { cwd: folder.path });
    expect(parseJsonLines(skipped.stdout).at(-1)).toMatchObject({ type: 'done', skipped: true, size: 4 });
  });
});

describe('--dry-run', () => {
  it('asks once, says what would happen and leaves nothing', async () => {
    await using origin = await startOrigin({ size: 64 * MIB, bytesPerSecond: MIB });
    await using folder = await makeTempDir();
    const { code, stdout, stderr } = await runCli([origin.url, '--dry-run', '-n', '7'], { cwd: folder.path });
    expect([code, stderr]).toEqual([0, '']);
    const words = stdout.split('\n').map((line) => line.split(/ {2,}/));
    expect(words.slice(0, 4)).toEqual([
      ['From', origin.url],
      ['To', folder.file('file.bin')],
      ['Size', `64.0 MiB (${64 * MIB} bytes)`],
      ['Connections', 'up to 7, by ranges'],
    ]);
    expect(origin.log).toHaveLength(1);
    expect(await readdir(folder.path)).toEqual([]);
  });

  it('as JSON', async () => {
    await using origin = await startOrigin({ ranges: false });
    await using folder = await makeTempDir();
    const { code, stdout } = await runCli([origin.url, '--dry-run', '--json'], { cwd: folder.path });
    expect(code).toBe(0);
    const lines = parseJsonLines(stdout);
    expect(lines.at(-1)).toMatchObject({ type: 'done', dryRun: true, path: folder.file('file.bin'), size: MIB });
    expect(lines.findLast(({ type }) => type === 'state')).toMatchObject({ source: { acceptsRanges: false } });
    expect(await readdir(folder.path)).toEqual([]);
  });

  it('is refused where the real one would be', async () => {
    await using origin = await startOrigin();
    await using folder = await makeTempDir();
    await writeFile(folder.file('file.bin'), 'mine');
    expect(await runCli([origin.url, '--dry-run'], { cwd: folder.path })).toMatchObject({ code: 4, stdout: '' });
  });
});

describe('what is said', () => {
  it('plain lines without escape codes; the last one tells where, how much, how fast', async () => {
    await using origin = await startOrigin();
    await using folder = await makeTempDir();
    const { code, stdout, stderr } = await runCli([origin.url], { cwd: folder.path });
    expect([code, stdout]).toEqual([0, '']);
    expect(stderr).not.toMatch(/[^\P{C}\n]/u);
    expect(stderr.trimEnd().split('\n').at(-1)).toMatch(/file\.bin: 1\.0 MiB in .* on average/);
  });

  it('nothing with --quiet', async () => {
    await using origin = await startOrigin();
    await using folder = await makeTempDir();
    expect(await runCli([origin.url, '-q', '-y'], { cwd: folder.path })).toEqual({
      code: 0,
      signal: null,
      stdout: '',
      stderr: '',
    });
  });

  it('--version, on stdout', async () =>
    expect(await runCli(['--version'])).toMatchObject({ code: 0, stdout: `${version}\n`, stderr: '' }));
  it('--help, on stdout', async () =>
    expect(await runCli(['--help'])).toMatchObject({ code: 0, stdout: /^Usage: multidown/, stderr: '' }));

  it.each([
    [[], /^Usage: multidown \[options\] \[url\]/],
    [['window'], /^Usage: multidown window/],
    [['replay'], /^Usage: multidown replay/],
  ])('help %j, the same', async (of, stdout) =>
    expect(await runCli(['help', ...of])).toMatchObject({ code: 0, stdout, stderr: '' }),
  );

  it('help of what is no command', async () =>
    expect(await runCli(['help', 'nonsense'])).toMatchObject({ code: 2, stdout: '', stderr: /window, replay/ }));

  it('a completion script, on stdout', async () =>
    expect(await runCli(['completion', 'fish'])).toMatchObject({
      code: 0,
      stdout: /complete -c multidown/,
      stderr: '',
    }));
});

describe('the log', () => {
  it('holds every state, request and retry as JSON lines, for its owner only', async () => {
    await using origin = await startOrigin({
      size: 4 * MIB,
      script: ({ index }) => (index === 0 ? { status: 503, headers: { 'retry-after': '0' } } : null),
    });
    await using folder = await makeTempDir();
    const args = [origin.url, 'a', '--log-file', 'log', '-q', '-n', '3'];
    expect(await runCli(args, { cwd: folder.path })).toMatchObject({ code: 0, stderr: '' });
    const entries = (await readFile(folder.file('log'), 'utf8'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const states = entries.filter(({ event }) => event === 'state').map(({ state }) => state);
    expect(states).toEqual(['validating', 'probing', 'probing', 'preparing', 'downloading', 'merging', 'done']);
    const requests = entries.filter(({ event }) => event === 'request');
    expect(requests).toHaveLength(origin.log.length);
    expect(requests[0]).toMatchObject({ method: 'GET', url: origin.url, range: 'bytes=0-', status: 503 });
    expect(requests.map(({ range }) => range)).toEqual(origin.log.map(({ range }) => range));
    expect(entries.filter(({ event }) => event === 'warning')[0]).toMatchObject({ level: 'warn', code: 'retrying' });
    expect(entries.at(-1)).toMatchObject({ event: 'done', size: 4 * MIB });
    expect((await stat(folder.file('log'))).mode & 0o777).toBe(0o600);
  });

  it('is readable on stderr with -v', async () => {
    await using origin = await startOrigin();
    await using folder = await makeTempDir();
    const { code, stdout, stderr } = await runCli([origin.url, '-v'], { cwd: folder.path });
    expect([code, stdout]).toEqual([0, '']);
    expect(stderr).toMatch(/^[\d:.]+ info {2}GET 206 method=GET url=http/m);
    expect(stderr.trimEnd().split('\n').at(-1)).toMatch(/info {2}done path=.*file\.bin size=1048576/);
  });
});

describe('options reach where they should', () => {
  it('headers and the user agent', async () => {
    await using origin = await startOrigin();
    await using folder = await makeTempDir();
    const flags = ['-H', 'X-One: 1', '-H', 'x-two:two words', '-A', 'me/1'];
    expect(await runCli([origin.url, ...flags, '-q'], { cwd: folder.path })).toMatchObject({ code: 0 });
    expect(origin.log[0]?.headers).toMatchObject({ 'x-one': '1', 'x-two': 'two words', 'user-agent': 'me/1' });
    await runCli([origin.url, 'b', '-q'], { cwd: folder.path });
    expect(origin.log.at(-1)?.headers['user-agent']).toBe(`multidown/${version}`);
  });

  it('--connections and --min-split', async () => {
    await using origin = await startOrigin({ size: 16 * MIB, bytesPerSecond: 4 * MIB });
    await using folder = await makeTempDir();
    await runCli([origin.url, 'a', '-n', '3', '-q'], { cwd: folder.path });
    expect(origin.connections.peak).toBe(3);
    const { stdout } = await runCli([origin.url, 'b', '--min-split', '16M', '--dry-run'], { cwd: folder.path });
    expect(stdout).toMatch(/one, by ranges: the file is too small to be split/);
  });

  it('185 --limit-rate', async () => {
    await using origin = await startOrigin({ size: 3 * MIB });
    await using folder = await makeTempDir();
    const args = [origin.url, '--limit-rate', '1M', '--json', '-n', '1'];
    const { stdout } = await runCli(args, { cwd: folder.path });
    const done = parseJsonLines(stdout).at(-1);
    expect(done?.type === 'done' && done.meanBytesPerSecond).toBeLessThan(1.05 * MIB);
    // No request is thrown away for being slow: it is we who wait.
    expect(origin.bytesSent).toBe(3 * MIB);
    expect(origin.log).toHaveLength(1);
  });

  it('--retries 0', async () => {
    await using origin = await startOrigin({ script: () => ({ status: 503 }) });
    await using folder = await makeTempDir();
    expect((await runCli([origin.url, '--retries', '0', '-q'], { cwd: folder.path })).code).toBe(6);
    expect(origin.log).toHaveLength(1);
  });

  it('a folder as output: the server names the file', async () => {
    await using origin = await startOrigin({ contentDisposition: 'attachment; filename="r\u00e9sum\u00e9.bin"' });
    await using folder = await makeTempDir();
    await mkdir(folder.file('there'));
    for (const output of ['there', 'new/folder/']) {
      expect((await runCli([origin.url, '-o', output, '-q'], { cwd: folder.path })).code).toBe(0);
      expect(await readdir(folder.file(output))).toEqual(['r\u00e9sum\u00e9.bin']);
    }
  });
});

it.each([
  ['two threads', {}, '2'],
  ['as many threads as its user wants', { UV_THREADPOOL_SIZE: '3' }, '3'],
])('writes on %s', async (_, env, threads) => {
  await using origin = await startOrigin();
  await using folder = await makeTempDir();
  const tell = `process.on('exit', () => process.stdout.write(process.env.UV_THREADPOOL_SIZE));`;
  const nodeOptions = ['--import', `data:text/javascript,${encodeURIComponent(tell)}`];
  const run = await runCli([origin.url, 'a.bin', '--quiet', '--yes'], { cwd: folder.path, env, nodeOptions });
  expect(run).toMatchObject({ code: 0, stdout: threads });
});
