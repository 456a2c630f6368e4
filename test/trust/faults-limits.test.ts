/** What is left of the sections F, G and I of the fault list. Each name begins with its number. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { someBytes } from '../support/fake-download.ts';
import { head, honest, type Script, type Step } from '../support/misbehaving-server.ts';
import { runCli } from '../support/spawn-cli.ts';
import { placeWith, runTrial } from '../support/trial.ts';

const bytes = someBytes(200_000);

describe('attempts', () => {
  it.each([400, 401, 403, 404, 405, 410, 418, 451, 501])('181 status %i is not tried again', async (status) => {
    await using place = await placeWith(() => [{ send: head(`${status} No`, ['Content-Length: 0']) }]);
    const trial = await place.run({ retries: 5 });
    expect([trial.ended, trial.file]).toEqual(['http-status', null]);
    // At most once more without a range.
    expect(place.server.requests.length).toBeLessThanOrEqual(2);
  });

  it.each([408, 425, 429, 502, 503, 504])('181, 183 status %i is tried again, so often as was said', async (status) => {
    await using place = await placeWith(() => [{ send: head(`${status} Wait`, ['Content-Length: 0']) }]);
    const trial = await place.run({ retries: 2 });
    expect([trial.ended, trial.file]).toEqual(['http-status', null]);
    expect(place.server.requests).toHaveLength(3);
  });

  it('182 a Retry-After of an hour ends the download, and says so', async () => {
    await using place = await placeWith(() => [
      { send: head('503 Later', ['Retry-After: 3600', 'Content-Length: 0']) },
    ]);
    const trial = await place.run({ retries: 5 });
    expect(trial.ended).toBe('http-status');
    expect(place.server.requests).toHaveLength(1);
  });

  it('183 progress refills the budget: a server that breaks off every time is got the better of', async () => {
    const breaking: Script = (request) => {
      const [first] = honest(bytes, request);
      const from = request.rangeStart ?? 0;
      return first ? [first, { send: bytes.subarray(from, from + 30_000) }, { wait: 5 }, { end: true }] : [];
    };
    await using place = await placeWith(breaking);
    const trial = await place.run({ retries: 1, connections: 1 });
    expect(trial.file && Buffer.compare(trial.file, bytes)).toBe(0);
  });

  it('184 429 lowers the connections', async () => {
    let refused = 0;
    await using place = await placeWith((request) => {
      if (request.count > 1 && refused < 3) {
        refused += 1;
        return [{ send: head('429 Too Many Requests', ['Content-Length: 0']) }];
      }
      return honest(bytes, request);
    });
    const trial = await place.run({ retries: 10 });
    expect(trial.warnings).toContain('push-back');
    expect(trial.file && Buffer.compare(trial.file, bytes)).toBe(0);
  });

  it('184 503 at first leaves no mark for good: later there are more connections again', {
    timeout: 60_000,
  }, async () => {
    const more = Promise.withResolvers<void>();
    await using place = await placeWith((request) => {
      if (request.count === 1) return [{ send: head('503 Later', ['Retry-After: 1', 'Content-Length: 0']) }];
      if (request.count > 2) more.resolve();
      const [first, body] = honest(bytes, request);
      // The second request is served until there is a third one.
      return first && body && request.count === 2 ? [first, { until: more.promise }, body] : honest(bytes, request);
    });
    const trial = await place.run({ connections: 16, timeoutMs: 50_000 });
    expect(trial.file && Buffer.compare(trial.file, bytes)).toBe(0);
    expect(place.server.requests.length).toBeGreaterThan(2);
  });

  it('182, 184 what a host asked one download for holds for the next one, if nobody is served', async () => {
    await using place = await placeWith((request) =>
      request.count === 1
        ? [{ send: head('503 Later', ['Retry-After: 2', 'Content-Length: 0']) }]
        : honest(bytes, request),
    );
    expect((await place.run({ retries: 0, output: 'one' })).ended).toBe('http-status');
    expect((await place.run({ retries: 0, connections: 1 })).ended).toBe('done');
    const [first, second] = place.server.requests;
    // A bound from below only: it may be asked later, never sooner.
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(2_000);
  });

  it('184 whoever waits for a host can be stopped', async () => {
    await using place = await placeWith(() => [{ send: head('503 Later', ['Retry-After: 200', 'Content-Length: 0']) }]);
    expect((await place.run({ retries: 0 })).ended).toBe('http-status');
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 20);
    expect((await place.run({ retries: 0, signal: stop.signal })).ended).toBe('interrupted');
    expect(place.server.requests).toHaveLength(1);
  });
});

describe('a name and a password', () => {
  const guarded: Script = (request) =>
    request.headers.authorization === `Basic ${Buffer.from('me:right@:é').toString('base64')}`
      ? honest(bytes, request)
      : [{ send: head('401 Unauthorized', ['WWW-Authenticate: Basic realm="a"', 'Content-Length: 0']) }];
  const withUser = (url: string, user: string) => url.replace('//', `//${user}@`);

  it('96 that are right are sent with each request: nothing is asked without them first', async () => {
    await using place = await placeWith(guarded);
    const trial = await runTrial(withUser(place.server.url, 'me:right%40%3A%C3%A9'), place.folder);
    expect([trial.ended, trial.file && Buffer.compare(trial.file, bytes)]).toEqual(['done', 0]);
    expect(place.server.requests.length).toBeGreaterThan(1);
    expect(place.server.requests.every(({ headers }) => headers.authorization?.startsWith('Basic '))).toBe(true);
  });

  it.each(['me:wrong', 'me', ':right'])('96 that are wrong, %s, are tried once', async (user) => {
    await using place = await placeWith(guarded);
    const trial = await runTrial(withUser(place.server.url, user), place.folder, { retries: 5 });
    expect([trial.ended, trial.file]).toEqual(['http-status', null]);
    expect(place.server.requests).toHaveLength(1);
    expect(await place.list()).toEqual([]);
  });

  it('96 that stop being right midway are tried once more at most, and the same command goes on with others', async () => {
    let accepted = 'me:old';
    await using place = await placeWith((request) => {
      if (request.headers.authorization !== `Basic ${Buffer.from(accepted).toString('base64')}`)
        return [{ send: head('401 Unauthorized', ['Content-Length: 0']) }];
      if (request.count > 1) return honest(bytes, request);
      accepted = 'me:new';
      const [first, body] = honest(bytes, request) as [Step, { send: Uint8Array }];
      return [first, { send: body.send.subarray(0, 50_000) }, { wait: 20 }, { end: true }];
    });
    const options = { retries: 5, connections: 1 };
    const trial = await runTrial(withUser(place.server.url, 'me:old'), place.folder, options);
    expect([trial.ended, trial.file]).toEqual(['http-status', null]);
    expect(place.server.requests).toHaveLength(2);
    const next = await runTrial(withUser(place.server.url, 'me:new'), place.folder, options);
    expect([next.ended, next.file && Buffer.compare(next.file, bytes)]).toEqual(['done', 0]);
    expect(place.server.requests[2]?.rangeStart).toBe(50_000);
  });
});

describe('names and texts', () => {
  it.each(['-rf', '--help', '-o', '-'])('188 a name that begins like an option, %s, is a name', async (name) => {
    await using place = await placeWith((request) => honest(bytes, request));
    for (const output of [name, `./${name}`]) {
      const trial = await place.run({ output });
      expect(trial.result?.path).toBe(join(place.folder, name));
      expect(Buffer.compare(await readFile(join(place.folder, name)), bytes)).toBe(0);
    }
  });

  it.each([
    ['-rf', (url: string) => [url, '-o', '-rf']],
    ['--help', (url: string) => [url, '--output=--help']],
    ['-rf', (url: string) => ['--', url, '-rf']],
    ['--version', (url: string) => ['-y', '--', url, '--version']],
  ])('188 a name that begins like an option, %s, is one on the command line', async (name, command) => {
    await using place = await placeWith((request) => honest(bytes, request));
    const { code, stderr } = await runCli(['-q', ...command(place.server.url)], { cwd: place.folder });
    expect([code, stderr]).toEqual([0, '']);
    expect(await readdir(place.folder)).toEqual([name]);
    expect(Buffer.compare(await readFile(join(place.folder, name)), bytes)).toBe(0);
  });

  it('191 no control sequence of a server reaches a terminal', async () => {
    const evil = '\u001b]0;evil\u0007\u001b[2J';
    await using place = await placeWith((request) =>
      honest(bytes, request, ['ETag: "v1"', `Content-Disposition: attachment; filename="${evil}.bin"`]),
    );
    const cli = fileURLToPath(new URL('../../bin/multidown.cjs', import.meta.url));
    const child = spawn(process.execPath, [cli, place.server.url, '--yes', '-v'], { cwd: place.folder });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (text += chunk));
    await new Promise((resolve) => child.on('close', resolve));
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    expect(text).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
    expect((await readdir(place.folder)).join()).not.toContain('\u001b');
  });
});

describe('many', () => {
  /** A thousand take a minute or two on a disk that is asked to sync. */
  const MANY = process.env.MULTIDOWN_TEST_DEEP === '1' ? 1_000 : 100;
  const BAD = MANY / 2;

  it(`187, 194 ${MANY} at once, a bad one among them: all the others are right, and nothing is left open`, async () => {
    const small = (index: number) => bytes.subarray(index, index + 3_000);
    const before = process.getActiveResourcesInfo().filter((name) => name !== 'Immediate').length;
    await using place = await placeWith((request) => {
      const index = Number(/\d+$/.exec(request.path)?.[0]);
      return index === BAD
        ? [{ send: head('404 Not Found', ['Content-Length: 0']) }]
        : honest(small(index), request, [`ETag: "${index}"`]);
    });
    let most = 0;
    const looking = setInterval(() => {
      most = Math.max(most, place.server.open);
    }, 5);
    const base = place.server.url.replace('/file.bin', '');
    const trials = await Promise.all(
      Array.from({ length: MANY }, (_, index) =>
        runTrial(`${base}/file-${index}`, place.folder, {
          output: `file-${index}`,
          connections: 'auto',
          minSplit: null,
          timeoutMs: 50_000,
        }),
      ),
    );
    clearInterval(looking);
    const wanted = Array.from({ length: MANY }, (_, index) => (index === BAD ? 'http-status' : 'done'));
    expect(trials.map(({ ended }) => ended)).toEqual(wanted);
    // Each has its own, as long as the host has places, and besides perhaps one that rests until it is closed.
    expect(most).toBeLessThanOrEqual(2 * Math.min(MANY, 256));
    for (let index = 0; index < MANY; index += 1) {
      if (index === BAD) continue;
      expect(Buffer.compare(await readFile(join(place.folder, `file-${index}`)), small(index))).toBe(0);
    }
    expect(await readdir(place.folder)).toHaveLength(MANY - 1);
    await place.server.idle();
    await new Promise((resolve) => setImmediate(resolve));
    expect(process.getActiveResourcesInfo().filter((name) => name !== 'Immediate').length).toBeLessThanOrEqual(
      before + 2,
    );
  }, 600_000);
});

describe('a digest', () => {
  const right = createHash('sha256').update(bytes).digest();
  const wrong = createHash('sha256').update('other').digest();

  it.each([
    ['Repr-Digest', 'sha-256=:%:'],
    ['Digest', 'SHA-256=%'],
  ])('179 that the server promises by %s is asked for and checked', async (name, form) => {
    const field = (of: Buffer) => `${name}: ${form.replace('%', of.toString('base64'))}`;
    await using good = await placeWith((request) => honest(bytes, request, ['ETag: "v1"', field(right)]));
    const trial = await good.run();
    expect(trial.result).toMatchObject({ verified: ['sha256'], digests: { sha256: right.toString('hex') } });
    expect(good.server.requests[0]?.headers['want-repr-digest']).toBe('sha-256=10, sha-512=9');
    await using bad = await placeWith((request) => honest(bytes, request, ['ETag: "v1"', field(wrong)]));
    const refused = await bad.run();
    expect([refused.ended, refused.file]).toEqual(['digest-mismatch', null]);
  });

  it.each([
    ['Content-MD5', 'md5', '%'],
    ['Content-Digest', 'sha512', 'sha-512=:%:'],
  ])('179 of the whole file in its one answer, by %s, is checked', async (name, algorithm, form) => {
    const script =
      (of: Uint8Array): Script =>
      () => {
        const digest = createHash(algorithm).update(of).digest('base64');
        return [
          { send: head('200 OK', [`Content-Length: ${bytes.length}`, `${name}: ${form.replace('%', digest)}`]) },
          { send: bytes },
        ];
      };
    await using good = await placeWith(script(bytes));
    const trial = await good.run();
    expect(trial.result).toMatchObject({
      verified: [algorithm],
      digests: { [algorithm]: createHash(algorithm).update(bytes).digest('hex') },
    });
    await using bad = await placeWith(script(new Uint8Array(3)));
    const refused = await bad.run();
    expect([refused.ended, refused.file]).toEqual(['digest-mismatch', null]);
    expect(await bad.list()).toContain(join('file.bin.multidown', 'data.rejected'));
  });

  it.each([
    ['file.bin.sha256', 'sha256'],
    ['SHA256SUMS', 'sha256'],
    ['file.bin.sha512', 'sha512'],
    ['SHA512SUMS', 'sha512'],
    ['file.bin.sha1', 'sha1'],
    ['file.bin.md5', 'md5'],
  ])('179 in %s beside the file is found and checked', async (beside, algorithm) => {
    const line = (of: string | Uint8Array) => `${createHash(algorithm).update(of).digest('hex')}  file.bin\n`;
    let text = line(bytes);
    const script: Script = (request) => {
      if (request.path === '/file.bin') return honest(bytes, request);
      if (request.path !== `/${beside}`) return [{ send: head('404 Not Found', ['Content-Length: 0']) }];
      return [{ send: head('200 OK', [`Content-Length: ${text.length}`]) }, { send: text }];
    };
    await using place = await placeWith(script);
    expect((await place.run({ checksum: 'auto' })).result?.verified).toEqual([algorithm]);
    text = line('other');
    await using other = await placeWith(script);
    const refused = await other.run({ checksum: 'auto' });
    expect([refused.ended, refused.file]).toEqual(['digest-mismatch', null]);
    text = 'x'.repeat(2_000_000);
    await using endless = await placeWith(script);
    const trial = await endless.run({ checksum: 'auto' });
    expect([trial.ended, trial.warnings.includes('checksum-not-found')]).toEqual(['done', true]);
  });

  it.each([
    [
      'the address that was given, where that of a store follows',
      '/file.bin',
      '/store/8f3e?sign=1',
      '/file.bin.sha256',
    ],
    ['the address it leads to', '/latest', '/isos/file.bin', '/isos/SHA256SUMS'],
    ['neither', '/file.bin', '/store/file.bin', null],
    ['nothing, and leads nowhere else', '/file.bin', '/file.bin', null],
  ])('179 beside %s is found and checked', async (_, given, final, sums) => {
    const text = `${createHash('sha256').update(bytes).digest('hex')}  file.bin\n`;
    const script: Script = (request) => {
      if (request.path === final) return honest(bytes, request);
      if (request.path === given) return [{ send: head('302 Found', [`Location: ${final}`, 'Content-Length: 0']) }];
      if (request.path !== sums) return [{ send: head('404 Not Found', ['Content-Length: 0']) }];
      return [{ send: head('200 OK', [`Content-Length: ${text.length}`]) }, { send: text }];
    };
    await using place = await placeWith(script);
    const { result, warnings } = await runTrial(new URL(given, place.server.url).href, place.folder, {
      checksum: 'auto',
    });
    expect(result?.verified).toEqual(sums === null ? [] : ['sha256']);
    expect(warnings.includes('checksum-not-found')).toBe(sums === null);
    const asked = place.server.requests.map(({ path }) => path);
    // Never twice for the same.
    const beside = asked.filter((path) => path !== given && path !== final);
    expect(new Set(beside).size).toBe(beside.length);
  });

  it('179 beside the file is what a file that is to stay is compared with', async () => {
    let text: string | null = `${createHash('sha256').update(bytes).digest('hex')}  file.bin\n`;
    const script: Script = (request) =>
      request.path === '/file.bin.sha256' && text !== null
        ? [{ send: head('200 OK', [`Content-Length: ${text.length}`]) }, { send: text }]
        : [{ send: head('404 Not Found', ['Content-Length: 0']) }];
    await using place = await placeWith(script);
    const path = join(place.folder, 'file.bin');
    const run = () => place.run({ checksum: 'auto', ifExists: 'skip' });
    await writeFile(path, bytes);
    expect((await run()).result).toMatchObject({ skipped: true, verified: ['sha256'] });
    await writeFile(path, 'corrupted');
    expect(await run()).toMatchObject({ ended: 'digest-mismatch', warnings: [] });
    text = null;
    expect(await run()).toMatchObject({ ended: 'done', warnings: ['checksum-not-found'], result: { verified: [] } });
    expect([await readFile(path, 'utf8'), await place.list()]).toEqual(['corrupted', ['file.bin']]);
  });

  /** Each part with its digest; the bytes from 100,000 on are spoilt on the way, so often. */
  const withPartDigests = (spoilt: number, told = (part: Uint8Array): Uint8Array => part): Script => {
    let left = spoilt;
    return (request) => {
      const [, answer] = honest(bytes, request);
      const part = answer && 'send' in answer ? (answer.send as Uint8Array) : new Uint8Array();
      const of = createHash('sha256').update(told(part)).digest('base64');
      const [start = answer, body = answer] = honest(bytes, request, ['ETag: "v1"', `Content-Digest: sha-256=:${of}:`]);
      const from = request.rangeStart ?? 0;
      const at = 100_000 - from;
      // The first answer is cut where the second one begins.
      if (left === 0 || from === 0 || at < 0 || at >= part.length || !start || !body)
        return start && body ? [start, body] : [];
      left -= 1;
      const other = Uint8Array.from(part);
      other[at] = (other[at] ?? 0) ^ 1;
      return [start, { send: other }];
    };
  };

  it('179 of a part that does not match: only that part is fetched again', async () => {
    await using place = await placeWith(withPartDigests(1));
    const trial = await place.run({ connections: 4, minSplit: 50_000 });
    expect([trial.ended, trial.warnings.includes('range-damaged')]).toEqual(['done', true]);
    expect(trial.file && Buffer.compare(trial.file, bytes)).toBe(0);
    const again = place.server.requests.at(-1);
    expect(again?.headers.range).toMatch(/^bytes=100000-(1\d\d\d\d\d)$/);
  });

  it('179 of a part that never matches: nothing is published', async () => {
    await using place = await placeWith(withPartDigests(Number.POSITIVE_INFINITY));
    const trial = await place.run({ connections: 4, minSplit: 50_000 });
    expect([trial.ended, trial.file]).toEqual(['digest-mismatch', null]);
    expect(trial.message).toMatch(/also after they were fetched again\. Nothing was published/);
    // At first, and twice more.
    expect(trial.warnings.filter((code) => code === 'range-damaged')).toHaveLength(2);
  });

  it('179 of the whole file that a server sends with each part is believed of the whole file only', async () => {
    await using place = await placeWith(withPartDigests(0, () => bytes));
    const trial = await place.run({ connections: 4, minSplit: 50_000 });
    expect([trial.ended, trial.warnings]).toEqual(['done', []]);
  });

  it('179 of a part counts for less than that of the whole which the user gave', async () => {
    await using place = await placeWith(withPartDigests(0, () => new Uint8Array(3)));
    const checksum = `sha256:${right.toString('hex')}`;
    expect((await place.run({ checksum, connections: 4, minSplit: 50_000 })).ended).toBe('done');
  });

  it('179 is told of every file, also where nothing was to be compared', async () => {
    await using place = await placeWith((request) => honest(bytes, request));
    expect((await place.run()).result).toMatchObject({ digests: { sha256: right.toString('hex') }, verified: [] });
  });

  it('180 of a file that came in many parts and several runs is that of the file', async () => {
    let isHalting = true;
    await using place = await placeWith((request) => {
      const [first, body] = honest(bytes, request);
      return isHalting && first && body && 'send' in body
        ? [first, { send: (body.send as Uint8Array).subarray(0, 20_000) }, { wait: null }]
        : honest(bytes, request);
    });
    const stop = new AbortController();
    const checksum = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    const stopped = await place.run({
      checksum,
      signal: stop.signal,
      attach: (actor) =>
        void actor.on('progress', ({ bytes: arrived }) => {
          if (arrived > 50_000) stop.abort();
        }),
    });
    expect(stopped.ended).toBe('interrupted');
    isHalting = false;
    expect((await place.run({ checksum, connections: 7 })).ended).toBe('done');
  });
});

describe('time', () => {
  it('138 is asked of a clock that nobody sets: only dates come from the other one', async () => {
    const root = fileURLToPath(new URL('../../src', import.meta.url));
    const users: string[] = [];
    for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !/\.tsx?$/.test(entry.name)) continue;
      const path = join(entry.parentPath, entry.name);
      if (/\bDate\.now\(|new Date\(\)/.test(await readFile(path, 'utf8'))) users.push(path.slice(root.length + 1));
    }
    // Retry-After and the start of a download are dates; so is what a log, a line of JSON, the screen or the window says.
    const allowed =
      /^adapters\/(?:clock\/system-clock|http\/source|json-lines\/|log\/|storage\/boot-id|terminal\/screen|window\/)/;
    expect(users.filter((path) => !allowed.test(path))).toEqual([]);
  });
});

describe('the package', () => {
  it('195 pins its packages, and runs no script of theirs that nobody has allowed', async () => {
    const root = fileURLToPath(new URL('../..', import.meta.url));
    const own = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
    const lock = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8'));
    const scripted = Object.entries<{ hasInstallScript?: boolean }>(lock.packages).filter(
      ([, one]) => one.hasInstallScript,
    );
    const allowed = Object.keys(own.allowScripts);
    for (const [path] of scripted.filter(([path]) => path !== '')) {
      const name = path.split('node_modules/').at(-1) ?? '';
      expect([...allowed, 'fsevents']).toContain(name);
    }
    expect(
      Object.values<{ resolved?: string; integrity?: string; link?: boolean }>(lock.packages).every(
        ({ resolved, integrity }) => resolved === undefined || integrity !== undefined,
      ),
    ).toBe(true);
    expect(Number(lock.packages['node_modules/undici'].version.split('.')[0])).toBeGreaterThanOrEqual(8);
  });
});
