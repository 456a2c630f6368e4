/**
 * Takes secrets out of URLs and texts, before they reach a machine, a log, an
 * error or a file. What is left still tells which resource is meant.
 */
const REDACTED = 'REDACTED';

/** Keys of queries whose values give access: signatures, tokens, passwords. */
const secretKey =
  /^(?:.*(?:token|secret|passw(?:or)?d|signature|credential|api_?-?key|auth(?:orization)?|session(?:_?id)?)|sig|se|sp|sv|sr|st|spr|skoid|sktid|key|pwd|pass|jwt|code|policy|key-pair-id|awsaccesskeyid|googleaccessid|hmac|hdnts|hdnea|x-(?:amz|goog|oss)-.*)$/i;

/** The URL without userinfo, and with the values of secret query keys replaced. Total: of what is no URL the userinfo goes. */
export function redactUrl(text: string): string {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    // Up to the last @ of what would be the host: passwords have them too.
    return text.replace(/\/\/[^/?#\s]*@/g, '//');
  }
  url.username = '';
  url.password = '';
  // A fragment is never sent, and may hold tokens.
  url.hash = '';
  if (url.search !== '') {
    const pairs = url.search.slice(1).split('&');
    // The question mark stands here because a first one is taken for it.
    url.search = `?${pairs.map(redactPair).join('&')}`;
  }
  return url.href;
}

function redactPair(pair: string): string {
  const at = pair.indexOf('=');
  return at >= 0 && secretKey.test(decode(pair.slice(0, at))) ? `${pair.slice(0, at)}=${REDACTED}` : pair;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}

/** Redacts the URLs and the credentials that stand in a text. */
export function redactText(text: string): string {
  return (
    text
      // A quote may be part of a path: what stands behind it is looked at too.
      .replace(/\bhttps?:\/\/[^\s"<>\\]+/gi, redactUrl)
      .replace(
        // Three dots stand for a secret in our own sentences.
        /\b((?:proxy-)?authorization|(?:set-)?cookie|x-api-key)(?!: \.{3}")(["']?\s*[:=]\s*["']?)[^\r\n"']+/gi,
        `$1$2${REDACTED}`,
      )
      // A word of a sentence has neither a digit nor a sign in it, nor 20 letters.
      .replace(/\b(bearer|basic)\s+(?=\S*[\d._~+/=-]\S|\S{20})[A-Za-z0-9._~+/=-]{4,}/gi, `$1 ${REDACTED}`)
      .replace(/\b(digest)\s+(?=[a-z]+\s*=)[^\r\n]+/gi, `$1 ${REDACTED}`)
  );
}
