import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import type { PageMessage, ServerMessage } from '../../src/adapters/window/protocol.ts';
import { startOrigin } from '../support/origin-server.ts';
import { spawnInTerminal } from '../support/pty.ts';
import { runCli, spawnCli } from '../support/spawn-cli.ts';
import { makeTempDir } from '../support/temp-dir.ts';
import { windowUrl } from '../support/window-visitor.ts';

/** The window of the real program, without a browser. */

const MIB = 1024 * 1024;
const soon = { timeout: 20_000 };

const cleanUps: AsyncDisposable[] = [];
const kept = <One extends AsyncDisposable>(one: One): One => {
  cleanUps.push(one);
  return one;
};
afterEach(async () => {
  for (const one of cleanUps.splice(0).reverse()) await one[Symbol.asyncDispose]();
});

/** A page's stream, by the address that was printed. */
async function visit(url: string): Promise<{
  readonly socket: WebSocket;
  readonly again: () => Promise<WebSocket>;
  readonly messages: ServerMessage[];
  say(message: PageMessage): void;
}> {
  const { origin, host, hash } = new URL(url);
  const answer = await fetch(`${origin}/session`, {
    method: 'POST',
    headers: { origin, 'content-type': 'application/json', 'x-multidown': 'window' },
    body: JSON.stringify({ token: hash.slice(1) }),
  });
  const cookie = answer.headers.get('set-cookie')?.split(';')[0] ?? '';
  const messages: ServerMessage[] = [];
  const again = async (hears: ServerMessage[] = []) => {
    const socket = new WebSocket(`ws://${host}/stream`, { headers: { cookie, origin } });
    kept({ [Symbol.asyncDispose]: async () => socket.terminate() });
    // The first comes with the opening itself.
    socket.on('message', (data) => hears.push(JSON.parse(String(data)) as ServerMessage));
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', reject);
    });
    return socket;
  };
  const socket = await again(messages);
  return { socket, again, messages, say: (message) => socket.send(JSON.stringify(message)) };
}

const stateOf = (messages: readonly ServerMessage[]) =>
  messages.reduce<string | undefined>((state, message) => {
    if (message.type === 'welcome') return message.downloads[0]?.state?.state ?? state;
    return message.type === 'event' && message.event.type === 'state' ? message.event.state : state;
  }, undefined);

describe('--inspect', () => {
  it('is not held up by a page that stops to read, and others go on', async () => {
    const origin = kept(await startOrigin({ size: 32 * MIB, bytesPerSecond: MIB }));
    const folder = kept(await makeTempDir());
    const run = kept(spawnCli([origin.url, '-n', '8', '-y', '--inspect', '--no-open'], { cwd: folder.path }));
    await run.waitFor('stderr', /Window: \S+\s/);
    const page = await visit(windowUrl(run.stderr));
    const dead = await page.again();
    dead.pause();
    expect((await run.exited).code).toBe(0);
    expect(readFileSync(folder.file('file.bin')).equals(origin.bytes(0, origin.size))).toBe(true);
    await expect.poll(() => page.socket.readyState, soon).toBe(WebSocket.CLOSED);
    // The last that there was to say has been said.
    expect(stateOf(page.messages)).toBe('done');
    const snapshots = page.messages
      .flatMap((message) => (message.type === 'inspection' ? message.messages : []))
      .filter((message) => message.type === '@xstate.snapshot' && message.sessionId === message.rootId);
    expect(snapshots.at(-1)).toMatchObject({ snapshot: { status: 'done', value: 'done' } });
  });

  it('tells no secrets, neither to the page nor on the way', async () => {
    const origin = kept(await startOrigin({ size: 4 * MIB, bytesPerSecond: 512 * 1024 }));
    const folder = kept(await makeTempDir());
    const secrets = ['hunter2-password', 'bearer-of-secrets', 'signed-by-nobody'];
    const url = `${origin.url.replace('http://', `http://me:${secrets[0]}@`)}?sig=${secrets[2]}`;
    const args = [
      url,
      '-H',
      `Authorization: Bearer ${secrets[1]}`,
      '-n',
      '2',
      '-y',
      '--inspect',
      '--no-open',
      '--record',
      'r',
    ];
    const run = kept(spawnCli(args, { cwd: folder.path }));
    await run.waitFor('stderr', /Window: \S+\s/);
    const page = await visit(windowUrl(run.stderr));
    await run.exited;
    await expect.poll(() => page.socket.readyState, soon).toBe(WebSocket.CLOSED);
    expect(stateOf(page.messages)).toBe('done');
    const recording = readFileSync(folder.file('r'), 'utf8');
    expect(recording).toContain('"value":"done"');
    for (const secret of secrets) {
      expect(JSON.stringify(page.messages)).not.toContain(secret);
      expect(recording).not.toContain(secret);
    }
  });

  it('asks in the page when no terminal is there, and -y asks nobody', async () => {
    const origin = kept(await startOrigin());
    const folder = kept(await makeTempDir());
    writeFileSync(folder.file('file.bin'), 'old');
    const run = kept(spawnCli([origin.url, '--inspect', '--no-open'], { cwd: folder.path }));
    await run.waitFor('stderr', /Window: \S+\s/);
    const page = await visit(windowUrl(run.stderr));
    await expect.poll(() => stateOf(page.messages), soon).toBe('confirmingOverwrite');
    page.say({ type: 'answer', download: 'd1', answer: 'overwrite', question: 'target-exists' });
    expect((await run.exited).code).toBe(0);
    expect(readFileSync(folder.file('file.bin')).equals(origin.bytes(0, origin.size))).toBe(true);
    expect(await runCli([origin.url, '--inspect', '--no-open', '-y'], { cwd: folder.path })).toMatchObject({ code: 0 });
  });

  it('leaves stdout to --json', async () => {
    const origin = kept(await startOrigin());
    const folder = kept(await makeTempDir());
    const run = await runCli([origin.url, '--inspect', '--no-open', '-y', '--json'], { cwd: folder.path });
    for (const line of run.stdout.trimEnd().split('\n')) expect(JSON.parse(line)).toHaveProperty('type');
    expect(run.stderr).toMatch(/^Window: http:\/\/127\.0\.0\.1:\d+\/#[\w-]{43}\n$/);
  });

  it('=stately says what it takes', async () => {
    const origin = kept(await startOrigin());
    const folder = kept(await makeTempDir());
    const run = await runCli([origin.url, '--inspect=stately'], { cwd: folder.path });
    expect(run).toMatchObject({ code: 2, stderr: expect.stringContaining('npm install @statelyai/inspect') });
    expect(origin.log).toEqual([]);
  });
});

describe('the folders that may be saved to', () => {
  it('must exist, and be folders: nothing is made or started otherwise', async () => {
    const folder = kept(await makeTempDir());
    writeFileSync(folder.file('plain'), '');
    for (const [args, path, why] of [
      [['misspelt/sub'], folder.file('misspelt', 'sub'), 'it does not exist'],
      [['.', 'plain'], folder.file('plain'), 'it is a file'],
      [['plain/sub'], folder.file('plain', 'sub'), 'a part of its path is a file, not a folder'],
    ] as const) {
      const run = await runCli(['window', '--no-open', '--record', 'r', ...args], { cwd: folder.path });
      const sentence = `The folder ${path} cannot be saved to: ${why}. Name another, or make it first.`;
      expect(run).toEqual({ code: 3, signal: null, stdout: '', stderr: `multidown: ${sentence}\n` });
    }
    expect(readdirSync(folder.path)).toEqual(['plain']);
  });
});

describe.runIf(process.platform === 'linux')('where the browser is to be opened', () => {
  const complaint = 'multidown: No browser could be opened. Open the address of the window yourself.\n';

  /** The window on a desktop, where a browser is opened by this program; null for none. */
  async function openWindow(opener: string | null) {
    const folder = kept(await makeTempDir());
    if (opener !== null) {
      writeFileSync(folder.file('xdg-open'), `#!/bin/sh\n${opener}\n`);
      chmodSync(folder.file('xdg-open'), 0o755);
    }
    const env = { DISPLAY: ':99', PATH: opener === null ? folder.path : `${folder.path}:${process.env.PATH}` };
    const run = kept(spawnCli(['window', folder.path], { cwd: folder.path, env }));
    await run.waitFor('stderr', /Window: \S+\s/);
    return { folder, run };
  }

  it.each([
    ['fails', 'exit 3'],
    ['is not there', null],
  ])('says so when what opens it %s, and goes on', async (_, opener) => {
    const { run } = await openWindow(opener);
    await run.waitFor('stderr', complaint);
    await visit(windowUrl(run.stderr));
    run.kill('SIGTERM');
    const { code, stderr } = await run.exited;
    expect([code, stderr.split(complaint).length]).toEqual([0, 2]);
  });

  it('says nothing of a browser that ends badly after it was there', async () => {
    const { folder, run } = await openWindow(`until [ -e "$0.end" ]; do sleep 0.05; done; touch "$0.ended"; exit 3`);
    await visit(windowUrl(run.stderr));
    writeFileSync(folder.file('xdg-open.end'), '');
    await expect.poll(() => existsSync(folder.file('xdg-open.ended')), soon).toBe(true);
    run.kill('SIGTERM');
    expect(await run.exited).toMatchObject({ code: 0, stderr: expect.not.stringContaining('No browser') });
  });

  it('does not wait for it at the end', async () => {
    const { run } = await openWindow('exec sleep 30');
    run.kill('SIGTERM');
    expect(await run.exited).toMatchObject({ code: 0, stderr: expect.not.stringContaining('No browser') });
  }, 20_000);
});

describe('--gui', () => {
  it('stays when the download has ended, and starts others', async () => {
    const origin = kept(await startOrigin());
    const folder = kept(await makeTempDir());
    const run = kept(await spawnInTerminal([origin.url, '--gui', '--no-open'], { cwd: folder.path, columns: 120 }));
    await run.waitFor(/Window: \S+/);
    const page = await visit(windowUrl(run.raw));
    await expect.poll(() => stateOf(page.messages), soon).toBe('done');
    const form = { url: origin.url, folder: null, name: 'two.bin', connections: 2, checksum: null, rateLimit: null };
    page.say({ type: 'start', request: 1, form });
    await expect.poll(() => page.messages.find(({ type }) => type === 'started'), soon).toBeDefined();
    await expect.poll(() => existsSync(folder.file('two.bin')), soon).toBe(true);
    run.write('\x03');
    expect(await run.exited).toMatchObject({ code: 0, isCooked: true, isCursorVisible: true });
  });
});

describe('without a terminal and without arguments', () => {
  it('opens the window where there is a desktop', async () => {
    const folder = kept(await makeTempDir());
    const opened = folder.file('opened');
    writeFileSync(folder.file('xdg-open'), `#!/bin/sh\ntouch "${opened}"\n`);
    chmodSync(folder.file('xdg-open'), 0o755);
    const env = { DISPLAY: ':99', PATH: `${folder.path}:${process.env.PATH}`, HOME: folder.path };
    const run = kept(spawnCli([], { cwd: folder.path, env }));
    await run.waitFor('stderr', /Window: \S+\s/);
    const page = await visit(windowUrl(run.stderr));
    await expect
      .poll(() => page.messages.find(({ type }) => type === 'welcome'), soon)
      .toMatchObject({ roots: [folder.path] });
    if (process.platform === 'linux') await expect.poll(() => existsSync(opened), soon).toBe(true);
    run.kill('SIGTERM');
    expect(await run.exited).toMatchObject({ code: 0 });
  });

  it.runIf(process.platform === 'linux')('says what it lacks where there is none', async () => {
    expect(await runCli([])).toMatchObject({ code: 2, stderr: expect.stringContaining('No URL was given.') });
  });
});
