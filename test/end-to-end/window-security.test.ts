import { chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WindowHub } from '../../src/adapters/window/hub.ts';
import { builtPage, readPage } from '../../src/adapters/window/page-files.ts';
import { startWindowServer, type WindowServer } from '../../src/adapters/window/server.ts';
import { FakeControl, stateEvent } from '../support/fake-control.ts';
import { startOrigin } from '../support/origin-server.ts';
import { spawnCli } from '../support/spawn-cli.ts';
import { makeTempDir } from '../support/temp-dir.ts';
import { chromiumPath } from '../support/window-browser.ts';
import { windowUrl } from '../support/window-visitor.ts';

/** Cases of the list of faults, section H, that take a browser or the whole program. */

const MIB = 1024 * 1024;
const soon = { timeout: 20_000 };
const plain = (text: string) => text;

const cleanUps: AsyncDisposable[] = [];
const kept = <One extends AsyncDisposable>(one: One): One => {
  cleanUps.push(one);
  return one;
};
afterEach(async () => {
  for (const one of cleanUps.splice(0).reverse()) await one[Symbol.asyncDispose]();
});

/** The real server with the real page. */
async function startWindow(): Promise<WindowServer & AsyncDisposable & { readonly hub: WindowHub }> {
  const hub = new WindowHub({ mode: 'live', version: '1.0.0' });
  const server = await startWindowServer({ hub, files: await readPage(builtPage()) });
  return kept({ ...server, hub, [Symbol.asyncDispose]: () => server.close() });
}

/** Another site, on this machine. */
async function startStranger(html: string): Promise<AsyncDisposable & { readonly port: number }> {
  const server = createServer((_, response) => response.setHeader('content-type', 'text/html').end(html));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return kept({
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}

describe.runIf(chromiumPath !== undefined)('in a browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({
      ...(chromiumPath === undefined ? {} : { executablePath: chromiumPath }),
      args: ['--no-sandbox', '--host-resolver-rules=MAP evil.example 127.0.0.1'],
    });
  });
  afterAll(() => browser.close());

  async function open(url: string): Promise<Page> {
    const context = await browser.newContext();
    context.setDefaultTimeout(20_000);
    kept({ [Symbol.asyncDispose]: () => context.close() });
    const page = await context.newPage();
    await page.goto(url);
    return page;
  }

  it('153. takes the token out of the address, and a reload needs none', async () => {
    const window = await startWindow();
    const page = await open(window.url);
    await page.getByText('Connected').waitFor();
    expect(page.url()).not.toContain(new URL(window.url).hash.slice(1));
    await page.reload();
    await page.getByText('Connected').waitFor();
    expect(await page.evaluate('document.cookie')).toBe('');
  });

  it('158. is of no use to a name that leads here by rebinding', async () => {
    const window = await startWindow();
    const context = await browser.newContext();
    kept({ [Symbol.asyncDispose]: () => context.close() });
    const page = await context.newPage();
    const answer = await page.goto(`http://evil.example:${window.port}/${new URL(window.url).hash}`);
    expect(answer?.status()).toBe(421);
    expect(await page.content()).not.toContain('script');
  });

  it('159. keeps other pages out: fetch, forms, frames, scripts, images and WebSockets', async () => {
    const window = await startWindow();
    const victim = await open(window.url);
    await victim.getByText('Connected').waitFor();
    const { port } = await startStranger('<!doctype html><title>stranger</title>');
    // In the same browser, with the same cookies: cookies know no ports.
    const stranger = await victim.context().newPage();
    await stranger.goto(`http://127.0.0.1:${port}/`);
    const tried = await stranger.evaluate(attack, `http://127.0.0.1:${window.port}`);
    expect(tried).toEqual({
      fetch: 'failed',
      opaque: 'failed',
      post: 'failed',
      socket: 'failed',
      script: 'failed',
      image: 'failed',
      frame: 'tried',
    });
    expect(window.hub.pages).toBe(1);
  });

  it('166. shows what others have written as text', async () => {
    const window = await startWindow();
    const control = new FakeControl();
    const hostile = [
      '<img src=x onerror=alert(1)>',
      '"><script>alert(1)</script>',
      '<svg/onload=alert(1)>',
      "'-alert(1)-'",
      '</title><script>alert(1)</script>',
      '{{constructor.constructor("alert(1)")()}}',
      '\u202Egnp.exe',
      'javascript:alert(1)',
    ];
    for (const text of hostile) {
      const seat = window.hub.add({ url: `http://example.org/${text}`, redact: plain, send: (c) => control.send(c) });
      seat.hear({ ...stateEvent({ state: 'downloading' }), path: `/home/${text}` });
      seat.hear({ type: 'warning', code: 'retrying', message: text });
      seat.hear({ type: 'failed', code: 'http-status', message: text, status: 500, resumable: false });
    }
    const page = await open(window.url);
    let dialogs = 0;
    page.on('dialog', (dialog) => {
      dialogs++;
      void dialog.dismiss();
    });
    await page.getByText('<svg/onload=alert(1)>').first().waitFor();
    for (const id of ['d1', 'd2', 'd5', 'd7']) {
      await page.goto(`http://127.0.0.1:${window.port}/#/d/${id}`);
      await page.getByRole('heading', { name: 'The download failed' }).waitFor();
    }
    expect(await page.locator('main img, main script, main svg[onload], main iframe').count()).toBe(0);
    // Turned round by a sign that nobody sees, a name would look like another.
    expect(await page.locator('body').innerText()).not.toContain('\u202E');
    expect(dialogs).toBe(0);
  });

  it('167. makes no links of addresses', async () => {
    const window = await startWindow();
    for (const url of ['javascript:alert(1)', 'data:text/html,<script>alert(1)</script>', 'http://example.org/a']) {
      const seat = window.hub.add({ url, redact: plain, send: () => {} });
      seat.hear({ ...stateEvent({ state: 'downloading' }), path: `/home/${url}` });
    }
    const page = await open(window.url);
    await page.getByText('alert(1)').first().waitFor();
    await page.goto(`http://127.0.0.1:${window.port}/#/d/d1`);
    await page.getByText('javascript:alert(1)').first().waitFor();
    const links = await page
      .locator('a')
      .evaluateAll((all) => all.map((one) => (one as unknown as { protocol: string }).protocol));
    expect(new Set(links)).toEqual(new Set(['http:']));
    const hrefs = await page.locator('a').evaluateAll((all) => all.map((one) => one.getAttribute('href') ?? ''));
    for (const href of hrefs) expect(href).toMatch(/^#/);
  });

  it('177. registers no service worker and keeps nothing', async () => {
    const window = await startWindow();
    const page = await open(window.url);
    await page.getByText('Connected').waitFor();
    expect(await page.evaluate('navigator.serviceWorker.getRegistrations().then((all) => all.length)')).toBe(0);
    expect(await page.evaluate('caches.keys().then((all) => all.length)')).toBe(0);
  });

  it('178. says whether the content was checked; its end does not end the download', async () => {
    const origin = kept(await startOrigin({ size: 64 * MIB, bytesPerSecond: 256 * 1024 }));
    const folder = kept(await makeTempDir());
    const run = kept(spawnCli([origin.url, '-n', '2', '--inspect', '--no-open'], { cwd: folder.path }));
    await run.waitFor('stderr', /Window: \S+\s/);
    const page = await open(windowUrl(run.stderr));
    await page.getByRole('button', { name: 'Pause' }).waitFor();
    const other = await page.context().newPage();
    await other.goto(page.url());
    await other.getByRole('button', { name: 'Pause' }).waitFor();
    await page.close({ runBeforeUnload: false });
    // Whoever comes after the end sees nothing: only now that the other one is there, what is asked for anew comes fast.
    origin.set({ bytesPerSecond: Number.POSITIVE_INFINITY });
    await other.getByRole('button', { name: 'Pause' }).click();
    await other.getByRole('button', { name: 'Resume' }).click();
    expect((await run.exited).code).toBe(0);
    expect(readFileSync(folder.file('file.bin')).equals(origin.bytes(0, origin.size))).toBe(true);
    await other.getByText('The file is complete').waitFor();
    await other.getByText('No checksum was given, so the content itself was not checked.').waitFor();
  });
});

describe.runIf(process.platform === 'linux')('on a desktop', () => {
  it.each([
    ['153', 'shows the token in no list of processes'],
    ['174', 'keeps the file with the token to its user, and takes it away'],
  ])('%s. %s', async () => {
    const folder = kept(await makeTempDir());
    const opener = folder.file('xdg-open');
    writeFileSync(
      opener,
      `#!/bin/sh\necho "$@" >"${folder.file('opened')}.new"\nmv "${folder.file('opened')}.new" "${folder.file('opened')}"\n`,
    );
    chmodSync(opener, 0o755);
    const env = { DISPLAY: ':99', PATH: `${folder.path}:${process.env.PATH}`, TMPDIR: folder.path };
    const run = kept(spawnCli(['window', folder.path], { cwd: folder.path, env }));
    await run.waitFor('stderr', /Window: \S+\s/);
    const url = windowUrl(run.stderr);
    await expect.poll(() => existsSync(folder.file('opened')), soon).toBe(true);
    const file = readFileSync(folder.file('opened'), 'utf8').trim();
    expect(file).not.toContain(new URL(url).hash.slice(1));
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(file.replace(/\/[^/]*$/, '')).mode & 0o777).toBe(0o700);
    expect(readFileSync(file, 'utf8')).toContain(url);
    run.kill('SIGTERM');
    await run.exited;
    expect(readdirSync(folder.path).sort()).toEqual(['opened', 'xdg-open']);
  });

  it.runIf(chromiumPath !== undefined)('174. leads the browser there', async () => {
    const window = await startWindow();
    const folder = kept(await makeTempDir());
    writeFileSync(folder.file('open.html'), `<!doctype html><meta http-equiv="refresh" content="0;url=${window.url}">`);
    const browser = await chromium.launch({
      ...(chromiumPath === undefined ? {} : { executablePath: chromiumPath }),
      args: ['--no-sandbox'],
    });
    kept({ [Symbol.asyncDispose]: () => browser.close() });
    const page = await browser.newPage();
    await page.goto(`file://${folder.file('open.html')}`);
    await page.getByText('Connected').waitFor();
  });
});

/** Runs in the other page. */
async function attack(target: string): Promise<Record<string, string>> {
  const scope = globalThis as unknown as {
    document: { createElement(name: string): object; body: { append(node: unknown): void } };
    WebSocket: new (url: string) => { onopen: () => void; onerror: () => void };
  };
  const failed = () => 'failed';
  const element = (name: string, attributes: Record<string, string>) =>
    new Promise<string>((resolve) => {
      const onload = () => resolve('loaded');
      const onerror = () => resolve('failed');
      scope.document.body.append(Object.assign(scope.document.createElement(name), { ...attributes, onload, onerror }));
    });
  const script = '/assets/';
  return {
    fetch: await fetch(`${target}/`, { credentials: 'include' }).then((answer) => String(answer.status), failed),
    opaque: await fetch(`${target}/`, { mode: 'no-cors', credentials: 'include' }).then(({ type }) => type, failed),
    post: await fetch(`${target}/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-multidown': 'window' },
      body: '{}',
    }).then(() => 'answered', failed),
    socket: await new Promise<string>((resolve) => {
      const socket = new scope.WebSocket(`${target.replace('http', 'ws')}/stream`);
      socket.onopen = () => resolve('open');
      socket.onerror = () => resolve('failed');
    }),
    script: await element('script', { src: `${target}${script}` }),
    image: await element('img', { src: `${target}/` }),
    frame: await element('iframe', { src: `${target}/` }).then(() => 'tried'),
  };
}
