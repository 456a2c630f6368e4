/**
 * Takes the token out of the address and out of the address bar and the
 * history. What the page itself writes there begins with a slash.
 */
export function takeToken(): string | null {
  const hash = location.hash.slice(1);
  if (hash === '' || hash.startsWith('/')) return null;
  history.replaceState(null, '', location.pathname);
  return hash.replace(/^token=/, '');
}
