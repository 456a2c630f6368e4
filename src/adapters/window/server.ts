import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { WindowHub } from './hub.ts';
import type { PageFile } from './page-files.ts';
import { refusalOf, securityHeaders } from './security.ts';
import { Session } from './session.ts';
import { acceptStreams } from './stream.ts';
import { takeToken } from './take-token.ts';

export interface WindowServer {
  /** With the token: for one browser, once. */
  readonly url: string;
  readonly port: number;
  /** A browser has come in. */
  readonly isVisited: boolean;
  /** Gives the pages the last of what there is, for a moment at most, and ends. */
  close(): Promise<void>;
}

export interface WindowServerOptions {
  readonly hub: WindowHub;
  readonly files: ReadonlyMap<string, PageFile>;
  /** 0, unless a test wants one that is taken. */
  readonly port?: number;
  /** Nobody needs longer to ask for something, milliseconds. */
  readonly requestMs?: number;
}

const REQUEST_MS = 10_000;
const MOST_CONNECTIONS = 512;
const MOST_HEADER_BYTES = 16 * 1024;

/**
 * The window's own web server: this machine only, for whoever has its token.
 *
 * @throws Error when the port is taken: nobody is ever sent to a stranger's server
 */
export async function startWindowServer(options: WindowServerOptions): Promise<WindowServer> {
  const { hub, files, port = 0, requestMs = REQUEST_MS } = options;
  const session = new Session();
  const server = createServer({
    // A missing name is refused by the same rule as a wrong one.
    requireHostHeader: false,
    maxHeaderSize: MOST_HEADER_BYTES,
    headersTimeout: requestMs,
    requestTimeout: requestMs,
    keepAliveTimeout: requestMs,
    connectionsCheckingInterval: Math.min(requestMs, 1_000),
  });
  server.maxConnections = MOST_CONNECTIONS;
  await listen(server, port);
  const { port: actual } = server.address() as AddressInfo;
  server.on('request', (request, response) => void respond(request, response, { session, files, port: actual }));
  const streams = acceptStreams(server, { hub, session, port: actual });
  return {
    url: `http://127.0.0.1:${actual}/#${session.token}`,
    port: actual,
    get isVisited() {
      return session.isSpent;
    },
    async close() {
      hub.flush();
      await streams.close();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
}

interface Place {
  readonly session: Session;
  readonly files: ReadonlyMap<string, PageFile>;
  readonly port: number;
}

async function respond(request: IncomingMessage, response: ServerResponse, place: Place): Promise<void> {
  for (const [name, value] of Object.entries(securityHeaders)) response.setHeader(name, value);
  response.on('error', () => {});
  const refusal = refusalOf(request, place.port);
  if (refusal) return refuse(response, refusal.status, refusal.reason);
  if (request.url === '/session') return await takeToken(request, response, place);
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD');
    return refuse(response, 405, 'That cannot be done here.');
  }
  const file = place.files.get(request.url ?? '');
  if (!file) return refuse(response, 404, 'There is nothing here.');
  response.writeHead(200, { 'content-type': file.type, 'content-length': file.content.length });
  response.end(request.method === 'HEAD' ? undefined : file.content);
}

/** A refusal ends the connection: nothing more of it is read. */
export function refuse(response: ServerResponse, status: number, reason: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' });
  response.end(`${reason}\n`);
}
