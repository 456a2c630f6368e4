import { createHash } from 'node:crypto';

/** Every so many bytes the content carries its own position, so that bytes at a wrong place are always seen. */
const STAMP_EVERY = 1024;
const STAMP_BYTES = 8;
const BLOCK = 1024 * 1024;
const CHUNK = 256 * 1024;

/**
 * A file of any size that exists nowhere: each byte is computed from its
 * offset. One pseudo-random block of 1 MiB is repeated, with the position
 * stamped into every KiB of it.
 */
export interface PseudoFile {
  /** Bytes. */
  readonly size: number;
  /** Fresh bytes from `start` to `end` (exclusive). */
  bytes(start: number, end: number): Buffer;
  /** Hexadecimal; worked out once, at some hundreds of MB a second. */
  sha256(): string;
}

/** @param seed files of different seeds differ in nearly every byte */
export function pseudoFile(size: number, seed = 1): PseudoFile {
  const block = randomBlock(seed);
  let digest: string | undefined;

  function bytes(start: number, end: number): Buffer {
    const out = Buffer.allocUnsafe(Math.max(0, Math.min(end, size) - start));
    for (let done = 0; done < out.length; ) {
      done += block.copy(out, done, (start + done) % BLOCK);
    }
    stamp(out, start, seed);
    return out;
  }

  function sha256(): string {
    if (digest !== undefined) return digest;
    const hash = createHash('sha256');
    for (let at = 0; at < size; at += CHUNK) hash.update(bytes(at, at + CHUNK));
    digest = hash.digest('hex');
    return digest;
  }

  return { size, bytes, sha256 };
}

/** Writes the number of each KiB over its first bytes, also where the slice holds only a part of them. */
function stamp(out: Buffer, start: number, seed: number): void {
  const mark = Buffer.alloc(STAMP_BYTES);
  const end = start + out.length;
  for (let page = Math.floor(start / STAMP_EVERY); page * STAMP_EVERY < end; page++) {
    mark.writeUInt32LE(page >>> 0, 0);
    mark.writeUInt32LE((seed ^ (page * 2_654_435_761)) >>> 0, 4);
    const at = page * STAMP_EVERY - start;
    if (at >= 0) mark.copy(out, at);
    else if (at > -STAMP_BYTES) mark.copy(out, 0, -at);
  }
}

/** xorshift32: the same on every machine. */
function randomBlock(seed: number): Buffer {
  const block = Buffer.allocUnsafe(BLOCK);
  let state = (seed * 2_654_435_761 + 0x9e3779b9) >>> 0 || 1;
  for (let at = 0; at < BLOCK; at += 4) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    block.writeInt32LE(state | 0, at);
  }
  return block;
}
