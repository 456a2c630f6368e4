import { existsSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { startOrigin } from '../support/origin-server.ts';
import { spawnInTerminal, type TerminalRun } from '../support/pty.ts';
import { spawnCli } from '../support/spawn-cli.ts';
import { makeTempDir } from '../support/temp-dir.ts';
import { chromiumPath } from '../support/window-browser.ts';
import { lit, percent, showMachine, startVisitor, windowUrl } from '../support/window-visitor.ts';

/** The window of the real program, in a real browser. */

const MIB = 1024 * 1024;
const soon = { timeout: 20_000 };

const cleanUps: AsyncDisposable[] = [];
const kept = <One extends AsyncDisposable>(one: One): One => {
  cleanUps.push(one);
  return one;
};
afterEach(async () => {
  for (const one of cleanUps.splice(0).reverse()) await one[Symbol.asyncDispose]();
});

async function addressOf(run: TerminalRun): Promise<string> {
  // It may be wrapped.
  const text = () => run.scrollback().join('');
  await run.waitFor(() => /Window: http\S{60}/.test(text()));
  return windowUrl(run.raw);
}

describe.runIf(chromiumPath !== undefined)('the window of a running download', () => {
  const slow = { size: 32 * MIB, bytesPerSecond: 128 * 1024 };
  const args = ['-n', '4', '--inspect', '--no-open'];

  it('lights `downloading`, fills the parts, and a pause of it is a pause of the terminal', async () => {
    const [origin, folder, visitor] = [
      kept(await startOrigin(slow)),
      kept(await makeTempDir()),
      kept(await startVisitor()),
    ];
    const run = kept(await spawnInTerminal([origin.url, ...args], { cwd: folder.path, columns: 100 }));
    const page = await visitor.open(await addressOf(run));
    await expect.poll(() => percent(page), soon).toBeGreaterThan(1);
    const first = await percent(page);
    await expect.poll(() => percent(page), soon).toBeGreaterThan(first);
    expect(await page.locator('.piece.arrived').count()).toBeGreaterThanOrEqual(4);
    await showMachine(page);
    await lit(page, 'downloading').waitFor();
    await page.getByRole('button', { name: 'download.pause' }).click();
    await lit(page, 'paused').waitFor();
    await run.waitFor(/paused/i);
    // And the other way round.
    run.write(' ');
    await lit(page, 'downloading').waitFor();
    run.write('q');
    expect((await run.exited).isCooked).toBe(true);
    await lit(page, 'stopped').waitFor();
    expect(visitor.complaints.filter((text) => !/WebSocket|ERR_CONNECTION_REFUSED/.test(text))).toEqual([]);
  });

  it('answers the question, and the prompt of the terminal closes', async () => {
    const [origin, folder, visitor] = [
      kept(await startOrigin()),
      kept(await makeTempDir()),
      kept(await startVisitor()),
    ];
    writeFileSync(folder.file('file.bin'), 'old');
    const run = kept(await spawnInTerminal([origin.url, ...args], { cwd: folder.path, columns: 100 }));
    const page = await visitor.open(await addressOf(run));
    const url = page.url();
    expect(url).not.toMatch(/#.{40}/);
    await page.getByRole('alertdialog').getByText('exists (3 B)').waitFor();
    await run.waitFor(/overwrite/i);
    await page.getByRole('button', { name: 'Keep both' }).click();
    expect(await run.exited).toMatchObject({ code: 0, isCooked: true, isCursorVisible: true });
    expect(await readFile(folder.file('file.bin'), 'utf8')).toBe('old');
    expect((await readFile(folder.file('file (1).bin'))).equals(origin.bytes(0, origin.size))).toBe(true);
    await page.getByText('The file is complete').waitFor();
  });

  it('lets the terminal answer, and its own question closes', async () => {
    const [origin, folder, visitor] = [
      kept(await startOrigin(slow)),
      kept(await makeTempDir()),
      kept(await startVisitor()),
    ];
    writeFileSync(folder.file('file.bin'), 'old');
    const run = kept(await spawnInTerminal([origin.url, ...args], { cwd: folder.path, columns: 100 }));
    const page = await visitor.open(await addressOf(run));
    await page.getByRole('alertdialog').waitFor();
    await run.waitFor(/overwrite/i);
    run.write('\r');
    await page.getByRole('alertdialog').waitFor({ state: 'detached' });
    await expect.poll(() => percent(page), soon).toBeGreaterThan(1);
  });

  it('shows the same in two windows, and goes back in time', async () => {
    const [origin, folder, visitor] = [
      kept(await startOrigin(slow)),
      kept(await makeTempDir()),
      kept(await startVisitor()),
    ];
    const run = kept(spawnCli([origin.url, ...args], { cwd: folder.path }));
    await run.waitFor('stderr', /Window: \S+\s/);
    const page = await visitor.open(windowUrl(run.stderr));
    await page.getByText('Connected').waitFor();
    // The address has been used; the browser has its cookie.
    const other = await visitor.open(windowUrl(run.stderr));
    await showMachine(page);
    await showMachine(other);
    await lit(other, 'downloading').waitFor();
    await other.getByRole('button', { name: 'download.pause' }).click();
    await lit(page, 'paused').waitFor();
    await lit(other, 'paused').waitFor();
    const slider = page.getByRole('slider', { name: 'Place in the history' });
    await slider.press('Home');
    await page.getByRole('button', { name: 'On to the next change of state' }).click();
    await lit(page, 'validating').waitFor();
    await page.getByRole('button', { name: 'Now' }).click();
    await lit(page, 'paused').waitFor();
  });

  it('starts downloads from the window alone, and stops them at Ctrl-C', async () => {
    const [origin, folder, visitor] = [
      kept(await startOrigin(slow)),
      kept(await makeTempDir()),
      kept(await startVisitor()),
    ];
    const run = kept(spawnCli(['window', '--no-open', folder.path], { cwd: folder.path }));
    await run.waitFor('stderr', /Window: \S+\s/);
    const page = await visitor.open(windowUrl(run.stderr));
    const start = page.getByRole('button', { name: 'Download', exact: true });
    const address = page.getByLabel('Address of the file');
    await address.fill(`${new URL(page.url()).origin}/`);
    await start.click();
    await page.getByText('That is the address of this window.').waitFor();
    await address.fill(origin.url);
    await page.getByLabel('Name').fill('mine.bin');
    await start.click();
    await expect.poll(() => percent(page), soon).toBeGreaterThan(1);
    expect(existsSync(folder.file('mine.bin.multidown', 'data'))).toBe(true);
    run.kill('SIGINT');
    expect(await run.exited).toMatchObject({ code: 0 });
    await page.getByRole('heading', { name: 'Stopped' }).waitFor();
    expect(existsSync(folder.file('mine.bin.multidown', 'checkpoint.json'))).toBe(true);
  });
});

describe.runIf(chromiumPath !== undefined)('a recording', () => {
  it('outlives kill -9, and is replayed when the process is gone', async () => {
    const origin = kept(await startOrigin({ size: 8 * MIB, bytesPerSecond: 128 * 1024 }));
    const [folder, visitor] = [kept(await makeTempDir()), kept(await startVisitor())];
    const secret = 'hunter2-is-secret';
    const url = origin.url.replace('http://', `http://me:${secret}@`);
    const recording = folder.file('flight.jsonl');
    const run = kept(spawnCli([url, '-n', '4', '-y', '--record', recording], { cwd: folder.path }));
    await expect
      .poll(async () => await readFile(recording, 'utf8').catch(() => ''), soon)
      .toContain('"event":{"type":"segment.advanced"');
    run.kill('SIGKILL');
    await run.exited;
    const text = await readFile(recording, 'utf8');
    expect(text).not.toContain(secret);
    for (const line of text.trimEnd().split('\n')) expect(() => JSON.parse(line)).not.toThrow();
    // As a system that died would leave it.
    writeFileSync(recording, `${text}{"type":"@xstate.eve`);
    const replay = kept(spawnCli(['replay', recording, '--no-open'], { cwd: join(folder.path, '..') }));
    await replay.waitFor('stderr', /Window: \S+\s/);
    const page = await visitor.open(windowUrl(replay.stderr));
    await lit(page, 'downloading').waitFor();
    await page.getByText('Recording', { exact: true }).waitFor();
    expect(await page.getByRole('button', { name: 'download.pause' }).count()).toBe(0);
    const slider = page.getByRole('slider', { name: 'Place in the history' });
    await slider.press('Home');
    await lit(page, 'downloading').waitFor({ state: 'detached' });
    await slider.press('End');
    await lit(page, 'downloading').waitFor();
  });
});
