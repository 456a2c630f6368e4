import nock from 'nock';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createHttpSource } from '../../../src/adapters/http/source.ts';
import { download } from '../../../src/index.ts';
import { readAll } from '../../support/read-all.ts';
import { makeTempDir } from '../../support/temp-dir.ts';

const whole = { from: 0, to: null, ifRange: null, timeoutMs: 5_000 };
const never = new AbortController().signal;
const origin = 'http://files.test';

beforeAll(() => nock.disableNetConnect());
afterEach(() => {
  expect(nock.pendingMocks()).toEqual([]);
  nock.cleanAll();
});
afterAll(() => {
  nock.enableNetConnect();
  nock.restore();
});

async function answer(path = '/f') {
  const source = createHttpSource({ url: `${origin}${path}`, userAgent: 'test' });
  try {
    const exchange = await source.open(whole, never);
    return { ...exchange.head, body: (await readAll(exchange)).toString() };
  } finally {
    await source.close();
  }
}

describe('what one response does', () => {
  it.each([
    [206, { 'content-range': 'bytes 0-4/5' }, 'hello'],
    [200, {}, 'hello'],
    [416, { 'content-range': 'bytes */0' }, ''],
    [503, { 'retry-after': '7' }, 'busy'],
    [404, {}, 'not here'],
  ] as const)('%i comes as it is', async (status, headers, body) => {
    nock(origin, { reqheaders: { range: 'bytes=0-', 'accept-encoding': 'identity' } })
      .get('/f')
      .reply(status, body, headers);
    expect(await answer()).toMatchObject({ status, headers, body, url: `${origin}/f`, suggestedName: 'f' });
  });

  it('a redirect is followed to another host', async () => {
    nock(origin).get('/f').reply(301, '', { location: 'http://other.test/g.iso' });
    nock('http://other.test').get('/g.iso').reply(206, 'x', { 'content-range': 'bytes 0-0/1' });
    expect(await answer()).toMatchObject({ status: 206, url: 'http://other.test/g.iso', suggestedName: 'g.iso' });
  });

  it('an error on the way has its code', async () => {
    const error = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
    nock(origin).get('/f').replyWithError(error);
    await expect(answer()).rejects.toMatchObject({ failure: { code: 'connection-lost', pushBack: true } });
  });
});

describe('a whole download of one response', () => {
  it.each([
    ['in ranges', 206, { 'content-range': 'bytes 0-4/5', etag: '"1"' }, 'hello'],
    ['whole', 200, { 'content-length': '5' }, 'hello'],
    ['empty', 416, { 'content-range': 'bytes */0' }, ''],
  ] as const)('%s', async (_, status, headers, body) => {
    await using folder = await makeTempDir();
    nock(origin).get('/a.txt').reply(status, body, headers);
    const result = await download(`${origin}/a.txt`, { cwd: folder.path });
    expect(result).toMatchObject({ path: folder.file('a.txt'), size: body.length });
  });

  it('whose range is refused is asked for once more without one', async () => {
    await using folder = await makeTempDir();
    nock(origin).get('/a.txt').matchHeader('range', 'bytes=0-').reply(400, 'no ranges here');
    nock(origin, { badheaders: ['range'] })
      .get('/a.txt')
      .reply(200, 'hello', { 'content-length': '5' });
    expect(await download(`${origin}/a.txt`, { cwd: folder.path })).toMatchObject({ size: 5 });
  });
});
