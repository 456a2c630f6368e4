import { spawnSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterEach, describe, expect, it } from 'vitest';
import { parsePageMessage } from '../../../src/adapters/window/page-message.ts';
import { Session } from '../../../src/adapters/window/session.ts';
import { judgeStart } from '../../../src/adapters/window/start-request.ts';
import { rawExchange, rawRequest } from '../../support/raw-http.ts';
import { makeTempDir } from '../../support/temp-dir.ts';
import { openTestPage, startTestWindow, type TestWindow, upgradeHeaders } from '../../support/window-server.ts';

/** The numbers are those of the list of faults, section H. What needs a browser is in window-security.test.ts. */

const cleanUps: AsyncDisposable[] = [];
const kept = <One extends AsyncDisposable>(one: One): One => {
  cleanUps.push(one);
  return one;
};
afterEach(async () => {
  for (const one of cleanUps.splice(0).reverse()) await one[Symbol.asyncDispose]();
});

const get = ({ port }: TestWindow, headers: readonly string[], target = '/') =>
  rawRequest(port, { target, headers: [...headers, 'Connection: close'] });
const hostOf = ({ port }: TestWindow) => `Host: 127.0.0.1:${port}`;

const form = {
  url: 'https://example.org/a',
  folder: null,
  name: null,
  connections: null,
  checksum: null,
  rateLimit: null,
};

describe('who can reach it', () => {
  it('151. listens on 127.0.0.1 only', async () => {
    const window = kept(await startTestWindow());
    const others = Object.values(networkInterfaces())
      .flatMap((list) => list ?? [])
      .filter(({ internal, family }) => !internal && family === 'IPv4');
    // 127.0.0.2 is this machine too, and would answer if it listened everywhere.
    const addresses = ['127.0.0.2', ...others.map(({ address }) => address)];
    if (process.platform !== 'linux') addresses.shift();
    for (const address of addresses) await expect(tryConnect(window.port, address)).resolves.toBe('refused');
    await expect(tryConnect(window.port, '127.0.0.1')).resolves.toBe('open');
  });

  it('152. makes a token of 256 random bits for each start', () => {
    const tokens = Array.from({ length: 50 }, () => new Session().token);
    expect(new Set(tokens).size).toBe(50);
    for (const token of tokens) expect(Buffer.from(token, 'base64url')).toHaveLength(32);
  });

  it('153. takes the token once; it stands behind the number sign, in no answer', async () => {
    const window = kept(await startTestWindow());
    expect(window.url).toBe(`http://127.0.0.1:${window.port}/#${window.token}`);
    const first = await window.post();
    expect(first.status).toBe(204);
    expect(first.head).not.toContain(window.token);
    const second = await window.post();
    expect(second.status).toBe(401);
    expect(second.headers['set-cookie']).toBeUndefined();
    // Whoever has it is told why; whoever guesses is told nothing.
    expect(second.body).toBe('used');
  });

  it('154. makes whoever guesses wait after 20 wrong tries a minute', () => {
    let now = 0;
    const session = new Session(() => now);
    for (let count = 0; count < 20; count++) expect(session.exchange('x'.repeat(43), 1).kind).toBe('refused');
    expect(session.exchange(session.token, 1).kind).toBe('wait');
    now += 59_000;
    expect(session.exchange(session.token, 1).kind).toBe('wait');
    now += 1_001;
    expect(session.exchange(session.token, 1).kind).toBe('granted');
  });

  it('154. tells the one who guesses so', async () => {
    const window = kept(await startTestWindow());
    const answers = await Promise.all(Array.from({ length: 21 }, () => window.post({ body: '{"token":"no"}' })));
    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses).toEqual([...Array.from({ length: 20 }, () => 401), 429]);
    expect(answers.find(({ status }) => status === 429)?.headers['retry-after']).toBe('60');
  });

  it.each(['', 'multidown-PORT=', 'multidown-PORT=wrong', 'other=SECRET', 'multidown-1=SECRET'])(
    '155. gives nothing but the empty page to cookie %j',
    async (given) => {
      const window = kept(await startTestWindow());
      const secret = (await window.signIn()).split('=')[1] ?? '';
      const cookie = given.replace('PORT', String(window.port)).replace('SECRET', secret);
      const answer = await rawExchange(
        window.port,
        `GET /stream HTTP/1.1\r\n${upgradeHeaders(window.port, cookie).join('\r\n')}\r\n\r\n`,
      );
      expect(answer).toMatch(/^HTTP\/1\.1 401 /);
      for (const path of [
        '/stream',
        '/state',
        '/downloads',
        '/events',
        '/session',
        '/file',
        '/assets/../package.json',
        '//',
      ])
        expect((await get(window, [hostOf(window)], path)).status).toBeGreaterThanOrEqual(404);
    },
  );

  it('155. lets the cookie in', async () => {
    const window = kept(await startTestWindow());
    const page = kept(await openTestPage(window, await window.signIn()));
    await page.heard(({ type }) => type === 'welcome');
  });

  const hosts = (port: number): readonly (readonly string[])[] => [
    [],
    ['Host: '],
    ['Host: 127.0.0.1'],
    [`Host: 127.0.0.1.:${port}`],
    [`Host: LOCALHOST:${port}`],
    [`Host: localhost.:${port}`],
    [`Host: 127.0.0.1.nip.io:${port}`],
    [`Host: 127.1:${port}`],
    [`Host: 0.0.0.0:${port}`],
    [`Host: evil.example:${port}`],
    [`Host: 127.0.0.1:${port + 1}`],
    [`Host: user@127.0.0.1:${port}`],
    [`Host: 127.0.0.1:${port}`, 'Host: evil.example'],
  ];

  it('156. answers to its own names only, before anything else', async () => {
    const window = kept(await startTestWindow());
    const cookie = await window.signIn();
    for (const headers of hosts(window.port)) {
      const { status, body } = await get(window, headers);
      expect([400, 421], String(headers)).toContain(status);
      expect(body).not.toContain('doctype');
      const lines = [...headers, ...upgradeHeaders(window.port, cookie).filter((line) => !line.startsWith('Host'))];
      const upgrade = await rawExchange(window.port, `GET /stream HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
      expect(upgrade, String(headers)).toMatch(/^HTTP\/1\.1 4(00|21) /);
    }
    for (const target of [`http://127.0.0.1:${window.port}/`, 'http://evil.example/', '*', 'evil.example:80']) {
      const { status, body } = await get(window, [hostOf(window)], target);
      expect([400, 421], target).toContain(status);
      expect(body).not.toContain('doctype');
    }
    for (const name of ['127.0.0.1', 'localhost', '[::1]'])
      expect((await get(window, [`Host: ${name}:${window.port}`])).status).toBe(200);
  });

  it('157. does not believe forwarded names', async () => {
    const window = kept(await startTestWindow());
    const own = `127.0.0.1:${window.port}`;
    const forwarded = [`X-Forwarded-Host: ${own}`, `Forwarded: host=${own}`, 'X-Real-IP: 127.0.0.1', `X-Host: ${own}`];
    expect((await get(window, ['Host: evil.example', ...forwarded])).status).toBe(421);
    const foreign = ['X-Forwarded-Host: evil.example', 'Forwarded: host=evil.example', 'X-Forwarded-Proto: https'];
    expect((await get(window, [hostOf(window), ...foreign])).status).toBe(200);
  });

  it.each([
    'null',
    'http://evil.example',
    'https://127.0.0.1:PORT',
    'http://localhost:PORT',
    'http://127.0.0.1:1',
    'file://',
  ])('159. refuses the origin %s, with no word of CORS', async (text) => {
    const window = kept(await startTestWindow());
    const origin = `Origin: ${text.replace('PORT', String(window.port))}`;
    const post = await window.post({ headers: [origin] });
    expect(post.status).toBe(403);
    const read = await get(window, [hostOf(window), origin]);
    expect(read.status).toBe(403);
    const cookie = await window.signIn();
    const lines = upgradeHeaders(window.port, cookie, [origin]);
    const upgrade = await rawExchange(window.port, `GET /stream HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
    expect(upgrade).toMatch(/^HTTP\/1\.1 403 /);
    for (const head of [post.head, read.head, upgrade]) expect(head).not.toMatch(/access-control/i);
  });

  it('159. refuses what writes or streams without an origin, and every preflight', async () => {
    const window = kept(await startTestWindow());
    expect((await window.post({ without: ['Origin'] })).status).toBe(403);
    const cookie = await window.signIn();
    const lines = upgradeHeaders(window.port, cookie, ['Origin: -']);
    expect(await rawExchange(window.port, `GET /stream HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`)).toMatch(
      /^HTTP\/1\.1 403 /,
    );
    for (const target of ['/', '/session', '/stream']) {
      const preflight = await window.post({
        method: 'OPTIONS',
        target,
        headers: ['Origin: http://evil.example', 'Access-Control-Request-Method: POST'],
      });
      expect(preflight.status).toBe(403);
      expect(preflight.head).not.toMatch(/access-control/i);
      expect((await window.post({ method: 'OPTIONS', target })).status).toBe(405);
    }
  });

  it.each(['cross-site', 'same-site', 'something'])('160. refuses Sec-Fetch-Site: %s', async (site) => {
    const window = kept(await startTestWindow());
    const line = `Sec-Fetch-Site: ${site}`;
    expect((await window.post({ headers: [line] })).status).toBe(403);
    expect((await get(window, [hostOf(window), line], '/assets/a.js')).status).toBe(403);
    expect((await get(window, [hostOf(window), line])).status).toBe(403);
    for (const dest of ['iframe', 'object', 'embed']) {
      const lines = [hostOf(window), line, 'Sec-Fetch-Mode: navigate', `Sec-Fetch-Dest: ${dest}`];
      expect((await get(window, lines)).status).toBe(403);
    }
    const cookie = await window.signIn();
    const lines = upgradeHeaders(window.port, cookie, [line]);
    expect(await rawExchange(window.port, `GET /stream HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`)).toMatch(
      /^HTTP\/1\.1 403 /,
    );
    // The empty page in a tab of its own: by a link in a terminal that runs in a browser.
    const link = [hostOf(window), line, 'Sec-Fetch-Mode: navigate', 'Sec-Fetch-Dest: document'];
    expect((await get(window, link)).status).toBe(200);
    expect((await get(window, link, '/assets/a.js')).status).toBe(403);
  });

  it('161. gives a strict cookie with a name of its own, and wants a header with writes', async () => {
    const window = kept(await startTestWindow());
    expect((await window.post({ without: ['X-Multidown'] })).status).toBe(403);
    expect((await window.post({ headers: ['X-Multidown: other'] })).status).toBe(403);
    const { headers } = await window.post();
    const cookie = new RegExp(`^multidown-${window.port}=[\\w-]{43}; Path=/; HttpOnly; SameSite=Strict$`);
    expect(headers['set-cookie']).toMatch(cookie);
  });

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/json-seq',
    '',
  ])('162. refuses a body of type %j', async (type) => {
    const window = kept(await startTestWindow());
    const answer = await window.post(
      type === '' ? { without: ['Content-Type'] } : { headers: [`Content-Type: ${type}`] },
    );
    expect(answer.status).toBe(415);
    expect((await window.post()).status).toBe(204);
  });

  it('163. changes nothing by GET', async () => {
    const window = kept(await startTestWindow());
    const { token } = window;
    for (const target of ['/session', `/session?token=${token}`, `/?token=${token}`, `/start?url=http://x/`, '/stop'])
      expect((await get(window, [hostOf(window)], target)).status).toBeGreaterThanOrEqual(404);
    // The token is as good as before.
    expect((await window.post()).status).toBe(204);
  });

  it('164. hands its token to nobody', async () => {
    const window = kept(await startTestWindow());
    for (const target of ['/', '/token', '/handshake', '/session', '/assets/a.js', '/config.json', '/stream']) {
      const answer = await get(window, [hostOf(window)], target);
      expect(`${answer.head}${answer.body}`).not.toContain(window.token);
      expect(answer.headers['set-cookie']).toBeUndefined();
    }
  });

  it('165. sends the strict headers with every answer', async () => {
    const window = kept(await startTestWindow());
    const answers = [
      await get(window, [hostOf(window)]),
      await get(window, [hostOf(window)], '/assets/a.js'),
      await get(window, [hostOf(window)], '/nothing'),
      await get(window, ['Host: evil.example']),
      await window.post({ body: '{}' }),
      await window.post(),
    ];
    for (const { headers } of answers) {
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-resource-policy': 'same-origin',
        'cross-origin-opener-policy': 'same-origin',
        'cache-control': 'no-store',
      });
      const policy = headers['content-security-policy']?.split('; ') ?? [];
      expect(policy).toEqual(
        expect.arrayContaining([
          "default-src 'none'",
          "script-src 'self'",
          "style-src 'self'",
          "connect-src 'self'",
          "img-src 'self'",
          "frame-ancestors 'none'",
          "base-uri 'none'",
          "form-action 'self'",
        ]),
      );
      expect(policy.join()).not.toMatch(/unsafe|data:|blob:|\*/);
      expect(headers.server).toBeUndefined();
    }
  });
});

describe('what a page may ask for', () => {
  it('168. saves within the configured folders only', async () => {
    const [dir, outside] = [kept(await makeTempDir()), kept(await makeTempDir())];
    mkdirSync(dir.file('sub'));
    symlinkSync(outside.path, dir.file('out'));
    symlinkSync(dir.file('sub'), dir.file('in'));
    symlinkSync('/nowhere/at/all', dir.file('dangling'));
    const folder = async (text: string | null, name: string | null = null) =>
      await judgeStart({ ...form, folder: text, name }, { roots: [dir.path], ownPort: 1 });
    const out = (judged: Awaited<ReturnType<typeof folder>>) => (judged.ok ? judged.order.output : judged.field);
    expect(out(await folder(null))).toBe(`${dir.path}/`);
    expect(out(await folder(dir.file('sub')))).toBe(`${dir.file('sub')}/`);
    expect(out(await folder(dir.file('new', 'one')))).toBe(`${dir.file('new', 'one')}/`);
    expect(out(await folder(dir.file('in')))).toBe(`${dir.file('sub')}/`);
    for (const text of [
      '/',
      '/etc',
      outside.path,
      `${dir.path}/..`,
      `${dir.path}/sub/../sub`,
      `${dir.path}x`,
      dir.file('out'),
      dir.file('out', 'deeper'),
      dir.file('dangling'),
      dir.file('dangling', 'x'),
      'sub',
      '',
      '.',
      '~',
      '\\\\server\\share',
      '//server/share',
      `${dir.path}/sub\0/x`,
      'C:\\Windows',
      'file:///etc',
    ])
      expect(out(await folder(text)), text).toBe('folder');
    for (const name of ['..', '.', 'a/b', '/etc/passwd', 'a\\b', 'a\0b', 'a\nb', 'out', 'x'.repeat(256)])
      expect(out(await folder(null, name)), name).toBe('name');
    expect(out(await folder(null, 'a file'))).toBe(dir.file('a file'));
  });

  it.each(['headers', 'proxy', 'insecure', 'cacert', 'hook', 'ifExists', 'userAgent', 'cwd', 'output'])(
    '169. lets no page set %s',
    (field) => {
      expect(parsePageMessage(JSON.stringify({ type: 'start', request: 1, form }))).not.toBeNull();
      expect(
        parsePageMessage(JSON.stringify({ type: 'start', request: 1, form: { ...form, [field]: 'x' } })),
      ).toBeNull();
      expect(parsePageMessage(JSON.stringify({ type: 'start', request: 1, form, [field]: 'x' }))).toBeNull();
    },
  );

  it('169. closes the connection of whoever says something else', async () => {
    const window = kept(await startTestWindow());
    const cookie = await window.signIn();
    for (const text of [
      '',
      'x',
      '[]',
      '{}',
      '{"type":"run"}',
      '{"type":"command","download":"d1","command":{"type":"x"}}',
    ]) {
      const page = await openTestPage(window, cookie);
      page.sayRaw(text);
      expect(await page.closed, text).toBe(1008);
    }
  });

  it('170. gives back no file but those of the page', async () => {
    const window = kept(await startTestWindow());
    await window.signIn();
    for (const target of [
      '/etc/passwd',
      '/../../etc/passwd',
      '/%2e%2e/package.json',
      '/assets/..%2fa.js',
      '/assets/',
      '/a.js',
      '/file?path=/etc/passwd',
      '/assets/a.js?x',
      '/assets/a.js/',
      '/index.html',
    ])
      expect((await get(window, [hostOf(window)], target)).status, target).toBe(404);
  });

  it.each([
    ['javascript:alert(1)'],
    ['data:text/html,x'],
    ['file:///etc/passwd'],
    ['ftp://example.org/a'],
    ['http://127.0.0.1:4321/'],
    ['http://127.1:4321/x'],
    ['http://0x7f000001:4321/'],
    ['http://localhost:4321/'],
    ['http://LOCALHOST.:4321/'],
    ['http://a.localhost:4321/'],
    ['http://[::1]:4321/'],
    ['http://[::ffff:127.0.0.1]:4321/'],
    ['http://0.0.0.0:4321/'],
    ['http://me:pw@127.0.0.1:4321/'],
  ])('171. does not fetch %s', async (url) => {
    const dir = kept(await makeTempDir());
    expect(await judgeStart({ ...form, url }, { roots: [dir.path], ownPort: 4321 })).toMatchObject({
      ok: false,
      field: 'url',
    });
  });
});

describe('172. bounds', () => {
  it('reads no more than a token of a body', async () => {
    const window = kept(await startTestWindow());
    expect((await window.post({ body: JSON.stringify({ token: 'x'.repeat(5_000) }) })).status).toBe(413);
    const chunks = await rawExchange(
      window.port,
      `POST /session HTTP/1.1\r\n${hostOf(window)}\r\nOrigin: http://127.0.0.1:${window.port}\r\nContent-Type: application/json\r\nX-Multidown: window\r\nTransfer-Encoding: chunked\r\n\r\n${`400\r\n${'x'.repeat(1024)}\r\n`.repeat(64)}`,
    );
    expect(chunks).toMatch(/^HTTP\/1\.1 413 /);
  });

  it('reads no endless head', async () => {
    const window = kept(await startTestWindow());
    const { status } = await get(window, [hostOf(window), `X-Long: ${'x'.repeat(20_000)}`]);
    expect(status).toBe(431);
  });

  it('takes no long message of a page', async () => {
    const window = kept(await startTestWindow());
    const page = await openTestPage(window, await window.signIn());
    page.sayRaw(`"${'x'.repeat(70_000)}"`);
    expect(await page.closed).toBe(1009);
  });

  it('hangs up on whoever never finishes to ask', async () => {
    const window = kept(await startTestWindow({}, { requestMs: 200 }));
    expect(await rawExchange(window.port, `GET / HTTP/1.1\r\n${hostOf(window)}\r\nX-`)).toMatch(/^(HTTP\/1\.1 408 |$)/);
  });

  it('goes on for its page while a thousand others do nothing', async () => {
    const window = kept(await startTestWindow({}, { requestMs: 2_000 }));
    const cookie = await window.signIn();
    const page = kept(await openTestPage(window, cookie));
    const idle = Array.from({ length: 1_000 }, () => connect(window.port, '127.0.0.1').on('error', () => {}));
    try {
      await Promise.all(idle.map((socket) => settled(socket)));
      window.hub.add({ url: 'http://example.org/a', redact: (text) => text, send: () => {} });
      await page.heard(({ type }) => type === 'card');
      // They are sent away, and there is room again.
      await Promise.all(idle.map((socket) => closed(socket)));
      expect((await get(window, [hostOf(window)])).status).toBe(200);
    } finally {
      for (const socket of idle) socket.destroy();
    }
  });

  it('has room for a number of pages', async () => {
    const window = kept(await startTestWindow());
    const cookie = await window.signIn();
    for (let count = 0; count < 32; count++) kept(await openTestPage(window, cookie));
    await expect(openTestPage(window, cookie)).rejects.toThrow('503');
  });
});

describe('around it', () => {
  it('173. says so when its port is taken, and names no address', async () => {
    const stranger = createServer();
    await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve));
    const { port } = stranger.address() as AddressInfo;
    await expect(startTestWindow({}, { port })).rejects.toThrow('EADDRINUSE');
    // It asks the system for one that is free.
    const [one, two] = [kept(await startTestWindow()), kept(await startTestWindow())];
    expect(one.port).not.toBe(two.port);
    stranger.close();
  });

  it.runIf(process.platform === 'linux')('175. opens no socket in the file system, for nobody to reach', async () => {
    const window = kept(await startTestWindow());
    const { stdout } = spawnSync('sh', ['-c', `cat /proc/${process.pid}/net/unix`], { encoding: 'utf8' });
    expect(stdout).not.toMatch(/multidown.*window|window.*multidown/);
    expect(window.port).toBeGreaterThan(0);
  });

  it('176. is of no use to another user of the machine, who has no token', async () => {
    const window = kept(await startTestWindow());
    await window.signIn();
    expect((await window.post({ body: '{"token":""}' })).status).toBe(401);
    const lines = upgradeHeaders(window.port, '');
    expect(await rawExchange(window.port, `GET /stream HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`)).toMatch(
      /^HTTP\/1\.1 401 /,
    );
  });

  it('177. has the browser forget what others left under its address', async () => {
    const window = kept(await startTestWindow());
    const { headers } = await window.post();
    expect(headers['clear-site-data']).toBe('"storage"');
  });
});

function tryConnect(port: number, address: string): Promise<'open' | 'refused'> {
  return new Promise((resolve) => {
    const socket = connect(port, address);
    socket.on('connect', () => {
      socket.destroy();
      resolve('open');
    });
    socket.on('error', () => resolve('refused'));
  });
}

function settled(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.once('connect', resolve);
    socket.once('close', () => resolve());
  });
}

function closed(socket: Socket): Promise<void> {
  socket.resume();
  return new Promise((resolve) => (socket.destroyed ? resolve() : void socket.once('close', () => resolve())));
}
