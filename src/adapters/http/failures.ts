import { type Failure, type FailureCode, FailureError } from '../../machines/failures.ts';

/** What we call the system's ECONNRESET, see agent.ts. */
export const RESET = 'ERESET';

/** An address that a redirect must not lead to, see private-addresses.ts. */
export const PRIVATE_ADDRESS = 'EPRIVATE';

/** A head that does not end, see slab-reader.ts. */
export const ENDLESS_HEAD = 'EHEAD';

/** What undici and Node call it, and what we say. `{host}` is filled in. */
const known: Readonly<Record<string, readonly [FailureCode, string]>> = {
  ENOTFOUND: ['host-not-found', 'The host {host} was not found. Look at its spelling, or at your network.'],
  EAI_AGAIN: ['host-not-found', 'The host {host} could not be looked up just now. Look at your network.'],
  EAI_NODATA: ['host-not-found', 'The host {host} has no address.'],
  ECONNREFUSED: ['connection-refused', '{host} refused the connection. Is the server running, and the port right?'],
  ECONNRESET: ['connection-lost', '{host} reset the connection.'],
  [RESET]: ['connection-lost', '{host} reset the connection.'],
  EPIPE: ['connection-lost', '{host} closed the connection.'],
  UND_ERR_SOCKET: ['connection-lost', '{host} closed the connection before everything was sent.'],
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: ['connection-lost', '{host} sent less than it had announced.'],
  ETIMEDOUT: ['timeout', '{host} did not answer in time.'],
  UND_ERR_CONNECT_TIMEOUT: ['timeout', '{host} did not accept a connection in time.'],
  UND_ERR_HEADERS_TIMEOUT: ['timeout', '{host} did not answer in time.'],
  UND_ERR_BODY_TIMEOUT: ['timeout', '{host} stopped sending in the middle of the file.'],
  EHOSTUNREACH: ['network', 'There is no way to {host}. Look at your network.'],
  ENETUNREACH: ['network', 'There is no network to {host}. Look at your network.'],
  ENETDOWN: ['network', 'The network is down.'],
  EADDRNOTAVAIL: ['network', 'There is no free port for another connection to {host}.'],
  [PRIVATE_ADDRESS]: [
    'redirect-refused',
    'The way leads from a public address to {host}, which is on this machine or in a private network, and --no-private-redirect refuses that.',
  ],
  [ENDLESS_HEAD]: ['protocol', '{host} sends and sends, and nothing of it is the file.'],
  UND_ERR_HEADERS_OVERFLOW: ['protocol', '{host} sent more header fields than a server should.'],
};

/** Certificates, by OpenSSL's names for what is wrong with them. */
const certificates: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'has expired',
  CERT_NOT_YET_VALID: 'is not valid yet',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'is signed by itself',
  SELF_SIGNED_CERT_IN_CHAIN: 'is signed by an authority that is not trusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'is signed by an authority that is not known',
  UNABLE_TO_GET_ISSUER_CERT: 'is signed by an authority that is not known',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'is signed by an authority that is not known',
  CERT_REVOKED: 'has been revoked',
  CERT_UNTRUSTED: 'is not trusted',
  CERT_REJECTED: 'is not trusted',
  CERT_SIGNATURE_FAILURE: 'has a signature that does not match',
  ERR_TLS_CERT_ALTNAME_INVALID: 'is for another host',
  HOSTNAME_MISMATCH: 'is for another host',
};

/**
 * Makes a {@link Failure} of what undici or Node threw.
 *
 * @param host the host that was asked
 * @param hasHead the answer's head was here already: a reset then is no push-back
 */
export function failureOf(error: unknown, host: string, hasHead: boolean): Failure {
  if (error instanceof FailureError) return error.failure;
  // A body that ends in the middle of a chunk is one that broke off.
  const code = isCutOff(error) ? 'UND_ERR_SOCKET' : codeOf(error);
  const certificate = certificates[code];
  if (certificate !== undefined) {
    return {
      code: 'tls-untrusted',
      message: `The certificate of ${host} ${certificate}. If you know this server, name its authority with --cacert; --insecure trusts anyone.`,
    };
  }
  const nonsense = nonsenseOf(error, code, hasHead);
  if (nonsense !== null) return { code: 'protocol', message: `${host} sent something that is not HTTP: ${nonsense}.` };
  const entry = known[code];
  if (entry) {
    const [failureCode, sentence] = entry;
    const message = sentence.replaceAll('{host}', host);
    const isPushBack = failureCode === 'connection-refused' || (failureCode === 'connection-lost' && !hasHead);
    return { code: failureCode, message, ...(isPushBack ? { pushBack: true } : {}) };
  }
  if (code.startsWith('ERR_SSL') || code.startsWith('ERR_TLS') || code === 'EPROTO') {
    const hint = code === 'ERR_SSL_WRONG_VERSION_NUMBER' ? ' It may speak plain http.' : '';
    return { code: 'tls-untrusted', message: `No secure connection to ${host} could be made (${code}).${hint}` };
  }
  return { code: 'network', message: `The connection to ${host} failed: ${textOf(error)}.` };
}

/** What undici could not make sense of, as half a sentence; null when that was not the trouble. */
function nonsenseOf(error: unknown, code: string, hasHead: boolean): string | null {
  if (!(error instanceof Error)) return null;
  const [, reason = ''] = /\((.*)\)$/.exec(error.message) ?? [];
  // undici takes for granted what a server should send: a status of 100 at least, say.
  if (code === 'ERR_ASSERTION') return 'something no answer should have';
  if (error.name === 'HTTPParserError' && !isCutOff(error)) return lowerFirst(reason || error.message);
  if (code === 'UND_ERR_SOCKET' && /^bad (?:response|upgrade)$/.test(error.message))
    return 'an answer that nobody asked for';
  // Before there is a head, it is the lengths in the head that contradict each other.
  return code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH' && !hasHead ? 'lengths that cannot be' : null;
}

function isCutOff(error: unknown): boolean {
  return error instanceof Error && error.name === 'HTTPParserError' && /EOF/i.test(error.message);
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

/** The most telling code in an error, its causes and, for several addresses, their errors. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0]);
  const cause = error.cause === undefined ? '' : codeOf(error.cause);
  const own = 'code' in error && typeof error.code === 'string' ? error.code : '';
  // undici wraps a reset or a refusal of the system in an error of its own.
  return own === '' || (own === 'UND_ERR_SOCKET' && cause !== '') ? cause || own : own;
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message.replace(/\.$/, '') : String(error);
}
