import { once } from 'node:events';
import { type AddressInfo, connect, createServer, Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { ENDLESS_HEAD } from '../../../src/adapters/http/failures.ts';
import { ReadPace } from '../../../src/adapters/http/read-pace.ts';
import { SlabLedger, SlabReader } from '../../../src/adapters/http/slab-reader.ts';

const MIB = 1024 * 1024;
const cleanUps: (() => void)[] = [];
afterEach(() => {
  for (const cleanUp of cleanUps.splice(0)) cleanUp();
});

/** A socket that reads into slabs, from a server that sends `bytes` in pieces of random sizes. */
async function reading(bytes: Uint8Array, ledger = new SlabLedger(), pace = new ReadPace()) {
  const server = createServer((peer) => {
    // Some tests leave before the end.
    peer.on('error', () => {});
    send(peer, bytes).catch(() => {});
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const reader = new SlabReader(ledger, pace);
  const { port } = server.address() as AddressInfo;
  const socket = connect({ host: '127.0.0.1', port, onread: reader.onread });
  reader.serve(socket);
  cleanUps.push(() => {
    socket.destroy();
    server.close();
  });
  return { socket, ledger };
}

async function send(peer: Socket, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const length = 1 + ((at * 7_919) % 300_000);
    if (!peer.write(bytes.subarray(at, at + length))) await once(peer, 'drain');
    at += length;
  }
  peer.end();
}

/** No two places look alike, least of all places that are a slab apart. */
function pattern(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => Math.imul(index ^ (index >>> 13), 0x9e3779b1) >>> 24);
}

describe('SlabReader', () => {
  it('brings every byte, in order, and the end after them', async () => {
    const bytes = pattern(3 * MIB + 12_345);
    const { socket, ledger } = await reading(bytes);
    const chunks: Buffer[] = [];
    socket.on('readable', () => {
      for (let chunk: Buffer | null = socket.read(); chunk !== null; chunk = socket.read()) {
        ledger.hold(chunk);
        chunks.push(Buffer.from(chunk));
        ledger.recycle(chunk);
      }
    });
    await once(socket, 'end');
    expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
  });

  it('brings every byte in small steps under a rate limit, and in large ones without', async () => {
    const bytes = pattern(MIB);
    const pace = new ReadPace();
    const most = async () => {
      const { socket } = await reading(bytes, new SlabLedger(), pace);
      let longest = 0;
      const chunks: Buffer[] = [];
      socket.on('data', (chunk: Buffer) => {
        longest = Math.max(longest, chunk.length);
        chunks.push(Buffer.from(chunk));
      });
      await once(socket, 'end');
      expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
      return longest;
    };
    pace.pace(100_000);
    expect(await most()).toBe(5_000);
    pace.pace(1);
    expect(await most()).toBe(2_048);
    pace.pace(null);
    expect(await most()).toBeGreaterThan(5_000);
  });

  it('gives out piled up chunks one by one, as they lie in their slabs: nothing is copied', async () => {
    const bytes = pattern(MIB);
    const pace = new ReadPace();
    pace.pace(100_000);
    const { socket } = await reading(bytes, new SlabLedger(), pace);
    const chunks: Buffer[] = [];
    // Nobody takes anything until the stream has enough.
    const takeAll = () => {
      for (let chunk = socket.read(); chunk !== null; chunk = socket.read()) {
        expect(chunk.length).toBeLessThanOrEqual(5_000);
        expect(chunk.buffer.byteLength).toBe(256 * 1024);
        chunks.push(Buffer.from(chunk));
      }
    };
    let most = 0;
    socket.on('readable', () => {
      most = Math.max(most, socket.readableLength);
      if (socket.readableLength >= socket.readableHighWaterMark || chunks.length > 100) takeAll();
    });
    await once(socket, 'end');
    expect(most).toBeGreaterThan(5_000);
    expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
  });

  it('gives out large ones in parts, so that the stream does not learn to keep more', async () => {
    const bytes = pattern(200_000);
    const reader = new SlabReader(new SlabLedger(), new ReadPace());
    const socket = new Socket();
    cleanUps.push(() => socket.destroy());
    reader.serve(socket);
    for (let at = 0; at < bytes.length; at += 100_000) {
      reader.onread.buffer().set(bytes.subarray(at, at + 100_000));
      reader.onread.callback(100_000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    const most = socket.readableHighWaterMark;
    const chunks: Buffer[] = [];
    for (let chunk = socket.read(); chunk !== null; chunk = socket.read()) chunks.push(chunk);
    expect(chunks.map(({ length }) => length)).toEqual([most, 100_000 - most, 100_000]);
    expect(new Set(chunks.map(({ buffer }) => buffer.byteLength))).toEqual(new Set([256 * 1024]));
    expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
    expect(socket.readableHighWaterMark).toBe(most);
  });

  /** A reader of slabs of 48 KiB on a socket that is not connected, and the means to read into it. */
  function fed() {
    const ledger = new SlabLedger();
    for (let reader = 1; reader < 64; reader += 1) ledger.join();
    const reader = new SlabReader(ledger, new ReadPace());
    const socket = new Socket();
    cleanUps.push(() => socket.destroy());
    reader.serve(socket);
    // Each read waits for the connection to come about.
    socket.setMaxListeners(0);
    return {
      ledger,
      reader,
      socket,
      /** Reads so much, as far as a read goes, and takes it out again. */
      feed(bytes: number): Buffer {
        const room = reader.onread.buffer();
        room.fill(0x61);
        reader.onread.callback(Math.min(bytes, room.length));
        // What does not fill a slab waits for the end of the turn, unless it is asked for.
        return socket.read();
      },
    };
  }

  it('68 gives what it has read to whoever asks, without waiting for the end of the turn', () => {
    const { feed } = fed();
    expect(feed(5)).toHaveLength(5);
  });

  it('62 does not read again into a slab that ends in a head, until something of a body has come', () => {
    const { ledger, feed } = fed();
    const head = feed(49_152);
    const more = [feed(49_152), feed(49_152)];
    const memories = new Set([head, ...more].map(({ buffer }) => buffer));
    const body = feed(49_152);
    expect(memories.size).toBe(3);
    expect(memories.has(body.buffer)).toBe(false);
    ledger.hold(body.subarray(10));
    ledger.recycle(body.subarray(10));
    memories.add(body.buffer);
    const again = [feed(1).buffer, ...Array.from({ length: 3 }, () => ledger.take().bytes.buffer)];
    expect(again.filter((one) => memories.has(one))).toHaveLength(4);
    expect(new Set(again).size).toBe(4);
  });

  it('reads again into a slab that ends in a body, as soon as it is full', () => {
    const { ledger, feed } = fed();
    const memories = Array.from({ length: 20 }, () => {
      const body = feed(49_152);
      ledger.hold(body);
      ledger.recycle(body);
      return body.buffer;
    });
    expect(new Set(memories).size).toBe(1);
  });

  it('62 gives a connection up that brings more than 2 MiB and nothing of a body', async () => {
    const { socket, feed } = fed();
    const failure = once(socket, 'error');
    for (let slab = 0; slab < 43; slab += 1) feed(49_152);
    expect(socket.destroyed).toBe(false);
    feed(49_152);
    expect(socket.destroyed).toBe(true);
    expect(await failure).toMatchObject([{ code: ENDLESS_HEAD }]);
  });

  it('does not take what nobody has looked at yet for a head', () => {
    const { socket, reader } = fed();
    for (let slab = 0; slab < 40; slab += 1) reader.onread.callback(reader.onread.buffer().length);
    expect(socket.readableLength).toBe(40 * 49_152);
    expect(socket.destroyed).toBe(false);
  });

  it('187 reads no further once the stream is full, though its slab is not', async () => {
    const { socket, reader } = fed();
    const fill = () => reader.onread.callback(reader.onread.buffer().length);
    expect([fill(), fill(), socket.readableLength]).toEqual([true, false, 98_304]);
    reader.onread.buffer();
    expect(reader.onread.callback(1)).toBe(false);
    const taken = Array.from({ length: 4 }, () => socket.read()?.length);
    expect(taken).toEqual([49_152, 49_152, 1, undefined]);
    expect(reader.onread.callback(1)).toBe(true);
  });

  it('leaves what is held alone, and reads again into what was given back', async () => {
    const bytes = pattern(16 * MIB);
    const { socket, ledger } = await reading(bytes);
    const held: { chunk: Uint8Array; at: number }[] = [];
    const memories = new Set<ArrayBufferLike>();
    let at = 0;
    let spoiled = 0;
    const letGo = (keep: number) => {
      while (held.length > keep) {
        const oldest = held.shift();
        if (!oldest) return;
        if (!Buffer.from(bytes.buffer, oldest.at, oldest.chunk.length).equals(oldest.chunk)) spoiled += 1;
        ledger.recycle(oldest.chunk);
      }
    };
    socket.on('readable', () => {
      for (let chunk: Buffer | null = socket.read(); chunk !== null; chunk = socket.read()) {
        ledger.hold(chunk);
        memories.add(chunk.buffer);
        held.push({ chunk, at });
        at += chunk.length;
        letGo(2);
      }
    });
    await once(socket, 'end');
    letGo(0);
    expect({ at, spoiled }).toEqual({ at: bytes.length, spoiled: 0 });
    // 16 MiB in slabs of 256 KiB would be 64 of them.
    expect(memories.size).toBeLessThan(12);
  });

  it('does not use again what is never given back', async () => {
    const bytes = pattern(4 * MIB);
    const { socket, ledger } = await reading(bytes);
    const kept: Buffer[] = [];
    socket.on('readable', () => {
      for (let chunk: Buffer | null = socket.read(); chunk !== null; chunk = socket.read()) {
        ledger.hold(chunk);
        kept.push(chunk);
      }
    });
    await once(socket, 'end');
    expect(Buffer.concat(kept).equals(bytes)).toBe(true);
  });

  it('stops reading while nobody takes what is there', async () => {
    const { socket } = await reading(pattern(16 * MIB));
    await once(socket, 'readable');
    const before = socket.bytesRead;
    let stoodStill = 0;
    while (stoodStill < 20) {
      const last = socket.bytesRead;
      await new Promise((resolve) => setImmediate(resolve));
      stoodStill = socket.bytesRead === last ? stoodStill + 1 : 0;
    }
    expect(before).toBeGreaterThan(0);
    expect(socket.bytesRead).toBeLessThan(2 * MIB);
  });

  it('187 reads no further for every little that is taken', async () => {
    const { socket, ledger } = await reading(pattern(32 * MIB));
    await once(socket, 'readable');
    let taken = 0;
    let most = 0;
    for (let piece = 0; piece < 100; piece += 1) {
      const chunk: Buffer = socket.read(16 * 1024);
      ledger.hold(chunk);
      ledger.recycle(chunk);
      taken += chunk.length;
      for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      most = Math.max(most, socket.bytesRead - taken);
    }
    expect(taken).toBeLessThan(4 * MIB);
    expect(most).toBeLessThan(MIB);
  });
});

describe('SlabLedger', () => {
  it('refuses to take something back twice', () => {
    const ledger = new SlabLedger();
    const { bytes } = ledger.take();
    ledger.hold(bytes.subarray(10, 20));
    ledger.recycle(bytes.subarray(10, 14));
    ledger.recycle(bytes.subarray(14, 20));
    expect(() => ledger.recycle(bytes.subarray(14, 20))).toThrow('twice');
  });

  /** Its memory is the system's again. */
  const isFree = ({ bytes }: { readonly bytes: Uint8Array }) => bytes.byteLength === 0;

  it('187 gives memory that is free to whoever reads next, and keeps none when nobody reads', () => {
    const ledger = new SlabLedger();
    const [leaveFirst, leaveSecond] = [ledger.join(), ledger.join()];
    const [slab, late] = [ledger.take(), ledger.take()];
    ledger.abandon(slab);
    leaveFirst();
    expect(ledger.take()).toBe(slab);
    ledger.abandon(slab);
    leaveSecond();
    expect(isFree(slab)).toBe(true);
    expect(isFree(late)).toBe(false);
    ledger.abandon(late);
    expect(isFree(late)).toBe(true);
    ledger.join();
    expect(ledger.take()).not.toBe(slab);
  });

  it('187 keeps 8 MiB at most, whatever is given back, and frees the rest at once', () => {
    const ledger = new SlabLedger();
    ledger.join();
    const slabs = Array.from({ length: 100 }, () => ledger.take());
    for (const slab of slabs) ledger.abandon(slab);
    const known = new Set(slabs);
    expect(slabs.filter(isFree)).toHaveLength(68);
    expect(Array.from({ length: 100 }, () => ledger.take()).filter((slab) => known.has(slab))).toHaveLength(32);
  });

  it('187 frees what is larger than so many readers need, but nothing that is held', () => {
    const ledger = new SlabLedger();
    ledger.join();
    const [large, held] = [ledger.take(), ledger.take()];
    const part = held.bytes.subarray(10, 20);
    ledger.hold(part);
    for (let reader = 1; reader < 64; reader += 1) ledger.join();
    for (const slab of [large, held]) ledger.abandon(slab);
    expect([large, held].map(isFree)).toEqual([true, false]);
    ledger.recycle(part);
    expect(isFree(held)).toBe(true);
    expect(ledger.take().bytes).toHaveLength(48 * 1024);
  });

  it('does not care about memory of others', () => {
    expect(() => new SlabLedger().recycle(new Uint8Array(5))).not.toThrow();
  });

  it('makes slabs larger again when fewer sockets read for long, not at the end of a file', () => {
    const ledger = new SlabLedger();
    const leave = Array.from({ length: 64 }, () => ledger.join());
    for (const one of leave.slice(8)) one();
    const slabs = new Set<ReturnType<typeof ledger.take>>();
    const size = () => {
      const slab = ledger.take();
      const { length } = slab.bytes;
      ledger.abandon(slab);
      slabs.add(slab);
      return length;
    };
    const sizes = Array.from({ length: 1_024 }, size);
    // The one that was too small made room.
    expect([...slabs].map(isFree)).toEqual([true, false]);
    expect(new Set(sizes.slice(0, -1))).toEqual(new Set([48 * 1024]));
    expect(sizes.at(-1)).toBe(256 * 1024);
    for (let reader = 8; reader < 64; reader += 1) ledger.join();
    expect(ledger.slabBytes).toBe(48 * 1024);
  });

  it('makes large slabs for the next download, whatever the last one needed', () => {
    const ledger = new SlabLedger();
    const leave = Array.from({ length: 64 }, () => ledger.join());
    for (const one of leave) one();
    ledger.join();
    expect(ledger.slabBytes).toBe(256 * 1024);
  });

  it('makes slabs smaller the more sockets read', () => {
    const ledger = new SlabLedger();
    const sizes = Array.from({ length: 64 }, () => {
      ledger.join();
      return ledger.slabBytes;
    });
    expect([sizes[0], sizes[8], sizes[63]]).toEqual([256 * 1024, 128 * 1024, 48 * 1024]);
    expect(sizes).toEqual(sizes.toSorted((a, b) => b - a));
  });
});
