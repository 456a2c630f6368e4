/**
 * `npm run screenshots`: the four views of the window, in light and dark, of a
 * real download from a server of its own, into `docs/`. It needs a built page
 * and Chromium.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { startOrigin } from '../test/support/origin-server.ts';
import { openWindowBrowser } from '../test/support/window-browser.ts';
import { WindowHub } from '../test/support/window-hub.ts';

const MIB = 1024 * 1024;
const docs = fileURLToPath(new URL('../docs/', import.meta.url));
mkdirSync(docs, { recursive: true });
const folder = mkdtempSync(join(tmpdir(), 'multidown-screenshots-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));

const origin = await startOrigin({
  size: 400 * MIB,
  path: '/debian-13.1.0-amd64-netinst.iso',
  bytesPerSecond: 0.75 * MIB,
  latencyMs: 30,
  // One connection breaks now and then, as in life.
  script: ({ index }) => (index === 5 || index === 9 ? { cutAfter: 2 * MIB } : null),
});
const hub = new WindowHub();
const id = hub.start(origin.url, { output: `${folder}/`, connections: 12 });
await using browser = await openWindowBrowser(hub);

/** Takes the page in both colours. */
async function take(name: string, page: Page): Promise<void> {
  for (const scheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: scheme });
    await sleep(400);
    const file = join(docs, `${name}-${scheme}.png`);
    writeFileSync(file, await page.screenshot({ animations: 'disabled' }));
    console.log(file);
  }
}

async function stepBack(page: Page, times: number): Promise<void> {
  for (let step = 0; step < times; step++) {
    await page.getByRole('button', { name: 'Back to the last change of state' }).click();
  }
}

const bytes = () => hub.downloads.get(id)?.download.figures.bytes ?? 0;
const page = await browser.open();
while (bytes() < 130 * MIB) await sleep(100);
await take('download', page);
await page.getByRole('link', { name: 'Machine' }).click();
await page.locator('.chart-state.active').first().waitFor();
await take('machine', page);

// A pause, so that there is something to step back to.
await page.getByRole('button', { name: 'download.pause', exact: true }).click();
await page.locator('.chart-state.active[data-state="download.paused"]').waitFor();
await page.getByRole('button', { name: 'download.resume', exact: true }).click();
await page.locator('.chart-state.active[data-state="download.downloading"]').waitFor();
await sleep(1_500);
await stepBack(page, 5);
await page.getByRole('button', { name: 'Context' }).click();
await take('history', page);

await hub.downloads.get(id)?.download.done;
hub.mode = 'replay';
const replay = await browser.open();
await replay.locator('.chart-state.active').first().waitFor();
await stepBack(replay, 1);
await take('replay', replay);
await origin.close();
