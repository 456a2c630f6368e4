import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import {
  head,
  honest,
  type MisbehavingOptions,
  type MisbehavingServer,
  type Script,
  startMisbehaving,
} from './misbehaving-server.ts';
import { selfSigned } from './self-signed.ts';

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function against(
  script: Script,
  options: MisbehavingOptions = {},
): Promise<{ server: MisbehavingServer; socket: Socket }> {
  const server = await startMisbehaving(script, options);
  cleanUps.push(() => server[Symbol.asyncDispose]());
  const socket = connect({ port: server.port, host: '127.0.0.1', allowHalfOpen: true });
  cleanUps.push(() => socket.destroy());
  await once(socket, 'connect');
  return { server, socket };
}

/** All that comes until the other side is done: its bytes, and how many reads brought them. */
async function hear(socket: Socket): Promise<{ text: string; end: 'fin' | string }> {
  let text = '';
  socket.on('data', (bytes: Buffer) => {
    text += bytes.toString('latin1');
  });
  return new Promise((resolve) => {
    socket.once('end', () => resolve({ text, end: 'fin' }));
    socket.once('error', (error: NodeJS.ErrnoException) => resolve({ text, end: error.code ?? error.message }));
  });
}

const get = (range?: string) => `GET /x HTTP/1.1\r\nHost: h\r\n${range ? `Range: bytes=${range}\r\n` : ''}\r\n`;

describe('the misbehaving server', () => {
  it('sends the bytes it is told to, all of them and no others, then FIN', async () => {
    const { socket } = await against(() => [{ send: 'a\0\r\n\xff', every: 1 }, { send: 'b' }, { end: true }]);
    socket.write(get());
    expect(await hear(socket)).toEqual({ text: 'a\0\r\n\xffb', end: 'fin' });
  });

  it('67 writes pieces that are read as pieces', async () => {
    const { socket } = await against(() => [{ send: 'abcdefghij', every: 1 }, { end: true }]);
    const reads: string[] = [];
    socket.on('data', (bytes: Buffer) => reads.push(bytes.toString('latin1')));
    socket.write(get());
    expect((await hear(socket)).text).toBe('abcdefghij');
    // A machine that is busy may read two in one.
    expect(reads.length).toBeGreaterThan(5);
  });

  it('can reset, write and end before anything is read', async () => {
    const reset = await startMisbehaving(() => [], { onConnection: () => [{ reset: true }] });
    cleanUps.push(() => reset[Symbol.asyncDispose]());
    expect((await hear(connect({ port: reset.port, host: '127.0.0.1' }))).end).toBe('ECONNRESET');
    const rude = await against(() => [], { onConnection: () => [{ send: 'x' }, { end: true }] });
    expect(await hear(rude.socket)).toEqual({ text: 'x', end: 'fin' });
    expect([reset.connections, reset.requests.length]).toEqual([1, 0]);
  });

  it('19, 76 over TLS it ends, cuts, resets and writes below', async () => {
    const ends = {
      end: { end: true },
      cut: { cut: true },
      reset: { reset: true },
      record: { below: 'no record at all' },
    } as const;
    const heard: Record<string, string> = {};
    for (const [name, step] of Object.entries(ends)) {
      const server = await startMisbehaving(() => [{ send: 'abc' }, { wait: 5 }, step], { tls: selfSigned });
      cleanUps.push(() => server[Symbol.asyncDispose]());
      const socket = connectTls({ port: server.port, host: '127.0.0.1', rejectUnauthorized: false });
      cleanUps.push(() => socket.destroy());
      await once(socket, 'secureConnect');
      socket.write(get());
      const { text, end } = await hear(socket);
      heard[name] = `${text} ${end}`;
    }
    expect(heard).toMatchObject({ end: 'abc fin', reset: 'abc ECONNRESET' });
    expect(heard.record).toMatch(/^abc ERR_SSL/);
  });

  it('lets a test fail whose script fails', async () => {
    const server = await startMisbehaving(() => {
      throw new Error('a mistake');
    });
    const socket = connect({ port: server.port, host: '127.0.0.1' });
    cleanUps.push(() => socket.destroy());
    socket.write(get());
    await server.arrived(1);
    await expect(server[Symbol.asyncDispose]()).rejects.toThrow('a mistake');
  });

  it('resets', async () => {
    const { socket } = await against(() => [{ wait: 10 }, { reset: true }]);
    socket.write(get());
    expect(await hear(socket)).toEqual({ text: '', end: 'ECONNRESET' });
  });

  it('still listens when its own half is over', async () => {
    const { server, socket } = await against(() => [{ send: 'one' }, { end: true }]);
    socket.write(get());
    await hear(socket);
    socket.write(get());
    while (server.requests.length < 2) await new Promise((resolve) => setImmediate(resolve));
    socket.end();
    await server.idle();
    expect(server.open).toBe(0);
  });

  it('answers the requests of one connection one after the other, and tells them apart', async () => {
    const { server, socket } = await against((request) => [
      { wait: request.count === 1 ? 50 : 0 },
      { send: `${request.rangeStart}/${request.attempt};` },
      ...(request.count === 4 ? [{ end: true } as const] : []),
    ]);
    // Pieces that end anywhere.
    const text = get('5-') + get('5-9') + get('7-') + get();
    socket.write(text.slice(0, 70));
    await new Promise((resolve) => setImmediate(resolve));
    socket.write(text.slice(70));
    expect((await hear(socket)).text).toBe('5/1;5/2;7/1;null/1;');
    expect(server.requests.map(({ path, count, connection }) => [path, count, connection])).toEqual([
      ['/x', 1, 1],
      ['/x', 2, 1],
      ['/x', 3, 1],
      ['/x', 4, 1],
    ]);
    expect(server.requests[1]).toMatchObject({ line: 'GET /x HTTP/1.1', headers: { range: 'bytes=5-9' } });
    expect(server.requests[1]?.fields).toEqual(['Host', 'Range']);
  });

  it.each([
    [undefined, 'HTTP/1.1 200 OK', '0123456789'],
    ['0-', 'HTTP/1.1 206 Partial Content', '0123456789'],
    ['4-6', 'HTTP/1.1 206 Partial Content', '456'],
    ['4-99', 'HTTP/1.1 206 Partial Content', '456789'],
    ['10-', 'HTTP/1.1 416 Range Not Satisfiable', ''],
  ])('can be honest: %s', async (range, status, body) => {
    const { socket } = await against((request) => [...honest(Buffer.from('0123456789'), request), { end: true }]);
    socket.write(get(range));
    const [top = '', bottom = ''] = (await hear(socket)).text.split('\r\n\r\n');
    expect(top.split('\r\n')[0]).toBe(status);
    expect(top).toContain(`Content-Length: ${body.length}`);
    expect(bottom).toBe(body);
  });

  it('is gone, with all its connections, when it is disposed of', async () => {
    const { server, socket } = await against(() => [{ wait: null }]);
    socket.write(get());
    while (server.requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
    const heard = hear(socket);
    await server[Symbol.asyncDispose]();
    expect((await heard).end).toMatch(/fin|ECONNRESET/);
    cleanUps.shift();
    expect(head('200 OK', ['A: b'])).toBe('HTTP/1.1 200 OK\r\nA: b\r\n\r\n');
  });
});
