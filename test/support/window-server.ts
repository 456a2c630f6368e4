import WebSocket from 'ws';
import { type HubOptions, WindowHub } from '../../src/adapters/window/hub.ts';
import type { PageFile } from '../../src/adapters/window/page-files.ts';
import type { PageMessage, ServerMessage } from '../../src/adapters/window/protocol.ts';
import { startWindowServer, type WindowServer, type WindowServerOptions } from '../../src/adapters/window/server.ts';
import { type RawAnswer, rawRequest } from './raw-http.ts';

const page: ReadonlyMap<string, PageFile> = new Map([
  ['/', { type: 'text/html; charset=utf-8', content: Buffer.from('<!doctype html><title>empty</title>') }],
  ['/assets/a.js', { type: 'text/javascript; charset=utf-8', content: Buffer.from('export {};') }],
]);

/** A window's server with a page of nothing, and who may come in. */
export interface TestWindow extends AsyncDisposable, WindowServer {
  readonly hub: WindowHub;
  readonly token: string;
  /** Gives the token for the cookie, as the page does. */
  signIn(): Promise<string>;
  post(change?: {
    readonly headers?: readonly string[];
    readonly without?: readonly string[];
    readonly body?: string;
    readonly target?: string;
    readonly method?: string;
  }): Promise<RawAnswer>;
}

export async function startTestWindow(
  hubOptions: Partial<HubOptions> = {},
  serverOptions: Partial<WindowServerOptions> = {},
): Promise<TestWindow> {
  const hub = new WindowHub({ mode: 'live', version: '1.0.0', ...hubOptions });
  const server = await startWindowServer({ hub, files: page, ...serverOptions });
  const { port } = server;
  const token = new URL(server.url).hash.slice(1);
  const post: TestWindow['post'] = async ({ headers = [], without = [], body, target, method } = {}) => {
    const text = body ?? JSON.stringify({ token });
    const usual = [
      `Host: 127.0.0.1:${port}`,
      'Connection: close',
      `Origin: http://127.0.0.1:${port}`,
      'Content-Type: application/json',
      'X-Multidown: window',
      `Content-Length: ${Buffer.byteLength(text)}`,
    ].filter((line) => ![...without, ...headers].some((one) => isSameName(one, line)));
    return await rawRequest(port, {
      method: method ?? 'POST',
      target: target ?? '/session',
      headers: [...usual, ...headers],
      body: text,
    });
  };
  return {
    ...server,
    hub,
    token,
    post,
    async signIn() {
      const { headers } = await post();
      return headers['set-cookie']?.split(';')[0] ?? '';
    },
    [Symbol.asyncDispose]: () => server.close(),
  };
}

function isSameName(one: string, line: string): boolean {
  return one.split(':')[0]?.toLowerCase() === line.split(':')[0]?.toLowerCase();
}

/** A page without a browser. */
export interface TestPage extends AsyncDisposable {
  readonly messages: ServerMessage[];
  say(message: PageMessage): void;
  sayRaw(text: string): void;
  /** Resolves with the first message that fits, now or later. */
  heard(fits: (message: ServerMessage) => boolean): Promise<ServerMessage>;
  readonly closed: Promise<number>;
  readonly socket: WebSocket;
}

export async function openTestPage({ port }: WindowServer, cookie: string): Promise<TestPage> {
  const origin = `http://127.0.0.1:${port}`;
  const socket = new WebSocket(`ws://127.0.0.1:${port}/stream`, { headers: { cookie, origin } });
  const messages: ServerMessage[] = [];
  const listeners = new Set<() => void>();
  socket.on('message', (data) => {
    messages.push(JSON.parse(String(data)) as ServerMessage);
    for (const listener of listeners) listener();
  });
  const closed = new Promise<number>((resolve) => socket.on('close', resolve));
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  return {
    messages,
    socket,
    closed,
    say: (message) => socket.send(JSON.stringify(message)),
    sayRaw: (text) => socket.send(text),
    heard: (fits) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = messages.find(fits);
          if (!found) return;
          listeners.delete(look);
          resolve(found);
        };
        listeners.add(look);
        void closed.then((code) => reject(new Error(`It was closed (${code}) before that was said.`)));
        look();
      }),
    async [Symbol.asyncDispose]() {
      socket.terminate();
      await closed;
    },
  };
}

/** What a WebSocket's beginning must say, as a browser does. */
export function upgradeHeaders(port: number, cookie: string, change: readonly string[] = []): readonly string[] {
  const usual = [
    `Host: 127.0.0.1:${port}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    `Origin: http://127.0.0.1:${port}`,
    `Cookie: ${cookie}`,
  ].filter((line) => !change.some((one) => isSameName(one, line)));
  return [...usual, ...change.filter((line) => !line.endsWith(': -'))];
}
