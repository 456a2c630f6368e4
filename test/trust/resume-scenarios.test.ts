/**
 * Resumes that went wrong for pip, curl, apt, aria2, axel and others, told as
 * facts in a list that others keep: each is replayed. Where the list is here,
 * it is looked whether any of it is missing.
 */
import { execFileSync } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { OpenDownloadOptions } from '../../src/open-download.ts';
import { someBytes } from '../support/fake-download.ts';
import { head, honest, type Script, type SeenRequest, type Step } from '../support/misbehaving-server.ts';
import { sharedData } from '../support/shared-data.ts';
import { type Place, placeWith, runTrial, type Trial } from '../support/trial.ts';

const file = (size: number) => someBytes(size);
/** Another version: other bytes everywhere. */
const other = (size: number) => someBytes(size).map((byte) => byte ^ 0x55);
const etag = (name: string) => [`ETag: "${name}"`];
const modified = (day: number) => [`Last-Modified: Thu, ${String(day).padStart(2, '0')} Jan 2015 00:00:00 GMT`];

/** 200 with a length; then, if it is cut, the connection's end. */
function whole(bytes: Uint8Array, fields: readonly string[] = etag('v1'), cut = bytes.length): Step[] {
  const steps: Step[] = [
    { send: head('200 OK', [`Content-Length: ${bytes.length}`, ...fields]) },
    { send: bytes.subarray(0, cut) },
  ];
  return cut < bytes.length ? [...steps, { end: true }] : steps;
}

/** 206 from the byte that was asked for; then, if it is cut, the connection's end. */
function part(bytes: Uint8Array, from: number, cut = bytes.length, fields: readonly string[] = etag('v1')): Step[] {
  const steps: Step[] = [
    {
      send: head('206 Partial Content', [
        `Content-Range: bytes ${from}-${bytes.length - 1}/${bytes.length}`,
        `Content-Length: ${bytes.length - from}`,
        ...fields,
      ]),
    },
    { send: bytes.subarray(from, cut) },
  ];
  return cut < bytes.length ? [...steps, { end: true }] : steps;
}

/** An answer without a body. */
const bare = (status: string, fields: readonly string[] = []): Step[] => [
  { send: head(status, ['Content-Length: 0', ...fields]) },
];
/** One answer after the other; the last one for all that follow. */
const inTurn =
  (...answers: readonly ((request: SeenRequest) => readonly Step[])[]): Script =>
  (request) =>
    (answers[Math.min(request.count, answers.length) - 1] ?? (() => []))(request);

interface Scene extends AsyncDisposable {
  readonly place: Place;
  /** Requests since the part was there. */
  requests(): readonly SeenRequest[];
  run(options?: OpenDownloadOptions): Promise<Trial>;
}

/** A run was stopped when so many bytes were there; from then on the server follows the script, its requests counted anew. */
async function withPart(
  kept: number,
  of: Uint8Array,
  script: Script,
  fields: readonly string[] = etag('v1'),
): Promise<Scene> {
  let before: number | null = null;
  const place = await placeWith((request) => {
    if (before !== null) return script({ ...request, count: request.count - before });
    const [first = { end: true }] = part(of, 0, of.length, fields);
    return [first, { send: of.subarray(0, kept) }, { wait: null }];
  });
  const stop = new AbortController();
  const trial = await place.run({
    signal: stop.signal,
    attach: (actor) =>
      void actor.on('progress', ({ bytes }) => {
        if (bytes >= kept) stop.abort();
      }),
  });
  expect(trial.ended).toBe('interrupted');
  const count = place.server.requests.length;
  before = count;
  return {
    place,
    requests: () => place.server.requests.slice(count),
    run: (options) => place.run(options),
    [Symbol.asyncDispose]: () => place[Symbol.asyncDispose](),
  };
}

function expectRight(trial: Trial, bytes: Uint8Array): void {
  expect([trial.ended, trial.message]).toEqual(['done', '']);
  expect(trial.file && Buffer.compare(trial.file, bytes)).toBe(0);
}

function expectRefused(trial: Trial, code: string): void {
  expect([trial.ended, trial.file]).toEqual([code, null]);
}

/** The first attempt brought so many bytes of a server that sends whole files, and its connection ended. */
const dies = (bytes: Uint8Array, cut: number, fields?: readonly string[]) => () => whole(bytes, fields, cut);

const scenarios: Readonly<Record<string, () => Promise<void>>> = {
  'pip-1': async () => {
    await using place = await placeWith(() => [{ send: head('200 OK') }, { send: file(36) }, { end: true }]);
    const trial = await place.run();
    expectRight(trial, file(36));
    expect(trial.warnings).toContain('length-unverified');
  },
  'pip-2': async () => {
    await using place = await placeWith(dies(file(36), 24));
    expectRefused(await place.run({ retries: 0 }), 'connection-lost');
  },
  // Its first answer is a 200; ours asked for a range, and so 200 means that there are none. With a 206 it is the same story.
  'pip-3': async () => {
    await using place = await placeWith(
      inTurn(
        () => part(file(36), 0, 24),
        () => part(file(36), 24),
      ),
    );
    expectRight(await place.run(), file(36));
    expect(place.server.requests[1]?.headers).toMatchObject({
      range: expect.stringMatching(/^bytes=24-/),
      'if-range': '"v1"',
    });
  },
  'pip-4': async () => {
    await using place = await placeWith(inTurn(dies(file(36), 24), dies(file(36), 14), () => whole(file(36))));
    expectRight(await place.run(), file(36));
    expect(place.server.requests).toHaveLength(3);
  },
  'pip-5': async () => {
    await using place = await placeWith(
      inTurn(dies(file(36), 24), dies(other(40), 36, etag('v2')), (request) =>
        request.rangeStart ? part(other(40), request.rangeStart, 40, etag('v2')) : whole(other(40), etag('v2')),
      ),
    );
    expectRight(await place.run(), other(40));
  },
  'pip-6': async () => {
    await using place = await placeWith(inTurn(dies(file(36), 24), dies(file(36), 14)));
    expectRefused(await place.run({ retries: 1 }), 'connection-lost');
    expect(place.server.requests).toHaveLength(2);
  },
  'pip-7': async () => {
    const last = someBytes(12).map((byte) => byte ^ 0xff);
    await using place = await placeWith(
      inTurn(dies(file(36), 24, modified(1)), dies(other(42), 40, modified(2)), () => whole(last, modified(3))),
    );
    expectRight(await place.run(), last);
  },
  'pip-8': async () => {
    const both = [...etag('v1'), ...modified(1)];
    await using place = await placeWith(
      inTurn(
        () => part(file(36), 0, 24, both),
        () => part(file(36), 24, 36, both),
      ),
    );
    expectRight(await place.run(), file(36));
    expect(place.server.requests[1]?.headers['if-range']).toBe('"v1"');
  },
  'pip-9': async () => {
    await using scene = await withPart(24, file(36), () => part(file(36), 0));
    expectRefused(await scene.run(), 'protocol');
  },
  'curl1156-1': async () => {
    await using scene = await withPart(3, file(7), () => whole(file(7)));
    expectRight(await scene.run(), file(7));
  },
  'curl1156-2': async () => {
    const rest = file(7).subarray(3);
    await using scene = await withPart(3, file(7), () => whole(rest, [...etag('v1'), 'Content-Range: bytes 3-6/7']));
    const trial = await scene.run({ ifChanged: 'fail' });
    // A 200 is a whole file, of 4 bytes, whatever else its head says: another one than before.
    expectRefused(trial, 'changed');
  },
  'curl1156-3': async () => {
    await using scene = await withPart(3, file(7), (request) =>
      request.rangeStart ? bare('416 Range Not Satisfiable') : whole(file(7)),
    );
    expectRight(await scene.run(), file(7));
  },
  // A part that is complete is proved by its last byte: what a 416 says of less is another file.
  'curl1156-4': async () => {
    const short = other(3);
    await using scene = await withPart(3, file(7), (request) =>
      request.rangeStart
        ? [
            { send: head('416 Range Not Satisfiable', ['Content-Range: bytes */3', 'Content-Length: 9']) },
            { send: 'not found' },
          ]
        : honest(short, request, etag('v2')),
    );
    expectRight(await scene.run(), short);
  },
  'curl1156-5': async () => {
    await using scene = await withPart(3, file(7), (request) => honest(other(2), request, etag('v2')));
    expectRight(await scene.run(), other(2));
  },
  'curl1156-6': async () => {
    await using scene = await withPart(3, file(7), () =>
      bare('416 Range Not Satisfiable', ['Content-Range: bytes */10']),
    );
    const trial = await scene.run();
    expect([trial.ended === 'done', trial.file]).toEqual([false, null]);
    expect(scene.requests().length).toBeLessThanOrEqual(10);
  },
  'curl-38': async () => {
    await using scene = await withPart(78, file(100), () => [
      { send: 'HTTP/1.0 200 OK\r\n\r\n' },
      { send: file(100) },
      { end: true },
    ]);
    const trial = await scene.run();
    expectRight(trial, file(100));
    expect(trial.warnings).toContain('restarted');
  },
  'curl-1042': async () => {
    await using scene = await withPart(200, file(300), () => whole(other(100), etag('v2')));
    expectRefused(await scene.run({ ifChanged: 'fail' }), 'changed');
    // What was there is untouched.
    const kept = await readFile(join(scene.place.folder, 'file.bin.multidown', 'data'));
    expect(Buffer.compare(kept.subarray(0, 200), file(300).subarray(0, 200))).toBe(0);
    expectRight(await scene.run(), other(100));
  },
  'curl-1434': async () => {
    await using scene = await withPart(99, file(100), () => whole(other(100), etag('v2')));
    expectRefused(await scene.run({ ifChanged: 'fail' }), 'changed');
    expectRight(await scene.run(), other(100));
  },
  'curl-1043': async () => {
    await using scene = await withPart(40, file(100), (request) => honest(file(100), request));
    expectRight(await scene.run(), file(100));
    expect(scene.requests().map(({ headers }) => headers.range)).toEqual([expect.stringMatching(/^bytes=40-/)]);
  },
  'curl-1117': async () => {
    await using scene = await withPart(10, file(155), () => [
      { send: head('206 Partial Content', ['Content-Range: bytes 10-18/155', 'Content-Length: 13', ...etag('v1')]) },
      { send: file(155).subarray(10, 23) },
    ]);
    expectRefused(await scene.run(), 'protocol');
  },
  'curl-3035': async () => {
    const letters = new TextEncoder().encode('abcdefghijklmnopqrstuvwxyz');
    let garbage = false;
    let isGone = true;
    await using place = await placeWith((request) => {
      const { rangeStart: from } = request;
      if (from === 0 && request.count === 1) return part(letters, 0, 5);
      if (from === 5) return part(letters, 5, 11);
      if (isGone) return bare('404 Not Found');
      return garbage ? whole(other(30), etag('v2')) : honest(letters, request);
    });
    // Not tried again, unlike curl with --retry-all-errors: whoever is told calls again.
    expectRefused(await place.run(), 'http-status');
    [isGone, garbage] = [false, true];
    expectRefused(await place.run({ ifChanged: 'fail' }), 'changed');
    garbage = false;
    expectRight(await place.run(), letters);
    expect(place.server.requests.at(-1)?.headers.range).toMatch(/^bytes=11-/);
  },
  'curl-188': async () => {
    await using scene = await withPart(50, file(100), (request) =>
      request.path === '/file.bin' ? bare('302 Found', ['Location: /other']) : honest(file(100), request),
    );
    expectRight(await scene.run(), file(100));
    const there = scene.requests().filter(({ path }) => path === '/other');
    expect(there[0]?.headers).toMatchObject({ range: expect.stringMatching(/^bytes=50-/), 'if-range': '"v1"' });
  },
  'curl-1909': async () => {
    for (const first of [dies(file(100), 30), () => bare('503 Service Unavailable')]) {
      await using place = await placeWith(inTurn(first, () => whole(file(100))));
      expectRight(await place.run(), file(100));
    }
  },
  'apt-valid-partial-data': async () => {
    await using scene = await withPart(
      20,
      file(100),
      (request) => honest(file(100), request, modified(1)),
      modified(1),
    );
    expectRight(await scene.run(), file(100));
    expect(scene.requests()[0]?.headers).toMatchObject({ range: expect.stringMatching(/^bytes=20-/) });
  },
  'apt-invalid-partial-da': async () => {
    await using scene = await withPart(20, file(100), (request) => honest(file(100), request));
    const data = join(scene.place.folder, 'file.bin.multidown', 'data');
    // With another time it would be seen, and begun anew. Node sets none as exactly as the system keeps it.
    const before = join(scene.place.folder, 'before');
    execFileSync('touch', ['-r', data, before]);
    await writeFile(data, new Uint8Array(20));
    execFileSync('touch', ['-r', before, data]);
    const { createHash } = await import('node:crypto');
    const checksum = `sha256:${createHash('sha256').update(file(100)).digest('hex')}`;
    expectRefused(await scene.run({ checksum }), 'digest-mismatch');
    expectRight(await scene.run({ checksum }), file(100));
  },
  'apt-complete-file-alre': async () => {
    for (const fields of [['Content-Range: bytes */100'], []]) {
      await using scene = await withPart(99, file(100), (request) =>
        request.rangeStart ? bare('416 Range Not Satisfiable', fields) : whole(file(100)),
      );
      const trial = await scene.run();
      // Right, or nothing under the name: never what was there and nobody has proved.
      if (trial.ended === 'done') expectRight(trial, file(100));
      else expect(trial.file).toBeNull();
    }
  },
  'apt-part-larger-than-t': async () => {
    await using scene = await withPart(60, file(100), (request) =>
      request.headers['if-range'] === '"v1"' ? whole(other(40), etag('v2')) : honest(other(40), request, etag('v2')),
    );
    expectRight(await scene.run(), other(40));
  },
  'apt-part-older-than-th': async () => {
    const now = [...modified(9), 'Date: Fri, 01 Jan 2016 00:00:00 GMT'];
    await using scene = await withPart(60, file(100), () => whole(other(100), now), [
      ...modified(1),
      'Date: Fri, 01 Jan 2016 00:00:00 GMT',
    ]);
    expectRight(await scene.run(), other(100));
    expect(scene.requests()[0]?.headers['if-range']).toBe('Thu, 01 Jan 2015 00:00:00 GMT');
  },
  'apt-part-newer-than-th': async () => {
    await using scene = await withPart(60, file(100), () => whole(other(100), modified(1)), [
      'Last-Modified: Wed, 01 Jan 2098 00:00:00 GMT',
    ]);
    expectRight(await scene.run(), other(100));
  },
  'apt-server-without-ran': async () => {
    await using scene = await withPart(60, file(100), () => whole(file(100)));
    const trial = await scene.run();
    expectRight(trial, file(100));
    expect(trial.warnings).toContain('restarted');
  },
  'apt-Accept-Ranges:-non': async () => {
    const fields = [...etag('v1'), 'Accept-Ranges: none'];
    await using place = await placeWith(inTurn(dies(file(100), 40, fields), () => whole(file(100), fields)));
    expectRight(await place.run(), file(100));
    // The first request cannot know; no later one asks for a part.
    expect(place.server.requests.slice(1).map(({ headers }) => headers.range)).toEqual([undefined]);
  },
  'apt-server-drops-conne': async () => {
    for (const fields of [['Connection: keep-alive'], ['Connection: close']]) {
      await using scene = await withPart(60, file(100), (request) =>
        request.count === 1
          ? [
              ...bare('503 Service Unavailable', fields),
              ...(fields[0]?.endsWith('close') ? [{ end: true } as const] : []),
            ]
          : honest(file(100), request),
      );
      expectRight(await scene.run(), file(100));
    }
  },
  // Each answer says which part it is, and is believed for that only: no proxy is shunned by its name.
  'apt-proxy-varnish-<-6.': async () => {
    const fields = [...etag('v1'), 'Via: 1.1 varnish (Varnish/5.0)'];
    await using scene = await withPart(60, file(100), (request) => honest(file(100), request, fields), fields);
    expectRight(await scene.run(), file(100));
  },
  'apt-redirect-in-front': async () => {
    for (const behind of [
      (request: SeenRequest) => honest(file(100), request),
      () => whole(other(40), etag('v2')),
      () => whole(file(100)),
    ]) {
      await using scene = await withPart(60, file(100), (request) =>
        request.path === '/file.bin' ? bare('307 Temporary Redirect', ['Location: /there']) : behind(request),
      );
      const trial = await scene.run();
      expectRight(trial, trial.file?.length === 40 ? other(40) : file(100));
    }
  },
  'aria2-790': () => withSpoiltNotes((bytes) => new Uint8Array(bytes.length)),
  'aria2-1116': () => withSpoiltNotes(() => new Uint8Array()),
  'aria2-1278': async () => {
    await using place = await placeWith(dies(file(100), 40));
    expectRefused(await place.run({ retries: 1 }), 'connection-lost');
    expect(await place.list()).not.toContain('file.bin');
  },
  'aria2next-46': async () => {
    await using place = await placeWith((request) =>
      request.rangeStart === null
        ? honest(file(60_000), request, etag(`node-${request.count}`))
        : part(
            file(60_000),
            request.rangeStart,
            Math.min(60_000, request.rangeStart + 20_000),
            etag(`n-${request.count}`),
          ),
    );
    const trial = await place.run({ minSplit: 16 * 1024 });
    if (trial.ended === 'done') expectRight(trial, file(60_000));
    else expectRefused(trial, 'changed');
    expect(place.server.requests.length).toBeLessThanOrEqual(20);
  },
  'axel-380': async () => {
    const script: Script = (request) =>
      request.path === '/small' ? honest(other(50), request) : honest(file(100), request);
    await using scene = await withPart(80, file(100), script);
    const small = scene.place.server.url.replace('/file.bin', '/small');
    expectRefused(await runTrial(small, scene.place.folder), 'partial-exists');
    expectRight(await runTrial(small, scene.place.folder, { restart: true }), other(50));
  },
  'gopeed-expire': async () => {
    let signed = 1;
    await using place = await placeWith((request) => {
      if (request.path === '/file.bin') return bare('302 Found', [`Location: /signed-${signed}`]);
      if (request.path !== `/signed-${signed}`) return bare('403 Forbidden');
      if (signed === 2) return honest(file(100), request);
      signed = 2;
      return part(file(100), 0, 40);
    });
    expectRight(await place.run(), file(100));
    expect(place.server.requests.at(-1)?.headers.range).toMatch(/^bytes=40-/);
  },
  'gopeed-onetime': async () => {
    await using place = await placeWith((request) =>
      request.count === 1 ? honest(file(100), request) : bare('410 Gone'),
    );
    expectRight(await place.run(), file(100));
    expect(place.server.requests).toHaveLength(1);
  },
  'gopeed-1317': async () => {
    for (const sent of [
      // Longer than was announced, at once and by and by.
      [{ send: '32\r\n' }, { send: other(50) }, { send: '\r\n0\r\n\r\n' }],
      [
        { send: '24\r\n' },
        { send: other(36) },
        { send: '\r\n' },
        { wait: 20 },
        { send: 'e\r\nAnd some more.\r\n0\r\n\r\n' },
      ],
    ] as const) {
      await using place = await placeWith(
        inTurn(dies(file(36), 24), () => [
          { send: head('200 OK', [...etag('v1'), 'Transfer-Encoding: chunked']) },
          ...sent,
        ]),
      );
      // Nothing of it is cut to the size that was announced.
      expectRefused(await place.run({ ifChanged: 'fail' }), 'changed');
    }
  },
  nightly: async () => {
    await using scene = await withPart(40, file(100), (request) =>
      request.headers['if-range'] === undefined
        ? honest(other(100), request, etag('v2'))
        : whole(other(100), etag('v2')),
    );
    expectRight(await scene.run(), other(100));
  },
};

/** What was noted is spoilt, all of it: it is said, and a new beginning ends right. */
async function withSpoiltNotes(spoil: (bytes: Uint8Array) => Uint8Array): Promise<void> {
  await using scene = await withPart(60, file(100), (request) => honest(file(100), request));
  const folder = join(scene.place.folder, 'file.bin.multidown');
  for (const name of await readdir(folder)) {
    if (name.endsWith('.json')) await writeFile(join(folder, name), spoil(await readFile(join(folder, name))));
  }
  expectRefused(await scene.run(), 'checkpoint-damaged');
  expectRight(await scene.run({ restart: true }), file(100));
}

describe('a resume that went wrong elsewhere', () => {
  it.each(Object.entries(scenarios))('%s', async (_, replay) => replay());

  it('is none of the list left out', () => {
    const text = sharedData('resume-scenarios.json');
    if (text === null) return;
    const ids = (JSON.parse(text).scenarios as readonly { id: string }[]).map(({ id }) => id);
    expect(ids.filter((id) => !Object.hasOwn(scenarios, id))).toEqual([]);
    expect(Object.keys(scenarios).filter((id) => !ids.includes(id))).toEqual([]);
  });
});
