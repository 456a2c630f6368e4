/** Hosts that stand only so many connections: they get no more, without a storm of requests and without an error. */
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { download } from '../../src/index.ts';
import { findNginx, startNginx } from '../support/nginx.ts';
import { startOrigin } from '../support/origin-server.ts';
import { pseudoFile } from '../support/pseudo-file.ts';
import { makeTempDir } from '../support/temp-dir.ts';

const MIB = 1024 * 1024;
const SIZE = 8 * MIB;
/** Bytes a second of a connection: slow enough for more of them to look worth it. */
const RATE = MIB;
const hasNginx = findNginx() !== null;
if (!hasNginx) console.log('nginx is not installed, so its tests are left out: apt-get install nginx');

/** As many connections as pay; the SHA-256 of what came. */
async function fetchAuto(url: string, folder: string): Promise<string> {
  const { path } = await download(url, { output: `${folder}/a.bin`, timeoutMs: 10_000 });
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
}

/** Between the program and the server: lets so many connections through at once, and resets or refuses all others. */
async function startGate(target: number, most: number): Promise<{ port: number; refused: () => number } & Disposable> {
  let refused = 0;
  const open = new Set<Socket>();
  const server: Server = createServer((socket) => {
    socket.on('error', () => {});
    if (open.size >= most) {
      refused += 1;
      socket.resetAndDestroy();
      return;
    }
    open.add(socket);
    const there = connect(target, '127.0.0.1');
    socket.pipe(there).pipe(socket);
    there.on('error', () => socket.destroy());
    socket.on('close', () => {
      open.delete(socket);
      there.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The gate has no port.');
  return {
    port: address.port,
    refused: () => refused,
    [Symbol.dispose]() {
      for (const socket of open) socket.destroy();
      server.close();
    },
  };
}

describe('a host that stands few connections', () => {
  it.runIf(hasNginx).each([429, 503])(
    '184 nginx allows one and answers %i to the others: one connection, few requests, no error',
    { timeout: 60_000 },
    async (status) => {
      await using root = await makeTempDir();
      await using folder = await makeTempDir();
      const file = pseudoFile(SIZE, 3);
      await writeFile(root.file('file.bin'), file.bytes(0, SIZE));
      await using nginx = await startNginx({
        root: root.path,
        limitRate: RATE / 2,
        http: 'limit_conn_zone $binary_remote_addr zone=one:1m;',
        server: `limit_conn one 1; limit_conn_status ${status};`,
      });
      const digest = await fetchAuto(`${nginx.base}/file.bin`, folder.path);
      expect(digest).toBe(file.sha256());
      const log = await nginx.log();
      const refused = log.filter((entry) => entry.status === status);
      expect(refused.length).toBeGreaterThan(0);
      // It is tried now and then whether more are allowed by now: some seconds apart.
      expect(refused.length).toBeLessThanOrEqual(8);
      expect(log.length).toBeLessThanOrEqual(24);
    },
  );

  it.each([1, 3])('184 a gate lets %i through and resets the others', { timeout: 60_000 }, async (most) => {
    await using origin = await startOrigin({ size: SIZE, bytesPerSecond: RATE });
    await using folder = await makeTempDir();
    using gate = await startGate(Number(new URL(origin.url).port), most);
    const url = origin.url.replace(/:\d+\//, `:${gate.port}/`);
    const digest = await fetchAuto(url, folder.path);
    expect(digest).toBe(origin.sha256());
    expect(gate.refused()).toBeGreaterThan(0);
    expect(gate.refused()).toBeLessThanOrEqual(16);
    expect(origin.log.length).toBeLessThanOrEqual(24);
  });

  it('184 a Retry-After is honoured by all connections', { timeout: 60_000 }, async () => {
    await using origin = await startOrigin({ size: SIZE, bytesPerSecond: RATE, maxConnections: 2, retryAfter: 2 });
    await using folder = await makeTempDir();
    const digest = await fetchAuto(origin.url, folder.path);
    expect(digest).toBe(origin.sha256());
    const refused = origin.log.filter(({ status }) => status === 503);
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.length).toBeLessThanOrEqual(8);
  });
});
