import type { StoragePort } from '../../src/actors/ports.ts';
import type { Checkpoint } from '../../src/machines/checkpoint.ts';
import type { Claim, ClaimRequest } from '../../src/machines/claim.ts';
import { type Failure, FailureError } from '../../src/machines/failures.ts';

/** A disk in memory, with one target. */
export class FakeStorage implements StoragePort {
  data = new Uint8Array(0);
  checkpoint: Checkpoint | null = null;
  live: Checkpoint | null = null;
  existingSize: number | null = null;
  published: Uint8Array | null = null;
  publishedAs: string | null = null;
  rejected = false;
  closed = false;
  saves = { live: 0, durable: 0 };
  calls: string[] = [];
  /** Fails the named call with this. */
  failing: Partial<Record<keyof StoragePort, Failure>> = {};
  claimAs: Claim | null = null;
  #path = '/folder/file.bin';

  async claim(request: ClaimRequest): Promise<Claim> {
    this.#enter('claim');
    if (this.claimAs) {
      if (this.claimAs.kind !== 'unnamed') this.#path = this.claimAs.target.path;
      return this.claimAs;
    }
    const name = request.output ?? request.suggestedName;
    if (name === null) return { kind: 'unnamed', directory: '/folder' };
    const path = `/folder/${request.rename ? `${name} (1)` : name}`;
    this.#path = path;
    const target = { path, existingSize: request.rename ? null : this.existingSize };
    const checkpoint = this.live ?? this.checkpoint;
    return checkpoint && !request.restart ? { kind: 'partial', target, checkpoint } : { kind: 'fresh', target };
  }

  async prepare(request: { size: number | null; fresh: boolean }): Promise<string> {
    this.#enter('prepare');
    if (!request.fresh) return this.#path;
    // As on disk: no note may speak of bytes that were there before.
    this.checkpoint = null;
    this.live = null;
    this.data = new Uint8Array(0);
    return this.#path;
  }

  async write(chunks: readonly Uint8Array[], position: number): Promise<void> {
    this.#enter('write');
    const bytes = Buffer.concat(chunks);
    const end = position + bytes.length;
    if (end > this.data.length) this.data = grown(this.data, end);
    this.data.set(bytes, position);
  }

  async read(position: number, length: number): Promise<Uint8Array> {
    return this.data.slice(position, position + length);
  }

  async saveLive(checkpoint: Checkpoint): Promise<void> {
    this.#enter('saveLive');
    this.saves.live += 1;
    this.live = structuredClone(checkpoint);
  }

  async saveCheckpoint(checkpoint: Checkpoint): Promise<void> {
    this.#enter('saveCheckpoint');
    this.saves.durable += 1;
    this.checkpoint = structuredClone(checkpoint);
    this.live = this.checkpoint;
  }

  async digest(): Promise<Readonly<Record<string, string>>> {
    this.#enter('digest');
    return { sha256: 'ab' };
  }

  async digestTarget(): Promise<Readonly<Record<string, string>>> {
    this.#enter('digestTarget');
    return { sha256: 'ab' };
  }

  async publish(request: { size: number; onConflict: 'fail' | 'overwrite' | 'rename' }): Promise<string> {
    this.#enter('publish');
    this.published = this.data.slice(0, request.size);
    this.publishedAs = request.onConflict;
    this.checkpoint = null;
    this.live = null;
    return '/folder/file.bin';
  }

  async reject(): Promise<string> {
    this.rejected = true;
    return '/folder/file.bin.multidown/data.rejected';
  }

  async close(): Promise<void> {
    this.closed = true;
  }

  #enter(call: keyof StoragePort): void {
    this.calls.push(call);
    const failure = this.failing[call];
    if (failure) throw new FailureError(failure);
  }
}

/** The same bytes and zeros behind them: with room to spare, since a file grows by many writes. */
function grown(data: Uint8Array<ArrayBuffer>, length: number): Uint8Array<ArrayBuffer> {
  const { buffer, byteOffset } = data;
  if (byteOffset === 0 && buffer.byteLength >= length) return new Uint8Array(buffer, 0, length);
  const longer = new Uint8Array(Math.max(length, 2 * data.length));
  longer.set(data);
  return longer.subarray(0, length);
}
