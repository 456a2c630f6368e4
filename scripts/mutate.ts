/**
 * Changes one rule after the other, one place at a time, and looks whether its
 * tests notice (Stryker): `npm run test:mutation -- ranges entity`, or all of
 * them without a name. Writes what was not noticed, and a table of the scores.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Rules whose tests are not, or not only, in the file of the same name. */
const killers: Readonly<Record<string, readonly string[]>> = {
  allowance: ['allowance', 'download.connections'],
  'download.connections': ['download.connections', 'slow-connections', 'auto-connections', 'download.machine', 'slow'],
  'download.context': [
    'slow-connections',
    'auto-connections',
    'download.updates',
    'download.decisions',
    'download.machine',
  ],
  'download.figures': ['download.figures', 'slow-connections', 'auto-connections', 'download.machine'],
  'download.updates': ['download.updates', 'slow-connections', 'auto-connections', 'download.machine', 'tuning'],
  'http-date': ['entity', 'retry-after'],
  'probe-rules': ['probe-rules', 'response-sentences'],
  ranges: ['ranges', 'schedule'],
  'response-rules': ['response-rules', 'response-sentences'],
  schedule: ['schedule', 'slow-connections', 'auto-connections'],
  slow: ['slow', 'hedge', 'download.updates'],
  tuning: ['tuning', 'download.connections', 'slow-connections', 'auto-connections'],
};

interface Report {
  readonly files: Readonly<Record<string, { readonly mutants: readonly { readonly status: string }[] }>>;
}

const root = fileURLToPath(new URL('..', import.meta.url));
const report = new URL('../.stryker/report.json', import.meta.url);
const stryker = fileURLToPath(new URL('../node_modules/@stryker-mutator/core/bin/stryker.js', import.meta.url));
const testsOf = (rule: string) =>
  (killers[rule] ?? [rule])
    .map((name) => `test/machines/${name}.test.ts`)
    .filter((path) => existsSync(`${root}${path}`));

const all = readdirSync(`${root}src/machines`)
  .map((name) => name.replace(/\.ts$/, ''))
  .filter((rule) => testsOf(rule).length > 0 && !rule.endsWith('.machine'));
const rules = process.argv.length > 2 ? process.argv.slice(2) : all;

const lines: string[] = [];
for (const rule of rules) {
  const tests = testsOf(rule).join(' ');
  // A report of an earlier rule must not be taken for this one's.
  rmSync(report, { force: true });
  spawnSync(process.execPath, [stryker, 'run', '--mutate', `src/machines/${rule}.ts`], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, MULTIDOWN_KILLERS: tests },
  });
  if (!existsSync(report)) {
    lines.push(`| ${rule} | | | could not be measured: do its tests pass? |`);
    continue;
  }
  const { files } = JSON.parse(readFileSync(report, 'utf8')) as Report;
  const found = Object.values(files).flatMap(({ mutants }) => mutants.map(({ status }) => status));
  const count = (...statuses: readonly string[]) => found.filter((status) => statuses.includes(status)).length;
  const killed = count('Killed', 'Timeout');
  const tried = killed + count('Survived', 'NoCoverage');
  lines.push(`| ${rule} | ${tried} | ${killed} | ${((100 * killed) / Math.max(1, tried)).toFixed(1)} % |`);
}
process.stdout.write(`| rule | mutants | noticed | score |\n|---|---|---|---|\n${lines.join('\n')}\n`);
