import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import type { PageMessage } from '../../src/adapters/window/protocol.ts';
import type { WindowHub } from './window-hub.ts';

/** Where the systems have it; the tests of the page need it. */
export const chromiumPath = [
  process.env.CHROMIUM_PATH ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find((path) => path !== '' && existsSync(path));

/** The built page. */
export const pageFolder = fileURLToPath(new URL('../../dist/window/', import.meta.url));

/** The strictest policy that the page must do with. */
export const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "form-action 'self'",
].join('; ');

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

export interface WindowPageOptions {
  readonly width?: number;
  readonly height?: number;
  readonly scheme?: 'light' | 'dark';
  /** The part of the address behind the number sign; a token unless said. */
  readonly hash?: string;
}

/** A browser with the built page in it, and a hub at the other end of its stream. */
export interface WindowBrowser extends AsyncDisposable {
  /** Opens the page in a window of its own. */
  open(options?: WindowPageOptions): Promise<Page>;
  /** What pages have complained of: errors, and what their policy forbade. */
  readonly complaints: readonly string[];
  /** What was asked for at any other address. */
  readonly strangers: readonly string[];
  /** Bodies that were given for a session. */
  readonly tokens: readonly string[];
  /** The process is gone: streams end, new ones are refused. */
  goAway(): void;
  comeBack(): void;
}

export async function openWindowBrowser(hub: WindowHub): Promise<WindowBrowser> {
  const tokens: string[] = [];
  const complaints: string[] = [];
  const strangers: string[] = [];
  const streams = new Set<{ close(): Promise<void> }>();
  let isAway = false;
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    if (request.method === 'POST' && path === '/session') {
      let body = '';
      request.on('data', (part) => {
        body += part;
      });
      request.on('end', () => {
        tokens.push(body);
        response.writeHead(204).end();
      });
      return;
    }
    const name = path === '/' ? 'index.html' : path.slice(1);
    const file = join(pageFolder, name);
    if (!file.startsWith(pageFolder) || !existsSync(file)) return void response.writeHead(404).end();
    response.writeHead(200, { 'content-type': types[extname(name)] ?? '', 'content-security-policy': policy });
    response.end(readFileSync(file));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const browser: Browser = await chromium.launch({
    ...(chromiumPath === undefined ? {} : { executablePath: chromiumPath }),
    args: ['--no-sandbox'],
  });

  async function connect(context: BrowserContext): Promise<void> {
    await context.routeWebSocket(/\/stream$/, (stream) => {
      if (isAway) return void stream.close();
      streams.add(stream);
      const { take, leave } = hub.connect({ send: (message) => stream.send(JSON.stringify(message)) });
      stream.onMessage((text) => take(JSON.parse(String(text)) as PageMessage));
      stream.onClose(() => {
        streams.delete(stream);
        leave();
      });
    });
  }

  return {
    complaints,
    strangers,
    tokens,
    async open({ width = 1280, height = 800, scheme = 'light', hash = '#secret-token' } = {}) {
      const context = await browser.newContext({ viewport: { width, height }, colorScheme: scheme });
      context.setDefaultTimeout(20_000);
      await connect(context);
      const page = await context.newPage();
      page.on('pageerror', (error) => complaints.push(String(error)));
      page.on('console', (message) => {
        if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
      });
      page.on('request', (request) => {
        if (!request.url().startsWith(`${base}/`)) strangers.push(request.url());
      });
      await page.goto(`${base}/${hash}`);
      return page;
    },
    goAway() {
      isAway = true;
      for (const stream of streams) void stream.close();
    },
    comeBack() {
      isAway = false;
    },
    async [Symbol.asyncDispose]() {
      await browser.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
