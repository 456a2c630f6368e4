import type { Checkpoint } from '../../machines/checkpoint.ts';
import { readBootId } from './boot-id.ts';
import { serialise } from './checkpoint-file.ts';
import type { DataIdentity } from './data-identity.ts';
import { orFail, orNull } from './disk-failures.ts';
import { replaceFile, syncFolder } from './durable-write.ts';
import type { FileSystem } from './file-system.ts';
import { LiveNotes } from './live-notes.ts';
import type { Workspace } from './workspace.ts';

/** The notes of how far a download has come: written, and forgotten. */
export class ProgressNotes {
  readonly #files: FileSystem;
  #live: LiveNotes | null = null;
  #bootId: string | null = null;
  #hasAny = false;
  #hasCheckpoint = false;

  constructor(files: FileSystem) {
    this.#files = files;
  }

  /** The next run has something to go on from. */
  get hasAny(): boolean {
    return this.#hasAny;
  }

  /** A note of progress that may outlive the power. */
  get hasCheckpoint(): boolean {
    return this.#hasCheckpoint;
  }

  /** A former run's are there. */
  found(): void {
    this.#hasAny = true;
    this.#hasCheckpoint = true;
  }

  /** Those of another target are meant from now on. */
  reset(): void {
    this.#hasAny = false;
    this.#hasCheckpoint = false;
  }

  /** A former run may have had some, and they may be back after a power cut. */
  mayComeBack(): void {
    this.#hasCheckpoint = true;
  }

  /** Makes all ready, so that the first live note of many is as quick as the others. */
  async openLive(workspace: Workspace): Promise<void> {
    this.#live ??= new LiveNotes(this.#files, workspace.live);
    await this.#live.open();
    this.#bootId ??= await readBootId(this.#files);
  }

  /** Outlives the process, not the power. */
  async saveLive(workspace: Workspace, checkpoint: Checkpoint, data: DataIdentity | null): Promise<void> {
    this.#live ??= new LiveNotes(this.#files, workspace.live);
    this.#bootId ??= await readBootId(this.#files);
    await this.#live.write(serialise({ bootId: this.#bootId, checkpoint, ...(data && { data }) }));
    this.#hasAny = true;
  }

  /** Outlives the power. */
  async saveCheckpoint(
    { checkpoint: path }: Workspace,
    checkpoint: Checkpoint,
    data: DataIdentity | null,
  ): Promise<void> {
    this.#bootId ??= await readBootId(this.#files);
    const text = serialise({ bootId: this.#bootId, checkpoint, ...(data && { data }) });
    await orFail(replaceFile(this.#files, path, text), 'saved', path);
    this.#hasAny = true;
    this.#hasCheckpoint = true;
  }

  /** @returns whether there were any */
  async forget({ checkpoint, live, rest }: Workspace): Promise<boolean> {
    const were = await this.#remove([...live, rest, checkpoint]);
    this.#hasAny = false;
    return were;
  }

  /** Only what a checkpoint says is claimed then. */
  async forgetLive({ live }: Workspace): Promise<void> {
    await this.#remove(live);
  }

  /** After a power cut a checkpoint may be back: not without the note that says how it ended. */
  async syncForgotten({ folder }: Workspace): Promise<void> {
    if (this.#hasCheckpoint) await syncFolder(this.#files, folder);
    this.#hasCheckpoint = false;
  }

  async close(): Promise<void> {
    await this.#live?.close();
    this.#live = null;
  }

  async #remove(paths: readonly string[]): Promise<boolean> {
    // Nothing may be written to a note that has lost its name.
    await this.close();
    let were = false;
    for (const path of paths) were = (await orFail(orNull(this.#files.unlink(path)), 'removed', path)) !== null || were;
    return were;
  }
}
