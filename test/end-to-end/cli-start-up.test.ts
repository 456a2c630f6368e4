/** What a run loads: every module costs time, before the first request. */
import { readFile } from 'node:fs/promises';
import { basename, dirname, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { expect, it } from 'vitest';
import { bundleOptions, outputOptions, plainAssert } from '../../scripts/bundle-options.ts';
import { startOrigin } from '../support/origin-server.ts';
import { runCli } from '../support/spawn-cli.ts';
import { makeTempDir } from '../support/temp-dir.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** What fetches a file: the machines and all that they need of the outside. */
const fetches = /^src\/(?:machines|actors|adapters\/(?:clock|http|storage))\//;
/** Besides that, of ours and of others. Prompts, screen, log, window, JSON and schemas are for those who want them. */
const allowed = [
  'commander',
  // Secrets are kept out of every message.
  'src/adapters/log/redactor.ts',
  'src/adapters/log/secrets.ts',
  // Failures are told to the quiet, too.
  'src/adapters/terminal/attach.ts',
  'src/adapters/terminal/closing-lines.ts',
  'src/adapters/terminal/format.ts',
  'src/adapters/terminal/kept.ts',
  'src/adapters/terminal/plain-lines.ts',
  'src/adapters/terminal/printable.ts',
  'src/cli/arguments.ts',
  'src/cli/event-hub.ts',
  'src/cli/exit-codes.ts',
  'src/cli/front-ends.ts',
  'src/cli/main.ts',
  'src/cli/options.ts',
  'src/cli/parse-header.ts',
  'src/cli/parser.ts',
  'src/cli/policy.ts',
  'src/cli/redact-event.ts',
  'src/cli/run-download.ts',
  'src/cli/run.ts',
  'src/cli/same-file.ts',
  'src/cli/signals.ts',
  'src/cli/stdout-watch.ts',
  'src/cli/units.ts',
  'src/download-error.ts',
  'src/event-queue.ts',
  'src/open-download.ts',
  'src/pauses.ts',
  'src/user-agent.ts',
  'undici',
  'xstate',
];

/** Which modules each file of the bundle holds: those of ours by their path, others by their package. */
async function modulesByFile(): Promise<ReadonlyMap<string, readonly string[]>> {
  await using bundle = await rolldown({ ...bundleOptions, cwd: root });
  const { output } = await bundle.generate(outputOptions);
  return new Map(
    output.flatMap((chunk) =>
      chunk.type === 'chunk' ? [[chunk.fileName, Object.keys(chunk.modules).map(nameOf)] as const] : [],
    ),
  );
}

function nameOf(id: string): string {
  if (id.startsWith('\0')) return `${id.slice(1)} (virtual)`;
  const path = relative(root, id).replaceAll('\\', '/');
  return /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules)/.exec(path)?.[1] ?? path;
}

/** Everything that a run loads, by its URL. */
async function loadedBy(...args: string[]): Promise<readonly string[]> {
  await using origin = await startOrigin();
  await using folder = await makeTempDir();
  const list = `
    import { registerHooks } from 'node:module';
    import fs, { writeFileSync } from 'node:fs';
    import { pathToFileURL } from 'node:url';
    const loaded = new Set();
    // The bundle is not loaded by Node: it comes with the code that is kept of it.
    const read = fs.readFileSync;
    fs.readFileSync = (path, ...rest) => {
      if (typeof path === 'string' && path.endsWith('.cjs')) loaded.add(pathToFileURL(path).href);
      return read(path, ...rest);
    };
    registerHooks({
      load(url, context, next) {
        loaded.add(url);
        return next(url, context);
      },
    });
    process.on('exit', () => writeFileSync('loaded.json', JSON.stringify([...loaded])));`;
  const nodeOptions = ['--import', `data:text/javascript,${encodeURIComponent(list)}`];
  const env = { NODE_DISABLE_COMPILE_CACHE: '1' };
  const run = await runCli([origin.url, ...args], { cwd: folder.path, nodeOptions, env });
  expect(run).toMatchObject({ code: 0, stderr: '' });
  return JSON.parse(await readFile(folder.file('loaded.json'), 'utf8')) as string[];
}

it('undici asserts without Node, which takes its time for it', async () => {
  await using bundle = await rolldown({ ...bundleOptions, cwd: root });
  const { output } = await bundle.generate(outputOptions);
  const code = output.flatMap((chunk) => (chunk.type === 'chunk' ? [chunk.code] : []));
  expect(code.filter((text) => text.includes('undici')).length).toBeGreaterThan(0);
  expect(code.filter((text) => /node:assert"/.test(text))).toEqual([]);
  const module = { exports: (_value: unknown, _message?: string | Error) => {} };
  new Function('module', plainAssert)(module);
  const assert = module.exports;
  expect(() => assert(1, 'one')).not.toThrow();
  expect(() => assert(0, 'nought')).toThrow('nought');
  expect(() => assert(null, new TypeError('nothing'))).toThrow(TypeError);
  expect(() => assert(undefined)).toThrow('undici takes for true what is not.');
});

it('a quiet run loads its own modules, and no others', async () => {
  const [files, loaded] = [await modulesByFile(), await loadedBy('--quiet', '--yes')];
  const paths = loaded.flatMap((url) => (url.startsWith('file:') ? relative(root, fileURLToPath(url)) : []));
  const bundled = paths.filter((path) => dirname(path) === 'dist/cli');
  // The program itself, and what it looks into for the version of Node that it needs.
  expect(paths.filter((path) => !bundled.includes(path)).sort()).toEqual([
    'bin/kept-code.cjs',
    'bin/multidown.cjs',
    'bin/old-garbage.cjs',
    'package.json',
  ]);
  const modules = bundled.flatMap((path) => {
    const held = files.get(basename(path));
    if (!held) throw new Error(`${path} is no file of the present bundle: it is to be built anew.`);
    return held;
  });
  const others = modules.filter((module) => !module.endsWith('(virtual)') && !fetches.test(module));
  expect([...new Set(others)].sort()).toEqual(allowed);
});
