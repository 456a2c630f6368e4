import { writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { startNginx } from './nginx.ts';
import { makeTempDir } from './temp-dir.ts';

it('serves a folder with ranges and keeps a log', async () => {
  await using folder = await makeTempDir();
  await writeFile(folder.file('a.txt'), 'hello, nginx');
  await using nginx = await startNginx({ root: folder.path });
  const response = await fetch(`${nginx.base}/a.txt`, { headers: { range: 'bytes=7-' } });
  expect(response.status).toBe(206);
  expect(await response.text()).toBe('nginx');
  await expect
    .poll(() => nginx.log())
    .toEqual([{ request: 'GET /a.txt', range: 'bytes=7-', status: 206, bytesSent: 5 }]);
});
