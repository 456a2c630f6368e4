import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** An empty folder of its own, gone with `await using` or `remove()`. */
export interface TempDir extends AsyncDisposable {
  readonly path: string;
  /** A path inside. */
  file(...names: string[]): string;
  remove(): Promise<void>;
}

export async function makeTempDir(): Promise<TempDir> {
  // The real path: on macOS the temporary folder is behind a link.
  const path = await realpath(await mkdtemp(join(tmpdir(), 'multidown-')));
  const remove = () => rm(path, { recursive: true, force: true, maxRetries: 3 });
  return { path, file: (...names) => join(path, ...names), remove, [Symbol.asyncDispose]: remove };
}
