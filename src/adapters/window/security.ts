import type { IncomingMessage } from 'node:http';

/** With every answer, whatever it is. */
export const securityHeaders: Readonly<Record<string, string>> = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    "img-src 'self'",
    "worker-src 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'self'",
  ].join('; '),
  'cache-control': 'no-store',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

/** Why a request is refused before anything of it is looked at; null when it may go on. */
export interface Refusal {
  readonly status: 400 | 403 | 421;
  /** For whoever looks at the connection: nothing secret. */
  readonly reason: string;
}

/**
 * What every request must be, upgrades included: sent to this server by its
 * own name (a rebound name of another site is not), and not by a page of
 * another origin. Forwarded names say nothing here: there is no proxy.
 */
export function refusalOf(request: IncomingMessage, port: number): Refusal | null {
  const host = onlyHeader(request, 'host');
  const hosts = ['127.0.0.1', 'localhost', '[::1]'].map((name) => `${name}:${port}`);
  if (host === null || !hosts.includes(host)) return { status: 421, reason: 'This server does not go by that name.' };
  if (!request.url?.startsWith('/')) return { status: 400, reason: 'Ask for a path.' };
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  const isUpgrade = request.headers.upgrade !== undefined;
  const origin = onlyHeader(request, 'origin');
  if (origin === null ? !isRead || isUpgrade : origin !== `http://${host}`) {
    return { status: 403, reason: 'That comes from another page.' };
  }
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none' && !isFollowedLink(request)) {
    return { status: 403, reason: 'That comes from another site.' };
  }
  return null;
}

/**
 * Somebody opens the empty page in a tab of its own, from a link in a terminal
 * that runs in a browser, or from the file that hides the token from `ps`.
 */
function isFollowedLink({ method, url, headers }: IncomingMessage): boolean {
  const isTab = headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document';
  return isTab && method === 'GET' && url === '/';
}

/** A header that is there exactly once; null otherwise, and two of them are as good as a foreign one. */
function onlyHeader(request: IncomingMessage, name: string): string | null {
  const values = request.headersDistinct[name] ?? [];
  return values.length === 0 ? null : values.length === 1 ? (values[0] ?? '') : '';
}
