import type { Claim, ClaimRequest, StoragePort } from '../../actors/ports.ts';
import type { Checkpoint } from '../../machines/checkpoint.ts';
import { digestHandle } from './digest-handle.ts';
import { orFail } from './disk-failures.ts';
import { type FileSystem, nodeFileSystem } from './file-system.ts';
import { checkRoom } from './inspect-target.ts';
import { publishDownload } from './publish-download.ts';
import { withdrawRest } from './rest-note.ts';
import { Serial } from './serial.ts';
import { StateFolder } from './state-folder.ts';
import { TargetClaim } from './target-claim.ts';

export interface DiskStorageOptions {
  /** What a relative output is relative to. */
  readonly cwd?: string;
  readonly files?: FileSystem;
  readonly platform?: NodeJS.Platform;
}

/** Below this no note of progress is made ready beforehand, bytes. */
const SMALL_BYTES = 1024 * 1024;

export function createDiskStorage(options: DiskStorageOptions = {}): StoragePort {
  return new DiskStorage(options);
}

/** The storage of one download: what is asked of it, each in its turn. */
class DiskStorage implements StoragePort {
  readonly #files: FileSystem;
  /** Notes, publishing and closing never overlap; data is written beside them. */
  readonly #serial = new Serial();
  readonly #state: StateFolder;
  readonly #target: TargetClaim;

  constructor({ cwd = process.cwd(), files = nodeFileSystem, platform = process.platform }: DiskStorageOptions) {
    this.#files = files;
    this.#state = new StateFolder(files, (task) => this.#serial.run(task));
    this.#target = new TargetClaim(files, this.#state, cwd, platform);
  }

  claim(request: ClaimRequest): Promise<Claim> {
    return this.#serial.run(() => this.#target.claim(request));
  }

  prepare(request: Parameters<StoragePort['prepare']>[0]): Promise<string> {
    return this.#serial.run(() => this.#prepare(request));
  }

  async #prepare({ size, fresh, digests = [], there = [] }: Parameters<StoragePort['prepare']>[0]): Promise<string> {
    const state = this.#state;
    await this.#target.makeFolder();
    if (fresh) await state.beginAnew();
    else await withdrawRest(this.#files, state.workspace);
    const data = await state.data.open(state.workspace, fresh);
    data.expectDigest(digests, there);
    if (size !== null) await checkRoom(this.#files, state.workspace.folder, size - (await data.allocated()));
    // Small files end before there is a note.
    if (size === null || size > SMALL_BYTES) await state.notes.openLive(state.workspace);
    return state.target ?? '';
  }

  async write(chunks: readonly Uint8Array[], position: number): Promise<void> {
    return await this.#state.data.opened().write(chunks, position);
  }

  async read(position: number, length: number): Promise<Uint8Array> {
    // Asked before `prepare`, when a partial is compared with the server.
    const data = await this.#state.data.open(this.#state.workspace, false);
    return await data.read(position, length);
  }

  saveLive(checkpoint: Checkpoint): Promise<void> {
    return this.#serial.run(async () => {
      const { data, notes } = this.#state;
      if (!data.isSound) return;
      await notes.saveLive(this.#state.workspace, checkpoint, await data.identity(this.#state.workspace));
    });
  }

  saveCheckpoint(checkpoint: Checkpoint): Promise<void> {
    return this.#serial.run(async () => {
      const { data, notes, workspace } = this.#state;
      // With its final name already, the next run is to find that out.
      if (this.#state.isPlaced) return;
      await data.check(workspace, null);
      await data.sync(workspace);
      const plan = checkpoint.plan.map((range) => ({ ...range, durable: range.written }));
      await this.#state.syncAbove();
      await notes.saveCheckpoint(workspace, { ...checkpoint, plan }, await data.identity(workspace));
    });
  }

  async digest(
    ...[algorithms, piece, signal]: Parameters<StoragePort['digest']>
  ): Promise<Readonly<Record<string, string>>> {
    const { data } = this.#state;
    // The data has to be synced anyway: while the disk is at it, the processor is free.
    const [digests] = await Promise.all([
      data.opened().digest(algorithms, piece, signal),
      // In its turn: a note that is being written would outlive the failure of the sync that takes the notes away.
      this.#serial.run(() => data.sync(this.#state.workspace)),
    ]);
    return digests;
  }

  async digestTarget(
    ...[algorithms, signal]: Parameters<StoragePort['digestTarget']>
  ): Promise<Readonly<Record<string, string>>> {
    const path = this.#state.target;
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
    return this.#serial.run(() => publishDownload(this.#files, this.#state, this.#target.url, request));
  }

  reject(): Promise<string> {
    return this.#serial.run(() => this.#state.setDataAside());
  }

  close(): Promise<void> {
    return this.#serial.run(async () => {
      const state = this.#state;
      if (state.notes.hasAny) await state.data.rest(state.workspace).catch(() => {});
      const data = state.data.take();
      // One that fails must not leave the others open, nor the lock taken.
      const closed = await Promise.allSettled([state.notes.close(), data?.close()]);
      await state.discard();
      await state.leave();
      const failed = closed.find((one) => one.status === 'rejected');
      if (failed) throw failed.reason;
    });
  }
}
