import { execFile } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Traffic, trafficOf } from './access-log.ts';
import type { Case, Contender } from './case.ts';
import { faultOf, makeFile, type Served } from './files.ts';
import { measure } from './measure.ts';
import type { Nginx } from './nginx.ts';
import type { BenchProxy } from './proxy-control.ts';
import { type Row, type Run, rowOf } from './row.ts';
import { balanced } from './statistics.ts';

/** What runs are made of. */
export interface Bench {
  readonly nginx: Nginx;
  readonly proxy: BenchProxy;
  /** The folder that is served. */
  readonly served: string;
  /** The folder that is downloaded into, emptied before each run. */
  readonly output: string;
  readonly rounds: number;
  readonly quick: boolean;
  /** Hears of every run. */
  tell(line: string): void;
}

export interface CaseResult {
  readonly rows: readonly Row[];
  readonly runs: Readonly<Record<string, readonly Run[]>>;
}

/** Runs the contenders in turn, each round in another order, and keeps what every run cost. */
export async function runCase(one: Case, bench: Bench): Promise<CaseResult> {
  const files = await makeFiles(one, bench);
  const runs = new Map<string, Run[]>(one.contenders.map(({ label }) => [label, []]));
  for (let round = 0; round < bench.rounds * (one.moreRounds ?? 1); round += 1) {
    for (const contender of balanced(one.contenders, round)) {
      const kept = runs.get(contender.label) ?? [];
      // What failed or did not end once costs only time, again and again.
      if (kept.some(({ fault }) => fault !== null)) continue;
      const run = await runOnce(one, contender, fileOf(files, one, contender, bench), bench);
      kept.push(run);
      const cost = `${run.wall.toFixed(2)} s, ${run.cpu.toFixed(2)} s CPU, ${Math.round(run.memory / 2 ** 20)} MiB`;
      bench.tell(`${one.name} ${round + 1}: ${contender.label}: ${run.fault ?? cost}`);
    }
  }
  await Promise.all([...files.values()].map(({ name }) => rm(join(bench.served, name))));
  const sizeOf = (contender: Contender) => fileOf(files, one, contender, bench).size;
  return {
    rows: one.contenders.map((contender) => rowOf(contender.label, sizeOf(contender), runs.get(contender.label) ?? [])),
    runs: Object.fromEntries(runs),
  };
}

async function makeFiles(one: Case, bench: Bench): Promise<Map<number, Served>> {
  const sizes = new Set(one.contenders.map((contender) => wantedSize(one, contender, bench)));
  const files = new Map<number, Served>();
  for (const size of sizes) files.set(size, await makeFile(bench.served, size));
  return files;
}

function fileOf(files: ReadonlyMap<number, Served>, one: Case, contender: Contender, bench: Bench): Served {
  const file = files.get(wantedSize(one, contender, bench));
  if (file === undefined) throw new Error(`The bench made no file for ${contender.label}.`);
  return file;
}

/** A contender's own size keeps its proportion to the case's when that is made smaller. */
function wantedSize(one: Case, contender: Contender, { quick }: Bench): number {
  const size = quick ? one.quickSize : one.size;
  return contender.size === undefined ? size : size * (contender.size / one.size);
}

async function runOnce(one: Case, contender: Contender, file: Served, bench: Bench): Promise<Run> {
  const { nginx, proxy, output } = bench;
  await rm(output, { recursive: true, force: true });
  await mkdir(output, { recursive: true });
  // Nobody is to wait for the disk to forget what somebody else has written.
  await promisify(execFile)('sync');
  await nginx.requests();
  await nginx.clear();
  const door = contender.door ?? one.door;
  const rules = contender.proxy ?? one.proxy;
  if (rules !== undefined) proxy.begin(nginx.ports[door], rules);
  const port = rules === undefined ? nginx.ports[door] : proxy.port;
  const url = `${door === 'tls' ? 'https' : 'http'}://127.0.0.1:${port}/${file.name}`;
  const job = {
    url,
    folder: output,
    name: file.name,
    connections: contender.connections,
    rateLimit: one.rateLimit ?? null,
    sha256: file.sha256,
  };
  const cost = await measure(contender.client.command(job), output, one.limitSeconds);
  const traffic = trafficOf(await nginx.requests());
  return {
    ...{ wall: cost.wall, cpu: cost.cpu, memory: cost.memory },
    traffic: rules === undefined ? traffic : await throughProxy(traffic, proxy),
    extra: extraOf(cost.lastLine),
    fault: await verdict(cost.exitCode, contender, file, bench, one),
  };
}

/** Past a proxy, what the server sent says nothing about what arrived. */
async function throughProxy(traffic: Traffic, proxy: BenchProxy): Promise<Traffic> {
  const { bytes, connections } = await proxy.report();
  return { ...traffic, sent: bytes, connections };
}

async function verdict(
  exitCode: number | null,
  { client }: Contender,
  file: Served,
  { output }: Bench,
  { limitSeconds }: Case,
): Promise<string | null> {
  if (exitCode === null) return `not done after ${limitSeconds} s`;
  if (exitCode !== 0) return `exit code ${exitCode}`;
  return client.fetches === false ? null : await faultOf(join(output, file.name), file);
}

function extraOf(line: string): Record<string, number> {
  try {
    const value: unknown = JSON.parse(line);
    const pairs = typeof value === 'object' && value !== null ? Object.entries(value) : [];
    return Object.fromEntries(pairs.filter((pair): pair is [string, number] => typeof pair[1] === 'number'));
  } catch {
    return {};
  }
}
