import { fileURLToPath } from 'node:url';

/** The program as it is installed: what `npm start` runs. It needs `npm run build`. */
export const CLI = fileURLToPath(new URL('../../bin/multidown.cjs', import.meta.url));

/**
 * The environment that a test's program gets: nothing of the tester's own
 * (proxies, CI, colours), only what is said.
 */
export function cleanEnv(extra: Readonly<Record<string, string>> = {}): Record<string, string> {
  const { PATH = '', HOME = '', SystemRoot } = process.env;
  return { PATH, HOME, LANG: 'C.UTF-8', ...(SystemRoot === undefined ? {} : { SystemRoot }), ...extra };
}
