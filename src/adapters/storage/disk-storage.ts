import { dirname, join, resolve } from 'node:path';
import type { Claim, ClaimRequest, StoragePort, Target } from '../../actors/ports.ts';
import type { Checkpoint } from '../../machines/checkpoint.ts';
import { FailureError } from '../../machines/failures.ts';
import { readBootId } from './boot-id.ts';
import { serialise } from './checkpoint-file.ts';
import { DataFile } from './data-file.ts';
import { digestHandle } from './digest-handle.ts';
import { codeOf, orFail, orNull, placeFailure } from './disk-failures.ts';
import { replaceFile, syncFolder } from './durable-write.ts';
import { type FileSystem, nodeFileSystem } from './file-system.ts';
import { findPartial } from './find-partial.ts';
import { freeName, whereItWasLeft } from './free-name.ts';
import { checkFolder, checkRoom, existingSize, isFolder } from './inspect-target.ts';
import { LiveNotes } from './live-notes.ts';
import { loadPartial } from './load-partial.ts';
import { type Lock, takeLock } from './lock.ts';
import { makeFolders } from './make-folders.ts';
import { freeReserved, isPublished, notePublication, pathOf, readPublication } from './publication.ts';
import { finalMode, publishFile } from './publish.ts';
import { removeIfEmpty } from './remove-if-empty.ts';
import { Serial } from './serial.ts';
import { placeOf } from './target-path.ts';
import { type Workspace, workspaceOf } from './workspace.ts';

export interface DiskStorageOptions {
  /** What a relative output is relative to. */
  readonly cwd?: string;
  readonly files?: FileSystem;
  readonly platform?: NodeJS.Platform;
}

/** Below this no note of progress is made ready beforehand, bytes. */
const SMALL_BYTES = 1024 * 1024;
/** Takers of a folder that another process is just removing try again so often. */
const MOST_TRIES = 10;

function isInUse(error: unknown): boolean {
  return error instanceof FailureError && error.failure.code === 'in-use';
}

export function createDiskStorage(options: DiskStorageOptions = {}): StoragePort {
  return new DiskStorage(options);
}

class DiskStorage implements StoragePort {
  readonly #cwd: string;
  readonly #files: FileSystem;
  readonly #platform: NodeJS.Platform;
  /** Notes, publishing and closing never overlap; data is written beside them. */
  readonly #serial = new Serial();
  #target: string | null = null;
  #lock: Lock | null = null;
  #data: DataFile | null = null;
  #live: LiveNotes | null = null;
  #bootId: string | null = null;
  #hasNote = false;
  /** Folders in which others were made, so that a power cut might take these with all that is in them. */
  readonly #unsynced = new Set<string>();
  /** A note of progress that may outlive the power. */
  #hasCheckpoint = false;
  /** The URL that was claimed for, redacted. */
  #url = '';
  /** The data has its final name: what is left to do is to forget the state... */
  #isPlaced = false;
  /** ...and that is done, but for the note of it. */
  #isForgotten = false;
  /** This run has made the state folder, and nothing is in it that could come back after a power cut. */
  #isNew = false;
  /** Where it was to go, before any numbers... */
  #named = '';
  /** ...and nobody insists on that name. */
  #mayNumber = false;

  constructor({ cwd = process.cwd(), files = nodeFileSystem, platform = process.platform }: DiskStorageOptions) {
    this.#cwd = cwd;
    this.#files = files;
    this.#platform = platform;
  }

  claim(request: ClaimRequest): Promise<Claim> {
    return this.#serial.run(() => this.#claim(request));
  }

  async #claim({ output, suggestedName, url, rename, restart, ifExists = 'fail' }: ClaimRequest): Promise<Claim> {
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
      ? await freeName(this.#files, named, url)
      : ['ask', 'rename'].includes(ifExists)
        ? await whereItWasLeft(files, named, url)
        : named;
    try {
      return await this.#claimAt(path, url, restart);
    } catch (error) {
      if (!this.#mayNumber || !isInUse(error)) throw error;
      return await this.#claimAt(await freeName(this.#files, named, url), url, restart);
    }
  }

  async #claimAt(path: string, url: string, restart: boolean): Promise<Claim> {
    if (path !== this.#target) {
      await this.#discard();
      await this.#letGo();
    }
    const found = await this.#look(path);
    this.#target = path;
    const workspace = workspaceOf(path);
    if (!(await this.#hasFolder(workspace))) return { kind: 'fresh', target: found };
    // It may vanish just now, when another download there ends.
    if (!(await this.#lockFolder(workspace))) return { kind: 'fresh', target: found };
    try {
      const published = await this.#concludeFormer(workspace, path, url);
      if (published !== null && !restart) {
        this.#target = published;
        return { kind: 'published', target: await this.#look(published) };
      }
      // What stood there may have been a name that a run held when it was killed.
      const target = await this.#look(path);
      const checkpoint = restart ? null : await loadPartial(this.#files, workspace);
      if (checkpoint === null) return { kind: 'fresh', target };
      this.#hasNote = true;
      this.#hasCheckpoint = true;
      if (checkpoint.url !== url) return { kind: 'foreign', target, url: checkpoint.url };
      // Writing on would change whatever else has the data for its content.
      return (await this.#isShared(workspace)) ? { kind: 'fresh', target } : { kind: 'partial', target, checkpoint };
    } catch (error) {
      await this.#letGo();
      throw error;
    }
  }

  /** The data has another name: a backup made of links, say, or a file that was put under ours. */
  async #isShared({ data }: Workspace): Promise<boolean> {
    return ((await orFail(orNull(this.#files.lstat(data)), 'looked at', data))?.nlink ?? 1) > 1;
  }

  async #look(path: string): Promise<Target> {
    return { path, existingSize: await existingSize(this.#files, path) };
  }

  /**
   * A run may have been cut off while it published. If the file has its name,
   * what that run has left is forgotten; if it was only held, it is let go.
   *
   * @returns the path of the file, if it is the one of this URL
   */
  async #concludeFormer(workspace: Workspace, target: string, url: string): Promise<string | null> {
    const note = await readPublication(this.#files, workspace);
    if (note === null) return null;
    if (await isPublished(this.#files, note, target)) {
      await orFail(syncFolder(this.#files, dirname(target)), 'synced', dirname(target));
      this.#hasCheckpoint = true;
      await this.#forgetState(workspace);
      this.#isForgotten = false;
      return note.url === url ? pathOf(note, target) : null;
    }
    await freeReserved(this.#files, note, workspace, target);
    await orFail(orNull(this.#files.unlink(workspace.publication)), 'removed', workspace.publication);
    return null;
  }

  prepare(request: { size: number | null; fresh: boolean }): Promise<string> {
    return this.#serial.run(() => this.#prepare(request));
  }

  async #prepare({ size, fresh }: { size: number | null; fresh: boolean }): Promise<string> {
    await this.#takeFolder();
    const workspace = this.#workspace();
    // Also where an earlier run has made it: that one may have been killed before its first checkpoint.
    this.#unsynced.add(dirname(workspace.folder));
    if (fresh) await this.#beginAnew(workspace);
    this.#data ??= await this.#openData(fresh);
    if (size !== null) await checkRoom(this.#files, workspace.folder, size - (await this.#data.allocated()));
    // The first note of many is to be as quick as the others; small files end before there is one.
    if (size === null || size > SMALL_BYTES) {
      this.#live ??= new LiveNotes(this.#files, workspace.live);
      await this.#live.open();
      this.#bootId ??= await readBootId(this.#files);
    }
    return this.#target ?? '';
  }

  /** Another download may have come first. Where the name is nobody's wish, the next number will do. */
  async #takeFolder(): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#makeFolder(this.#workspace());
      } catch (error) {
        if (!this.#mayNumber || !isInUse(error) || attempt === MOST_TRIES) throw error;
        this.#target = await freeName(this.#files, this.#named, this.#url);
      }
    }
  }

  /** The notes go first, and for good: after a power cut none may speak of bytes that were there before. */
  async #beginAnew(workspace: Workspace): Promise<void> {
    // An earlier run may have removed some, and not have synced that.
    if ((await this.#forgetNotes(workspace)) || !this.#isNew)
      await orFail(syncFolder(this.#files, workspace.folder), 'synced', workspace.folder);
    await this.#data?.close();
    this.#data = null;
    // A new file: the old one may be a published file's other name, if a run was killed while it published.
    await orFail(orNull(this.#files.unlink(workspace.data)), 'removed', workspace.data);
  }

  async write(chunks: readonly Uint8Array[], position: number): Promise<void> {
    return await this.#open().write(chunks, position);
  }

  async read(position: number, length: number): Promise<Uint8Array> {
    // Asked before `prepare`, when a partial is compared with the server.
    this.#data ??= await this.#openData(false);
    return await this.#data.read(position, length);
  }

  saveLive(checkpoint: Checkpoint): Promise<void> {
    return this.#serial.run(async () => {
      if (!this.#data?.isInDoubt && !this.#data?.isEdited) await this.#noteLive(checkpoint);
    });
  }

  saveCheckpoint(checkpoint: Checkpoint): Promise<void> {
    return this.#serial.run(async () => {
      if (this.#data) await this.#checkData(this.#data, this.#workspace(), null);
      await this.#syncData();
      const plan = checkpoint.plan.map((range) => ({ ...range, durable: range.written }));
      await this.#syncFolders();
      await this.#note(this.#workspace().checkpoint, { ...checkpoint, plan });
    });
  }

  async digest(
    ...[algorithms, piece, signal]: Parameters<StoragePort['digest']>
  ): Promise<Readonly<Record<string, string>>> {
    // The data has to be synced anyway: while the disk is at it, the processor is free.
    const [digests] = await Promise.all([
      this.#open().digest(algorithms, piece, signal),
      // In its turn: a note that is being written would outlive the failure of the sync that takes the notes away.
      this.#serial.run(() => this.#syncData(true)),
    ]);
    return digests;
  }

  async digestTarget(
    ...[algorithms, signal]: Parameters<StoragePort['digestTarget']>
  ): Promise<Readonly<Record<string, string>>> {
    const path = this.#target;
    if (path === null) throw new Error('nothing has been claimed');
    const handle = await orFail(this.#files.open(path, 'r'), 'opened', path);
    try {
      const { size } = await orFail(handle.stat(), 'looked at', path);
      return await digestHandle({ handle, path }, algorithms, { start: 0, end: size }, signal);
    } finally {
      await handle.close().catch(() => {});
    }
  }

  publish(request: { size: number; onConflict: 'fail' | 'overwrite' | 'rename' }): Promise<string> {
    return this.#serial.run(() => this.#publish(request));
  }

  async #publish({ size, onConflict }: { size: number; onConflict: 'fail' | 'overwrite' | 'rename' }): Promise<string> {
    const data = this.#open();
    const workspace = this.#workspace();
    await data.settle();
    await data.truncate(size);
    await data.chmod(await finalMode(this.#files, onConflict === 'overwrite' ? this.#target : null));
    await this.#syncData();
    await this.#checkData(data, workspace, size);
    // Its own folder is synced with its name in it.
    this.#unsynced.delete(dirname(workspace.folder));
    await this.#syncFolders();
    const target = this.#target ?? '';
    const { ino: inode, mtimeMs: modifiedMs } = await data.stat();
    const announce = async (number: number, isReserved: boolean) => {
      // Where nothing of this download outlives the power, this need not either.
      const outlives = isReserved || this.#hasCheckpoint;
      const note = { url: this.#url, size, inode, modifiedMs, number, isReserved };
      const noted = orFail(notePublication(this.#files, workspace, note, outlives), 'saved', workspace.publication);
      // Without it a crash in the next moment leaves a right file of which nobody knows whose it is: no reason to fail.
      await (isReserved ? noted : noted.catch(() => {}));
    };
    const path = await publishFile(this.#files, workspace.data, target, onConflict, announce);
    this.#isPlaced = true;
    await orFail(syncFolder(this.#files, dirname(path)), 'synced', dirname(path));
    await this.#forgetState(workspace);
    return path;
  }

  /** The file is there for good: what is done here may fail without harm. */
  async #forgetState(workspace: Workspace): Promise<void> {
    await this.#data?.close().catch(() => {});
    this.#data = null;
    try {
      await this.#forgetNotes(workspace);
      // The data is the file's other name now; what an earlier run set aside is of no use to anybody.
      for (const left of [workspace.data, workspace.rejected]) await orNull(this.#files.unlink(left));
      // After a power cut a checkpoint may be back: not without the note that says how it ended.
      if (this.#hasCheckpoint) await syncFolder(this.#files, workspace.folder);
      this.#hasCheckpoint = false;
      this.#isForgotten = true;
    } catch {
      // The next run will find it.
    }
    await this.#letGo().catch(() => {});
  }

  reject(): Promise<string> {
    return this.#serial.run(async () => {
      const { folder, data, rejected } = this.#workspace();
      await this.#data?.close();
      this.#data = null;
      await this.#forgetNotes(this.#workspace());
      await orFail(syncFolder(this.#files, folder), 'synced', folder);
      await orFail(this.#files.rename(data, rejected), 'set aside', data);
      return rejected;
    });
  }

  close(): Promise<void> {
    return this.#serial.run(async () => {
      const [live, data] = [this.#live, this.#data];
      this.#live = null;
      this.#data = null;
      // One that fails must not leave the others open, nor the lock taken.
      const closed = await Promise.allSettled([live?.close(), data?.close()]);
      await this.#discard();
      await this.#letGo();
      const failed = closed.find((one) => one.status === 'rejected');
      if (failed) throw failed.reason;
    });
  }

  /** Data without a note of what is in it is worth nothing, nor is a place for notes. */
  async #discard(): Promise<void> {
    // With its final name already, the next run is to find that out.
    if (!this.#lock || this.#target === null || this.#hasNote || this.#isPlaced) return;
    const { data, live, publication } = workspaceOf(this.#target);
    for (const left of [data, ...live, publication]) await orNull(this.#files.unlink(left)).catch(() => {});
  }

  /** Where the sync fails, only what an earlier one made durable is still claimed. */
  async #syncData(meanwhile?: true): Promise<void> {
    try {
      await this.#data?.sync(meanwhile);
    } catch (error) {
      await this.#forget(this.#workspace().live).catch(() => {});
      throw error;
    }
  }

  #openData(isNew: boolean): Promise<DataFile> {
    const { data, live } = this.#workspace();
    return DataFile.open(this.#files, data, isNew, () => {
      this.#serial.run(() => this.#forget(live)).catch(() => {});
    });
  }

  async #syncFolders(): Promise<void> {
    for (const folder of this.#unsynced) {
      await orFail(syncFolder(this.#files, folder), 'synced', folder);
      this.#unsynced.delete(folder);
    }
  }

  #workspace(): Workspace {
    if (this.#target === null) throw new Error('nothing has been claimed');
    return workspaceOf(this.#target);
  }

  #open(): DataFile {
    if (!this.#data) throw new Error('nothing has been prepared');
    return this.#data;
  }

  async #hasFolder({ folder }: Workspace): Promise<boolean> {
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

  /** False when there is no folder any more. */
  async #lockFolder({ lock }: Workspace): Promise<boolean> {
    if (this.#lock !== null) return true;
    this.#lock = await orFail(orNull(takeLock(this.#files, lock)), 'locked', lock, placeFailure);
    return this.#lock !== null;
  }

  /** Makes the state folder and locks it: the folder may vanish in between, when another download there ends. */
  async #makeFolder(workspace: Workspace): Promise<void> {
    for (let attempt = 1; this.#lock === null; attempt += 1) {
      const above = dirname(workspace.folder);
      const made = await orFail(makeFolders(this.#files, above), 'made', above, placeFailure);
      for (const folder of made) this.#unsynced.add(dirname(folder));
      try {
        await this.#files.mkdir(workspace.folder, { mode: 0o700 });
        this.#isNew = true;
      } catch (error) {
        if (codeOf(error) !== 'EEXIST') await orFail(Promise.reject(error), 'made', workspace.folder, placeFailure);
        await this.#hasFolder(workspace);
      }
      try {
        this.#lock = await takeLock(this.#files, workspace.lock);
      } catch (error) {
        if (codeOf(error) === 'ENOENT' && attempt < MOST_TRIES) continue;
        await orFail(Promise.reject(error), 'locked', workspace.lock, placeFailure);
      }
    }
  }

  async #noteLive(checkpoint: Checkpoint): Promise<void> {
    this.#live ??= new LiveNotes(this.#files, this.#workspace().live);
    this.#bootId ??= await readBootId(this.#files);
    await this.#live.write(serialise({ bootId: this.#bootId, checkpoint }));
    this.#hasNote = true;
  }

  async #note(path: string, checkpoint: Checkpoint): Promise<void> {
    this.#bootId ??= await readBootId(this.#files);
    const text = serialise({ bootId: this.#bootId, checkpoint });
    await orFail(replaceFile(this.#files, path, text), 'saved', path);
    this.#hasNote = true;
    this.#hasCheckpoint = true;
  }

  /** @returns whether there were any */
  async #forgetNotes({ checkpoint, live }: Workspace): Promise<boolean> {
    const were = await this.#forget([...live, checkpoint]);
    this.#hasNote = false;
    return were;
  }

  async #forget(paths: readonly string[]): Promise<boolean> {
    // Nothing may be written to a note that has lost its name.
    await this.#live?.close();
    this.#live = null;
    let were = false;
    for (const path of paths) were = (await orFail(orNull(this.#files.unlink(path)), 'removed', path)) !== null || were;
    return were;
  }

  /**
   * What is about to be published, or to be claimed, is what was written: the
   * same file, which nobody else has written to, of the right length. If it is
   * not, what has been noted of it is worth nothing any more.
   *
   * @param size null while it still grows
   */
  async #checkData(data: DataFile, workspace: Workspace, size: number | null): Promise<void> {
    const named = await orFail(orNull(this.#files.lstat(workspace.data)), 'looked at', workspace.data);
    const isOurs = named !== null && named.ino === (await data.stat()).ino && !data.isEdited;
    if (isOurs && (size === null || (named.size === size && !(await this.#hasHoles(data, workspace, size))))) return;
    await this.#forgetNotes(workspace).catch(() => {});
    await syncFolder(this.#files, workspace.folder).catch(() => {});
    const why = new FailureError({
      code: 'disk',
      message: `${workspace.data} was changed by somebody else while it was being written. Nothing was published; the same command begins anew.`,
      path: workspace.data,
      isLost: true,
    });
    data.giveUp(why);
    throw why;
  }

  async #hasHoles(data: DataFile, { folder }: Workspace, size: number): Promise<boolean> {
    const { type = 0 } = (await this.#files.statfs(folder).catch(() => null)) ?? {};
    return await data.hasHoles(size, type);
  }

  /** Lets the lock go, and the folder if nothing is left in it. */
  async #letGo(): Promise<void> {
    if (!this.#lock || this.#target === null) return;
    await this.#live?.close();
    this.#live = null;
    await this.#data?.close();
    this.#data = null;
    await this.#lock.release().catch(() => {});
    this.#lock = null;
    this.#isNew = false;
    // What tells the next run that all is done goes last.
    const { publication } = workspaceOf(this.#target);
    if (this.#isForgotten) await orNull(this.#files.unlink(publication)).catch(() => {});
    await removeIfEmpty(this.#files, workspaceOf(this.#target).folder).catch(() => {});
  }
}
