/** What the tests of the faults in section A share: one file, its other versions, and answers about it. */
import { expect } from 'vitest';
import type { OpenDownloadOptions } from '../../src/open-download.ts';
import { someBytes } from '../support/fake-download.ts';
import { head, honest, type Script, type SeenRequest, type Step } from '../support/misbehaving-server.ts';
import { placeWith, type Trial } from '../support/trial.ts';

export const SIZE = 200_000;
export const one = someBytes(SIZE);
/** Another version, as long, with other bytes everywhere. */
export const two = one.map((byte) => byte ^ 0x55);
export const longer = someBytes(SIZE + 5_000);

/** Which bytes a request asks for. */
export function asked({ rangeStart, headers }: SeenRequest, size = SIZE): { from: number; end: number } {
  const last = /-(\d+)$/.exec(headers.range ?? '')?.[1];
  return { from: rangeStart ?? 0, end: last === undefined ? size : Math.min(size, Number(last) + 1) };
}

/** An answer 206 with these numbers and this body, whatever was asked for. */
export function partial(range: string, body: Uint8Array, fields: readonly string[] = ['ETag: "v1"']): Step[] {
  return [
    { send: head('206 Partial Content', [`Content-Range: ${range}`, `Content-Length: ${body.length}`, ...fields]) },
    { send: body },
  ];
}

export function whole(body: Uint8Array, fields: readonly string[] = ['ETag: "v1"']): Step[] {
  return [{ send: head('200 OK', [`Content-Length: ${body.length}`, ...fields]) }, { send: body }];
}

/** Honest but for the requests from the second on. */
export const later =
  (change: (request: SeenRequest) => readonly Step[]): Script =>
  (request) =>
    request.count === 1 ? honest(one, request) : change(request);

/** Honest but for the first answer to each range that is not the file's first. */
export const onceEach =
  (change: (request: SeenRequest) => readonly Step[]): Script =>
  (request) =>
    request.rangeStart !== 0 && request.attempt === 1 ? change(request) : honest(one, request);

export async function attempt(
  script: Script,
  options: OpenDownloadOptions = {},
): Promise<Trial & { requests: readonly SeenRequest[] }> {
  await using place = await placeWith(script);
  const trial = await place.run(options);
  return { ...trial, requests: place.server.requests };
}

/** Ended well, with the bytes of this version. */
export function expectRight(trial: Trial, version: Uint8Array = one): void {
  expect(trial.message).toBe('');
  expect(trial.file && Buffer.compare(trial.file, version)).toBe(0);
}

/** Nothing under the final name, and the reason. */
export function expectRefused(trial: Trial, code: string): void {
  expect([trial.ended, trial.file]).toEqual([code, null]);
  expect(trial.message).toMatch(/\.$/);
}
