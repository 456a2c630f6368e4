import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  answerFor,
  type OriginBehaviour,
  type OriginFault,
  type OriginLogEntry,
  plainBehaviour,
  type Version,
} from './origin-answer.ts';
import { type PseudoFile, pseudoFile } from './pseudo-file.ts';
import { type RateCap, rateCap } from './rate-cap.ts';

export interface OriginOptions extends Partial<OriginBehaviour> {
  /** Bytes. Default 1 MiB. */
  readonly size?: number;
  readonly seed?: number;
  /** Path of the file; every path that is not a redirect serves it. Default `/file.bin`. */
  readonly path?: string;
  /** PEM texts: the server speaks HTTPS. */
  readonly tls?: { readonly key: string; readonly cert: string };
}

/** A real HTTP(S) server on 127.0.0.1 with one file, of any size, that takes no memory. */
export interface Origin extends AsyncDisposable {
  /** Address of the file. */
  readonly url: string;
  /** Scheme, host and port. */
  readonly base: string;
  readonly size: number;
  /** Every request, in order; it fills in as answers go on. */
  readonly log: readonly OriginLogEntry[];
  /** Bytes of bodies sent so far, over all requests. */
  readonly bytesSent: number;
  /** Answers under way now, and the most there have been. */
  readonly connections: { readonly now: number; readonly peak: number };
  sha256(): string;
  /** The file's bytes from `start` to `end`, exclusive. */
  bytes(start: number, end: number): Buffer;
  /** Another version takes the file's place: other bytes, other validators. Answers under way keep the old one. */
  replace(change?: { readonly size?: number; readonly keepValidators?: boolean }): void;
  /** Changes how the file is served from the next answer on. */
  set(change: Partial<OriginBehaviour>): void;
  close(): Promise<void>;
}

const CHUNK = 64 * 1024;
/** How often a capped answer looks whether it may send again, milliseconds. */
const TICK_MS = 10;

export async function startOrigin(options: OriginOptions = {}): Promise<Origin> {
  const { size = 1024 * 1024, seed = 1, path = '/file.bin', tls, ...changes } = options;
  const behaviour: OriginBehaviour = { ...plainBehaviour, ...changes };
  const log: OriginLogEntry[] = [];
  const sockets = new Set<Socket>();
  const numbers = new WeakMap<Socket, number>();
  let accepted = 0;
  const caps = new WeakMap<Socket, { readonly rate: number; readonly cap: RateCap }>();
  const connections = { now: 0, peak: 0 };
  let generation = 1;
  let file = pseudoFile(size, seed);
  let version = describe(file, seed, generation);

  const bytesSent = () => log.reduce((sum, entry) => sum + entry.bytesSent, 0);

  async function serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const entry: OriginLogEntry = {
      index: log.length,
      method: message.method ?? '',
      url: message.url ?? '',
      headers: message.headers,
      range: message.headers.range ?? null,
      connection: numbers.get(message.socket) ?? 0,
      status: 0,
      bytesSent: 0,
      end: 'open',
    };
    log.push(entry);
    connections.now++;
    connections.peak = Math.max(connections.peak, connections.now);
    // An answer counts as under way until its last byte has left, or its connection is gone.
    response.once('close', () => {
      connections.now--;
      entry.end = response.writableFinished ? 'complete' : 'cut';
    });
    const isTooMany = connections.now > behaviour.maxConnections;
    const fault = behaviour.script?.(entry) ?? null;
    if (behaviour.latencyMs > 0) await sleep(behaviour.latencyMs);
    if (response.destroyed) return;
    if (isTooMany) {
      const { retryAfter } = behaviour;
      return finish(entry, response, 503, retryAfter === null ? {} : { 'retry-after': String(retryAfter) });
    }
    await answer(entry, response, fault);
  }

  async function answer(entry: OriginLogEntry, response: ServerResponse, fault: OriginFault | null) {
    if (fault && 'silent' in fault) return;
    if (fault && 'reset' in fault) {
      response.socket?.resetAndDestroy();
      return;
    }
    if (fault && 'status' in fault) return finish(entry, response, fault.status, fault.headers, fault.body);
    const location = behaviour.redirects[entry.url];
    if (location !== undefined) return finish(entry, response, behaviour.redirectStatus, { location });

    const { status, headers, start, end } = answerFor(entry, version, behaviour);
    const fields: Record<string, string | undefined> = { ...headers };
    if (behaviour.length === 'announced') fields['content-length'] = String(end - start);
    if (behaviour.length === 'close') {
      response.useChunkedEncodingByDefault = false;
      response.shouldKeepAlive = false;
    }
    if (fault && 'headers' in fault) Object.assign(fields, fault.headers);
    entry.status = status;
    response.writeHead(status, Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)));
    if (entry.method === 'HEAD') {
      response.end();
      return;
    }
    response.flushHeaders();
    const breaksOff = fault && ('cutAfter' in fault || 'stallAfter' in fault);
    await send(entry, response, file, start, breaksOff ? Math.min(end, start + breakOf(fault)) : end);
    if (!breaksOff) response.end();
    else if ('cutAfter' in fault) response.destroy();
  }

  function capOf(socket: Socket): RateCap {
    const { bytesPerSecond } = behaviour;
    const rate = typeof bytesPerSecond === 'number' ? bytesPerSecond : bytesPerSecond(numbers.get(socket) ?? 0);
    const known = caps.get(socket);
    if (known?.rate === rate) return known.cap;
    const cap = rateCap(rate);
    caps.set(socket, { rate, cap });
    return cap;
  }

  async function send(entry: OriginLogEntry, response: ServerResponse, from: PseudoFile, start: number, end: number) {
    const { socket } = response;
    if (!socket) return;
    const cap = capOf(socket);
    for (let at = start; at < end && !response.destroyed; ) {
      const room = Math.max(0, behaviour.room?.(bytesSent()) ?? CHUNK);
      const count = cap.take(Math.min(CHUNK, end - at, room));
      if (count === 0) {
        await sleep(TICK_MS);
        continue;
      }
      await write(response, from.bytes(at, at + count));
      at += count;
      if (!response.destroyed) entry.bytesSent += count;
    }
  }

  const server = tls ? createTlsServer(tls) : createServer();
  server.on('request', (message, response) => void serve(message, response));
  server.on(tls ? 'secureConnection' : 'connection', (socket: Socket) => {
    sockets.add(socket);
    accepted += 1;
    numbers.set(socket, accepted);
    socket.setNoDelay(true);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const base = `${tls ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`;

  async function close(): Promise<void> {
    if (!server.listening) return;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of sockets) socket.destroy();
    await closed;
  }

  return {
    base,
    url: `${base}${path}`,
    log,
    connections,
    get size() {
      return file.size;
    },
    get bytesSent() {
      return bytesSent();
    },
    sha256: () => file.sha256(),
    bytes: (start, end) => file.bytes(start, end),
    replace(change = {}) {
      generation++;
      file = pseudoFile(change.size ?? file.size, seed + generation * 7_919);
      if (!change.keepValidators) version = describe(file, seed, generation);
      else version = { ...version, size: file.size };
    },
    set: (change) => void Object.assign(behaviour, change),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function breakOf(fault: { readonly cutAfter: number } | { readonly stallAfter: number }): number {
  return 'cutAfter' in fault ? fault.cutAfter : fault.stallAfter;
}

function describe(file: PseudoFile, seed: number, generation: number): Version {
  return {
    size: file.size,
    etag: `"${seed.toString(16)}-${generation}-${file.size.toString(16)}"`,
    // Long ago, so that it is a strong validator (RFC 9110, section 8.8.2.2).
    lastModified: new Date(Date.UTC(2024, 0, generation)).toUTCString(),
  };
}

function finish(
  entry: OriginLogEntry,
  response: ServerResponse,
  status: number,
  headers: Parameters<ServerResponse['writeHead']>[1] = {},
  body = '',
): void {
  entry.status = status;
  response.writeHead(status, { 'content-length': Buffer.byteLength(body), ...(headers as object) });
  response.end(body);
}

/** Resolves when the bytes are with the system, or the connection is gone. */
function write(response: ServerResponse, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => {
    const gone = () => resolve();
    response.once('close', gone);
    response.write(bytes, () => {
      response.off('close', gone);
      resolve();
    });
  });
}
