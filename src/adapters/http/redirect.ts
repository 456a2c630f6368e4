import { FailureError } from '../../machines/failures.ts';
import type { RawHeaders } from './raw-headers.ts';

export function isRedirect(status: number): boolean {
  return [301, 302, 303, 307, 308].includes(status);
}

/**
 * Where a redirect leads (RFC 9110, section 15.4; RFC 3986, section 5).
 *
 * @throws FailureError `protocol` without one clear target, `redirect-refused`
 * for another scheme than http and https, and from https down to http
 */
export function redirectTarget(from: URL, headers: RawHeaders): URL {
  const targets = new Set(headers.all('location'));
  const [target] = targets;
  if (targets.size !== 1 || target === undefined || target.trim() === '') {
    throw new FailureError({
      code: 'protocol',
      message:
        targets.size > 1
          ? 'The server redirects to two places at once.'
          : 'The server redirects without saying where to.',
    });
  }
  let url: URL;
  try {
    // Servers send UTF-8 here although only ASCII is allowed.
    url = new URL(Buffer.from(target, 'latin1').toString('utf8'), from);
  } catch {
    throw new FailureError({ code: 'protocol', message: 'The server redirects to an address that is none.' });
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new FailureError({
      code: 'redirect-refused',
      message: `The server redirects to ${url.protocol.slice(0, -1)}, and multidown follows to http and https only.`,
    });
  }
  if (from.protocol === 'https:' && url.protocol === 'http:') {
    throw new FailureError({
      code: 'redirect-refused',
      message: `The server redirects from https down to http, to ${url.host}. Anyone on the way could change the file, so this was refused.`,
    });
  }
  url.username = '';
  url.password = '';
  // A fragment of the first URL is of no use here, one of the target neither.
  url.hash = '';
  return url;
}
