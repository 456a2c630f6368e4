/** A URL that can be downloaded, or a sentence that says why not. */
export type ParsedUrl = { readonly ok: true; readonly url: string } | { readonly ok: false; readonly message: string };

/**
 * Checks a URL before anything is asked of anyone: http or https, with a host,
 * without control characters. Userinfo and query are kept: the result may hold
 * secrets.
 */
export function parseDownloadUrl(text: string): ParsedUrl {
  const trimmed = text.trim();
  if (trimmed === '') return no('No URL was given. Give the address of a file, as https://example.org/file.iso.');
  if (/\p{Cc}/u.test(trimmed)) return no('The URL has control characters in it. Copy it again, on one line.');
  // A name and a password may have one, written otherwise.
  const host = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(trimmed)?.[1]?.replace(/^.*@/, '') ?? '';
  if (/\s/.test(host)) {
    return no('The host of the URL has a space in it, and no host has one. Look whether it is written right.');
  }
  if (/\s/.test(trimmed)) return no('The URL has a space in it. Write it as %20.');
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(trimmed)?.[1]?.toLowerCase();
  const isHostAndPort = /^[a-z0-9.-]+:\d+(?:[/?#]|$)/i.test(trimmed);
  if (scheme === undefined || isHostAndPort) {
    return /^[^/\s]+\.[^/\s]+|^localhost|:\d/.test(trimmed)
      ? no(`"${show(trimmed)}" has no scheme. Did you mean https://${show(trimmed)}?`)
      : no(`"${show(trimmed)}" is not a URL. Give the address of a file, as https://example.org/file.iso.`);
  }
  if (scheme !== 'http' && scheme !== 'https') {
    return no(`multidown fetches over http and https, not over ${scheme}.`);
  }
  if (!/^https?:\/\/[^/?#]/i.test(trimmed))
    return no('The URL has no host. It should look like https://example.org/file.iso.');
  if (trimmed.includes('\\')) return no('The URL has a backslash in it. Use / between the parts of its path.');
  try {
    const url = new URL(trimmed);
    return url.hostname === ''
      ? no('The URL has no host. It should look like https://example.org/file.iso.')
      : { ok: true, url: url.href };
  } catch {
    return no(`"${show(trimmed)}" is not a URL that can be understood. Look at its host and port.`);
  }
}

/** Meant as the address of a file to fetch, whatever is wrong with it otherwise. */
export function isAddress(text: string): boolean {
  return /^\s*https?:\/\//i.test(text);
}

/** Of an output that is one: without it, since it may hold secrets. */
export const outputIsAddress =
  'The output is a URL, and one file is fetched at a time. Give a file or a folder as the output, and run multidown once for each URL.';

function no(message: string): ParsedUrl {
  return { ok: false, message };
}

/** Short, and without what might be a password. */
function show(text: string): string {
  const bare = text.replace(/^.*@/, '').replace(/[?#].*$/, '');
  return bare.length > 80 ? `${bare.slice(0, 77)}...` : bare;
}
