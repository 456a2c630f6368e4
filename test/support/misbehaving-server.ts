import { once } from 'node:events';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';

/** A request as it came: its first line, and its fields by lower-case name. */
export interface SeenRequest {
  readonly line: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Every field name as it was written, in order. */
  readonly fields: readonly string[];
  /** First byte that was asked for; null without a Range field. */
  readonly rangeStart: number | null;
  /** How often this start has been asked for, from 1. */
  readonly attempt: number;
  /** Counted over all connections, from 1. */
  readonly count: number;
  /** Which connection brought it, from 1. */
  readonly connection: number;
}

/** What is done to a connection, in order. Text is sent as ISO-8859-1. */
export type Step =
  /** Bytes, `every` of them a write if that is given. */
  | { readonly send: string | Uint8Array; readonly every?: number }
  /** Nothing for so long, milliseconds; null until the client gives up. */
  | { readonly wait: number | null }
  /** Nothing until this has come about. */
  | { readonly until: Promise<unknown> }
  /** FIN: our half is over. */
  | { readonly end: true }
  /** RST. */
  | { readonly reset: true };

export interface MisbehavingServer {
  readonly url: string;
  readonly port: number;
  readonly requests: readonly SeenRequest[];
  /** Connections that are open now. */
  readonly open: number;
  /** Resolves when no connection is open any more. */
  idle(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export type Script = (request: SeenRequest) => readonly Step[];

/**
 * A server on raw sockets that sends exactly the bytes it is told to, and no
 * others.
 */
export async function startMisbehaving(
  script: Script,
  { tls, path = '/file.bin' }: { tls?: { key: string; cert: string }; path?: string } = {},
): Promise<MisbehavingServer> {
  const requests: SeenRequest[] = [];
  const sockets = new Set<Socket>();
  const attempts = new Map<string, number>();
  let connections = 0;
  const serve = (socket: Socket) => {
    connections += 1;
    const connection = connections;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    let text = '';
    let turn = Promise.resolve();
    socket.on('data', (bytes: Buffer) => {
      text += bytes.toString('latin1');
      for (let end = text.indexOf('\r\n\r\n'); end >= 0; end = text.indexOf('\r\n\r\n')) {
        const request = readRequest(text.slice(0, end), { count: requests.length + 1, connection, attempts });
        text = text.slice(end + 4);
        requests.push(request);
        turn = turn.then(() => perform(socket, script(request))).catch(() => {});
      }
    });
  };
  const server: Server = tls ? createTlsServer(tls, serve).on('tlsClientError', () => {}) : createTcpServer(serve);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}${path}`,
    port,
    requests,
    get open() {
      return sockets.size;
    },
    async idle() {
      while (sockets.size > 0) await Promise.all([...sockets].map((socket) => once(socket, 'close')));
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function readRequest(
  head: string,
  { count, connection, attempts }: { count: number; connection: number; attempts: Map<string, number> },
): SeenRequest {
  const [line = '', ...rows] = head.split('\r\n');
  const pairs = rows.map((row) => [row.slice(0, row.indexOf(':')), row.slice(row.indexOf(':') + 1).trim()] as const);
  const headers = Object.fromEntries(pairs.map(([name, value]) => [name.toLowerCase(), value]));
  const start = /^bytes=(\d+)-/.exec(headers.range ?? '')?.[1];
  const attempt = (attempts.get(start ?? 'whole') ?? 0) + 1;
  attempts.set(start ?? 'whole', attempt);
  return {
    line,
    path: line.split(' ')[1] ?? '',
    headers,
    fields: pairs.map(([name]) => name),
    rangeStart: start === undefined ? null : Number(start),
    attempt,
    count,
    connection,
  };
}

async function perform(socket: Socket, steps: readonly Step[]): Promise<void> {
  for (const step of steps) {
    if (socket.destroyed) return;
    if ('send' in step) await send(socket, step);
    else if ('wait' in step) await wait(socket, step.wait);
    else if ('until' in step) await Promise.race([step.until, once(socket, 'close')]);
    else if ('end' in step) socket.end();
    else socket.resetAndDestroy();
  }
}

async function send(socket: Socket, { send: bytes, every }: { send: string | Uint8Array; every?: number }) {
  const whole = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes;
  const size = every ?? Math.max(1, whole.length);
  for (let at = 0; at < whole.length && !socket.destroyed; at += size) {
    const goesOn = socket.write(whole.subarray(at, at + size));
    if (every !== undefined) await new Promise((resolve) => setImmediate(resolve));
    if (!goesOn && !socket.destroyed) await Promise.race([once(socket, 'drain'), once(socket, 'close')]);
  }
}

async function wait(socket: Socket, ms: number | null): Promise<void> {
  if (ms === null) await once(socket, 'close');
  else await new Promise((resolve) => setTimeout(resolve, ms));
}

/* Common answers. */

/** A head: status line, fields, empty line. */
export function head(status: string, fields: readonly string[] = []): string {
  return [`HTTP/1.1 ${status}`, ...fields, '', ''].join('\r\n');
}

/** The right answer to a request for `bytes`, in ranges. */
export function honest(bytes: Uint8Array, request: SeenRequest, fields: readonly string[] = ['ETag: "v1"']): Step[] {
  if (request.rangeStart === null) {
    return [{ send: head('200 OK', [`Content-Length: ${bytes.length}`, ...fields]) }, { send: bytes }];
  }
  if (request.rangeStart >= bytes.length) {
    return [
      { send: head('416 Range Not Satisfiable', [`Content-Range: bytes */${bytes.length}`, 'Content-Length: 0']) },
    ];
  }
  const last = /-(\d+)$/.exec(request.headers.range ?? '')?.[1];
  const end = Math.min(bytes.length, last === undefined ? bytes.length : Number(last) + 1);
  const part = bytes.subarray(request.rangeStart, end);
  const range = `Content-Range: bytes ${request.rangeStart}-${end - 1}/${bytes.length}`;
  return [{ send: head('206 Partial Content', [`Content-Length: ${part.length}`, range, ...fields]) }, { send: part }];
}
