/**
 * Changes one rule after the other, one place at a time, and looks whether its
 * tests notice (Stryker): `npm run test:mutation -- ranges cli/units`, or all
 * of them without a name. Writes what was not noticed, and a table of the scores.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { killers, otherRules } from './mutation-rules.ts';

interface Report {
  readonly files: Readonly<Record<string, { readonly mutants: readonly { readonly status: string }[] }>>;
}

const root = fileURLToPath(new URL('..', import.meta.url));
const report = new URL('../.stryker/report.json', import.meta.url);
const stryker = fileURLToPath(new URL('../node_modules/@stryker-mutator/core/bin/stryker.js', import.meta.url));

const testsOf = (rule: string) => (killers[rule] ?? [rule]).map((name) => `test/${name}.test.ts`);

/** A file of types holds nothing that could be changed. */
const hasCode = (rule: string) =>
  /^(?:export )?(?:const|function|class) /m.test(readFileSync(`${root}src/${rule}.ts`, 'utf8'));

function allRules(): readonly string[] {
  const machines = readdirSync(`${root}src/machines`).map((name) => `machines/${name.replace(/\.ts$/, '')}`);
  const rules = [...machines.filter(hasCode), ...otherRules];
  const untested = rules.flatMap(testsOf).filter((path) => !existsSync(`${root}${path}`));
  if (untested.length > 0) throw new Error(`There is no ${untested.join(', ')}: nothing would be measured without it.`);
  return rules;
}

/** `ranges`, `machines/ranges`: by their path, or by its last part. */
function rulesNamed(names: readonly string[]): readonly string[] {
  const all = allRules();
  return names.flatMap((name) => {
    const found = all.filter((rule) => rule === name || rule.endsWith(`/${name}`));
    if (found.length === 0) throw new Error(`No rule is called ${name}: scripts/mutation-rules.ts names them.`);
    return found;
  });
}

/** A row of the table. */
function measure(rule: string): string {
  // A report of an earlier rule must not be taken for this one's.
  rmSync(report, { force: true });
  spawnSync(process.execPath, [stryker, 'run', '--mutate', `src/${rule}.ts`], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, MULTIDOWN_KILLERS: testsOf(rule).join(' ') },
  });
  const name = rule.replace(/^machines\//, '');
  if (!existsSync(report)) return `| ${name} | | | could not be measured: do its tests pass? |`;
  const { files } = JSON.parse(readFileSync(report, 'utf8')) as Report;
  const found = Object.values(files).flatMap(({ mutants }) => mutants.map(({ status }) => status));
  const count = (...statuses: readonly string[]) => found.filter((status) => statuses.includes(status)).length;
  const noticed = count('Killed', 'Timeout');
  const tried = noticed + count('Survived', 'NoCoverage');
  return `| ${name} | ${tried} | ${noticed} | ${((100 * noticed) / Math.max(1, tried)).toFixed(1)} % |`;
}

const names = process.argv.slice(2);
const rows = (names.length > 0 ? rulesNamed(names) : allRules()).map(measure);
process.stdout.write(`| rule | changes | noticed | score |\n|---|---|---|---|\n${rows.join('\n')}\n`);
