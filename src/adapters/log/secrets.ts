/**
 * The secrets that a user has handed over for a download, in every form in
 * which they might turn up again: as given, percent-encoded and decoded, as
 * Basic credentials, and the parts of header values that stand alone.
 */
export function secretsOf(address: string, headers: readonly (readonly [string, string])[]): readonly string[] {
  return [...ofUrl(address), ...headers.flatMap(([, value]) => ofHeaderValue(value))].filter((text) => text !== '');
}

function ofUrl(address: string): readonly string[] {
  if (!URL.canParse(address)) return [];
  const { username, password } = new URL(address);
  const pair = `${decode(username)}:${decode(password)}`;
  // A name alone is a token at some hosts.
  const parts = [password, decode(password), ...(password === '' ? [username, decode(username)] : [])];
  return username === '' && password === '' ? [] : [...parts, pair, Buffer.from(pair).toString('base64')];
}

function ofHeaderValue(value: string): readonly string[] {
  // `Bearer x`, and each value of `a=x; b=y`.
  const scheme = /^\S+\s+(\S.*)$/.exec(value)?.[1] ?? '';
  const pairs = value.split(/[;,]\s*/).map((pair) => /^[^=\s]+=(.+)$/.exec(pair)?.[1]?.replace(/^"|"$/g, '') ?? '');
  return [value, scheme, ...pairs, encodeURIComponent(value)];
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
