import { FailureError } from '../../machines/failures.ts';
import { DataFile } from './data-file.ts';
import type { DataIdentity } from './data-identity.ts';
import { orFail, orNull } from './disk-failures.ts';
import { syncFolder } from './durable-write.ts';
import type { FileSystem } from './file-system.ts';
import type { ProgressNotes } from './progress-notes.ts';
import { noteRest } from './rest-note.ts';
import type { Workspace } from './workspace.ts';

interface DataPlace {
  /** Runs what must not overlap with anything that is written to the notes. */
  inTurn(task: () => Promise<void>): Promise<void>;
  /** False when another state folder stands where ours was: what is noted there is somebody else's. */
  isOurs(): Promise<boolean>;
}

/** The data that notes speak of: opened, synced, checked. Where it is lost, or not what was written, they are forgotten. */
export class DownloadData {
  readonly #files: FileSystem;
  readonly #notes: ProgressNotes;
  readonly #place: DataPlace;
  #file: DataFile | null = null;
  /** Of the file that is open, once somebody has asked. */
  #identity: DataIdentity | null = null;

  constructor(files: FileSystem, notes: ProgressNotes, place: DataPlace) {
    this.#files = files;
    this.#notes = notes;
    this.#place = place;
  }

  /**
   * Opens it, where it is not open.
   *
   * @param isNew nothing stands there, and what has appeared meanwhile is not ours
   */
  async open(workspace: Workspace, isNew: boolean): Promise<DataFile> {
    this.#file ??= await DataFile.open(this.#files, workspace.data, isNew, () => {
      this.#place.inTurn(() => this.#notes.forgetLive(workspace)).catch(() => {});
    });
    return this.#file;
  }

  /** @throws Error when it is not open */
  opened(): DataFile {
    if (!this.#file) throw new Error('nothing has been prepared');
    return this.#file;
  }

  /** Which file notes are about to speak of; null where that cannot be told. */
  async identity({ folder }: Workspace): Promise<DataIdentity | null> {
    const file = this.#file;
    if (!file?.isLasting) return null;
    this.#identity ??= {
      inode: (await file.stat()).ino,
      folder: (await orFail(this.#files.lstat(folder), 'looked at', folder)).ino,
    };
    return this.#identity;
  }

  /**
   * Nothing more will be written in this run: the next one is to see whether
   * somebody else has. Where that cannot be noted, it will not be known.
   */
  async rest(workspace: Workspace): Promise<void> {
    const file = this.#file;
    if (!file?.isLasting || !file.hasWritten || !this.isSound) return;
    const { size, mtimeMs: modifiedMs } = await file.comeToRest().catch(async (error: unknown) => {
      await this.#notes.forgetLive(workspace).catch(() => {});
      throw error;
    });
    if (!file.isEdited) await noteRest(this.#files, workspace, { size, modifiedMs });
  }

  /** A note of it would be true, as far as that can be seen. */
  get isSound(): boolean {
    return !this.#file?.isInDoubt && !this.#file?.isEdited;
  }

  /**
   * Where the sync fails, only what an earlier one made durable is still claimed.
   *
   * @param withTimes see `DataFile.sync`
   */
  async sync(workspace: Workspace, withTimes = false): Promise<void> {
    try {
      await this.#file?.sync(withTimes);
    } catch (error) {
      await this.#notes.forgetLive(workspace).catch(() => {});
      throw error;
    }
  }

  /**
   * What is about to be published, or to be claimed, is what was written: the
   * same file, which nobody else has written to, of the right length. If it is
   * not, what has been noted of it is worth nothing any more.
   *
   * @param size null while it still grows
   */
  async check(workspace: Workspace, size: number | null): Promise<void> {
    const file = this.#file;
    if (!file) return;
    const named = await orFail(orNull(this.#files.lstat(workspace.data)), 'looked at', workspace.data);
    const isOurs = named !== null && named.ino === (await file.stat()).ino && !file.isEdited;
    if (isOurs && (size === null || (named.size === size && !(await this.#hasHoles(file, workspace, size))))) return;
    if (await this.#place.isOurs()) {
      await this.#notes.forget(workspace).catch(() => {});
      await syncFolder(this.#files, workspace.folder).catch(() => {});
    }
    const why = new FailureError({
      code: 'disk',
      message: `${workspace.data} was changed by somebody else while it was being written. Nothing was published; the same command begins anew.`,
      path: workspace.data,
      isLost: true,
    });
    file.giveUp(why);
    throw why;
  }

  async #hasHoles(file: DataFile, { folder }: Workspace, size: number): Promise<boolean> {
    const { type = 0 } = (await this.#files.statfs(folder).catch(() => null)) ?? {};
    return await file.hasHoles(size, type);
  }

  /** Stays as it is where that fails. */
  async close(): Promise<void> {
    await this.#file?.close();
    this.take();
  }

  /** Nothing is written to it from here on; to close it is the taker's. */
  take(): DataFile | null {
    const file = this.#file;
    this.#file = null;
    this.#identity = null;
    return file;
  }
}
