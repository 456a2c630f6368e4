import type { Stats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { FailureError } from '../../machines/failures.ts';
import type { DigestAlgorithm } from '../../machines/options.ts';
import type { Span } from '../../machines/pieces.ts';
import { digestHandle } from './digest-handle.ts';
import { orFail } from './disk-failures.ts';
import { EditWatch, tellsTime } from './edit-watch.ts';
import type { FileSystem } from './file-system.ts';
import { allocatedBytes, hasHoles } from './holes.ts';
import { openOwn } from './open-own.ts';
import { RunningDigest } from './running-digest.ts';
import { Serial } from './serial.ts';
import { SyncAhead } from './sync-ahead.ts';

/** The file that bytes are written to, at their offsets. */
export class DataFile {
  readonly path: string;
  readonly #handle: FileHandle;
  readonly #writes = new Set<Promise<void>>();
  /** Why what was written since the last sync may be lost. */
  #loss: FailureError | null = null;
  /** One after the other: a system tells of a failure once, and two at a time would not know whom. */
  readonly #syncs = new Serial();
  /** Bytes that no sync has begun with. */
  #unsynced = 0;
  readonly #ahead = new SyncAhead();
  #isAhead = false;
  readonly #onLoss: () => void;

  readonly #edits: EditWatch;
  /** Its number and its times are lasting, and can be noted for the next run. */
  readonly isLasting: boolean;
  #hasWritten = false;
  #digest: RunningDigest | null = null;

  private constructor(path: string, handle: FileHandle, files: FileSystem, fileSystem: number, onLoss: () => void) {
    this.path = path;
    this.#handle = handle;
    this.#onLoss = onLoss;
    const { modifiedAt } = files;
    this.isLasting = tellsTime(fileSystem);
    this.#edits = new EditWatch(() => (modifiedAt && this.isLasting ? modifiedAt(handle) : null));
  }

  /**
   * @param isNew nothing stands there, and what has appeared meanwhile is not ours
   * @param onLoss called when bytes that were written turn out to be lost, while nobody waits for a sync
   */
  static async open(files: FileSystem, path: string, isNew: boolean, onLoss: () => void): Promise<DataFile> {
    const handle = await orFail(openOwn(files, path, isNew), 'opened', path);
    const { type = 0 } = (await files.statfs(path).catch(() => null)) ?? {};
    return new DataFile(path, handle, files, type, onLoss);
  }

  /** True when parts of a file of this length are surely not there: somebody has cut it, and writes beyond made a hole. */
  async hasHoles(size: number, fileSystem: number): Promise<boolean> {
    return hasHoles(await this.stat(), size, fileSystem);
  }

  /** Bytes that the disk has set aside for it: a file with holes has fewer than its length. */
  async allocated(): Promise<number> {
    return allocatedBytes(await this.stat());
  }

  /** What the system says of it, whatever name it has now. */
  stat(): Promise<Stats> {
    return orFail(this.#handle.stat(), 'looked at', this.path);
  }

  /**
   * These digests will be wanted: they are made while it is written, if that has not begun.
   *
   * @param there what a former run has written
   */
  expectDigest(algorithms: readonly DigestAlgorithm[], there: readonly Span[]): void {
    // Where it cannot be seen that somebody else writes to it, only reading it tells what is there.
    if (this.#hasWritten || this.#digest || !this.isLasting || algorithms.length === 0) return;
    this.#digest = new RunningDigest({ handle: this.#handle, path: this.path }, algorithms, there);
  }

  write(chunks: readonly Uint8Array[], position: number): Promise<void> {
    if (this.#loss) return Promise.reject(this.#loss);
    this.#hasWritten = true;
    this.#edits.begin();
    const write = orFail(this.#writeAll(chunks, position), 'written', this.path);
    this.#writes.add(write);
    const forget = () => {
      this.#edits.end();
      this.#writes.delete(write);
    };
    write.then(forget, forget);
    return write;
  }

  async read(position: number, length: number): Promise<Uint8Array> {
    const buffer = Buffer.alloc(length);
    const { bytesRead } = await orFail(this.#handle.read(buffer, 0, length, position), 'read', this.path);
    return buffer.subarray(0, bytesRead);
  }

  async truncate(size: number): Promise<void> {
    this.#hasWritten = true;
    this.#edits.begin();
    try {
      // Bytes that are gone may have been hashed.
      this.#digest?.giveUp();
      await orFail(this.#handle.truncate(size), 'cut', this.path);
    } finally {
      this.#edits.end();
    }
  }

  /** Somebody else has written to it, as far as that can be seen. Settled writes only are sure to be told from his. */
  get isEdited(): boolean {
    return this.#edits.look();
  }

  /**
   * A system tells of a failed sync once, and may have dropped what it could not
   * write: to sync again and believe it would be a lie. So nothing is taken after it.
   *
   * @param withTimes also when it was written to, and who may read it: after a mere `fdatasync` a power cut may turn that back
   */
  sync(withTimes = false): Promise<void> {
    return this.#syncs.run(() => this.#sync(withTimes));
  }

  async #sync(withTimes: boolean): Promise<void> {
    if (this.#loss) throw this.#loss;
    const bytes = this.#unsynced;
    const begunAt = performance.now();
    this.#unsynced = 0;
    try {
      await orFail(withTimes ? this.#handle.sync() : this.#handle.datasync(), 'synced', this.path);
      this.#ahead.took(bytes, performance.now() - begunAt);
    } catch (error) {
      this.#loss = error instanceof FailureError ? error : null;
      throw error;
    }
  }

  /** So that the sync at the end has little left to wait for. */
  #syncAhead(): void {
    if (this.#isAhead || !this.#ahead.isDue(this.#unsynced)) return;
    this.#isAhead = true;
    const over = () => {
      this.#isAhead = false;
    };
    this.sync().then(over, () => {
      over();
      this.#onLoss();
    });
  }

  /** Something was written to it, by us. */
  get hasWritten(): boolean {
    return this.#hasWritten;
  }

  /** Waits for all writes, and syncs them with the file's times. */
  async comeToRest(): Promise<Stats> {
    await this.settle();
    await this.sync(true);
    return await this.stat();
  }

  /** Nothing that was written counts any more, nor is anything taken. */
  giveUp(why: FailureError): void {
    this.#loss = why;
  }

  /** What was written since the last sync may not be there. */
  get isInDoubt(): boolean {
    return this.#loss !== null;
  }

  async chmod(mode: number): Promise<void> {
    await orFail(this.#handle.chmod(mode), 'given its permissions', this.path);
  }

  async digest(
    algorithms: readonly DigestAlgorithm[],
    piece: { readonly start: number; readonly end: number },
    signal: AbortSignal,
  ): Promise<Record<string, string>> {
    const isWhole = piece.start === 0;
    const known = isWhole && !this.isEdited ? await this.#digest?.finish(algorithms, piece.end, signal) : null;
    const unknown = algorithms.filter((algorithm) => !Object.hasOwn(known ?? {}, algorithm));
    if (unknown.length === 0) return { ...known };
    const read = await digestHandle({ handle: this.#handle, path: this.path }, unknown, piece, signal);
    return { ...known, ...read };
  }

  /** Waits for the writes in flight, and for the sync. */
  async settle(): Promise<void> {
    await Promise.allSettled(this.#writes);
    await this.#syncs.run(async () => {});
  }

  async close(): Promise<void> {
    await this.#digest?.close();
    await this.settle();
    await orFail(this.#handle.close(), 'closed', this.path);
  }

  /** The system may write less than it was given. */
  async #writeAll(chunks: readonly Uint8Array[], position: number): Promise<void> {
    let left = chunks;
    let at = position;
    while (left.length > 0) {
      const [only] = left;
      const { bytesWritten } =
        left.length === 1 && only
          ? await this.#handle.write(only, 0, only.length, at)
          : await this.#handle.writev([...left], at);
      at += bytesWritten;
      left = without(left, bytesWritten);
      if (bytesWritten === 0 && left.length > 0) throw new Error('nothing more could be written');
    }
    this.#digest?.wrote(chunks, position);
    this.#unsynced += at - position;
    this.#syncAhead();
  }
}

/** What is left of the chunks after so many bytes of them. */
function without(chunks: readonly Uint8Array[], bytes: number): readonly Uint8Array[] {
  let skip = bytes;
  let index = 0;
  for (; index < chunks.length; index += 1) {
    const length = chunks[index]?.length ?? 0;
    if (skip < length) break;
    skip -= length;
  }
  const [first, ...rest] = chunks.slice(index);
  return first ? [first.subarray(skip), ...rest] : [];
}
