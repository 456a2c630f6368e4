/** Connections that crawl, over real sockets: whoever is accepted as every third one. */
import { expect, it } from 'vitest';
import { download } from '../../src/index.ts';
import { startOrigin } from '../support/origin-server.ts';
import { makeTempDir } from '../support/temp-dir.ts';

const MIB = 1024 * 1024;
const SIZE = 32 * MIB;
const CRAWL = 16 * 1024;

it.each([8, 'auto'] as const)(
  'every third connection of a server crawls, and keeps nobody waiting for the last bytes: connections %s',
  async (connections) => {
    await using folder = await makeTempDir();
    const crawls = (connection: number) => connection % 3 === 0;
    await using origin = await startOrigin({
      size: SIZE,
      bytesPerSecond: (connection) => (crawls(connection) ? CRAWL : 4 * MIB),
    });
    const { digests } = await download(origin.url, { output: folder.file('a.bin'), connections });
    expect(digests.sha256).toBe(origin.sha256());
    const crawling = origin.log.filter(({ connection }) => crawls(connection));
    const sent = crawling.reduce((sum, { bytesSent }) => sum + bytesSent, 0);
    // An eighth of the file would take one of them four minutes: it is seen early, and the rest comes otherwise.
    expect(crawling.length).toBeGreaterThan(0);
    expect(sent).toBeLessThan(MIB);
    expect(origin.bytesSent).toBeLessThan(1.5 * SIZE);
    expect(origin.log.length).toBeLessThan(150);
  },
);
