import { FakeStorage } from '../support/fake-storage.ts';

/** A disk whose writes land when the test says so. */
export class GatedStorage extends FakeStorage {
  readonly writes: { readonly position: number; readonly length: number }[] = [];
  /** Of each write, how many. */
  readonly pieces: number[] = [];
  #landing: (() => void)[] = [];
  isHeld = true;

  override async write(chunks: readonly Uint8Array[], position: number): Promise<void> {
    this.writes.push({ position, length: chunks.reduce((sum, chunk) => sum + chunk.length, 0) });
    this.pieces.push(chunks.length);
    if (this.isHeld) await new Promise<void>((resolve) => this.#landing.push(resolve));
    await super.write(chunks, position);
  }

  get held(): number {
    return this.#landing.length;
  }

  /** Lets the oldest write land, and what follows from it happen. */
  async land(): Promise<void> {
    this.#landing.shift()?.();
    await settled();
  }

  async landAll(): Promise<void> {
    this.isHeld = false;
    while (this.held > 0) await this.land();
    await settled();
  }
}

export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
