import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { startOrigin } from './origin-server.ts';
import { pseudoFile } from './pseudo-file.ts';
import { rateCap } from './rate-cap.ts';

const MIB = 1024 * 1024;

async function get(url: string, headers: Record<string, string> = {}) {
  const response = await fetch(url, { headers, redirect: 'manual' });
  return { response, body: Buffer.from(await response.arrayBuffer()) };
}

describe('pseudoFile', () => {
  it('gives the same bytes however they are cut', () => {
    const file = pseudoFile(3 * MIB + 17, 5);
    const whole = file.bytes(0, file.size);
    expect(whole.length).toBe(file.size);
    expect(createHash('sha256').update(whole).digest('hex')).toBe(file.sha256());
    for (const [start, end] of [
      [1, 5],
      [1023, 1025],
      [1026, 1030],
      [MIB - 3, MIB + 3],
      [2 * MIB + 7, file.size],
    ] as const) {
      expect(file.bytes(start, end).equals(whole.subarray(start, end)), `${start}-${end}`).toBe(true);
    }
  });

  it('differs at every KiB, from itself elsewhere and from another seed', () => {
    const file = pseudoFile(8 * MIB, 1);
    const other = pseudoFile(8 * MIB, 2);
    for (let at = 0; at + MIB < file.size; at += 100 * 1024) {
      const page = file.bytes(at, at + 1024);
      expect(page.equals(file.bytes(at + MIB, at + MIB + 1024))).toBe(false);
      expect(page.equals(other.bytes(at, at + 1024))).toBe(false);
    }
  });
});

describe('rateCap', () => {
  it('holds the rate with unpunctual timers, and forgives no long pause', () => {
    let now = 0;
    const cap = rateCap(1_000_000, () => now);
    let sent = 0;
    for (let turn = 0; turn < 1_000; turn++) {
      now += 7 + (turn % 13);
      sent += cap.take(65_536);
    }
    expect(sent / now).toBeCloseTo(1_000, -1);
    now += 60_000;
    expect(cap.take(10_000_000)).toBe(100_000);
  });
});

describe('startOrigin', () => {
  it('serves whole, ranges, and says when there is no such range', async () => {
    await using origin = await startOrigin({ size: 2 * MIB });
    const whole = await get(origin.url);
    expect(whole.response.status).toBe(200);
    expect(createHash('sha256').update(whole.body).digest('hex')).toBe(origin.sha256());
    const part = await get(origin.url, { range: 'bytes=1000-1999' });
    expect(part.response.status).toBe(206);
    expect(part.response.headers.get('content-range')).toBe(`bytes 1000-1999/${2 * MIB}`);
    expect(part.body.equals(origin.bytes(1000, 2000))).toBe(true);
    const tail = await get(origin.url, { range: 'bytes=-5' });
    expect(tail.body.equals(origin.bytes(2 * MIB - 5, 2 * MIB))).toBe(true);
    const beyond = await get(origin.url, { range: `bytes=${2 * MIB}-` });
    expect(beyond.response.status).toBe(416);
    expect(origin.log.map(({ status, bytesSent }) => [status, bytesSent])).toEqual([
      [200, 2 * MIB],
      [206, 1000],
      [206, 5],
      [416, 0],
    ]);
    expect(origin.bytesSent).toBe(2 * MIB + 1005);
  });

  it('honours If-Range with a strong validator only, and notices a new version', async () => {
    await using origin = await startOrigin({ size: MIB });
    const etag = (await get(origin.url)).response.headers.get('etag') ?? '';
    const ask = async (ifRange: string) =>
      (await get(origin.url, { range: 'bytes=5-', 'if-range': ifRange })).response.status;
    expect(await ask(etag)).toBe(206);
    origin.set({ etag: 'weak' });
    expect(await ask(`W/${etag}`)).toBe(200);
    origin.set({ etag: 'strong' });
    origin.replace();
    expect(await ask(etag)).toBe(200);
    origin.set({ honoursIfRange: false });
    expect(await ask(etag)).toBe(206);
  });

  it('misbehaves as told', async () => {
    await using origin = await startOrigin({
      size: MIB,
      maxConnections: 2,
      redirects: { '/a': '/b', '/b': '/file.bin' },
      script: ({ index }) => (index === 0 ? { status: 500, body: 'no' } : index === 1 ? { cutAfter: 5_000 } : null),
    });
    expect((await get(origin.url)).response.status).toBe(500);
    await expect(get(origin.url)).rejects.toThrow();
    expect(origin.log[1]).toMatchObject({ bytesSent: 5_000, end: 'cut' });
    expect((await get(`${origin.base}/a`)).response.headers.get('location')).toBe('/b');
    origin.set({ bytesPerSecond: MIB, length: 'chunked' });
    const both = [fetch(origin.url), fetch(origin.url)];
    const [first] = await Promise.all(both);
    expect(first?.headers.get('content-length')).toBe(null);
    const third = await get(origin.url);
    expect(third.response.status).toBe(503);
    expect(third.response.headers.get('retry-after')).toBe('1');
    expect(origin.connections.peak).toBe(3);
  });
});
