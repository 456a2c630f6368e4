import { redactText } from '../../machines/redact-url.ts';

/** Shorter ones would take innocent text with them. */
const LEAST_SECRET = 4;
const MASK = 'REDACTED';

/**
 * Takes secrets out of texts: what looks like one, and the literal values that
 * are known to be. Texts were redacted where they were made; this is the net
 * under it.
 *
 * @param secrets values that must never be seen; those under four characters are left to `redactText`
 */
export function createRedactor(secrets: readonly string[]): (text: string) => string {
  const literals = [...new Set(secrets.filter((secret) => secret.length >= LEAST_SECRET))];
  // A secret that is a part of another one must not break it up first.
  literals.sort((a, b) => b.length - a.length);
  return (text) => redactText(literals.reduce((rest, secret) => rest.replaceAll(secret, MASK), text));
}
