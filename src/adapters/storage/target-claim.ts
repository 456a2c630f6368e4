import { join, resolve } from 'node:path';
import type { Claim, ClaimRequest, Target } from '../../actors/ports.ts';
import { FailureError } from '../../machines/failures.ts';
import { writtenBytes } from '../../machines/ranges.ts';
import { concludeFormer } from './conclude-former.ts';
import { orFail, orNull } from './disk-failures.ts';
import type { FileSystem } from './file-system.ts';
import { findPartial } from './find-partial.ts';
import { freeName, whereItWasLeft } from './free-name.ts';
import { checkFolder, existingSize, isFolder } from './inspect-target.ts';
import { loadPartial } from './load-partial.ts';
import { MOST_TRIES, type StateFolder } from './state-folder.ts';
import { placeOf } from './target-path.ts';
import type { Workspace } from './workspace.ts';

/** Where the file is to go: worked out, claimed, and given up for the next number where another download has come first. */
export class TargetClaim {
  readonly #files: FileSystem;
  readonly #state: StateFolder;
  readonly #cwd: string;
  readonly #platform: NodeJS.Platform;
  #url = '';
  /** Where it was to go, before any numbers... */
  #named = '';
  /** ...and nobody insists on that name. */
  #mayNumber = false;

  constructor(files: FileSystem, state: StateFolder, cwd: string, platform: NodeJS.Platform) {
    this.#files = files;
    this.#state = state;
    this.#cwd = cwd;
    this.#platform = platform;
  }

  /** The URL that was claimed for, redacted. */
  get url(): string {
    return this.#url;
  }

  async claim({ output, suggestedName, url, rename, restart, ifExists = 'fail' }: ClaimRequest): Promise<Claim> {
    const files = this.#files;
    this.#url = url;
    const { directory, name } = await placeOf(output, suggestedName, this.#cwd, this.#platform, (path) =>
      isFolder(files, path),
    );
    await checkFolder(files, directory);
    const named = name === null ? await findPartial(files, directory, url) : join(directory, name);
    if (named === null) return { kind: 'unnamed', directory };
    this.#named = named;
    const isSuggested = named !== resolve(this.#cwd, output ?? '');
    // Under a name that nobody insists on, two downloads may go on side by side.
    this.#mayNumber = rename || ifExists === 'rename' || (isSuggested && suggestedName !== null);
    const path = rename
      ? await freeName(files, named, url)
      : ['ask', 'rename'].includes(ifExists)
        ? await whereItWasLeft(files, named, url)
        : named;
    return await this.#numbering((free = path) => this.#claimAt(free, url, restart));
  }

  async #claimAt(path: string, url: string, restart: boolean): Promise<Claim> {
    const [files, state] = [this.#files, this.#state];
    if (path !== state.target) {
      await state.discard();
      await state.leave();
      state.notes.reset();
    }
    const found = await this.#look(path);
    state.target = path;
    if (!(await state.lockIfThere())) return { kind: 'fresh', target: found };
    try {
      const published = await concludeFormer(files, state, path, url);
      if (published !== null && !restart) {
        state.target = published;
        return { kind: 'published', target: await this.#look(published) };
      }
      // What stood there may have been a name that a run held when it was killed.
      const target = await this.#look(path);
      const partial = restart ? null : await loadPartial(files, state.workspace);
      if (partial === null) return { kind: 'fresh', target };
      const { checkpoint, standing } = partial;
      state.notes.found();
      if (checkpoint.url !== url) {
        return { kind: 'foreign', target, url: checkpoint.url, keptBytes: writtenBytes(checkpoint.plan) };
      }
      if (standing === 'changed') return { kind: 'fresh', target, isLost: true };
      // Writing on would change whatever else has the data for its content.
      if (await this.#isShared(state.workspace)) return { kind: 'fresh', target };
      return { kind: 'partial', target, checkpoint, isCopy: standing === 'copied' };
    } catch (error) {
      await state.leave();
      throw error;
    }
  }

  async #look(path: string): Promise<Target> {
    return { path, existingSize: await existingSize(this.#files, path) };
  }

  /** The data has another name: a backup made of links, say, or a file that was put under ours. */
  async #isShared({ data }: Workspace): Promise<boolean> {
    return ((await orFail(orNull(this.#files.lstat(data)), 'looked at', data))?.nlink ?? 1) > 1;
  }

  /** Makes the state folder. */
  async makeFolder(): Promise<void> {
    await this.#numbering((free) => {
      if (free !== undefined) this.#state.target = free;
      return this.#state.make();
    });
  }

  /** Another download may have come first, at the next number as well: where the name is nobody's wish, the one after it will do. */
  async #numbering<T>(take: (free?: string) => Promise<T>): Promise<T> {
    let free: string | undefined;
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await take(free);
      } catch (error) {
        if (!this.#mayNumber || !isInUse(error) || attempt === MOST_TRIES) throw error;
        free = await freeName(this.#files, this.#named, this.#url);
      }
    }
  }
}

function isInUse(error: unknown): boolean {
  return error instanceof FailureError && error.failure.code === 'in-use';
}
