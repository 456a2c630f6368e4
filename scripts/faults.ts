/**
 * The page test/FAULTS.md: which test shows which of the 195 faults, out of the
 * tests' own names (they begin with the numbers) and the reasons below. With
 * `--check` it only says whether the page is current.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { leftOut, reasons } from './fault-reasons.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const page = join(root, 'test', 'FAULTS.md');
const MOST = 195;

const sections: readonly (readonly [name: string, first: number, last: number])[] = [
  ['A. Ranges and resume on the wire', 1, 54],
  ['B. HTTP messages', 55, 76],
  ['C. Redirects and URLs', 77, 86],
  ['D. Credentials, cookies, netrc, proxies', 87, 103],
  ['E. Names and the file system', 104, 126],
  ['F. Snapshot and state machine', 127, 139],
  ['G. Crash', 140, 150],
  ['H. The window', 151, 178],
  ['I. Integrity, retry, limits, logs', 179, 195],
];

interface Shown {
  readonly file: string;
  readonly name: string;
}

/** Names of tests that begin with numbers: `12 …`, `12, 13 …`. */
function numbered(): Map<number, Shown[]> {
  const found = new Map<number, Shown[]>();
  const folder = join(root, 'test');
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith('.test.ts')) continue;
    const path = join(entry.parentPath, entry.name);
    const file = relative(folder, path);
    for (const [, , numbers = '', name = ''] of readFileSync(path, 'utf8').matchAll(
      /(?:\bit|\bdescribe|\))\(\s*(['"`])((?:\d{1,3}, )*\d{1,3})\.? ([^\n]+?)\1\s*,/g,
    )) {
      // What a table of cases fills in.
      const shown = name.replace(/%[a-z]|\$\{[^}]*\}/g, '…');
      for (const number of numbers.split(', ').map(Number)) {
        if (number < 1 || number > MOST) continue;
        const list = found.get(number) ?? [];
        if (!list.some((one) => one.file === file && one.name === shown)) list.push({ file, name: shown });
        found.set(number, list);
      }
    }
  }
  return found;
}

function render(): string {
  const found = numbered();
  const lines = [
    '# Which test shows which fault',
    '',
    'The numbers are those of the list of 195 things that the world does to a download. Made by `npm run faults` out of the names of the tests; a fault without a test has a reason, and what the tests leave out of one is said with it.',
  ];
  const bare: number[] = [];
  for (const [name, first, last] of sections) {
    lines.push('', `## ${name}`, '');
    for (let number = first; number <= last; number += 1) {
      const shown = found.get(number) ?? [];
      const [reason, part] = [reasons[number], leftOut[number]];
      if (shown.length > 0 && reason !== undefined) throw new Error(`Fault ${number} has both tests and a reason.`);
      if (shown.length === 0 && part !== undefined) throw new Error(`Fault ${number} leaves a part out of no test.`);
      if (shown.length === 0 && reason === undefined) bare.push(number);
      const [one, ...others] = shown;
      const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
      const rest = part === undefined ? '' : `. Left out: ${part}`;
      lines.push(
        one ? `- **${number}** \`${one.file}\`: ${one.name}${more}${rest}` : `- **${number}** no test: ${reason}`,
      );
    }
  }
  if (bare.length > 0) throw new Error(`These faults have neither a test nor a reason: ${bare.join(', ')}.`);
  return `${lines.join('\n')}\n`;
}

const text = render();
if (process.argv.includes('--check')) {
  if (readFileSync(page, 'utf8') !== text) {
    console.error('test/FAULTS.md is stale. Make it anew: npm run faults');
    process.exitCode = 1;
  } else console.log('test/FAULTS.md is current.');
} else {
  writeFileSync(page, text);
  console.log('Made test/FAULTS.md anew.');
}
