import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { makeTempDir } from './support/temp-dir.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Lints one planted file with the project's own rules; gives what biome said. */
async function lint(path: string, text: string): Promise<{ readonly passed: boolean; readonly said: string }> {
  await using copy = await makeTempDir();
  for (const file of ['biome.jsonc', 'package.json', '.gitignore']) cpSync(join(root, file), copy.file(file));
  symlinkSync(join(root, 'node_modules'), copy.file('node_modules'), 'junction');
  mkdirSync(dirname(copy.file(path)), { recursive: true });
  writeFileSync(copy.file(path), text);
  const command = join(root, 'node_modules', '@biomejs', 'biome', 'bin', 'biome');
  // No version control in the copy; everything else is as in the project.
  const { status, stdout, stderr } = spawnSync(process.execPath, [command, 'lint', '--vcs-enabled=false', path], {
    cwd: copy.path,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
  });
  return { passed: status === 0, said: `${stdout}${stderr}` };
}

const importing = (from: string) => `import { x } from '${from}';\nexport const y: unknown = x;\n`;

describe('the import direction', () => {
  it.each([
    ['machines-are-pure', 'src/machines/planted.ts', 'node:fs'],
    ['machines-are-pure', 'src/machines/planted.ts', 'undici'],
    ['machines-are-pure', 'src/machines/planted.ts', '../actors/ports.ts'],
    ['machines-are-pure', 'src/machines/planted.ts', '../adapters/http/source.ts'],
    ['actors-know-ports', 'src/actors/planted.ts', 'node:fs/promises'],
    ['actors-know-ports', 'src/actors/planted.ts', 'undici'],
    ['actors-know-ports', 'src/actors/planted.ts', '../adapters/http/source.ts'],
    ['actors-know-ports', 'src/actors/planted.ts', '../index.ts'],
    ['adapters-stand-alone', 'src/adapters/http/planted.ts', '../storage/disk-storage.ts'],
    ['adapters-stand-alone', 'src/adapters/http/planted.ts', '../../actors/implementations.ts'],
    ['adapters-stand-alone', 'src/adapters/http/planted.ts', '../../cli/main.ts'],
    ['adapters-stand-alone', 'src/adapters/terminal/planted.ts', '../../index.ts'],
    ['the-library-has-no-front-end', 'src/planted.ts', './adapters/terminal/attach.ts'],
    ['the-library-has-no-front-end', 'src/planted.ts', './cli/main.ts'],
    ['the-page-runs-in-a-browser', 'src/adapters/window/page/planted.ts', 'node:fs'],
    ['the-page-runs-in-a-browser', 'src/adapters/window/page/views/planted.tsx', '../../../terminal/format.ts'],
    ['the-page-runs-in-a-browser', 'src/adapters/window/page/views/planted.tsx', '../../../../actors/ports.ts'],
  ])('%s: %s may not import %s', async (rule, path, from) => {
    const { passed, said } = await lint(path, importing(from));
    expect(said).toContain(rule);
    expect(passed).toBe(false);
  });

  it.each([
    ['export from', `export { x } from '../adapters/http/source.ts';\n`],
    ['import()', `export const y = () => import('../adapters/http/source.ts');\n`],
    ['import type', `import type { X } from '../adapters/http/source.ts';\nexport type Y = X;\n`],
  ])('also sees %s', async (_, text) => {
    const { passed, said } = await lint('src/machines/planted.ts', text);
    expect(said).toContain('machines-are-pure');
    expect(passed).toBe(false);
  });

  it.each([
    ['src/machines/planted.ts', 'xstate'],
    ['src/machines/planted.ts', './ranges.ts'],
    ['src/actors/planted.ts', '../machines/ranges.ts'],
    ['src/actors/planted.ts', './ports.ts'],
    ['src/adapters/http/planted.ts', 'undici'],
    ['src/adapters/http/planted.ts', 'node:fs'],
    ['src/adapters/http/planted.ts', './source.ts'],
    ['src/adapters/http/planted.ts', '../../actors/ports.ts'],
    ['src/adapters/http/planted.ts', '../../machines/ranges.ts'],
    ['src/adapters/window/page/views/planted.tsx', 'react'],
    ['src/adapters/window/page/views/planted.tsx', '../../protocol.ts'],
    ['src/adapters/window/page/views/planted.tsx', '../../../../machines/ranges.ts'],
    ['src/cli/planted.ts', '../adapters/terminal/attach.ts'],
  ])('%s may import %s', async (path, from) => {
    expect(await lint(path, importing(from))).toMatchObject({ passed: true });
  });
});

describe('purity', () => {
  it.each([
    ['src/machines/planted.ts', 'machines-are-pure', 'export const at = Date.now();\n'],
    ['src/machines/planted.ts', 'machines-are-pure', 'export const chance = Math.random();\n'],
    ['src/machines/planted.ts', 'machines-are-pure', 'export const wait = () => setTimeout(() => undefined, 5);\n'],
    ['src/machines/planted.ts', 'noConsole', 'console.log(1);\n'],
    ['src/actors/planted.ts', 'actors-know-ports', 'export const at = Date.now();\n'],
    ['src/actors/planted.ts', 'actors-know-ports', 'export const wait = () => setTimeout(() => undefined, 5);\n'],
    ['src/actors/planted.ts', 'noConsole', 'console.log(1);\n'],
    ['src/cli/planted.ts', 'noExplicitAny', 'export const x: any = 1;\n'],
    ['src/cli/planted.ts', 'noNonNullAssertion', 'export const x = (y: string | null) => y!;\n'],
  ])('%s: %s', async (path, rule, text) => {
    const { passed, said } = await lint(path, text);
    expect(said).toContain(rule);
    expect(passed).toBe(false);
  });
});
