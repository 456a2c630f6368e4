/**
 * Draws the two machines into ARCHITECTURE.md, between `<!-- chart:NAME -->`
 * and `<!-- /chart -->`. With `--check` it writes nothing and fails when the
 * page is stale.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { downloadMachine } from '../src/machines/download.machine.ts';
import { segmentMachine } from '../src/machines/segment.machine.ts';
import { toMermaid } from './mermaid.ts';

const page = fileURLToPath(new URL('../ARCHITECTURE.md', import.meta.url));
const before = readFileSync(page, 'utf8');
let after = before;

for (const [name, machine] of Object.entries({ download: downloadMachine, segment: segmentMachine })) {
  const place = new RegExp(`(<!-- chart:${name} -->\n)[^]*?(<!-- /chart -->)`);
  if (!place.test(after)) throw new Error(`ARCHITECTURE.md has no place for the chart: <!-- chart:${name} -->`);
  const chart = toMermaid(machine);
  after = after.replace(place, (_, start: string, end: string) => `${start}${chart}\n${end}`);
}

if (after === before) {
  console.log('The charts in ARCHITECTURE.md are current.');
} else if (process.argv.includes('--check')) {
  console.error('The charts in ARCHITECTURE.md are stale. Run "npm run diagrams".');
  process.exitCode = 1;
} else {
  writeFileSync(page, after);
  console.log('Drew the charts in ARCHITECTURE.md anew.');
}
