import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startOrigin } from '../support/origin-server.ts';
import { runCli, spawnCli } from '../support/spawn-cli.ts';
import { makeTempDir, type TempDir } from '../support/temp-dir.ts';

const MIB = 1024 * 1024;

/** Each where a secret may stand; none is like another, or like anything that belongs in a log. */
const secrets = {
  password: 'pw-Zebra71',
  bearer: 'tok.Quagga-82',
  cookie: 'sid-Okapi93',
  apiKey: 'key-Tapir04',
  queryToken: 'qt-Ibex15',
  querySignature: 'qs-Gnu26xx',
  redirectSignature: 'rs-Yak37xx',
  redirectToken: 'rt-Eland48',
  privateHeader: 'ph-Dugong59',
} as const;

const headers = [
  ['-H', `Authorization: Bearer ${secrets.bearer}`],
  ['-H', `Cookie: sid=${secrets.cookie}; theme=dark`],
  ['-H', `X-Api-Key: ${secrets.apiKey}`],
  ['-H', `X-Mine: ${secrets.privateHeader}`],
].flat();

const query = `?token=${secrets.queryToken}&X-Amz-Signature=${secrets.querySignature}&x=1`;
const redirectQuery = `?X-Amz-Signature=${secrets.redirectSignature}&access_token=${secrets.redirectToken}`;

function addressOf(base: string, path = '/start'): string {
  return `${base.replace('//', `//me:${secrets.password}@`)}${path}${query}`;
}

function redirects() {
  return { [`/start${query}`]: `/signed/file.bin${redirectQuery}` };
}

/** Every text that a run left: what it printed, and every file below the folder. */
async function everything(folder: TempDir, ...printed: string[]): Promise<string> {
  const names = await readdir(folder.path, { recursive: true, withFileTypes: true });
  const files = names.filter((entry) => entry.isFile() && !entry.name.startsWith('data'));
  const texts = await Promise.all(files.map((entry) => readFile(join(entry.parentPath, entry.name), 'utf8')));
  return [...names.map(({ name }) => name), ...texts, ...printed].join('\n');
}

function expectNoSecret(text: string): void {
  const pair = `me:${secrets.password}`;
  const basic = Buffer.from(pair).toString('base64');
  const found = [...Object.entries(secrets), ['basic', basic]].filter(([, secret]) => text.includes(secret ?? ''));
  expect(found).toEqual([]);
}

const LOUD = ['-v', '--log-file', 'log', '--json'];

describe('secrets', () => {
  it('132, 190 reach the server, and nothing that is written', async () => {
    await using origin = await startOrigin({ size: 4 * MIB, redirects: redirects() });
    await using folder = await makeTempDir();
    const run = await runCli([addressOf(origin.base), 'a', ...headers, ...LOUD], { cwd: folder.path });
    expect(run.code).toBe(0);
    expect(origin.log[0]?.headers).toMatchObject({
      authorization: `Bearer ${secrets.bearer}`,
      cookie: `sid=${secrets.cookie}; theme=dark`,
      'x-api-key': secrets.apiKey,
    });
    expect(origin.log[1]?.url).toContain(secrets.redirectSignature);
    const log = await readFile(folder.file('log'), 'utf8');
    expect(log).toContain('/signed/file.bin');
    expect(log).toContain('REDACTED');
    expectNoSecret(`${log}${run.stdout}${run.stderr}`);
  });

  it('userinfo alone', async () => {
    await using origin = await startOrigin({ redirects: redirects() });
    await using folder = await makeTempDir();
    const run = await runCli([addressOf(origin.base), 'a', ...LOUD], { cwd: folder.path });
    expect(run.code).toBe(0);
    expect(origin.log[0]?.headers.authorization).toMatch(/^Basic /);
    expectNoSecret(`${await readFile(folder.file('log'), 'utf8')}${run.stdout}${run.stderr}`);
  });

  it('132, 190 are not in the state of an interrupted run', async () => {
    await using origin = await startOrigin({ size: 8 * MIB, bytesPerSecond: MIB / 16, redirects: redirects() });
    await using folder = await makeTempDir();
    await using run = spawnCli([addressOf(origin.base), 'a', ...headers, ...LOUD], { cwd: folder.path });
    await run.waitFor('stdout', /"type":"progress","bytes":[1-9]/);
    run.kill('SIGINT');
    const { code, stdout, stderr } = await run.exited;
    expect(code).toBe(130);
    const text = await everything(folder, stdout, stderr);
    expect(text).toContain('checkpoint.json');
    expect(text).toContain('"durable"');
    expectNoSecret(text);
    // The credentials come again with the next start.
    origin.set({ bytesPerSecond: Number.POSITIVE_INFINITY });
    const rest = await runCli([addressOf(origin.base), 'a', ...headers, '-q'], { cwd: folder.path });
    expect(rest).toMatchObject({ code: 0, stderr: '' });
  });

  it.each([
    ['a status', '/forbidden', 6],
    ['a redirect to a closed port', '/closed', 5],
    ['a redirect to another scheme', '/ftp', 6],
    ['a redirect that is none', '/none', 6],
    ['a circle', '/circle', 6],
  ])('190 are not in the failure of %s', async (_, path, code) => {
    await using origin = await startOrigin({
      redirects: {
        [`/closed${query}`]: `http://me:${secrets.redirectToken}@127.0.0.1:9/a${redirectQuery}`,
        [`/ftp${query}`]: `ftp://me:${secrets.redirectToken}@example.org/a${redirectQuery}`,
        [`/none${query}`]: `http://me:${secrets.redirectToken}@exa mple:99999/a${redirectQuery}`,
        [`/circle${query}`]: `/circle${query}`,
      },
      script: ({ url }) => (url.startsWith('/forbidden') ? { status: 403, body: `no ${secrets.bearer}` } : null),
    });
    await using folder = await makeTempDir();
    const run = await runCli([addressOf(origin.base, path), 'a', ...headers, ...LOUD], { cwd: folder.path });
    expect(run.code).toBe(code);
    expectNoSecret(await everything(folder, run.stdout, run.stderr));
  });

  it.each([
    `ftp://me:${secrets.password}@example.org/a${query}`,
    `http:/me:${secrets.password}@example.org/a${query}`,
    `http://me:${secrets.password}@/a${query}`,
    `http://me:${secrets.password}@example.org:99999/a${query}`,
    `me:${secrets.password}@example.org/a${query}`,
    `http://me:${secrets.password}@exa mple.org/a${query}`,
    `http://me:${secrets.password}@example.org\\a${query}`,
  ])('are not in what is said of the bad URL %#', async (url) => {
    await using folder = await makeTempDir();
    const run = await runCli([url, 'a', ...headers, ...LOUD], { cwd: folder.path });
    expect(run.code).toBe(3);
    expectNoSecret(await everything(folder, run.stdout, run.stderr));
  });

  it('are not in a dry run', async () => {
    await using origin = await startOrigin({ redirects: redirects() });
    await using folder = await makeTempDir();
    const run = await runCli([addressOf(origin.base), ...headers, '--dry-run'], { cwd: folder.path });
    expect(run).toMatchObject({ code: 0, stdout: /REDACTED/ });
    expectNoSecret(await everything(folder, run.stdout, run.stderr));
  });
});
