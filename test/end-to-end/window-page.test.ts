import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Origin } from '../support/origin-server.ts';
import { startOrigin } from '../support/origin-server.ts';
import { makeTempDir } from '../support/temp-dir.ts';
import { chromiumPath, openWindowBrowser, pageFolder, type WindowBrowser } from '../support/window-browser.ts';
import { emptyCard, WindowHub } from '../support/window-hub.ts';

const MIB = 1024 * 1024;
/** For what a busy machine may take a while to do. */
const soon = { timeout: 20_000 };
const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

if (chromiumPath === undefined)
  console.log('No Chromium is installed here: the tests of the window in a browser do not run.');

describe('the built page', () => {
  it('takes at most 700 KiB, compressed, and fetches nothing from elsewhere', () => {
    const files = readdirSync(pageFolder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const texts = files.map(({ parentPath, name }) => readFileSync(join(parentPath, name)));
    const bytes = texts.reduce((sum, text) => sum + gzipSync(text).length, 0);
    expect(bytes).toBeLessThan(700 * 1024);
    const html = readFileSync(join(pageFolder, 'index.html'), 'utf8');
    expect(html).not.toMatch(/<script(?![^>]*\bsrc="\.\/)|<style|style="|https?:/);
    const css = files.map(({ name }, index) => (name.endsWith('.css') ? String(texts[index]) : '')).join('');
    expect(css).not.toMatch(/url\(|@import/);
  });
});

describe.runIf(chromiumPath !== undefined)('the window in a browser', () => {
  let hub: WindowHub;
  let browser: WindowBrowser;
  const cleanUps: AsyncDisposable[] = [];

  beforeAll(async () => {
    hub = new WindowHub();
    browser = await openWindowBrowser({ connect: (client) => hub.connect(client) } as WindowHub);
  });
  beforeEach(() => {
    hub = new WindowHub();
    return async () => {
      await hub.close();
      for (const one of cleanUps.splice(0)) await one[Symbol.asyncDispose]();
    };
  });
  afterAll(async () => {
    // Nothing that the tests did made the page complain or call elsewhere; a lost stream is told by the browser itself.
    expect(browser.complaints.filter((text) => !text.includes('WebSocket'))).toEqual([]);
    expect(browser.strangers).toEqual([]);
    await browser[Symbol.asyncDispose]();
  });

  /** A file whose connections are slow: it takes some seconds. */
  async function slowOrigin(size = 64 * MIB, bytesPerSecond = 256 * 1024): Promise<Origin> {
    const origin = await startOrigin({ size, bytesPerSecond, path: '/film.bin' });
    cleanUps.push(origin);
    return origin;
  }

  async function folder(): Promise<string> {
    const dir = await makeTempDir();
    cleanUps.push(dir);
    return `${dir.path}/`;
  }

  async function startSlow(): Promise<string> {
    const origin = await slowOrigin();
    return hub.start(origin.url, { output: await folder(), connections: 4 });
  }

  /** A download that is over, with its history. */
  async function finished(): Promise<string> {
    const origin = await startOrigin({ size: 2 * MIB, path: '/small.bin' });
    cleanUps.push(origin);
    const id = hub.start(origin.url, { output: await folder(), connections: 4 });
    await hub.downloads.get(id)?.download.done;
    return id;
  }

  const active = (page: Page, state: string) => page.locator(`.chart-state.active[data-state="download.${state}"]`);
  const machine = (page: Page) => page.getByRole('link', { name: 'Machine' }).click();
  const shownPercent = async (page: Page) => Number.parseFloat(await page.locator('.percent').innerText());

  it('gives its token for a session once, and takes it out of the address', async () => {
    const before = browser.tokens.length;
    const page = await browser.open();
    await page.getByRole('heading', { name: 'Downloads' }).waitFor();
    await page.getByText('Connected').waitFor();
    expect(browser.tokens.slice(before)).toEqual(['{"token":"secret-token"}']);
    expect(page.url()).not.toContain('secret-token');
    await page.reload();
    await page.getByText('Connected').waitFor();
    expect(browser.tokens).toHaveLength(before + 1);
    await page.context().close();
  });

  it('shows a download as it fills, and `downloading` lit in its machine', async () => {
    await startSlow();
    const page = await browser.open();
    await expect.poll(() => shownPercent(page), soon).toBeGreaterThan(1);
    const first = await shownPercent(page);
    await expect.poll(() => shownPercent(page), soon).toBeGreaterThan(first);
    expect(await page.locator('.piece.arrived').count()).toBeGreaterThanOrEqual(4);
    await page.locator('.plot-place canvas').first().waitFor();
    await machine(page);
    await active(page, 'downloading').waitFor();
    expect(await page.locator('.chart-pill.active').allInnerTexts()).toContain('transferring');
    expect(await page.locator('.chart-state.active').count()).toBe(1);
    const names = await page.locator('.actor-name').allInnerTexts();
    expect(names).toEqual(expect.arrayContaining(['download', 'segment-0', 'segment-1', 'segment-2', 'segment-3']));
    await page.context().close();
  });

  it('pauses, resumes and stops from the page, and changes connections and the rate limit', async () => {
    const id = await startSlow();
    const page = await browser.open();
    const state = () => hub.downloads.get(id)?.card.state?.state;
    // Before there is something to rest from, its plots are not drawn.
    await page.locator('.plot-place canvas').first().waitFor();
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByRole('button', { name: 'Resume' }).waitFor();
    await expect.poll(state, soon).toBe('paused');
    await page.locator('.state', { hasText: 'Paused' }).waitFor();
    // It shows a rest as a rest, also to a page that comes in the middle of it.
    await page.reload();
    const figure = (name: string) =>
      page.locator('.figure', { has: page.getByText(name, { exact: true }) }).locator('dd');
    await expect.poll(() => figure('Now').innerText(), soon).toBe('0 B/s');
    await expect.poll(() => figure('Connections').innerText(), soon).toBe('0 of 4');
    await page.getByText('now 0 B/s').waitFor();
    expect(await page.locator('.left').innerText()).toBe('');
    expect(await page.locator('.piece.receiving').count()).toBe(0);
    await page.getByRole('button', { name: 'Resume' }).click();
    await expect.poll(state, soon).toBe('downloading');
    await page.getByRole('button', { name: 'More connections' }).click();
    await page.locator('.stepper output', { hasText: '5' }).waitFor();
    await page.getByLabel('Rate limit').fill('100K');
    await page.getByRole('button', { name: 'Set' }).click();
    await expect.poll(() => figure('Rate limit').innerText(), soon).toBe('100.0 KiB/s');
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByRole('heading', { name: 'Stopped' }).waitFor();
    expect(state()).toBe('stopped');
    await page.context().close();
  });

  it('sends the events that the present state accepts from the machine view', async () => {
    const id = await startSlow();
    const page = await browser.open();
    await machine(page);
    await page.getByRole('button', { name: 'download.pause' }).click();
    await active(page, 'paused').waitFor();
    await page.getByRole('button', { name: 'download.resume' }).waitFor();
    expect(await page.getByRole('button', { name: 'download.pause', exact: true }).count()).toBe(0);
    await page.getByRole('button', { name: 'download.setConnections' }).click();
    await page.getByRole('textbox', { name: 'download.setConnections' }).fill('7');
    await page.getByRole('button', { name: 'Send' }).click();
    await expect.poll(() => hub.downloads.get(id)?.download.figures.connections.limit, soon).toBe(7);
    await page.context().close();
  });

  it.each([
    ['Overwrite it', 'film.bin'],
    ['Keep both', 'film (1).bin'],
  ])('asks what is to become of a file that is there: %s', async (answer, name) => {
    const origin = await slowOrigin(MIB, 1024 * MIB);
    const output = await folder();
    writeFileSync(join(output, 'film.bin'), 'old');
    const id = hub.start(origin.url, { output, ifExists: 'ask' });
    const [page, other] = [await browser.open(), await browser.open()];
    await page.getByRole('alertdialog').getByText('exists (3 B)').waitFor();
    await other.getByRole('button', { name: answer }).click();
    // Answered there, it is closed here.
    await page.getByRole('alertdialog').waitFor({ state: 'detached' });
    await page.getByText('The file is complete').waitFor();
    expect(hub.downloads.get(id)?.card.result?.path).toBe(join(output, name));
    await page.context().close();
    await other.context().close();
  });

  it('tells a failure with its sentence', async () => {
    const origin = await startOrigin({ script: () => ({ status: 404 }) });
    cleanUps.push(origin);
    hub.start(origin.url, { output: await folder() });
    const page = await browser.open();
    await page.getByRole('alert').getByText('404').waitFor();
    await machine(page);
    await active(page, 'failed').waitFor();
    await page.context().close();
  });

  it('steps back through the history, and comes back to now', async () => {
    await finished();
    const page = await browser.open();
    await machine(page);
    await active(page, 'done').waitFor();
    const slider = page.getByRole('slider', { name: 'Place in the history' });
    await slider.press('Home');
    await active(page, 'done').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'On to the next change of state' }).click();
    await active(page, 'validating').waitFor();
    await page.getByRole('button', { name: 'On to the next change of state' }).click();
    await active(page, 'probing').waitFor();
    const seen = new Set<string>();
    for (let step = 0; step < 12 && !seen.has('done'); step++) {
      await page.getByRole('button', { name: 'On to the next change of state' }).click();
      for (const name of await page
        .locator('.chart-state.active')
        .evaluateAll((all) => all.map((one) => one.getAttribute('data-state')?.replace('download.', '') ?? ''))) {
        seen.add(name);
      }
    }
    expect([...seen]).toEqual(['probing', 'preparing', 'downloading', 'merging', 'done']);
    await page.getByRole('button', { name: 'Back to the last change of state' }).click();
    await page.getByRole('button', { name: 'Context' }).click();
    await page.locator('.json').getByText('plan').waitFor();
    await page.getByRole('button', { name: 'Now' }).click();
    await active(page, 'done').waitFor();
    await page.context().close();
  });

  it('goes to where an event of the log was, and filters the log', async () => {
    await finished();
    const page = await browser.open();
    await machine(page);
    await page.getByRole('searchbox', { name: 'Filter events' }).fill('segment.responded');
    const lines = page.locator('.log-line');
    await expect.poll(() => lines.count(), soon).toBeGreaterThan(0);
    const types = await page.locator('.log-type').allInnerTexts();
    expect(new Set(types)).toEqual(new Set(['segment.responded']));
    await lines.first().getByRole('button').click();
    await active(page, 'downloading').waitFor();
    await page.context().close();
  });

  it('shows a segment’s own chart and context', async () => {
    await startSlow();
    const page = await browser.open();
    await machine(page);
    await page.getByRole('button', { name: 'segment-1', exact: true }).click();
    await page.locator('.chart-state.active[data-state="segment.active.receiving"]').waitFor();
    await page.getByRole('button', { name: 'Context' }).click();
    await page.locator('.json').getByText('"segment-1"').waitFor();
    await page.context().close();
  });

  it('opens the whole chart, nested and parallel, and single states of the overview', async () => {
    await startSlow();
    const page = await browser.open();
    await machine(page);
    await active(page, 'downloading').waitFor();
    await page.getByRole('button', { name: 'Open downloading' }).click();
    await active(page, 'downloading.transferring').waitFor();
    await page.getByRole('button', { name: 'Whole' }).click();
    await page.locator('[data-state="download.probing.asking"]').waitFor({ state: 'attached' });
    await page.getByRole('button', { name: 'Overview' }).click();
    await page.locator('[data-state="download.probing.asking"]').waitFor({ state: 'detached' });
    await page.context().close();
  });

  it('replays a recording: the scrubber in front, no controls', async () => {
    await finished();
    hub.mode = 'replay';
    const page = await browser.open();
    await page.locator('.machine.replay').waitFor();
    await page.getByText('Recording', { exact: true }).waitFor();
    await active(page, 'done').waitFor();
    expect(await page.getByRole('button', { name: /^download\./ }).count()).toBe(0);
    await page.getByRole('slider').press('Home');
    await page.locator('.chart-value', { hasText: 'was' }).waitFor();
    await page.getByRole('button', { name: 'Play' }).click();
    await page.getByRole('button', { name: 'End' }).and(page.locator('[aria-pressed="true"]')).waitFor();
    await active(page, 'done').waitFor();
    await page.getByRole('link', { name: 'Progress' }).click();
    await page.getByText('The file is complete').waitFor();
    expect(await page.getByRole('button', { name: /Pause|Stop/ }).count()).toBe(0);
    await page.context().close();
  });

  it('starts downloads from its form, with faults beside their fields', async () => {
    const origin = await slowOrigin(MIB, 1024 * MIB);
    const output = await folder();
    hub.roots = [output, '/another'];
    hub.startOptions = { output };
    const page = await browser.open();
    const address = page.getByLabel('Address of the file');
    const start = page.getByRole('button', { name: 'Download', exact: true });
    await address.fill('ftp://example.org/a');
    await start.click();
    await page.getByText('not over ftp').waitFor();
    expect(await page.evaluate('document.activeElement.name')).toBe('url');
    expect(hub.heard).toEqual([]);
    await address.fill(origin.url);
    await page.getByLabel('Name').fill('refuse-me');
    await start.click();
    await page.getByText('That name is not wanted here.').waitFor();
    expect(await page.getByLabel('Name').getAttribute('aria-invalid')).toBe('true');
    await page.getByLabel('Name').fill('');
    await page.keyboard.press('Enter');
    await page.getByText('The file is complete').waitFor();
    await page.getByRole('link', { name: 'All downloads', exact: true }).click();
    await page.getByRole('button', { name: 'Take film.bin off the list' }).click();
    expect(hub.heard.map(({ type }) => type)).toEqual(['start', 'start', 'forget']);
    await page.context().close();
  });

  it('says so when the process has gone, and goes on when it is back', async () => {
    await startSlow();
    const page = await browser.open();
    await page.getByRole('button', { name: 'Pause' }).waitFor();
    browser.goAway();
    await page.getByText('multidown has ended, or cannot be reached').waitFor();
    expect(await page.getByRole('button', { name: 'Pause' }).count()).toBe(0);
    browser.comeBack();
    await page.getByRole('button', { name: 'Try now' }).click();
    await page.getByText('Connected').waitFor();
    await page.getByRole('button', { name: 'Pause' }).waitFor();
    await page.context().close();
  });

  it('says calmly that the process has ended when that has said goodbye', async () => {
    await finished();
    let end = () => {};
    const page = await browser.open();
    await page.routeWebSocket(/\/stream$/, (stream) => {
      hub.connect({ send: (message) => stream.send(JSON.stringify(message)) });
      end = () => void stream.close({ code: 1001 });
    });
    await page.reload();
    await page.getByText('The file is complete').waitFor();
    expect(await page.locator('.piece').count()).toBe(2);
    await page.getByText('on average').last().waitFor();
    end();
    await page.locator('.notice.calm', { hasText: 'multidown has ended. What you see' }).waitFor();
    expect(await page.getByRole('button', { name: 'Try now' }).count()).toBe(0);
    await page.context().close();
  });

  it('says nothing of what there is before it has heard of it', async () => {
    const page = await browser.open();
    let welcome = () => {};
    await page.routeWebSocket(/\/stream$/, (stream) => {
      welcome = () => void hub.connect({ send: (message) => stream.send(JSON.stringify(message)) });
    });
    await page.reload();
    await page.getByText('Connecting to multidown.').waitFor();
    expect(await page.getByText('No download is running here').count()).toBe(0);
    expect(await page.getByText('Connected').count()).toBe(0);
    expect(await page.locator('.notice').count()).toBe(0);
    welcome();
    await page.getByText('Connected').waitFor();
    await page.getByText('No download is running here').waitFor();
    await page.context().close();
  });

  it('covers nothing with the scrubber in a narrow window', async () => {
    await startSlow();
    const page = await browser.open({ width: 400, height: 800 });
    await machine(page);
    await active(page, 'downloading').waitFor();
    const scrubber = await page.locator('.scrubber').boundingBox();
    const actors = await page.getByRole('region', { name: 'Actors', exact: true }).boundingBox();
    expect((scrubber?.y ?? 0) + (scrubber?.height ?? 0)).toBeLessThanOrEqual(actors?.y ?? 0);
    await page.context().close();
  });

  it('catches up after it could not listen for a while, and says what it has missed', async () => {
    const id = await startSlow();
    const page = await browser.open();
    await machine(page);
    await active(page, 'downloading').waitFor();
    await page.evaluate('for (const end = Date.now() + 2_000; Date.now() < end; );');
    hub.tell({ type: 'dropped', download: id, count: 5 });
    await page.getByText('5 intermediate snapshots were left out').waitFor();
    hub.downloads.get(id)?.download.actor.send({ type: 'download.pause' });
    await active(page, 'paused').waitFor();
    await page.context().close();
  });

  it('shows names, addresses and messages of others as text', async () => {
    const id = await finished();
    const evil = '<img src=x onerror="document.title=1"><script>document.title=2</script>\u202egpj.exe';
    const card = { ...emptyCard, id, url: `https://example.org/${evil}`, name: evil };
    hub.show({
      ...card,
      warnings: [{ type: 'warning', code: 'push-back', message: evil }],
      failure: { type: 'failed', code: 'http-status', message: evil, status: 500, resumable: false },
    });
    const page = await browser.open();
    await page.getByRole('alert').getByText('onerror').waitFor();
    expect(await page.title()).toBe('multidown');
    expect(await page.locator('main img, main script, header img').count()).toBe(0);
    expect(await page.getByRole('heading', { level: 1 }).innerText()).not.toContain('\u202e');
    await page.context().close();
  });

  it('is used with the keyboard alone', async () => {
    const id = await startSlow();
    const page = await browser.open();
    await page.getByRole('button', { name: 'Pause' }).waitFor();
    const focused = async () =>
      String(await page.evaluate('document.activeElement.ariaLabel ?? document.activeElement.textContent'));
    const tabTo = async (name: string) => {
      for (let step = 0; step < 60; step++) {
        await page.keyboard.press('Tab');
        if ((await focused()).trim() === name) return;
      }
      throw new Error(`"${name}" was not reached by Tab.`);
    };
    await tabTo('Machine');
    await page.keyboard.press('Enter');
    await active(page, 'downloading').waitFor();
    await tabTo('Whole');
    await tabTo('download.pause');
    const outline = await page.evaluate('getComputedStyle(document.activeElement).outlineStyle');
    expect(outline).toBe('solid');
    await page.keyboard.press('Enter');
    await expect.poll(() => hub.downloads.get(id)?.card.state?.state, soon).toBe('paused');
    await page.context().close();
  });

  it.each(['light', 'dark'] as const)('has nothing that axe finds to be serious, in %s colours', async (scheme) => {
    await startSlow();
    const page = await browser.open({ scheme });
    await page.getByRole('button', { name: 'Pause' }).waitFor();
    expect(await findings(page)).toEqual([]);
    await machine(page);
    await active(page, 'downloading').waitFor();
    expect(await findings(page)).toEqual([]);
    await page.getByRole('button', { name: 'Context' }).click();
    await page.getByRole('slider').press('Home');
    expect(await findings(page)).toEqual([]);
    hub.roots = ['/one'];
    const form = await browser.open({ scheme });
    await form.getByRole('link', { name: 'All downloads', exact: true }).click();
    await form.getByRole('button', { name: 'New download' }).click();
    await form.getByRole('button', { name: 'Download', exact: true }).click();
    expect(await findings(form)).toEqual([]);
    await page.context().close();
    await form.context().close();
  });

  it('has no sideways scroll in a window of 360 pixels', async () => {
    await startSlow();
    hub.roots = ['/a/folder/with/a/name/that/is/much/longer/than/the/screen/of/a/phone/is/wide'];
    const page = await browser.open({ width: 360, height: 740 });
    const overflow = () => page.evaluate('document.documentElement.scrollWidth - innerWidth');
    await page.getByRole('button', { name: 'Pause' }).waitFor();
    await page.getByRole('heading', { name: 'Segments' }).click();
    expect(await overflow()).toBe(0);
    await machine(page);
    await active(page, 'downloading').waitFor();
    expect(await overflow()).toBe(0);
    // What is active can be read there, too.
    const box = await active(page, 'downloading').boundingBox();
    expect(box?.width).toBeGreaterThan(90);
    await page.getByRole('link', { name: 'multidown, all downloads' }).click();
    await page.getByRole('button', { name: 'New download' }).click();
    expect(await overflow()).toBe(0);
    await page.context().close();
  });

  /** What axe has found that is serious or critical. */
  async function findings(page: Page): Promise<unknown> {
    // Through the debugger: the page's policy does not let a script be put into it.
    const session = await page.context().newCDPSession(page);
    const { result } = await session.send('Runtime.evaluate', {
      expression: `${axeSource}; axe.run(document, { resultTypes: ['violations'] }).then(({ violations, passes }) => JSON.stringify({
        passed: passes.length, found: violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
          .map(({ id, nodes }) => [id, nodes.map(({ html }) => html.slice(0, 200))]) }))`,
      awaitPromise: true,
    });
    const { passed, found } = JSON.parse(String(result.value)) as { passed: number; found: unknown };
    expect(passed).toBeGreaterThan(10);
    return found;
  }
});
