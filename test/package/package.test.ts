import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startOrigin } from '../support/origin-server.ts';
import { npm, packInto } from '../support/pack.ts';
import { runCli } from '../support/spawn-cli.ts';
import { makeTempDir, type TempDir } from '../support/temp-dir.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  version: string;
  engines: { node: string };
};

describe('the packed tarball, installed into an empty folder', () => {
  let folder: TempDir;
  let home: string;
  let files: readonly string[];

  beforeAll(async () => {
    folder = await makeTempDir();
    const packed = packInto(folder.path);
    files = packed.files;
    home = folder.file('home');
    mkdirSync(home);
    await writeFile(join(home, 'package.json'), JSON.stringify({ name: 'home', private: true, type: 'module' }));
    npm(['install', '--prefer-offline', '--no-audit', '--no-fund', packed.tarball], home);
  }, 300_000);
  afterAll(() => folder.remove());

  it('holds the program, its types, its papers, and nothing else', () => {
    const others = files.filter(
      (path) =>
        !/^(bin|dist|examples)\/|^(package\.json|README\.md|LICENSE|CHANGELOG\.md|src\/.*schema\.json)$/.test(path),
    );
    expect(others).toEqual([]);
    expect(files).toContain('dist/index.d.ts');
    expect(files.some((path) => /test|\.map$/.test(path))).toBe(false);
  });

  it('runs as a program', async () => {
    const bin = join(home, 'node_modules', '.bin', 'multidown');
    const { status, stdout, stderr } = spawnSync(bin, ['--version'], {
      encoding: 'utf8',
      shell: process.platform === 'win32',
      env: { ...process.env, PATH: `${join(process.execPath, '..')}${delimiter}${process.env.PATH}` },
    });
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: `${manifest.version}\n`, stderr: '' });
  });

  it('downloads as a library', async () => {
    await using origin = await startOrigin({ size: 3 * 1024 * 1024 });
    await writeFile(
      join(home, 'use.js'),
      `import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { download } from 'multidown';
const { path } = await download(${JSON.stringify(origin.url)}, { output: 'a.bin' });
console.log(createHash('sha256').update(readFileSync(path)).digest('hex'));
`,
    );
    const result = await runCli([], { script: join(home, 'use.js'), cwd: home });
    expect(result).toMatchObject({ code: 0, stdout: `${origin.sha256()}\n`, stderr: '' });
  });

  it('has types that a strict consumer compiles with, and that catch a mistake', async () => {
    const use = (option: string) => `import { type Download, DownloadError, download, openDownload } from 'multidown';
const open: Download = openDownload('http://127.0.0.1/', { ${option}: 4 });
for await (const event of open) if (event.type === 'progress') event.speed.now?.toFixed();
const { size }: { size: number } = await download('http://127.0.0.1/');
export const both = [size, DownloadError];
`;
    const compilerOptions = { module: 'nodenext', target: 'es2024', strict: true, noEmit: true, types: ['node'] };
    mkdirSync(join(home, 'node_modules', '@types'), { recursive: true });
    // The consumer brings Node's types, as every TypeScript program for Node does.
    for (const name of ['@types/node', 'undici-types']) {
      const there = join(home, 'node_modules', name);
      if (!existsSync(there)) symlinkSync(join(root, 'node_modules', name), there, 'junction');
    }
    await writeFile(join(home, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['use.ts'] }));
    const compile = async (option: string) => {
      await writeFile(join(home, 'use.ts'), use(option));
      return await runCli(['-p', home], { script: join(root, 'node_modules/typescript/bin/tsc') });
    };
    expect(await compile('connections')).toMatchObject({ code: 0, stdout: '' });
    const wrong = await compile('conections');
    expect(wrong.code).not.toBe(0);
    expect(wrong.stdout).toContain('conections');
  });
});

describe('on a Node that does not fit', () => {
  it.each(['12.22.0', '20.18.1', '22.22.1', '24.14.9', '25.9.0'])('%s: says so in one sentence', async (version) => {
    await using folder = await makeTempDir();
    const fake = folder.file('fake.cjs');
    await writeFile(
      fake,
      `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } });`,
    );
    const result = await runCli(['--version'], { nodeOptions: ['--require', fake] });
    expect(result).toEqual({
      code: 1,
      signal: null,
      stdout: '',
      stderr: `multidown needs Node ${manifest.engines.node}, and this is Node ${version}.\n`,
    });
  });

  it.each(['22.22.2', '22.30.0', '24.15.0', '26.0.0', '31.2.3'])('%s: starts', async (version) => {
    await using folder = await makeTempDir();
    const fake = folder.file('fake.cjs');
    await writeFile(
      fake,
      `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } });`,
    );
    const result = await runCli(['--version'], { nodeOptions: ['--require', fake] });
    expect(result).toMatchObject({ code: 0, stdout: `${manifest.version}\n` });
  });

  const older = olderNode();
  it.runIf(older !== null)('the machine has an older one: it says so too', async () => {
    const { code, stdout, stderr } = await runCli(['--version'], { node: older ?? '' });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^multidown needs Node .+, and this is Node \d+\.\d+\.\d+\.\n$/);
  });
});

/** The machine's own Node, when it is one that multidown does not run on; null otherwise. */
function olderNode(): string | null {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => !folder.includes('node_modules'));
  for (const node of folders.map((folder) => join(folder, 'node')).filter((file) => existsSync(file))) {
    const { stdout } = spawnSync(node, ['--version'], { encoding: 'utf8' });
    if (Number(/^v(\d+)/.exec(stdout)?.[1] ?? 99) < 22) return node;
  }
  return null;
}
