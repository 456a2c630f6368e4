import { readdir, readFile } from 'node:fs/promises';
import { DownloadError } from '../../src/download-error.ts';
import type { DownloadEvent, DownloadResult } from '../../src/machines/events.ts';
import { type OpenDownloadOptions, openDownload } from '../../src/open-download.ts';
import {
  type MisbehavingOptions,
  type MisbehavingServer,
  type Script,
  startMisbehaving,
} from './misbehaving-server.ts';
import { makeTempDir } from './temp-dir.ts';

/** How one download through the library's door ended. */
export interface Trial {
  /** `done`, or the failure's code. */
  readonly ended: string;
  readonly result: DownloadResult | null;
  /** The sentence of a failure. */
  readonly message: string;
  /** What stands under the final name; null for nothing. */
  readonly file: Buffer | null;
  readonly warnings: readonly string[];
  readonly events: readonly DownloadEvent[];
}

export interface Place extends AsyncDisposable {
  readonly server: MisbehavingServer;
  readonly folder: string;
  /** Everything in the folder, by name. */
  list(): Promise<readonly string[]>;
  /** Runs the same command once more. */
  run(options?: OpenDownloadOptions): Promise<Trial>;
}

/** A server that follows the script, and an empty folder to download to. */
export async function placeWith(script: Script, serverOptions: MisbehavingOptions = {}): Promise<Place> {
  const server = await startMisbehaving(script, serverOptions);
  const folder = await makeTempDir();
  return {
    server,
    folder: folder.path,
    list: () => readdir(folder.path, { recursive: true }),
    run: (options) => runTrial(server.url, folder.path, options),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await folder.remove();
    },
  };
}

export async function runTrial(url: string, folder: string, options: OpenDownloadOptions = {}): Promise<Trial> {
  const download = openDownload(url, {
    cwd: folder,
    output: 'file.bin',
    ifExists: 'overwrite',
    ifChanged: 'restart',
    connections: 4,
    minSplit: 16 * 1024,
    retries: 2,
    timeoutMs: 5_000,
    ...options,
  });
  const events: DownloadEvent[] = [];
  const listening = (async () => {
    for await (const event of download) events.push(event);
  })();
  const outcome = await download.done.then(
    (result) => ({ ended: 'done', result, message: '' }),
    (error: unknown) => {
      if (!(error instanceof DownloadError)) throw error;
      return { ended: error.code as string, result: null, message: error.message };
    },
  );
  await listening;
  const file = await readFile(`${folder}/file.bin`).catch(() => null);
  const warnings = events.flatMap((event) => (event.type === 'warning' ? [event.code] : []));
  return { ...outcome, file, warnings, events };
}
