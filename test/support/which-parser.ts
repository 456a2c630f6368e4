/**
 * `which-parser.ts <url> ours|default`: fetches with our agent, or with one
 * that leaves the choice to undici, and prints which parser was loaded for it.
 */
import { createRequire } from 'node:module';
import { Agent, request } from 'undici';
import { createHttpSource } from '../../src/adapters/http/source.ts';

const [url = '', whose] = process.argv.slice(2);
if (whose === 'ours') {
  const source = createHttpSource({ url, userAgent: 'test' });
  const asked = { from: 0, to: null, ifRange: null, timeoutMs: 10_000 };
  const exchange = await source.open(asked, new AbortController().signal);
  exchange.cancel();
  await source.close();
} else {
  const { body } = await request(url, { dispatcher: new Agent() });
  await body.dump();
}
const loaded = Object.keys(createRequire(import.meta.url).cache);
console.log(loaded.some((path) => /[\\/]undici[\\/]lib[\\/]milo[\\/]/.test(path)) ? 'milo' : 'llhttp');
process.exit();
