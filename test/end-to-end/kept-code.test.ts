/** Compiled code that is kept between runs: quicker with it, never different. */
import { createHash } from 'node:crypto';
import { chmod, mkdir, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { startOrigin } from '../support/origin-server.ts';
import { type CliOptions, type CliResult, runCli } from '../support/spawn-cli.ts';
import { makeTempDir, type TempDir } from '../support/temp-dir.ts';

const loader = fileURLToPath(new URL('../../bin/kept-code.cjs', import.meta.url));
/** A file whose functions are compiled when they are called: how much code there was before that, it prints. */
const FUNCTIONS = 300;
const parts = Array.from(
  { length: FUNCTIONS },
  (_, i) => `exports.f${i} = function (a) { let s = ${i}; for (let j = 0; j < a; j += 1) s += j * ${i}; return s; };`,
).join('\n');
const program = `
const { getHeapCodeStatistics } = require('node:v8');
const before = getHeapCodeStatistics().bytecode_and_metadata_size;
const parts = require('./parts-ABCDEFGH.cjs');
const loaded = getHeapCodeStatistics().bytecode_and_metadata_size;
for (const name of Object.keys(parts).slice(0, Number(process.argv[2]))) parts[name](2);
console.log(JSON.stringify({ compiled: loaded - before, answer: parts.f1(3) }));`;

interface Rig extends AsyncDisposable {
  readonly folder: TempDir;
  readonly caches: string;
  /** Runs the program. @param calls so many of its functions */
  run(calls?: number, options?: CliOptions): Promise<CliResult>;
  /** What it printed. */
  result(calls?: number): Promise<{ readonly compiled: number; readonly answer: number }>;
  /** Where code is kept, and of which files. */
  kept(): Promise<readonly string[]>;
}

async function makeRig(): Promise<Rig> {
  const folder = await makeTempDir();
  const caches = folder.file('caches');
  await writeFile(folder.file('main.cjs'), program);
  await writeFile(folder.file('parts-ABCDEFGH.cjs'), parts);
  const start = folder.file('start.cjs');
  await writeFile(start, `require(${JSON.stringify(loader)}).load(${JSON.stringify(folder.file('main.cjs'))});`);
  const run = (calls = FUNCTIONS, options: CliOptions = {}) =>
    runCli([String(calls)], { ...options, script: start, env: { XDG_CACHE_HOME: caches, ...options.env } });
  return {
    folder,
    caches,
    run,
    async result(calls) {
      const { code: exit, stdout, stderr } = await run(calls);
      expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
      return JSON.parse(stdout);
    },
    async kept() {
      const all = await readdir(caches, { recursive: true, withFileTypes: true }).catch(() => []);
      return all.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name));
    },
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

async function fileOf(rig: Rig, name: string): Promise<string> {
  const found = (await rig.kept()).find((path) => path.endsWith(`/${name}`));
  if (found === undefined) throw new Error(`no code of ${name} is kept`);
  return found;
}

/** Anew means another file: it is renamed into its place. */
async function identity(path: string): Promise<string> {
  const { ino, mtimeMs } = await stat(path);
  return `${ino} ${mtimeMs}`;
}

describe('code that is kept', () => {
  it('spares the next run to compile the functions', async () => {
    await using rig = await makeRig();
    const first = await rig.result();
    const second = await rig.result();
    expect(second.answer).toBe(first.answer);
    expect(second.compiled).toBeGreaterThan(first.compiled + FUNCTIONS * 100);
  });

  it('is left as it is by a run that needs no more of it', async () => {
    await using rig = await makeRig();
    await rig.result();
    const path = await fileOf(rig, 'parts-ABCDEFGH.cjs');
    const before = await identity(path);
    await rig.result(1);
    expect(await identity(path)).toBe(before);
  });

  it('is made anew by a run that has compiled much more', async () => {
    await using rig = await makeRig();
    const little = await rig.result(1);
    await rig.result(FUNCTIONS);
    const third = await rig.result(1);
    expect(third.compiled).toBeGreaterThan(little.compiled + FUNCTIONS * 100);
  });

  it.each([
    ['torn', (bytes: Buffer) => bytes.subarray(0, bytes.length / 2)],
    ['empty', () => Buffer.alloc(0)],
    ['full of zeros', (bytes: Buffer) => Buffer.alloc(bytes.length)],
    ['rotten', (bytes: Buffer) => Buffer.from(bytes.map((byte, at) => (at % 997 === 500 ? byte ^ 1 : byte)))],
  ])('is made anew when it is %s', async (_, spoil) => {
    await using rig = await makeRig();
    const first = await rig.result();
    const path = await fileOf(rig, 'parts-ABCDEFGH.cjs');
    const good = await readFile(path);
    await writeFile(path, spoil(good));
    expect(await rig.result()).toEqual(first);
    expect((await readFile(path)).length).toBe(good.length);
  });

  it('is made anew when this V8 does not take it', async () => {
    await using rig = await makeRig();
    const first = await rig.result();
    const path = await fileOf(rig, 'parts-ABCDEFGH.cjs');
    const good = await readFile(path);
    const foreign = Buffer.from(good.subarray(32));
    foreign.fill(0, 4);
    const source = `(function (exports, require, module, __filename, __dirname) { ${parts}\n})`;
    const digest = createHash('sha256').update(source).update(foreign).digest();
    await writeFile(path, Buffer.concat([digest, foreign]));
    expect(await rig.result()).toEqual(first);
    // The number by which V8 knows its own.
    expect((await readFile(path)).subarray(36, 40)).toEqual(good.subarray(36, 40));
  });

  it('is not taken for a file that was edited, be it as long as before', async () => {
    await using rig = await makeRig();
    const { answer } = await rig.result();
    await writeFile(rig.folder.file('parts-ABCDEFGH.cjs'), parts.replace('let s = 1;', 'let s = 9;'));
    expect((await rig.result()).answer).toBe(answer + 8);
    expect((await rig.result()).answer).toBe(answer + 8);
  });

  it('is for its user only, and nobody else may have put it there', async () => {
    await using rig = await makeRig();
    const first = await rig.result();
    const path = await fileOf(rig, 'parts-ABCDEFGH.cjs');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const before = await identity(path);
    await chmod(join(path, '..'), 0o777);
    expect(await rig.result()).toEqual(first);
    expect(await identity(path)).toBe(before);
  });

  it('is kept of the three latest versions of a file', async () => {
    await using rig = await makeRig();
    await rig.result();
    const folder = join(await fileOf(rig, 'parts-ABCDEFGH.cjs'), '..');
    for (const [at, version] of ['OLDER001', 'OLDER002', 'OLDER003'].entries()) {
      const path = join(folder, `parts-${version}.cjs`);
      await writeFile(path, '');
      await utimes(path, 1000 + at, 1000 + at);
    }
    await writeFile(join(folder, 'other-OLDER001.cjs'), '');
    await writeFile(rig.folder.file('parts-ABCDEFGH.cjs'), `${parts}\n`);
    await rig.result();
    expect((await readdir(folder)).sort()).toEqual([
      'main.cjs',
      'other-OLDER001.cjs',
      'parts-ABCDEFGH.cjs',
      'parts-OLDER002.cjs',
      'parts-OLDER003.cjs',
    ]);
  });

  it.each([
    ['NODE_DISABLE_COMPILE_CACHE', '1'],
    ['NODE_V8_COVERAGE', 'coverage'],
  ])('is not kept under %s', async (name, value) => {
    await using rig = await makeRig();
    const run = await rig.run(1, { cwd: rig.folder.path, env: { [name]: value } });
    expect(run).toMatchObject({ code: 0, stderr: '' });
    expect(await rig.kept()).toEqual([]);
  });

  it('is not kept of a run that failed', async () => {
    await using rig = await makeRig();
    await writeFile(rig.folder.file('main.cjs'), `${program}\nprocess.exitCode = 3;`);
    expect(await rig.run()).toMatchObject({ code: 3 });
    expect(await rig.kept()).toEqual([]);
  });

  it('is not kept of a long run: V8 has begun to forget', async () => {
    await using rig = await makeRig();
    await writeFile(rig.folder.file('main.cjs'), `${program}\nprocess.uptime = () => 10.1;`);
    await rig.result();
    expect(await rig.kept()).toEqual([]);
  });

  it('is not kept of what was loaded under other flags: V8 would not take it', async () => {
    await using rig = await makeRig();
    const later = `
      const { setFlagsFromString } = require('node:v8');
      setFlagsFromString('--no-turbofan');
      ${program}
      setFlagsFromString('--turbofan');`;
    await writeFile(rig.folder.file('main.cjs'), later);
    await rig.result();
    expect((await rig.kept()).map((path) => path.replace(/^.*\//, ''))).toEqual(['main.cjs']);
  });

  it('may be kept nowhere, and nobody hears of it', async () => {
    await using rig = await makeRig();
    await mkdir(join(rig.caches, 'multidown'), { recursive: true });
    await writeFile(join(rig.caches, 'multidown', 'code'), 'a file');
    await rig.result();
    expect(await rig.kept()).toEqual([join(rig.caches, 'multidown', 'code')]);
  });

  it('leaves the places of errors as they are', async () => {
    await using rig = await makeRig();
    await writeFile(rig.folder.file('main.cjs'), `throw new Error('here');`);
    const { stderr } = await rig.run();
    expect(stderr).toContain(`${rig.folder.file('main.cjs')}:1:7`);
  });
});

it('the command takes the code of its former run', async () => {
  await using origin = await startOrigin();
  await using folder = await makeTempDir();
  const run = (name: string) =>
    // Half a second: by then its compilers have been told what they should know, and have to be told otherwise at the end.
    runCli([origin.url, '-o', name, '--quiet', '--yes', '--limit-rate', String(origin.size * 2)], {
      cwd: folder.path,
      env: { XDG_CACHE_HOME: folder.file('caches') },
    });
  const files = async () => {
    const all = await readdir(folder.file('caches'), { recursive: true, withFileTypes: true });
    return all.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name));
  };
  expect(await run('first')).toMatchObject({ code: 0, stderr: '' });
  // Twice: the second may have compiled more than the first.
  expect(await run('second')).toMatchObject({ code: 0, stderr: '' });
  const kept = await files();
  expect(kept.map((path) => path.replace(/^.*\/|-[\w-]{8}\.cjs$/g, '')).sort()).toEqual([
    'for-main',
    'for-run-download',
    'main.cjs',
    'rolldown-runtime',
  ]);
  const before = await Promise.all(kept.map(identity));
  expect(await run('third')).toMatchObject({ code: 0, stderr: '' });
  expect(await Promise.all(kept.map(identity))).toEqual(before);
});
