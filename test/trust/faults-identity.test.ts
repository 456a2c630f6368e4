/** Section A of the fault list: answers that nothing, or too little, ties together. Each name begins with its number. */
import { describe, expect, it } from 'vitest';
import { head, honest, type Script, type SeenRequest, type Step } from '../support/misbehaving-server.ts';
import { type Place, placeWith } from '../support/trial.ts';
import { asked, attempt, expectRefused, expectRight, one, partial, SIZE, two } from './one-file.ts';

/** Another version, that differs in these bytes only. */
const changedIn = (start: number, end: number) =>
  one.map((byte, index) => (index >= start && index < end ? byte ^ 0x55 : byte));
const tag = (version: number) => [`ETag: "v${version}"`];

/** Stops when so many bytes are there; the server never sends the rest of what it has begun. */
async function stopAt(place: Place, kept: number): Promise<void> {
  const stop = new AbortController();
  const trial = await place.run({
    signal: stop.signal,
    attach: (actor) =>
      void actor.on('progress', ({ bytes }) => {
        if (bytes >= kept) stop.abort();
      }),
  });
  expect(trial.ended).toBe('interrupted');
}

/** An honest answer that stops after so many bytes. */
function halting(bytes: Uint8Array, request: SeenRequest, most: number, fields: readonly string[]): Step[] {
  const [first, body] = honest(bytes, request, fields) as [Step, { send: Uint8Array }];
  return [first, { send: body.send.subarray(0, most) }, { wait: null }];
}

describe('parts without the ETag that the first answer had', () => {
  /** A server that ignores If-Range, and has another version from some request on. */
  const forgetful =
    (at: number, second: Uint8Array = two): Script =>
    (request) => {
      if (request.count === 1) return honest(one, request, tag(1));
      return honest(request.count < at ? one : second, request, []);
    };

  it('32 are taken, compared where they meet, and told of, once', async () => {
    const trial = await attempt(forgetful(Number.POSITIVE_INFINITY));
    expectRight(trial);
    expect(trial.warnings.filter((code) => code === 'identity-unproved')).toHaveLength(1);
  });

  it.each([2, 3, 4])('32 of another version, from request %i on: no mixture', async (at) => {
    expectRight(await attempt(forgetful(at)), two);
    expectRefused(await attempt(forgetful(at), { ifChanged: 'fail' }), 'changed');
  });

  it('32 of another version, that differs only where two parts meet: no mixture', async () => {
    // 4 connections: the parts are of 50,000 bytes, and the second version begins with the second of them.
    for (const [start, end] of [
      [49_000, 50_900],
      [49_999, 51_000],
      [49_000, 50_001],
    ] as const) {
      const second = changedIn(start, end);
      expectRight(await attempt(forgetful(2, second)), second);
      expectRefused(await attempt(forgetful(2, second), { ifChanged: 'fail' }), 'changed');
    }
  });

  it('32 of another version, and the comparison says a new ETag: that is enough', async () => {
    const elsewhere = changedIn(20_000, 21_000).map((byte, index) => (index > 170_000 && index < 171_000 ? 0 : byte));
    const script: Script = (request) => {
      if (request.count === 1) return honest(one, request, tag(1));
      return honest(elsewhere, request, asked(request).end - asked(request).from <= 2_048 ? tag(2) : []);
    };
    expectRefused(await attempt(script, { ifChanged: 'fail' }), 'changed');
  });

  it('32 of another version, before the run was stopped: noted, and no mixture after it', async () => {
    let isHalting = true;
    await using place = await placeWith((request) => {
      if (!isHalting) return honest(two, request, tag(1));
      return request.count === 1 ? halting(one, request, 30_000, tag(1)) : halting(two, request, 30_000, []);
    });
    await stopAt(place, 120_000);
    isHalting = false;
    // From here on every answer has the tag that the first one had.
    expectRefused(await place.run({ ifChanged: 'fail' }), 'changed');
    expectRight(await place.run(), two);
  });
});

describe('nothing that tells versions apart', () => {
  it('28 is told, once, and not where a digest proves the bytes', async () => {
    const script: Script = (request) => honest(one, request, []);
    const trial = await attempt(script);
    expectRight(trial);
    expect(trial.warnings.filter((code) => code === 'identity-unproved')).toHaveLength(1);
    const { createHash } = await import('node:crypto');
    const proved = await attempt(script, { checksum: `sha256:${createHash('sha256').update(one).digest('hex')}` });
    expectRight(proved);
    expect(proved.warnings).not.toContain('identity-unproved');
  });

  it('28 is no matter where one answer brought it all', async () => {
    const trial = await attempt((request) => honest(one, request, []), { connections: 1 });
    expectRight(trial);
    expect(trial.warnings).not.toContain('identity-unproved');
  });

  it.each([
    ['everywhere', two],
    ['only where two answers meet', changedIn(59_500, 60_500)],
  ])('28 and a server that sends little at a time, replaced %s between two answers', async (_, second) => {
    const script: Script = (request) => {
      const { from, end } = asked(request);
      const short = Math.min(end, from + 30_000);
      const bytes = request.count < 3 ? one : second;
      return partial(`bytes ${from}-${short - 1}/${SIZE}`, bytes.subarray(from, short), []);
    };
    expectRefused(await attempt(script, { connections: 1, ifChanged: 'fail' }), 'changed');
    expectRight(await attempt(script, { connections: 1 }), second);
  });

  it('28 and an answer that broke off, replaced only where the next one begins', async () => {
    const second = changedIn(19_500, 20_500);
    const script: Script = (request) => {
      if (request.count > 1) return honest(second, request, []);
      const [first] = honest(one, request, []);
      return [first as Step, { send: one.subarray(0, 20_000) }, { wait: 50 }, { end: true }];
    };
    const trial = await attempt(script, { connections: 1, ifChanged: 'fail' });
    // It broke off somewhere in what was sent; where that was all of it, the two versions met in the changed bytes.
    if (trial.ended === 'done') expect([one, second].some((version) => trial.file?.equals(version))).toBe(true);
    else expectRefused(trial, 'changed');
  });
});

describe('a weak ETag', () => {
  const weak = (version: number, day: number) => [
    `ETag: W/"v${version}"`,
    `Last-Modified: Fri, 0${day} Jan 2021 00:00:00 GMT`,
    'Date: Sat, 01 Jan 2022 00:00:00 GMT',
  ];

  async function resumed(second: Uint8Array, fields: readonly string[]) {
    let isHalting = true;
    const place = await placeWith((request) =>
      isHalting ? halting(one, request, 30_000, weak(1, 1)) : honest(second, request, fields),
    );
    await stopAt(place, 120_000);
    isHalting = false;
    const before = place.server.requests.length;
    return { place, requests: () => place.server.requests.slice(before) };
  }

  it('29 allows a resume once what is on disk has been compared', async () => {
    const { place, requests } = await resumed(one, weak(1, 1));
    await using _ = place;
    const trial = await place.run({ ifChanged: 'fail' });
    expectRight(trial);
    expect(trial.warnings).toContain('identity-unproved');
    expect(requests().every(({ headers }) => headers['if-range'] === undefined)).toBe(true);
    // Nothing of what was there is fetched again, but for the samples.
    const starts = requests().map(({ rangeStart }) => rangeStart);
    expect(starts).toContain(30_000);
  });

  it('29 the same, of other bytes: no mixture', async () => {
    const { place } = await resumed(two, weak(1, 1));
    await using _ = place;
    expectRefused(await place.run({ ifChanged: 'fail' }), 'changed');
    expectRight(await place.run(), two);
  });

  it.each([
    ['another date', weak(2, 2)],
    ['the same date', weak(2, 1)],
    ['no date', ['ETag: W/"v2"']],
  ])('29 another one, and %s: changed, without a byte being compared', async (_date, fields) => {
    // Of these bytes no sample would tell.
    const { place, requests } = await resumed(changedIn(1_500, 1_600), fields);
    await using _ = place;
    expectRefused(await place.run({ ifChanged: 'fail' }), 'changed');
    expect(requests()).toHaveLength(1);
  });

  it('30 of the compressed form is never met: who asks for identity gets the strong one, and asks on its condition', async () => {
    const { gzipSync } = await import('node:zlib');
    const compressed = gzipSync(one);
    // As nginx does it: ranges and a strong tag for the file as it is, neither for what is compressed on the way.
    const trial = await attempt((request) => {
      const accepted = request.headers['accept-encoding'] ?? '*';
      if (/^identity$/i.test(accepted)) return honest(one, request);
      return [
        {
          send: head('200 OK', [`Content-Length: ${compressed.length}`, 'Content-Encoding: gzip', 'ETag: W/"v1"']),
        },
        { send: compressed },
      ];
    });
    expectRight(trial);
    expect(trial.requests.length).toBeGreaterThan(1);
    expect(trial.requests.slice(1).every(({ headers }) => headers['if-range'] === '"v1"')).toBe(true);
    expect(trial.warnings).not.toContain('identity-unproved');
  });
});

describe('a redirect', () => {
  it('36 whose target is another one between two ranges: its validator is compared', async () => {
    let target = '/a';
    let uses = 0;
    const script: Script = (request) => {
      if (request.path === '/file.bin')
        return [{ send: head('302 Found', [`Location: ${target}`, 'Content-Length: 0']) }];
      if (request.path === '/b') return honest(two, request, tag(2));
      uses += 1;
      if (uses === 1) return honest(one, request, tag(1));
      target = '/b';
      return [{ send: head('410 Gone', ['Content-Length: 0']) }];
    };
    const trial = await attempt(script, { ifChanged: 'fail' });
    expectRefused(trial, 'changed');
    expect(trial.requests.map(({ path }) => path)).toContain('/b');
    target = '/a';
    uses = 0;
    expectRight(await attempt(script), two);
  });
});

describe('a proxy', () => {
  const via = ['Via: 1.1 varnish (Varnish/5.0)', 'X-Varnish: 32770', 'Age: 12', 'Accept-Ranges: bytes'];

  it('50 of a Varnish before 6.4, that answers 206 whatever If-Range says: the new version is seen by its ETag', async () => {
    const script: Script = (request) =>
      honest(request.count < 3 ? one : two, request, [...tag(request.count < 3 ? 1 : 2), ...via]);
    const refused = await attempt(script, { ifChanged: 'fail' });
    expectRefused(refused, 'changed');
    // Not by a comparison of bytes in the end, which would find it too.
    expect(refused.message).toContain('another ETag');
    expectRight(await attempt(script), two);
  });

  it('50 of a Varnish before 6.4, that still streams the old object and leaves the tag out of parts: by the comparison', async () => {
    const script: Script = (request) => honest(request.count < 3 ? one : two, request, via);
    expectRefused(await attempt(script, { ifChanged: 'fail' }), 'changed');
    expectRight(await attempt(script), two);
  });

  it('50 of a Varnish before 6.4, whose range reaches beyond what its object has: refused', async () => {
    const half = SIZE / 2;
    const script: Script = (request) => {
      const { from, end } = asked(request);
      if (from < half) return honest(one, request, [...tag(1), ...via]);
      // The object is not all there yet: it counts from what it has.
      return partial(`bytes ${from - half}-${end - half - 1}/${SIZE}`, one.subarray(from - half, end - half), [
        ...tag(1),
        ...via,
      ]);
    };
    expectRefused(await attempt(script), 'protocol');
  });
});
