/**
 * The command's bundle holds undici's parser with one change: bytes of a body
 * of known length are not copied to it. Wherever it must know that a body is
 * over, or goes on, or another answer follows.
 */
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { someBytes } from '../support/fake-download.ts';
import { head, honest, type Script, type Step } from '../support/misbehaving-server.ts';
import { runCli } from '../support/spawn-cli.ts';
import { placeWith } from '../support/trial.ts';

const bytes = someBytes(200_000);
const whole = (...fields: string[]) => head('200 OK', ['Content-Length: 200000', ...fields]);
const evil = Buffer.from(`${head('200 OK', ['Content-Length: 4'])}evil`);

async function fetchWith(script: Script, ...args: string[]) {
  await using place = await placeWith(script);
  const run = await runCli([place.server.url, 'file.bin', '-q', '-y', '--retries', '0', ...args], {
    cwd: place.folder,
  });
  const file = await readFile(`${place.folder}/file.bin`).catch(() => null);
  return { code: run.code, isRight: file?.equals(bytes) ?? false, requests: place.server.requests };
}

/** 10,000 bytes an answer, whatever was asked for. */
const little: Script = ({ rangeStart }) => {
  const start = rangeStart ?? 0;
  const part = bytes.subarray(start, start + 10_000);
  const range = `bytes ${start}-${start + part.length - 1}/${bytes.length}`;
  return [
    { send: head('206 Partial Content', [`Content-Range: ${range}`, `Content-Length: ${part.length}`, 'ETag: "v1"']) },
    { send: part },
  ];
};

describe('a body', () => {
  it.each<readonly [string, Script]>([
    ['all at once with its head', () => [{ send: Buffer.concat([Buffer.from(whole()), bytes]) }]],
    ['in pieces of a thousand bytes', () => [{ send: whole() }, { send: bytes, every: 1_000 }]],
    ['behind a head that comes byte by byte', () => [{ send: whole(), every: 1 }, { send: bytes }]],
    ['with the next answer in one piece', () => [{ send: Buffer.concat([Buffer.from(whole()), bytes, evil]) }]],
    [
      'after others that said no more than 103',
      () => [{ send: Buffer.concat([Buffer.from(`${head('103 Early Hints')}${whole()}`), bytes]) }],
    ],
    [
      'in chunks',
      () => [
        { send: head('200 OK', ['Transfer-Encoding: chunked']) },
        ...[0, 100_000].flatMap((at): Step[] => [
          { send: `${(100_000).toString(16)}\r\n` },
          { send: bytes.subarray(at, at + 100_000) },
          { send: '\r\n' },
        ]),
        { send: '0\r\n\r\n' },
      ],
    ],
    ['until the connection ends', () => [{ send: head('200 OK') }, { send: bytes }, { end: true }]],
    ['in ranges over several connections', (request) => honest(bytes, request)],
    ['in twenty answers', little],
  ])('%s arrives', async (_, script) => {
    const { code, isRight } = await fetchWith(script, '-n', '1', '--checksum', 'auto');
    expect({ code, isRight }).toEqual({ code: 0, isRight: true });
  });

  it('in many answers needs few connections', async () => {
    const { requests } = await fetchWith(little, '-n', '1');
    expect(requests.length).toBe(20);
    expect(new Set(requests.map(({ connection }) => connection)).size).toBeLessThanOrEqual(2);
  });

  it.each<readonly [string, Script]>([
    ['that is cut short', () => [{ send: whole() }, { send: bytes.subarray(0, 150_000) }, { end: true }]],
    [
      'of an answer that has none',
      () => [{ send: head('204 No Content', ['Content-Length: 200000']) }, { send: bytes }],
    ],
    [
      'whose chunk has no size',
      () => [{ send: `${head('200 OK', ['Transfer-Encoding: chunked'])}zz\r\n` }, { send: bytes }, { end: true }],
    ],
  ])('%s is refused', async (_, script) => {
    const { code, isRight } = await fetchWith(script);
    expect(isRight).toBe(false);
    expect([5, 6]).toContain(code);
  });
});
