import type { Socket } from 'node:net';
import { type Duplex, duplexPair } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { createSecureContext, type SecureContextOptions, TLSSocket, type TLSSocketOptions } from 'node:tls';

/** How a server secures its connections. */
export interface TlsOptions
  extends Pick<TLSSocketOptions, 'requestCert' | 'rejectUnauthorized'>,
    Pick<SecureContextOptions, 'minVersion' | 'maxVersion' | 'ciphers'> {
  readonly key: string;
  readonly cert: string;
  /** Of authorities whose clients it takes. */
  readonly ca?: string;
  /** Two contexts with the same 48 bytes take each other's sessions up again. */
  readonly ticketKeys?: Buffer;
}

/** What is done to a connection, in order. Text is sent as ISO-8859-1. */
export type Step =
  /** Bytes, `every` of them a write if that is given, and `pause` milliseconds after each. */
  | { readonly send: string | Uint8Array; readonly every?: number; readonly pause?: number }
  /** Bytes on the socket itself, below TLS. */
  | { readonly below: string | Uint8Array }
  /** Nothing for so long, milliseconds; null until the client gives up. */
  | { readonly wait: number | null }
  /** Nothing until this has come about. */
  | { readonly until: Promise<unknown> }
  /** FIN: our half is over. Over TLS that is said first. */
  | { readonly end: true }
  /** FIN below TLS, which is not told: a cut. */
  | { readonly cut: true }
  /** RST. */
  | { readonly reset: true };

/** A socket, and what is spoken through it: the same without TLS. */
export interface Wire {
  readonly socket: Socket;
  readonly stream: Duplex;
}

/** TLS is ended in front of the socket, so that the socket itself can be cut, reset or written to. */
export function openWire(socket: Socket, tls: TlsOptions | undefined): Wire {
  if (tls === undefined) return { socket, stream: socket };
  const { requestCert = false, rejectUnauthorized = false, ...context } = tls;
  const [inner, outer] = duplexPair();
  socket.pipe(outer).pipe(socket);
  const stream = new TLSSocket(inner, {
    isServer: true,
    requestCert,
    rejectUnauthorized,
    secureContext: createSecureContext(context),
  });
  stream.on('error', () => socket.destroy());
  socket.on('close', () => stream.destroy());
  return { socket, stream };
}

export async function perform({ socket, stream }: Wire, steps: Iterable<Step>): Promise<void> {
  for (const step of steps) {
    if (socket.destroyed || stream.destroyed) return;
    if ('send' in step) await send(socket, stream, step);
    else if ('below' in step) socket.write(bytesOf(step.below));
    else if ('wait' in step) await wait(socket, step.wait);
    else if ('until' in step) await Promise.race([step.until, closed(socket)]);
    else if ('end' in step) stream.end();
    else if ('cut' in step) socket.end();
    // Node resets nothing that it has ended, and would not even close it.
    else if (socket.writableEnded) socket.destroy();
    else socket.resetAndDestroy();
  }
}

function bytesOf(bytes: string | Uint8Array): Uint8Array {
  return typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes;
}

async function send(
  socket: Socket,
  stream: Duplex,
  { send: bytes, every, pause = 0 }: { send: string | Uint8Array; every?: number; pause?: number },
) {
  const whole = bytesOf(bytes);
  const size = every ?? Math.max(1, whole.length);
  for (let at = 0; at < whole.length && !socket.destroyed && !stream.destroyed; at += size) {
    const goesOn = stream.write(whole.subarray(at, at + size));
    if (pause > 0) await wait(socket, pause);
    else if (every !== undefined) await new Promise((resolve) => setImmediate(resolve));
    if (!goesOn && !socket.destroyed) await Promise.race([drained(stream), closed(socket)]);
  }
}

async function wait(socket: Socket, ms: number | null): Promise<void> {
  const gone = closed(socket);
  if (ms === null) {
    // Its end is seen only when all before it has been read.
    socket.resume();
    return await gone;
  }
  const stop = new AbortController();
  await Promise.race([sleep(ms, undefined, { signal: stop.signal }).catch(() => {}), gone]);
  stop.abort();
}

/** A client that goes away is no mistake of the script. */
function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => (socket.destroyed ? resolve() : socket.once('close', () => resolve())));
}

function drained(stream: Duplex): Promise<void> {
  return new Promise((resolve) => stream.once('drain', () => resolve()));
}
