import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { ENDLESS_HEAD } from './failures.ts';
import type { ReadPace } from './read-pace.ts';

/** What one read of a socket may bring, bytes: few connections read much at a time, many of them little. */
const SLAB_BYTES: readonly (readonly [connections: number, bytes: number])[] = [
  [8, 256 * 1024],
  [16, 128 * 1024],
  [Number.POSITIVE_INFINITY, 48 * 1024],
];
/** More memory than this is not kept for whoever reads next, of all downloads, bytes. */
const MOST_SPARE = 8 * 1024 * 1024;
/** So many slabs are taken after there are fewer readers before they get larger: at the end of a file few are left, and not for long. */
const TAKES_BEFORE_LARGER = 1_024;
/** Less room than this is not worth a read. */
export const LEAST_READ = 16 * 1024;
/** So much is no head: undici counts its names and values, not the space between them. */
const MOST_WITHOUT_BODY = 2 * 1024 * 1024;

function slabBytesFor(readers: number): number {
  return SLAB_BYTES.find(([connections]) => readers <= connections)?.[1] ?? LEAST_READ;
}

/** Memory that a socket reads into, again and again. */
interface Slab {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Bytes that a consumer keeps and has not given back. */
  held: number;
  /** Where the last piece of a body ends that a consumer got of it. */
  bodyEnd: number;
  /** No reader reads into it, nor has bytes in it that are still to be parsed. */
  isOrphan: boolean;
}

/** Its memory is the system's again at once: to the garbage collector it is one small object, which can wait for minutes. */
function free({ bytes }: Slab): void {
  bytes.buffer.transfer(0);
}

/** A slab that is full, up to where. */
interface Retired {
  readonly slab: Slab;
  readonly end: number;
}

/**
 * Who holds which part of the memory that sockets read into. What is never
 * given back is not used again and falls to the garbage collector: only to
 * give something back twice would be a mistake, and that is refused.
 */
export class SlabLedger {
  readonly #slabs = new WeakMap<ArrayBufferLike, Slab>();
  /** For whichever socket reads next; the last one was used last. */
  readonly #spare: Slab[] = [];
  #spareBytes = 0;
  #readers = 0;
  /** How many readers slabs are made for, and what such a slab measures. */
  #madeFor = 0;
  #slabBytes = slabBytesFor(0);
  #takesForFewer = 0;

  /** A slab that nobody reads into: the one that was used last, since it is still in the processor's cache. */
  take(): Slab {
    this.#lookHowMany();
    const bytes = this.#slabBytes;
    const index = this.#spare.findLastIndex((slab) => slab.bytes.length >= bytes);
    // Where all are too small, one of them makes room for a larger one.
    const spare = this.#spare.splice(index, 1)[0];
    this.#spareBytes -= spare?.bytes.length ?? 0;
    if (spare && index >= 0) {
      spare.isOrphan = false;
      spare.bodyEnd = 0;
      return spare;
    }
    if (spare) free(spare);
    // Not filled with zeros: of it is shown what a read has brought, and no more.
    const slab = {
      bytes: new Uint8Array(Buffer.allocUnsafeSlow(bytes).buffer),
      held: 0,
      bodyEnd: 0,
      isOrphan: false,
    };
    this.#slabs.set(slab.bytes.buffer, slab);
    return slab;
  }

  /** Its reader is done with it: another one may have it, once nobody holds it. */
  abandon(slab: Slab): void {
    slab.isOrphan = true;
    this.#keepSpare(slab);
  }

  /** A consumer keeps these bytes, of a body. */
  hold(bytes: Uint8Array): void {
    const slab = this.#slabs.get(bytes.buffer);
    if (!slab) return;
    slab.held += bytes.length;
    slab.bodyEnd = bytes.byteOffset + bytes.length;
  }

  /** A consumer needs these bytes no more. Bytes of other memory are nobody's concern. */
  recycle(bytes: Uint8Array): void {
    const slab = this.#slabs.get(bytes.buffer);
    if (!slab) return;
    slab.held -= bytes.length;
    if (slab.held < 0) throw new Error('memory was given back twice');
    this.#keepSpare(slab);
  }

  #keepSpare(slab: Slab): void {
    if (!slab.isOrphan || slab.held > 0 || this.#spare.includes(slab)) return;
    const size = slab.bytes.length;
    // Larger ones are from when fewer read: memory is not to grow with their number.
    if (this.#readers === 0 || this.#spareBytes + size > MOST_SPARE || size > this.#slabBytes) return free(slab);
    this.#spare.push(slab);
    this.#spareBytes += size;
  }

  /** What a slab of a new read should measure, bytes. */
  get slabBytes(): number {
    return this.#slabBytes;
  }

  #makeFor(readers: number): void {
    this.#madeFor = readers;
    this.#slabBytes = slabBytesFor(readers);
  }

  /** More readers count at once, fewer when it lasts. */
  #lookHowMany(): void {
    this.#takesForFewer = this.#readers < this.#madeFor ? this.#takesForFewer + 1 : 0;
    if (this.#takesForFewer >= TAKES_BEFORE_LARGER) this.#makeFor(this.#readers);
  }

  /** A socket begins, until the returned function is called, to read into slabs. */
  join(): () => void {
    this.#readers += 1;
    if (this.#readers > this.#madeFor) this.#makeFor(this.#readers);
    return () => {
      this.#readers -= 1;
      if (this.#readers > 0) return;
      this.#makeFor(0);
      // Nobody reads any more: the process may have other uses for the memory.
      for (const slab of this.#spare.splice(0)) free(slab);
      this.#spareBytes = 0;
    };
  }
}

/** For all downloads of the process: their sockets read by turns into the same memory. */
export const sharedLedger = new SlabLedger();

/**
 * Gives a socket its memory to read into: large pieces, used again as soon as
 * what they brought has been parsed and written, instead of 64 KiB of fresh
 * memory for each read. To be passed as `onread` when the socket is made; then
 * {@link SlabReader.serve} it.
 */
export class SlabReader {
  readonly #ledger: SlabLedger;
  readonly #pace: ReadPace;
  #slab: Slab;
  /** In the slab: read up to here, and passed on up to there. */
  #filled = 0;
  #passed = 0;
  /** Bytes passed on since the socket was opened. */
  #total = 0;
  #retired: Retired[] = [];
  /** Of each chunk that the stream may still have: how many bytes its socket had brought by its end. */
  #ends: number[] = [];
  #socket: Socket | null = null;
  #isPassing = false;

  readonly onread = {
    buffer: (): Uint8Array => this.#room(),
    callback: (count: number): boolean => this.#read(count),
  };

  constructor(ledger: SlabLedger, pace: ReadPace) {
    this.#ledger = ledger;
    this.#pace = pace;
    this.#slab = ledger.take();
  }

  /** The socket that was made with {@link SlabReader.onread}. */
  serve(socket: Socket): void {
    this.#socket = socket;
    const leave = [this.#ledger.join(), this.#pace.join()];
    socket.once('close', () => {
      for (const one of leave) one();
      // Whoever else hears of the end may still look at what was read.
      setImmediate(() => {
        for (const slab of [this.#slab, ...this.#retired.map((one) => one.slab)]) this.#ledger.abandon(slab);
        this.#retired = [];
      });
    });
    // The end must not overtake what has been read before it.
    const push = socket.push.bind(socket);
    socket.push = (chunk: unknown, encoding?: BufferEncoding) => {
      if (chunk === null) this.#pass();
      return push(chunk, encoding);
    };
    // What the parser puts back, as it pauses, is a chunk of its own again.
    const { unshift } = socket;
    socket.unshift = (chunk: unknown, encoding?: BufferEncoding) => {
      this.#ends.unshift(this.#taken);
      return unshift.call(socket, chunk, encoding);
    };
    // Asked for whatever there is, a stream joins what has piled up: it copies all of it into fresh memory.
    // Not as sockets do it either: they read on whenever something is taken, however much there is.
    const { read } = Readable.prototype;
    socket.read = (size?: number): unknown => {
      // undici asks before it uses a resting connection again: what nobody asked for must not wait and pass for the answer.
      this.#pass();
      return read.call(socket, size ?? this.#pieceOfMany());
    };
  }

  #read(count: number): boolean {
    this.#filled += count;
    const isPaced = this.#pace.mostRead < Number.POSITIVE_INFINITY;
    if (isPaced || this.#slab.bytes.length - this.#filled < LEAST_READ) return this.#pass();
    // TLS brings its records of 16 KiB one by one: those of one turn go on together.
    if (!this.#isPassing) {
      this.#isPassing = true;
      setImmediate(() => {
        this.#isPassing = false;
        this.#pass();
      });
    }
    return !this.#isFull;
  }

  /** The stream has enough, whatever is still to be passed on. */
  get #isFull(): boolean {
    const socket = this.#socket;
    return socket !== null && socket.readableLength >= socket.readableHighWaterMark;
  }

  /** Hands what has been read to the stream. False when the stream has enough for now. */
  #pass(): boolean {
    const socket = this.#socket;
    if (!socket || socket.destroyed || this.#filled === this.#passed) return true;
    const chunk = this.#slab.bytes.subarray(this.#passed, this.#filled);
    this.#passed = this.#filled;
    this.#total += chunk.length;
    this.#ends.push(this.#total);
    return socket.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length));
  }

  /** How much to take where several chunks wait: of the next one, since asked for more than it keeps, a stream would keep more from then on. */
  #pieceOfMany(): number | undefined {
    const taken = this.#taken;
    while ((this.#ends[0] ?? Number.POSITIVE_INFINITY) <= taken) this.#ends.shift();
    const end = this.#ends[0] ?? taken;
    return this.#ends.length > 1 ? Math.min(end - taken, this.#socket?.readableHighWaterMark ?? 0) : undefined;
  }

  /** How many of the bytes that were passed on the stream has given out. */
  get #taken(): number {
    return this.#total - (this.#socket?.readableLength ?? 0);
  }

  #room(): Uint8Array {
    if (this.#slab.bytes.length - this.#filled < LEAST_READ) {
      this.#retired.push({ slab: this.#slab, end: this.#filled });
      this.#giveUpParsed();
      this.#slab = this.#ledger.take();
      this.#filled = 0;
      this.#passed = 0;
    }
    return this.#slab.bytes.subarray(this.#filled, this.#filled + this.#pace.mostRead);
  }

  /** Slabs whose bytes the parser has gone through are for all sockets: few of them serve many that way. */
  #giveUpParsed(): void {
    for (let first = this.#retired[0]; first && this.#isParsed(first); first = this.#retired[0]) {
      this.#retired.shift();
      this.#ledger.abandon(first.slab);
    }
    const bytes = this.#retired.reduce((sum, { end }) => sum + end, 0) - (this.#socket?.readableLength ?? 0);
    if (bytes <= MOST_WITHOUT_BODY) return;
    this.#socket?.destroy(Object.assign(new Error('no end of a head'), { code: ENDLESS_HEAD }));
  }

  /** Nothing of it is looked at again. Of a head, undici keeps every piece where it lies until all of it is there. */
  #isParsed({ slab, end }: Retired): boolean {
    return slab.bodyEnd === end || this.#retired.some((one) => one.slab !== slab && one.slab.bodyEnd > 0);
  }
}
