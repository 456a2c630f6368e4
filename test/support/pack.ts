import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Runs npm in a folder; throws with all that it said when it fails. */
export function npm(args: readonly string[], cwd: string): string {
  // On Windows npm is a .cmd, which only a shell starts.
  const { status, stdout, stderr, error } = spawnSync('npm', args, {
    cwd,
    encoding: 'utf8',
    shell: process.platform === 'win32',
    // What npm run sets for this process is not meant for another project.
    env: Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !/^npm_(package|lifecycle|execpath)/.test(name)),
    ),
  });
  if (status !== 0) throw new Error(`npm ${args.join(' ')} failed.\n${error ?? ''}${stdout}\n${stderr}`);
  return stdout;
}

/** Packs what is built, as `npm publish` would, into `folder`; gives the tarball and the paths in it. */
export function packInto(folder: string): { readonly tarball: string; readonly files: readonly string[] } {
  // In a copy and without scripts: nobody else's dist is rebuilt under his feet.
  const copy = join(folder, 'copy');
  mkdirSync(copy);
  const { files } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { files: string[] };
  for (const name of [...files, 'package.json', 'README.md', 'LICENSE']) {
    cpSync(join(root, name), join(copy, name), { recursive: true });
  }
  const said = npm(['pack', '--json', '--ignore-scripts', '--pack-destination', folder], copy);
  const [packed] = asList(JSON.parse(said.slice(said.search(/[[{]/))));
  if (!packed) throw new Error(`npm pack said nothing of what it packed: ${said}`);
  return { tarball: join(folder, packed.filename), files: packed.files.map(({ path }) => path) };
}

interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

/** npm 11 gives a list, later ones an object by package name. */
function asList(said: Packed[] | Record<string, Packed>): Packed[] {
  return Array.isArray(said) ? said : Object.values(said);
}
