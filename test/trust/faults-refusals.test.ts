/** Section A of the fault list: servers that refuse some of what is asked. Each name begins with its number. */
import { describe, expect, it } from 'vitest';
import type { OpenDownloadOptions } from '../../src/open-download.ts';
import { head, honest, type Script, type Step } from '../support/misbehaving-server.ts';
import { attempt, expectRefused, expectRight, one, whole } from './one-file.ts';

const bare = (status: string, fields: readonly string[] = []): Step[] => [
  { send: head(status, ['Content-Length: 0', ...fields]) },
];
const statuses = ['401 Unauthorized', '403 Forbidden', '404 Not Found', '410 Gone'];
/** The first bytes at once, the rest when that has come about. */
const slowly = (steps: readonly Step[], until: Promise<unknown>): Step[] => {
  const [first, body] = steps as [Step, { send: Uint8Array }];
  return [first, { send: body.send.subarray(0, 1_000) }, { until }, { send: body.send.subarray(1_000) }];
};

/** What comes about when the download has said that it goes on over one connection. */
function untilTold() {
  const { promise, resolve } = Promise.withResolvers<void>();
  const attach: OpenDownloadOptions['attach'] = (actor) =>
    void actor.on('warning', ({ code }) => {
      if (code === 'single-connection') resolve();
    });
  return { told: promise, attach };
}

describe('a URL that works once, and honours ranges', () => {
  it.each(statuses)('38 others are answered %s: the first answer goes on to the end', async (status) => {
    const { told, attach } = untilTold();
    const trial = await attempt(
      (request) => (request.count === 1 ? slowly(honest(one, request), told) : bare(status)),
      { attach },
    );
    expectRight(trial);
    // What the others were to fetch came with the first answer; that was told once.
    expect(trial.requests.filter(({ rangeStart }) => rangeStart === 0)).toHaveLength(1);
    expect(trial.requests.length).toBeLessThanOrEqual(4);
    expect(trial.warnings.filter((code) => code === 'single-connection')).toHaveLength(1);
  });

  it('38 two are served, and no third one: each goes on, and what nobody got is asked for again', async () => {
    const { told, attach } = untilTold();
    let isRefusing = true;
    void told.then(() => {
      isRefusing = false;
    });
    const trial = await attempt(
      (request) => {
        if (request.count <= 2) return slowly(honest(one, request), told);
        return isRefusing ? bare('403 Forbidden') : honest(one, request);
      },
      { attach },
    );
    expectRight(trial);
    expect(trial.warnings).toContain('single-connection');
  });

  it('38 and its one answer breaks off: a failure, and what has come is kept', async () => {
    const { told, attach } = untilTold();
    const trial = await attempt(
      (request) => {
        if (request.count > 1) return bare('410 Gone');
        const [first] = honest(one, request);
        return [first as Step, { send: one.subarray(0, 40_000) }, { until: told }, { end: true }];
      },
      { attach },
    );
    expectRefused(trial, 'http-status');
    expect(trial.warnings).toContain('single-connection');
    expect(trial.events.at(-1)).toMatchObject({ type: 'failed', resumable: true, status: 410 });
  });

  it('38 nobody else is served: a refusal is a failure', async () => {
    const trial = await attempt((request) =>
      request.count === 1 ? [...honest(one, request).slice(0, 1), { end: true }] : bare('403 Forbidden'),
    );
    expectRefused(trial, 'http-status');
  });
});

describe('416 to one part', () => {
  /** Apache and lighttpd do not say how long the file is. */
  const script =
    (at: number, bytes: Uint8Array, fields: readonly string[]): Script =>
    (request) => {
      if (request.count < at) return honest(one, request);
      if (request.rangeStart === null) return whole(bytes, fields);
      return request.rangeStart < bytes.length ? honest(bytes, request, fields) : bare('416 Range Not Satisfiable');
    };
  const short = one.slice(0, 30_000);

  it.each([2, 3])('15, 25 without a size, of a file that has shrunk, seen by request %i', async (at) => {
    expectRight(await attempt(script(at, short, ['ETag: "v2"'])), short);
    expectRight(await attempt(script(at, short, [])), short);
    const trial = await attempt(script(at, short, ['ETag: "v2"']), { ifChanged: 'fail' });
    expectRefused(trial, 'changed');
  });

  it('15 without a size, of a file that is as it was: fetched whole, over one connection', async () => {
    const trial = await attempt(
      (request) => {
        if (request.rangeStart === null) return whole(one);
        return request.rangeStart === 0 ? honest(one, request) : bare('416 Range Not Satisfiable');
      },
      { ifChanged: 'fail' },
    );
    expectRight(trial);
    expect(trial.requests.length).toBeLessThan(10);
  });
});

describe('a signed address that runs out', () => {
  it.each(['400 Bad Request', '401 Unauthorized', '403 Forbidden', '404 Not Found', '410 Gone'])(
    '37 under four connections at once, answered %s: each goes on with the new one',
    async (status) => {
      let signature = 1;
      let isOut = false;
      let refusals = 0;
      const { promise: refused, resolve } = Promise.withResolvers<void>();
      const trial = await attempt((request) => {
        if (request.path === '/file.bin') return bare('302 Found', [`Location: /signed-${signature}`]);
        if (request.path === '/signed-1' && isOut) {
          refusals += 1;
          if (refusals === 2) resolve();
          return bare(status);
        }
        if (request.path !== '/signed-1') return honest(one, request);
        // The first answer breaks off when two more have been asked for at once, neither of which is served.
        isOut = true;
        signature = 2;
        return [...slowly(honest(one, request), refused).slice(0, 3), { end: true }];
      });
      expectRight(trial);
      expect(trial.requests.filter(({ path }) => path === '/signed-2').length).toBeGreaterThanOrEqual(3);
    },
  );
});
