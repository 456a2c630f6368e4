import type dns from 'node:dns';
import { Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
import { Agent, buildConnector } from 'undici';
import { CONNECTIONS_MAX } from '../../machines/options.ts';
import { Addresses } from './addresses.ts';
import { RESET } from './failures.ts';
import { PublicOnly } from './private-addresses.ts';
import type { ReadPace } from './read-pace.ts';
import { LEAST_READ, type SlabLedger, SlabReader } from './slab-reader.ts';

export interface AgentOptions {
  /** Certificates to trust besides the well-known ones, PEM. */
  readonly ca?: string;
  /** Trust any certificate. */
  readonly insecure?: boolean;
  /** A connection, with its handshake, takes no longer than this, milliseconds. */
  readonly connectTimeoutMs?: number;
  /** False keeps redirects from leading to private addresses. */
  readonly privateRedirects?: boolean;
  /** How the system is asked for addresses, and which of them are private: others for tests. */
  readonly lookUp?: typeof dns.lookup;
  readonly isPrivate?: (address: string) => boolean;
}

const MOST_HEAD_BYTES = 64 * 1024;
const CONNECT_TIMEOUT_MS = 10_000;
/** A connection that no segment wants for so long is closed, milliseconds. */
const KEEP_ALIVE_MS = 4_000;

export interface SlabAgent {
  readonly agent: Agent;
  /** Whether a request that is written now goes over a connection that was used before. */
  isReusing(): boolean;
}

/** HTTP/1.1, a connection for each request under way, sockets that read into the ledger's slabs. */
export function createAgent(options: AgentOptions, ledger: SlabLedger, pace: ReadPace): SlabAgent {
  const { ca, insecure = false, connectTimeoutMs = CONNECT_TIMEOUT_MS, privateRedirects = true } = options;
  let secureContext: SecureContext | null = null;
  // By host: later connections leave out the half of the handshake.
  const sessions = new Map<string, Buffer>();
  const addresses = new Addresses(options.lookUp);
  const publicOnly = privateRedirects ? null : new PublicOnly(options.isPrivate);
  const lookup = publicOnly?.guard(addresses.lookup) ?? addresses.lookup;
  // undici writes the request that waited for a connection as it hears of it, before it returns.
  let isConnecting = false;
  const agent = new Agent({
    connections: CONNECTIONS_MAX,
    pipelining: 1,
    allowH2: false,
    // An environment variable would choose another parser, with other ideas of what is HTTP.
    useMilo: false,
    maxHeaderSize: MOST_HEAD_BYTES,
    keepAliveTimeout: KEEP_ALIVE_MS,
    keepAliveMaxTimeout: KEEP_ALIVE_MS,
    connect(target, callback) {
      const refusal = publicOnly?.refuse(target.hostname) ?? null;
      if (refusal !== null) return queueMicrotask(() => callback(refusal, null));
      // A connector for each socket, since each socket has a reader of its own.
      const reader = new SlabReader(ledger, pace);
      const isSecure = target.protocol === 'https:';
      if (isSecure) secureContext ??= trust(ca);
      const session = sessions.get(target.hostname);
      const connect = buildConnector({
        allowH2: false,
        timeout: connectTimeoutMs,
        maxCachedSessions: 0,
        onread: reader.onread,
        lookup,
        // One read ahead, no more: several would be copied into one piece, and under a rate limit come all at once.
        highWaterMark: Math.min(LEAST_READ, pace.mostRead),
        ...(isSecure ? { rejectUnauthorized: !insecure, secureContext, session } : {}),
      } as buildConnector.BuildOptions);
      // It returns the socket, though its type does not say so.
      const socket: unknown = connect(target, (...result: Parameters<typeof callback>) => {
        isConnecting = true;
        callback(...result);
        isConnecting = false;
      });
      if (!(socket instanceof Socket)) return;
      reader.serve(socket);
      const forget = () => addresses.forget(target.hostname);
      socket.once('error', forget);
      socket.once('connect', () => socket.off('error', forget));
      // undici takes a reset for the end of a body without a length. It must not know it for one.
      socket.prependListener('error', (error: NodeJS.ErrnoException) => {
        if (error.code === 'ECONNRESET') error.code = RESET;
      });
      if (isSecure) socket.on('session', (fresh: Buffer) => sessions.set(target.hostname, fresh));
    },
  });
  return { agent, isReusing: () => !isConnecting };
}

/** TLS is loaded by those who need it. */
function trust(ca: string | undefined): SecureContext {
  const { createSecureContext, rootCertificates } = process.getBuiltinModule('node:tls');
  return createSecureContext(ca === undefined ? {} : { ca: [...rootCertificates, ca] });
}
