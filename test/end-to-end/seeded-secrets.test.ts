/** Fifty secrets wherever a user or a server may put one: none is in anything that is written, said or handed on. MULTIDOWN_SEED replays. */
import { once } from 'node:events';
import { chmod, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { startOrigin } from '../support/origin-server.ts';
import { Random } from '../support/random.ts';
import { spawnCli } from '../support/spawn-cli.ts';
import { makeTempDir, type TempDir } from '../support/temp-dir.ts';
import { windowUrl } from '../support/window-visitor.ts';

const MIB = 1024 * 1024;
const SECRETS = 50;
/** Secrets of one run. */
const A_RUN = 10;
const SEED = Number(process.env.MULTIDOWN_SEED ?? Date.now() % 1_000_000);

const queryKeys = [
  'token',
  'access_token',
  'sig',
  'signature',
  'X-Amz-Signature',
  'X-Amz-Security-Token',
  'X-Amz-Credential',
  'X-Goog-Signature',
  'api_key',
  'jwt',
  'password',
  'auth',
  'Key-Pair-Id',
];
const fieldNames = ['X-Api-Key', 'X-Auth', 'X-Mine', 'Private-Token', 'Proxy-Authorization', 'X-Amz-Security-Token'];

/** Where the secrets of one run stand. */
interface Seeded {
  readonly secrets: readonly string[];
  readonly userinfo: string;
  readonly query: string;
  readonly headers: readonly string[];
  /** Of an address that the server leads to. */
  readonly redirectQuery: string;
}

function secret(random: Random): string {
  const letters = 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789';
  const text = (length: number) => Array.from({ length }, () => letters[random.integer(letters.length)]).join('');
  // Long enough not to be anywhere by chance; some with what has to be encoded.
  return `${text(7)}${random.pick(['', '.', '-', '_', '~', '+', '/', '=', '%'])}${text(7)}`;
}

function seed(random: Random): Seeded {
  const secrets = Array.from({ length: A_RUN }, () => secret(random));
  const [password = '', bearer = '', cookie = '', plain = '', ...rest] = secrets;
  const keys = rest.map(() => random.pick(queryKeys));
  const pair = (value: string, index: number) => `${keys[index]}=${encodeURIComponent(value)}`;
  const pairs = rest.map(pair);
  return {
    secrets,
    userinfo: `me:${encodeURIComponent(password)}@`,
    query: `?${pairs.slice(0, 3).join('&')}&x=1`,
    redirectQuery: `?${pairs.slice(3).join('&')}`,
    headers: [
      `Authorization: ${random.pick(['Bearer ', 'Token ', 'Basic ', ''])}${bearer}`,
      `Cookie: sid=${cookie}; theme=dark`,
      `${random.pick(fieldNames)}: ${plain}`,
    ],
  };
}

/** Every form in which a secret could be read. */
function formsOf({ secrets }: Seeded): readonly string[] {
  const basic = secrets.map((text) => Buffer.from(`me:${text}`).toString('base64'));
  return [...secrets, ...secrets.map(encodeURIComponent), ...basic];
}

/** All files below a folder but the data itself, and the names of all. */
async function filesIn(folder: TempDir): Promise<readonly (readonly [string, string])[]> {
  const entries = await readdir(folder.path, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && !['a', 'data'].includes(entry.name));
  const read = ({ parentPath, name }: { parentPath: string; name: string }) => readFile(join(parentPath, name), 'utf8');
  const texts = await Promise.all(files.map(async (file) => [file.name, await read(file)] as const));
  return [...texts, ['names', entries.map(({ name }) => name).join('\n')]];
}

/** A browser's opener that notes what it was started with, and what it was shown. */
async function makeOpener(folder: TempDir): Promise<void> {
  const seen = folder.file('opened');
  const note = `tr '\\0' '\\n' </proc/$$/cmdline >"${seen}.new"; cat "$1" >>"${seen}.new"; mv "${seen}.new" "${seen}"`;
  await writeFile(folder.file('xdg-open'), `#!/bin/sh\n${note}\n`);
  await chmod(folder.file('xdg-open'), 0o755);
}

/** What a page of the window hears until it closes. */
async function listen(
  address: string,
): Promise<{ readonly texts: readonly string[]; readonly closed: Promise<unknown> }> {
  const { origin, host, hash } = new URL(address);
  const answer = await fetch(`${origin}/session`, {
    method: 'POST',
    headers: { origin, 'content-type': 'application/json', 'x-multidown': 'window' },
    body: JSON.stringify({ token: hash.slice(1) }),
  });
  const cookie = answer.headers.get('set-cookie')?.split(';')[0] ?? '';
  const socket = new WebSocket(`ws://${host}/stream`, { headers: { cookie, origin } });
  const texts: string[] = [];
  socket.on('message', (data) => texts.push(String(data)));
  const closed = once(socket, 'close');
  await once(socket, 'open');
  return { texts, closed };
}

/** One run with everything on, and every text of it by where it was found. */
async function run(command: readonly string[], folder: TempDir, isToStop: boolean) {
  const loud = ['-n', '2', '-y', '--json', '-v', '--log-file', 'log', '--record', 'record', '--inspect'];
  const env = { DISPLAY: ':99', PATH: `${folder.path}:${process.env.PATH}`, TMPDIR: folder.path };
  await using running = spawnCli([...command, ...loud], { cwd: folder.path, env });
  await running.waitFor('stderr', /Window: \S+\s/);
  const page = await listen(windowUrl(running.stderr));
  await running.waitFor('stdout', /"type":"progress","bytes":[1-9]/);
  // The notes of a run under way.
  const midway = await filesIn(folder);
  if (isToStop) running.kill('SIGTERM');
  const { code, stdout, stderr } = await running.exited;
  await page.closed;
  const after = await filesIn(folder);
  return {
    code,
    found: [...midway, ...after, ['stdout', stdout], ['stderr', stderr], ['window', page.texts.join('\n')]] as const,
  };
}

describe.runIf(process.platform === 'linux')('190, 132 secrets', () => {
  it(`${SECRETS} of them, in addresses, fields and redirects: in no output, file, message or child's arguments`, {
    timeout: 300_000,
  }, async () => {
    for (let number = 0; number < SECRETS / A_RUN; number += 1) {
      const seeded = seed(new Random(SEED + number));
      const path = `/start${seeded.query}`;
      await using origin = await startOrigin({
        size: 4 * MIB,
        bytesPerSecond: MIB / 2,
        redirects: { [path]: `/signed/file.bin${seeded.redirectQuery}` },
      });
      await using folder = await makeTempDir();
      await makeOpener(folder);
      const address = `${origin.base.replace('//', `//${seeded.userinfo}`)}${path}`;
      const command = [address, 'a', ...seeded.headers.flatMap((line) => ['-H', line])];
      const stopped = await run(command, folder, true);
      origin.set({ bytesPerSecond: 2 * MIB });
      const ended = await run(command, folder, false);
      const told = `MULTIDOWN_SEED=${SEED + number}`;
      expect([stopped.code, ended.code], told).toEqual([130, 0]);
      // They were sent, and there was something to be found in.
      expect(origin.log[0]?.url, told).toBe(path);
      expect(origin.log[1]?.url, told).toBe(`/signed/file.bin${seeded.redirectQuery}`);
      const found = [...stopped.found, ...ended.found];
      const places = new Set(found.filter(([, text]) => text.length > 50).map(([name]) => name));
      for (const place of [
        'stdout',
        'stderr',
        'window',
        'log',
        'record',
        'opened',
        'checkpoint.json',
        'live.json',
        'lock',
      ])
        expect([...places], told).toContain(place);
      const leaks = formsOf(seeded).flatMap((text) =>
        found.filter(([, all]) => all.includes(text)).map(([name]) => [name, text]),
      );
      expect(leaks, told).toEqual([]);
    }
  });
});
