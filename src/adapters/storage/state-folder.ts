import { dirname } from 'node:path';
import { FailureError } from '../../machines/failures.ts';
import { codeOf, orFail, orNull, placeFailure } from './disk-failures.ts';
import { DownloadData } from './download-data.ts';
import { syncFolder } from './durable-write.ts';
import type { FileSystem } from './file-system.ts';
import { type Lock, takeLock } from './lock.ts';
import { makeFolders } from './make-folders.ts';
import { ProgressNotes } from './progress-notes.ts';
import { removeIfEmpty } from './remove-if-empty.ts';
import { type Workspace, workspaceOf } from './workspace.ts';

/** Takers of a folder that another process is just removing try again so often. */
export const MOST_TRIES = 10;

/** The state folder of the target: found or made, locked, emptied, left. */
export class StateFolder {
  readonly notes: ProgressNotes;
  readonly data: DownloadData;
  /** Whose state it is. Another one needs `leave` first. */
  target: string | null = null;
  readonly #files: FileSystem;
  #lock: Lock | null = null;
  /** Folders in which others were made, so that a power cut might take these with all that is in them. */
  readonly #unsynced = new Set<string>();
  /** This run has made the state folder, and nothing is in it that could come back after a power cut. */
  #isNew = false;
  /** The data has its final name: what is left to do is to forget the state... */
  #isPlaced = false;
  /** ...and that is done, but for the note of it. */
  #isForgotten = false;

  constructor(files: FileSystem, inTurn: (task: () => Promise<void>) => Promise<void>) {
    this.#files = files;
    this.notes = new ProgressNotes(files);
    this.data = new DownloadData(files, this.notes, { inTurn, isOurs: () => this.#isOurs() });
  }

  /** @throws Error when there is no target */
  get workspace(): Workspace {
    if (this.target === null) throw new Error('nothing has been claimed');
    return workspaceOf(this.target);
  }

  /** Locks it where it exists: false when it does not, or vanishes just now, when another download there ends. */
  async lockIfThere(): Promise<boolean> {
    if (!(await this.#exists())) return false;
    if (this.#lock !== null) return true;
    const { lock } = this.workspace;
    this.#lock = await orFail(orNull(takeLock(this.#files, lock)), 'locked', lock, placeFailure);
    return this.#lock !== null;
  }

  async #exists(): Promise<boolean> {
    const { folder } = this.workspace;
    const found = await orFail(orNull(this.#files.lstat(folder)), 'looked at', folder, placeFailure);
    if (found !== null && !found.isDirectory()) {
      throw new FailureError({
        code: 'invalid-path',
        message: `${folder} is in the way: multidown keeps its state in a folder of that name. Move it, or choose another output.`,
        path: folder,
      });
    }
    return found !== null;
  }

  /** False when what stands at its path now is somebody else's: it was moved away, say, and another run began there. */
  async #isOurs(): Promise<boolean> {
    return (await this.#lock?.isHeld().catch(() => false)) ?? false;
  }

  async #insistOnOurs(): Promise<void> {
    const { folder } = this.workspace;
    if (await this.#isOurs()) return;
    throw new FailureError({
      code: 'disk',
      message: `${folder} was moved or replaced by somebody else while it was in use. Nothing was published; the same command begins anew.`,
      path: folder,
      isLost: true,
    });
  }

  /** Makes it and locks it: it may vanish in between, when another download there ends. */
  async make(): Promise<void> {
    const { folder, lock } = this.workspace;
    const above = dirname(folder);
    if (this.#lock !== null) await this.#insistOnOurs();
    for (let attempt = 1; this.#lock === null; attempt += 1) {
      const made = await orFail(makeFolders(this.#files, above), 'made', above, placeFailure);
      for (const one of made) this.#unsynced.add(dirname(one));
      try {
        await this.#files.mkdir(folder, { mode: 0o700 });
        this.#isNew = true;
      } catch (error) {
        if (codeOf(error) !== 'EEXIST') await orFail(Promise.reject(error), 'made', folder, placeFailure);
        await this.#exists();
      }
      try {
        this.#lock = await takeLock(this.#files, lock);
      } catch (error) {
        if (codeOf(error) === 'ENOENT' && attempt < MOST_TRIES) continue;
        await orFail(Promise.reject(error), 'locked', lock, placeFailure);
      }
    }
    // Also where an earlier run has made it: that one may have been killed before its first checkpoint.
    this.#unsynced.add(above);
  }

  /**
   * Syncs the folders in which others were made.
   *
   * @param isLast but the one that it is in: that one is synced with the file's name in it
   */
  async syncAbove(isLast = false): Promise<void> {
    if (isLast) this.#unsynced.delete(dirname(this.workspace.folder));
    for (const folder of this.#unsynced) {
      await orFail(syncFolder(this.#files, folder), 'synced', folder);
      this.#unsynced.delete(folder);
    }
  }

  /** The notes go first, and for good: after a power cut none may speak of bytes that were there before. */
  async beginAnew(): Promise<void> {
    const { folder, data } = this.workspace;
    // An earlier run may have removed some, and not have synced that.
    if ((await this.notes.forget(this.workspace)) || !this.#isNew)
      await orFail(syncFolder(this.#files, folder), 'synced', folder);
    await this.data.close();
    // A new file: the old one may be a published file's other name, if a run was killed while it published.
    await orFail(orNull(this.#files.unlink(data)), 'removed', data);
  }

  /** @returns the path of the data, which is worth a look and nothing more */
  async setDataAside(): Promise<string> {
    const { folder, data, rejected } = this.workspace;
    await this.data.close();
    await this.#insistOnOurs();
    await this.notes.forget(this.workspace);
    await orFail(syncFolder(this.#files, folder), 'synced', folder);
    await orFail(this.#files.rename(data, rejected), 'set aside', data);
    return rejected;
  }

  /** The data has its final name: `discard` is to leave what tells the next run of it. */
  placed(): void {
    this.#isPlaced = true;
  }

  get isPlaced(): boolean {
    return this.#isPlaced;
  }

  /** The file is there for good: what is done here may fail without harm. */
  async forget(): Promise<void> {
    const { data, rejected } = this.workspace;
    await this.data.close().catch(() => {});
    this.data.take();
    try {
      await this.notes.forget(this.workspace);
      // The data is the file's other name now; what an earlier run set aside is of no use to anybody.
      for (const left of [data, rejected]) await orNull(this.#files.unlink(left));
      await this.notes.syncForgotten(this.workspace);
      this.#isForgotten = true;
    } catch {
      // The next run will find it.
    }
    await this.leave().catch(() => {});
  }

  /** The same for a former run: what comes after it is a download of its own. */
  async forgetFormer(): Promise<void> {
    this.notes.mayComeBack();
    await this.forget();
    this.#isForgotten = false;
  }

  /** Data without a note of what is in it is worth nothing, nor is a place for notes. */
  async discard(): Promise<void> {
    // With its final name already, the next run is to find that out.
    if (!this.#lock || this.target === null || this.notes.hasAny || this.#isPlaced) return;
    if (!(await this.#isOurs())) return;
    const { data, live, publication } = this.workspace;
    for (const left of [data, ...live, publication]) await orNull(this.#files.unlink(left)).catch(() => {});
  }

  /** Lets the lock go, and the folder if nothing is left in it. */
  async leave(): Promise<void> {
    if (!this.#lock || this.target === null) return;
    await this.notes.close();
    await this.data.close();
    // What was just published from it was ours, also where its lock is gone.
    const isOurs = this.#isForgotten || (await this.#isOurs());
    await this.#lock.release().catch(() => {});
    this.#lock = null;
    this.#isNew = false;
    if (!isOurs) return;
    const { folder, publication } = this.workspace;
    // What tells the next run that all is done goes last.
    if (this.#isForgotten) await orNull(this.#files.unlink(publication)).catch(() => {});
    await removeIfEmpty(this.#files, folder).catch(() => {});
  }
}
