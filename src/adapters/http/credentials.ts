/** Fields that give access: they go to the host they were given for, and to no other. */
const secretField = /^(?:authorization|proxy-authorization|cookie|.*(?:token|secret|api-?key|auth|session).*)$/i;

export interface Credentials {
  /** The URL without its userinfo. */
  readonly url: URL;
  /** Sent to every host of a chain of redirects. */
  readonly plain: readonly (readonly [string, string])[];
  /** Sent to the first origin only (RFC 9110, section 15.4). */
  readonly secret: readonly (readonly [string, string])[];
}

/** Sorts the user's header fields; a name and password in the URL become an Authorization field, unless one is given. */
export function sortCredentials(address: string, headers: readonly (readonly [string, string])[]): Credentials {
  const url = new URL(address);
  const isSecret = ([name]: readonly [string, string]) => secretField.test(name);
  const secret = headers.filter(isSecret);
  if ((url.username !== '' || url.password !== '') && !headers.some(([name]) => /^authorization$/i.test(name))) {
    const pair = `${decode(url.username)}:${decode(url.password)}`;
    secret.push(['authorization', `Basic ${Buffer.from(pair).toString('base64')}`]);
  }
  url.username = '';
  url.password = '';
  url.hash = '';
  return { url, plain: headers.filter((field) => !isSecret(field)), secret };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
