/** `npm run bench`: multidown side by side with other downloaders. `--help` lists the options. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BenchOptions, parseArguments, usage } from './arguments.ts';
import type { Case } from './case.ts';
import { allCases } from './cases.ts';
import { type Client, multidown, peers } from './clients.ts';
import { findProgram } from './find-program.ts';
import { adviceFor, installPeers } from './install-peers.ts';
import { keepFigures, keptFigures, measuredOf } from './kept-figures.ts';
import { fileSystemOf, machineLine, nginxVersion, versionsLine } from './machine.ts';
import { startNginx } from './nginx.ts';
import { missingPrograms } from './prerequisites.ts';
import { startProxy } from './proxy-control.ts';
import { caseReport, type Measured } from './report.ts';
import { type Circumstances, methodLines, resultsPage } from './results.ts';
import { runCase } from './run-case.ts';
import { summaryTable, withSummary } from './summary.ts';

try {
  await main(parseArguments(process.argv.slice(2)));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

async function main(options: BenchOptions): Promise<void> {
  if (options.help) return console.log(usage);
  if (!options.list) installPeers();
  const wanted = peers.filter(({ name }) => options.peers.length === 0 || options.peers.includes(name));
  const stranger = options.peers.find((name) => name !== 'none' && !peers.some((peer) => peer.name === name));
  if (stranger !== undefined) throw new Error(`There is no peer "${stranger}", only ${namesOf(peers)}, or "none".`);
  const versions = versionsLine([multidown(), ...wanted]);
  const found = wanted.filter(({ name }) => !versions.missing.includes(name));
  const ours: Client[] = [
    multidown(),
    ...(options.against === null ? [] : [multidown('multidown, other build', resolve(options.against))]),
  ];
  const cases = allCases(found, ours);
  if (options.list) return console.log(cases.map(({ name, title }) => `${name.padEnd(15)} ${title}`).join('\n'));
  const unknown = options.cases.find((name) => !cases.some((one) => one.name === name));
  if (unknown !== undefined) throw new Error(`There is no case "${unknown}". Ask for --list.`);
  const missing = missingPrograms();
  if (missing.length > 0) throw new Error(missing.join('\n'));
  if (versions.missing.includes('multidown')) throw new Error('multidown does not run. Build it: npm run build');

  const within = options.work === null ? tmpdir() : resolve(options.work);
  mkdirSync(within, { recursive: true });
  const work = mkdtempSync(join(within, 'multidown-bench-'));
  process.on('exit', () => rmSync(work, { recursive: true, force: true }));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
  const served = join(work, 'served');
  mkdirSync(served);
  const program = findProgram('nginx') ?? 'nginx';
  const how: Circumstances = {
    date: new Date().toISOString().slice(0, 10),
    machine: machineLine(),
    fileSystem: fileSystemOf(work),
    ...versions,
    nginx: nginxVersion(program),
    ...{ rounds: options.rounds, quick: options.quick },
    ...{ load: loadavg()[0] ?? 0, cores: cpus().length },
  };
  console.log(methodLines(how).join('\n'));
  const advice = adviceFor(versions.missing);
  if (advice !== null) console.log(advice);

  const nginx = await startNginx(program, join(work, 'nginx'), served);
  const proxy = await startProxy();
  const bench = { nginx, proxy, served, output: join(work, 'output'), rounds: options.rounds, quick: options.quick };
  const kept = { ...keptFigures(options.goOn ? options.json : null) };
  const isWanted = ({ name }: Case) => options.cases.length === 0 || options.cases.includes(name);
  try {
    for (const one of cases.filter((each) => isWanted(each) && kept[each.name] === undefined)) {
      const { rows, runs } = await runCase(one, { ...bench, tell: (line) => console.error(line) });
      kept[one.name] = { title: one.title, rows, runs };
      console.log(`\n${caseReport({ one, rows })}`);
      // After each case, so that a bench that is ended early leaves what it has.
      if (options.json !== null) keepFigures(options.json, how, kept);
      const left = cases.filter((each) => kept[each.name] === undefined).map((each) => each.name);
      if (options.write) writePages(measuredOf(cases, kept), how, left);
    }
  } finally {
    await proxy.close();
    await nginx.close();
  }
}

function writePages(all: readonly Measured[], how: Circumstances, left: readonly string[]): void {
  const pathOf = (page: string) => fileURLToPath(new URL(page, import.meta.url));
  const readme = pathOf('../README.md');
  writeFileSync(pathOf('RESULTS.md'), resultsPage(all, how, left));
  writeFileSync(readme, withSummary(readFileSync(readme, 'utf8'), summaryTable(all)));
}

function namesOf(clients: readonly Client[]): string {
  return clients.map(({ name }) => name).join(', ');
}
