/**
 * `digest.ts <url> <file> <connections> on|off|<SHA-256>`: fetches through the
 * library, with the SHA-256 of the file in its `done` event, without, or
 * compared with the one that is given, and says when the end was told.
 */
import { download } from '../../src/index.ts';

const [url = '', output = '', connections = '8', digest = 'on'] = process.argv.slice(2);
const began = performance.now();
await download(url, {
  ...{ output, connections: Number(connections), ifExists: 'overwrite' },
  ...(digest === 'on' || digest === 'off' ? { computeDigest: digest === 'on' } : { checksum: `sha256:${digest}` }),
});
console.log(JSON.stringify({ 'done s': (performance.now() - began) / 1_000 }));
