import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { startOrigin } from '../support/origin-server.ts';
import { selfSigned } from '../support/self-signed.ts';
import { type CliResult, runCli } from '../support/spawn-cli.ts';
import { makeTempDir, type TempDir } from '../support/temp-dir.ts';

/** Nothing listens there: the discard service of old. */
const CLOSED = 'http://127.0.0.1:9/file.bin';

/** The code, and one sentence for people: no stack, nothing on stdout. */
function expectSentence(result: CliResult, code: number, says: string | RegExp): void {
  expect(result.stderr).toMatch(says);
  expect(result).toMatchObject({ code, signal: null, stdout: '' });
  expect(result.stderr).toMatch(/^multidown: [\p{L}\d/"-]/u);
  expect(result.stderr.trimEnd()).toMatch(/[.?]$/);
  expect(result.stderr).not.toMatch(/\n\s+at |node:|Error:/);
  // A second line at most: where the help is.
  expect(result.stderr.trimEnd().split('\n').slice(1).join()).toMatch(/^(?:See multidown --help\.)?$/);
}

describe('the command line: exit code 2', () => {
  it.each([
    [['--conections', '4', CLOSED], 'Did you mean --connections?'],
    [['-n', '0', CLOSED], 'from 1 to 64'],
    [['-n', '65', CLOSED], 'from 1 to 64'],
    [['-n', '-1', CLOSED], 'from 1 to 64'],
    [['-n', 'x', CLOSED], 'from 1 to 64'],
    [['--checksum', 'sha256:123', CLOSED], '64 hexadecimal digits'],
    [[CLOSED, 'a', '-o', 'b'], 'Two outputs'],
    [[CLOSED, 'http://127.0.0.1:9/other.bin'], 'The output is a URL'],
    [[CLOSED, '-o', '-'], 'cannot write to standard output'],
    [[], 'No URL was given'],
  ])('%j', async (args, says) => expectSentence(await runCli(args), 2, says));
});

describe('the URL: exit code 3', () => {
  it.each([
    ['certainly not', /space/],
    ['nonsense', /not a URL/],
    ['example.org/file.iso', /Did you mean https:\/\/example.org\/file.iso\?/],
    ['ftp://example.org/file.iso', /not over ftp/],
    ['file:///etc/passwd', /not over file/],
    ['javascript:alert(1)', /not over javascript/],
    ['http://', /no host/],
    ['https:///file.iso', /no host/],
    ['http://example.org/a\nb', /control characters/],
    ['http://example.org/\x1b[2J', /control characters/],
    ['http://exa mple.org/', /space/],
    ['http://example.org:99999/', /understood/],
    ['', /No URL was given/],
  ])('%j', async (url, says) => {
    const result = await runCli([url]);
    expectSentence(result, 3, says);
    expect(result.stderr.trimEnd()).not.toMatch(/[^\P{C}\n]/u);
  });
});

describe('the output: exit code 3', () => {
  async function tryOutput(prepare: (folder: TempDir) => Promise<string> | string): Promise<CliResult> {
    await using origin = await startOrigin();
    await using folder = await makeTempDir();
    const output = await prepare(folder);
    const before = await readdir(folder.path);
    const result = await runCli([origin.url, '-o', output, '--yes']);
    expect(await readdir(folder.path)).toEqual(before);
    // Nobody is asked to find that out; the superuser is told by the system only when it tries.
    if (!output.startsWith('/proc')) expect(origin.log).toEqual([]);
    return result;
  }

  it('below a file', async () => {
    const result = await tryOutput(async (folder) => {
      await writeFile(folder.file('plain'), '');
      return folder.file('plain', 'sub', 'a.bin');
    });
    expectSentence(result, 3, /plain is a file, and a folder is needed there/);
  });

  it('in a folder that cannot be made', async () =>
    expectSentence(await tryOutput(() => '/proc/multidown/a.bin'), 3, /\/proc.* (?:cannot|could not) be/));

  it('in a folder that cannot be written', async () =>
    expectSentence(await tryOutput(() => '/proc/a.bin'), 3, /\/proc.* (?:cannot|could not) be/));

  it('a folder where its state would be', async () => {
    const result = await tryOutput(async (folder) => {
      await writeFile(folder.file('a.bin.multidown'), '');
      return folder.file('a.bin');
    });
    expectSentence(result, 3, /is in the way/);
  });

  it.each(['/dev/null', '/dev/full'])('the device %s', async (device) =>
    expectSentence(await tryOutput(() => device), 3, /is a device/),
  );

  it('a name that is too long', async () =>
    expectSentence(await tryOutput((folder) => folder.file('x'.repeat(246))), 3, /too long/));

  it('a path that is too long', async () =>
    expectSentence(await tryOutput((folder) => folder.file(...Array(100).fill('x'.repeat(50)))), 3, /too long/));

  it('control characters', async () =>
    expectSentence(await tryOutput((folder) => folder.file('a\x1b[2Jb')), 3, /control characters/));

  it('nothing at all', async () => expectSentence(await tryOutput(() => ''), 3, /output is empty/));

  it('a folder that takes the name of the file', async () => {
    await using origin = await startOrigin();
    await using folder = await makeTempDir();
    await mkdir(folder.file('file.bin'));
    expectSentence(await runCli([origin.url, '-y'], { cwd: folder.path }), 3, /file.bin is a folder/);
    expect(origin.bytesSent).toBeLessThanOrEqual(origin.size);
  });

  it('a link is replaced, never followed', async () => {
    await using origin = await startOrigin();
    await using folder = await makeTempDir();
    await writeFile(folder.file('precious'), 'mine');
    await symlink(folder.file('precious'), folder.file('a.bin'));
    expectSentence(await runCli([origin.url, '-o', folder.file('a.bin')]), 4, /exists already/);
  });
});

describe('the other files: exit code 3', () => {
  it.each([
    ['--cacert', '/nowhere/ca.pem', /cannot be read: there is no such file/],
    ['--cacert', '/', /cannot be read: it is a folder/],
    ['--record', '/nowhere/r', /cannot be written: its folder does not exist/],
    ['--cacert', '/dev/null', /no certificate/],
    ['--log-file', '/nowhere/log', /its folder does not exist/],
    ['--log-file', '/proc/log', /cannot be written/],
  ])('%s %s', async (flag, path, says) => expectSentence(await runCli([flag, path, CLOSED]), 3, says));
});

describe('the network: exit code 5', () => {
  it('a host that does not exist', async () =>
    expectSentence(await runCli(['http://does-not-exist.invalid/a', '--retries', '0']), 5, /does-not-exist\.invalid/));

  it('a port that is closed', async () => expectSentence(await runCli([CLOSED]), 5, /refused the connection/));

  it('a certificate that is not trusted, unless its authority is named or all are', async () => {
    await using origin = await startOrigin({ tls: selfSigned });
    await using folder = await makeTempDir();
    const options = { cwd: folder.path };
    const result = await runCli([origin.url], options);
    expectSentence(result, 5, /certificate of 127\.0\.0\.1:\d+ is signed by itself/);
    expect(result.stderr).toContain('--cacert');
    await writeFile(folder.file('ca.pem'), selfSigned.cert);
    expect(await runCli([origin.url, 'one', '--cacert', 'ca.pem', '-q'], options)).toMatchObject({ code: 0 });
    expect(await runCli([origin.url, 'two', '--insecure', '-q'], options)).toMatchObject({ code: 0 });
  });

  it('a server that is silent', async () => {
    await using origin = await startOrigin({ script: () => ({ silent: true }) });
    expectSentence(await runCli([origin.url, '--timeout', '0.2', '--retries', '0']), 5, /did not answer in time/);
  });

  it('a server that resets every connection', async () => {
    await using origin = await startOrigin({ script: () => ({ reset: true }) });
    expectSentence(await runCli([origin.url, '--retries', '0']), 5, /reset|closed/);
  });
});

describe('the server: exit code 6', () => {
  it.each([
    [401, /401/],
    [403, /403/],
    [404, /404/],
    [410, /410/],
    [500, /500/],
  ])('status %i', async (status, says) => {
    await using origin = await startOrigin({ script: () => ({ status, body: 'x'.repeat(1000) }) });
    await using folder = await makeTempDir();
    expectSentence(await runCli([origin.url], { cwd: folder.path }), 6, says);
    expect(await readdir(folder.path)).toEqual([]);
  });

  it('a circle of redirects', async () => {
    await using origin = await startOrigin({ redirects: { '/file.bin': '/b', '/b': '/file.bin' } });
    expectSentence(await runCli([origin.url]), 6, /circle/);
  });

  it('a redirect away from http', async () => {
    await using origin = await startOrigin({ redirects: { '/file.bin': 'ftp://example.org/a' } });
    expectSentence(await runCli([origin.url]), 6, /redirect/);
  });
});

it('-v adds what is behind a failure, and no sooner', async () => {
  await using folder = await makeTempDir();
  const args = ['--cacert', folder.file('missing'), CLOSED];
  expect((await runCli(args)).stderr).not.toContain('ENOENT');
  expect((await runCli([...args, '-v'])).stderr).toContain('ENOENT');
});
