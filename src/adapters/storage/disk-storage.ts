import { dirname, join } from 'node:path';
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
import { checkFolder, existingSize, isFolder } from './inspect-target.ts';
import { LiveNotes } from './live-notes.ts';
import { loadPartial } from './load-partial.ts';
import { type Lock, takeLock } from './lock.ts';
import { makeFolders } from './make-folders.ts';
import { MOST_NUMBERS, publishFile } from './publish.ts';
import { removeIfEmpty } from './remove-if-empty.ts';
import { Serial } from './serial.ts';
import { numbered, placeOf } from './target-path.ts';
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

  constructor({ cwd = process.cwd(), files = nodeFileSystem, platform = process.platform }: DiskStorageOptions) {
    this.#cwd = cwd;
    this.#files = files;
    this.#platform = platform;
  }

  claim(request: ClaimRequest): Promise<Claim> {
    return this.#serial.run(() => this.#claim(request));
  }

  async #claim({ output, suggestedName, url, rename, restart }: ClaimRequest): Promise<Claim> {
    const files = this.#files;
    const { directory, name } = await placeOf(output, suggestedName, this.#cwd, this.#platform, (path) =>
      isFolder(files, path),
    );
    await checkFolder(files, directory);
    const named = name === null ? await findPartial(files, directory, url) : join(directory, name);
    if (named === null) return { kind: 'unnamed', directory };
    const path = rename ? await this.#freeName(named) : named;
    if (path !== this.#target) await this.#letGo();
    const target: Target = { path, existingSize: await existingSize(files, path) };
    this.#target = path;
    const workspace = workspaceOf(path);
    if (!(await this.#hasFolder(workspace))) return { kind: 'fresh', target };
    // It may vanish just now, when another download there ends.
    if (!(await this.#lockFolder(workspace))) return { kind: 'fresh', target };
    try {
      const checkpoint = restart ? null : await loadPartial(files, workspace);
      if (checkpoint === null) return { kind: 'fresh', target };
      this.#hasNote = true;
      return checkpoint.url === url
        ? { kind: 'partial', target, checkpoint }
        : { kind: 'foreign', target, url: checkpoint.url };
    } catch (error) {
      await this.#letGo();
      throw error;
    }
  }

  prepare(request: { size: number | null; fresh: boolean }): Promise<void> {
    return this.#serial.run(() => this.#prepare(request));
  }

  async #prepare({ size, fresh }: { size: number | null; fresh: boolean }): Promise<void> {
    const workspace = this.#workspace();
    await this.#makeFolder(workspace);
    // Also where an earlier run has made it: that one may have been killed before its first checkpoint.
    this.#unsynced.add(dirname(workspace.folder));
    if (fresh) await this.#beginAnew(workspace);
    this.#data ??= await this.#openData();
    if (size !== null) await this.#checkRoom(workspace, size);
    // The first note of many is to be as quick as the others; small files end before there is one.
    if (size === null || size > SMALL_BYTES) {
      this.#live ??= new LiveNotes(this.#files, workspace.live);
      await this.#live.open();
      this.#bootId ??= await readBootId(this.#files);
    }
  }

  /** The notes go first, and for good: after a power cut none may speak of bytes that were there before. */
  async #beginAnew(workspace: Workspace): Promise<void> {
    if (await this.#forgetNotes(workspace))
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
    this.#data ??= await this.#openData();
    return await this.#data.read(position, length);
  }

  saveLive(checkpoint: Checkpoint): Promise<void> {
    return this.#serial.run(async () => {
      if (!this.#data?.isInDoubt) await this.#noteLive(checkpoint);
    });
  }

  saveCheckpoint(checkpoint: Checkpoint): Promise<void> {
    return this.#serial.run(async () => {
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
    await data.chmod(await this.#finalMode(onConflict));
    await this.#syncData();
    await this.#checkData(data, workspace, size);
    // Its own folder is synced with its name in it.
    this.#unsynced.delete(dirname(workspace.folder));
    await this.#syncFolders();
    const path = await publishFile(this.#files, workspace.data, this.#target ?? '', onConflict);
    // The file is there: what follows may fail without harm.
    await data.close().catch(() => {});
    this.#data = null;
    await this.#forgetNotes(workspace).catch(() => {});
    // What an earlier run set aside is of no use to anybody now.
    for (const left of [workspace.data, workspace.rejected]) await orNull(this.#files.unlink(left)).catch(() => {});
    this.#hasNote = false;
    await this.#letGo().catch(() => {});
    return path;
  }

  reject(): Promise<string> {
    return this.#serial.run(async () => {
      const { data, rejected } = this.#workspace();
      await this.#data?.close();
      this.#data = null;
      await this.#forgetNotes(this.#workspace());
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
      // Data without a note of what is in it is worth nothing, nor is a place for notes.
      if (this.#lock && this.#target !== null && !this.#hasNote) {
        const workspace = workspaceOf(this.#target);
        for (const left of [workspace.data, ...workspace.live]) await orNull(this.#files.unlink(left)).catch(() => {});
      }
      await this.#letGo();
      const failed = closed.find((one) => one.status === 'rejected');
      if (failed) throw failed.reason;
    });
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

  #openData(): Promise<DataFile> {
    const { data, live } = this.#workspace();
    return DataFile.open(this.#files, data, () => {
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

  async #freeName(path: string): Promise<string> {
    for (let number = 0; number <= MOST_NUMBERS; number += 1) {
      const candidate = number === 0 ? path : numbered(path, number);
      const isFree = async (place: string) =>
        (await orFail(orNull(this.#files.lstat(place)), 'looked at', place, placeFailure)) === null;
      if ((await isFree(candidate)) && (await isFree(workspaceOf(candidate).folder))) return candidate;
    }
    throw new FailureError({
      code: 'target-exists',
      message: `${path} and ${MOST_NUMBERS} numbered names beside it are taken. Choose another name.`,
      path,
    });
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

  async #checkRoom({ folder }: Workspace, size: number): Promise<void> {
    const disk = await this.#files.statfs(folder).catch(() => null);
    if (disk === null) return;
    const free = disk.bavail * disk.bsize;
    const needed = size - (await this.#open().allocated());
    if (needed <= free) return;
    throw new FailureError({
      code: 'disk-full',
      message: `There is not enough room in ${dirname(folder)}: ${needed} bytes are still needed, and ${free} are free. Make room, or choose another folder.`,
      path: dirname(folder),
    });
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

  /** The usual permissions; those of a file that is replaced, where they are narrower. */
  async #finalMode(onConflict: string): Promise<number> {
    const usual = 0o666 & ~process.umask();
    if (onConflict !== 'overwrite' || this.#target === null) return usual;
    const existing = await orFail(orNull(this.#files.lstat(this.#target)), 'looked at', this.#target);
    return existing?.isFile() ? usual & existing.mode : usual;
  }

  /** What is about to be published is what was written: the same file, of the right length. */
  async #checkData(data: DataFile, workspace: Workspace, size: number): Promise<void> {
    const named = await orFail(orNull(this.#files.lstat(workspace.data)), 'looked at', workspace.data);
    const isOurs = named !== null && named.size === size && named.ino === (await data.inode());
    const { type = 0 } = (await this.#files.statfs(workspace.folder).catch(() => null)) ?? {};
    if (isOurs && !(await data.hasHoles(size, type))) return;
    throw new FailureError({
      code: 'disk',
      message: `${workspace.data} was changed by somebody else while it was being written. Nothing was published; begin anew with --restart.`,
      path: workspace.data,
    });
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
    await removeIfEmpty(this.#files, workspaceOf(this.#target).folder).catch(() => {});
  }
}
