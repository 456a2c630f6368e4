import { EventEmitter, once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { openWire, perform, type Step, type TlsOptions, type Wire } from './misbehaving-wire.ts';

export type { Step } from './misbehaving-wire.ts';

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
  /** Its connection took up the TLS session of an earlier one. */
  readonly isResumed: boolean;
  /** When it was here: monotonic, milliseconds. */
  readonly at: number;
}

export interface MisbehavingServer {
  readonly url: string;
  readonly port: number;
  readonly requests: readonly SeenRequest[];
  /** Connections that have been made so far. */
  readonly connections: number;
  /** Connections that are open now. */
  readonly open: number;
  /** Bytes that have been written to all of them, as far as they took them. */
  readonly bytesWritten: number;
  /** Resolves when so many requests have come. */
  arrived(count: number): Promise<void>;
  /** Connections from now on are secured in this way. */
  setTls(tls: TlsOptions): void;
  /** Resolves when no connection is open any more. */
  idle(): Promise<void>;
  /** Rejects when a script failed. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** Steps may be made as they are taken: what has come about meanwhile can decide. */
export type Script = (request: SeenRequest) => Iterable<Step>;

export interface MisbehavingOptions {
  readonly tls?: TlsOptions;
  readonly path?: string;
  /** The address it listens at. */
  readonly host?: string;
  /** What is done to a connection, below TLS, before anything of it is read; it is served unless it is ended there. */
  readonly onConnection?: (connection: number) => Iterable<Step>;
}

/**
 * A server on raw sockets that sends exactly the bytes it is told to, and no
 * others.
 */
export async function startMisbehaving(
  script: Script,
  { tls, path = '/file.bin', host = '127.0.0.1', onConnection }: MisbehavingOptions = {},
): Promise<MisbehavingServer> {
  const requests: SeenRequest[] = [];
  const sockets = new Set<Socket>();
  const attempts = new Map<string, number>();
  const news = new EventEmitter();
  const troubles: unknown[] = [];
  let secure = tls;
  let connections = 0;
  let written = 0;
  const serve = (wire: Wire, connection: number) => {
    let text = '';
    let turn = Promise.resolve();
    wire.stream.on('data', (bytes: Buffer) => {
      text += bytes.toString('latin1');
      for (let end = text.indexOf('\r\n\r\n'); end >= 0; end = text.indexOf('\r\n\r\n')) {
        const { stream } = wire;
        const request = readRequest(text.slice(0, end), {
          count: requests.length + 1,
          connection,
          attempts,
          isResumed: stream instanceof TLSSocket && stream.isSessionReused(),
        });
        text = text.slice(end + 4);
        requests.push(request);
        news.emit('request');
        turn = turn
          .then(() => perform(wire, script(request)))
          .catch((error: unknown) => {
            troubles.push(error);
            wire.socket.destroy();
          });
      }
    });
  };
  const server: Server = createServer(async (socket) => {
    connections += 1;
    const connection = connections;
    sockets.add(socket);
    // A script may wait for its end many times over.
    socket.setMaxListeners(0);
    // What is written in small pieces is to be read in small pieces.
    socket.setNoDelay(true);
    socket.on('close', () => {
      sockets.delete(socket);
      written += socket.bytesWritten;
    });
    socket.on('error', () => {});
    try {
      await perform({ socket, stream: socket }, onConnection?.(connection) ?? []);
      if (!socket.destroyed && !socket.writableEnded) serve(openWire(socket, secure), connection);
      // Its end is seen only when all before it has been read.
      else socket.resume();
    } catch (error) {
      troubles.push(error);
      socket.destroy();
    }
  });
  server.listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `${tls ? 'https' : 'http'}://${host}:${port}${path}`,
    port,
    requests,
    get connections() {
      return connections;
    },
    get bytesWritten() {
      return [...sockets].reduce((sum, socket) => sum + socket.bytesWritten, written);
    },
    get open() {
      return sockets.size;
    },
    async arrived(count) {
      while (requests.length < count) await once(news, 'request');
    },
    setTls(fresh) {
      secure = fresh;
    },
    async idle() {
      while (sockets.size > 0) await Promise.all([...sockets].map((socket) => once(socket, 'close')));
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
      if (troubles.length > 0) throw new AggregateError(troubles, `a script failed: ${troubles.join(', ')}`);
    },
  };
}

function readRequest(
  head: string,
  {
    attempts,
    ...seen
  }: Pick<SeenRequest, 'count' | 'connection' | 'isResumed'> & { readonly attempts: Map<string, number> },
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
    ...seen,
    at: performance.now(),
  };
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
