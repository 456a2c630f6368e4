import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { WindowHub } from './hub.ts';
import { Outbox } from './outbox.ts';
import { parsePageMessage } from './page-message.ts';
import { refusalOf } from './security.ts';
import type { Session } from './session.ts';

/** What a page says is short, bytes. */
const MOST_MESSAGE = 64 * 1024;
const MOST_PAGES = 32;
/** How long the last messages may take, milliseconds. */
const FAREWELL_MS = 1_000;

/** WebSocket's own numbers (RFC 6455, 7.4.1). */
const GOING_AWAY = 1001;
const POLICY_VIOLATION = 1008;
const TRY_AGAIN_LATER = 1013;

export interface StreamOptions {
  readonly hub: WindowHub;
  readonly session: Session;
  readonly port: number;
}

/** `GET /stream`: one WebSocket a page, for those with the cookie. */
export function acceptStreams(server: Server, { hub, session, port }: StreamOptions) {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MOST_MESSAGE,
    perMessageDeflate: false,
    clientTracking: false,
  });
  const pages = new Map<WebSocket, Outbox>();

  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    const refusal = refusalOf(request, port) ?? strangerRefusal(request);
    if (refusal) return refuseUpgrade(socket, refusal.status);
    sockets.handleUpgrade(request, socket, head, welcome);
  });

  function strangerRefusal(request: IncomingMessage): { readonly status: number } | null {
    if (request.url !== '/stream' || request.method !== 'GET') return { status: 404 };
    if (!session.admits(request.headers.cookie, port)) return { status: 401 };
    return pages.size >= MOST_PAGES ? { status: 503 } : null;
  }

  function welcome(socket: WebSocket): void {
    const outbox = new Outbox({
      send: (text, sent) => socket.send(text, (error) => void (error || sent())),
      end: () => {
        socket.close(TRY_AGAIN_LATER);
        // It does not read: it would not hear of that either.
        setTimeout(() => socket.terminate(), FAREWELL_MS).unref();
      },
    });
    pages.set(socket, outbox);
    const { take, leave } = hub.connect(outbox);
    socket.on('message', (data, isBinary) => {
      const message = isBinary ? null : parsePageMessage(String(data));
      if (message) take(message);
      else socket.close(POLICY_VIOLATION);
    });
    socket.on('error', () => socket.terminate());
    socket.on('close', () => {
      pages.delete(socket);
      leave();
      outbox.end();
    });
  }

  return {
    /** Waits for what is on its way, for a moment at most. */
    async close(): Promise<void> {
      const farewells = [...pages].map(async ([socket, outbox]) => {
        await withinMs(FAREWELL_MS, outbox.idle());
        const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
        socket.close(GOING_AWAY);
        await withinMs(FAREWELL_MS, closed);
        socket.terminate();
      });
      await Promise.all(farewells);
    },
  };
}

const reasons: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  421: 'Misdirected Request',
  503: 'Service Unavailable',
};

function refuseUpgrade(socket: Duplex, status: number): void {
  socket.end(`HTTP/1.1 ${status} ${reasons[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

async function withinMs(ms: number, promise: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([promise, timeout]);
  clearTimeout(timer);
}
