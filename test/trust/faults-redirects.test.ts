/** Sections C and D of the fault list, as far as a whole download shows them. Each name begins with its number. */
import { describe, expect, it } from 'vitest';
import { DownloadError } from '../../src/download-error.ts';
import { openDownload } from '../../src/open-download.ts';
import { someBytes } from '../support/fake-download.ts';
import { head, honest, type Script } from '../support/misbehaving-server.ts';
import { placeWith } from '../support/trial.ts';

const bytes = someBytes(50_000);

const to = (location: string, status = '302 Found') => [
  { send: head(status, [`Location: ${location}`, 'Content-Length: 0']) },
];

/** Goes on from one place to the next, by path. */
const chain =
  (places: Readonly<Record<string, string>>): Script =>
  (request) => {
    const next = places[request.path];
    return next === undefined ? honest(bytes, request) : to(next);
  };

describe('a chain of redirects', () => {
  it.each([
    ['to itself', { '/file.bin': '/file.bin' }],
    ['in a circle', { '/file.bin': '/a', '/a': '/b', '/b': '/file.bin' }],
  ])('78 %s ends in bounded time', async (_, places) => {
    await using place = await placeWith(chain(places));
    const trial = await place.run({ retries: 0 });
    expect([trial.ended, trial.file]).toEqual(['too-many-redirects', null]);
    expect(place.server.requests.length).toBeLessThan(13);
  });

  it('78 of fifty steps is given up after ten, and says how many that were', async () => {
    await using place = await placeWith((request) => {
      const step = Number(/\d+$/.exec(request.path)?.[0] ?? 0);
      return step < 50 ? to(`/${step + 1}`) : honest(bytes, request);
    });
    const trial = await place.run({ retries: 5 });
    expect([trial.ended, trial.message]).toEqual(['too-many-redirects', 'The server redirects more than 10 times.']);
    expect(place.server.requests).toHaveLength(11);
  });

  it('78 whose query grows for ever ends in bounded time', async () => {
    await using place = await placeWith((request) =>
      to(`${request.path}${request.path.includes('?') ? '&' : '?'}again=1`),
    );
    expect((await place.run({ retries: 0 })).ended).toBe('too-many-redirects');
    expect(place.server.requests.length).toBeLessThan(13);
  });

  it('82 with an endless body before it goes on: the body is not drained', async () => {
    await using place = await placeWith((request) =>
      request.path === '/file.bin'
        ? [
            { send: head('302 Found', ['Location: /there', 'Content-Length: 1000000000']) },
            { send: Buffer.alloc(100_000_000), every: 64 * 1024 },
          ]
        : honest(bytes, request),
    );
    const trial = await place.run({ timeoutMs: 3_000 });
    expect(trial.file && Buffer.compare(trial.file, bytes)).toBe(0);
    // What the system takes before anybody reads, and not what there would be.
    expect(place.server.bytesWritten).toBeLessThan(20_000_000);
  });
});

describe('what is put into a request', () => {
  it.each([
    ['CR and LF in a value', { 'X-A': 'a\r\nX-Evil: yes' }],
    ['LF in a value', { 'X-A': 'a\nX-Evil: yes' }],
    ['NUL in a value', { 'X-A': 'a\0b' }],
    ['a name with a space', { 'X A': 'b' }],
    ['a name with CR and LF', { 'X-A\r\nX-Evil': 'b' }],
  ])('86 %s is refused before anything is sent', async (_, headers) => {
    await using place = await placeWith((request) => honest(bytes, request));
    let code = 'done';
    try {
      code = (await place.run({ headers: headers as unknown as Record<string, string>, retries: 0 })).ended;
    } catch (error) {
      code = error instanceof DownloadError ? error.code : 'threw';
    }
    expect(code).not.toBe('done');
    expect(place.server.requests.every(({ fields }) => !fields.includes('X-Evil'))).toBe(true);
    expect(place.server.requests).toHaveLength(0);
  });

  it.each([
    'http://h/a\r\nHost: evil',
    'http://h\0/a',
    'file:///etc/passwd',
    'ftp://h/a',
    'javascript:alert(1)',
    'data:,a',
  ])('79, 86 the address %j is refused at once', (url) => {
    expect(() => openDownload(url, { output: 'a' })).toThrow(DownloadError);
  });

  it('103 a connection of one download is never used by another', async () => {
    await using place = await placeWith((request) => honest(bytes, request));
    await Promise.all(
      ['one', 'two'].map((name) =>
        place.run({ output: name, connections: 2, headers: { Authorization: `Bearer ${name}` } }),
      ),
    );
    const users = new Map<number, Set<string>>();
    for (const { connection, headers } of place.server.requests) {
      users.set(connection, (users.get(connection) ?? new Set()).add(headers.authorization ?? ''));
    }
    expect([...users.values()].every((names) => names.size === 1)).toBe(true);
    expect(new Set([...users.values()].flatMap((names) => [...names])).size).toBe(2);
  });
});
