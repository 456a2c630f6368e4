import { readdir, readFile, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { type Origin, startOrigin } from '../support/origin-server.ts';
import { spawnInTerminal, type TerminalRun } from '../support/pty.ts';
import { makeTempDir, type TempDir } from '../support/temp-dir.ts';

/** What the real program asks on a real terminal, and the ways out of it. */

const MIB = 1024 * 1024;
const ENTER = '\r';
const DOWN = '\x1b[B';
const CTRL_C = '\x03';
const CTRL_D = '\x04';
const ESC = '\x1b';

/** As a shell expects its terminal back. */
const tidy = { isCooked: true, isCursorVisible: true };

function text(run: TerminalRun): string {
  return run.scrollback().join('\n');
}

describe('the URL', () => {
  it.each([
    ['Ctrl-C', CTRL_C],
    ['Ctrl-D', CTRL_D],
    ['Esc', ESC],
    ['Esc after some letters', `http://a${ESC}`],
  ])('%s ends it: 130 and no stack', async (_, keys) => {
    await using run = await spawnInTerminal([]);
    await run.waitFor('URL of the file');
    run.write(keys);
    expect(await run.exited).toMatchObject({ code: 130, ...tidy });
    expect(text(run)).not.toMatch(/Error|\n\s+at |unsettled/);
  });

  it('an arrow and Ctrl-D within a line do not end it', async () => {
    await using origin = await startOrigin();
    await using folder = await makeTempDir();
    await using run = await spawnInTerminal([], { cwd: folder.path, columns: 100 });
    await run.waitFor('URL of the file');
    // One character too many, and the cursor before it.
    run.write(`${origin.url}X\x1b[D`);
    await run.waitFor('.binX');
    run.write(CTRL_D);
    await run.waitFor((lines) => lines.join('').endsWith('.bin'));
    run.write(ENTER);
    expect(await run.exited).toMatchObject({ code: 0, ...tidy });
    expect(await readdir(folder.path)).toEqual(['file.bin']);
  });

  it.each([
    ['', /URL/],
    ['nonsense', /URL/],
    ['ftp://example.org/a', /not over ftp/],
    ['http://', /URL|host/],
  ])('%j is not taken, and a sentence says why', async (typed, why) => {
    await using run = await spawnInTerminal([], { columns: 100 });
    await run.waitFor('URL of the file');
    run.write(`${typed}${ENTER}`);
    await run.waitFor((lines) => lines.slice(1).some((line) => why.test(line)));
    run.write(ESC);
    expect(await run.exited).toMatchObject({ code: 130, ...tidy });
  });
});

describe('an existing target', () => {
  it.each([
    ['Esc', ESC],
    ['Ctrl-D', CTRL_D],
  ])('%s leaves it alone: 4', async (_, key) => {
    await using origin = await startOrigin();
    await using folder = await makeTempDir();
    await writeFile(folder.file('a'), 'mine');
    await using run = await spawnInTerminal([origin.url, 'a'], { cwd: folder.path });
    await run.waitFor('Overwrite it');
    run.write(key);
    expect(await run.exited).toMatchObject({ code: 4, ...tidy });
    expect(await readFile(folder.file('a'), 'utf8')).toBe('mine');
    expect(text(run)).not.toMatch(/Error|\n\s+at |Overwrite it|navigate/);
  });
});

/** A download of a file that has another content when it goes on. */
async function begun(origin: Origin, folder: TempDir): Promise<TerminalRun> {
  await using first = await spawnInTerminal([origin.url, 'a', '-n', '2'], { cwd: folder.path });
  await first.waitFor(/[1-9][\d.]* (?:K|M)iB\/s/);
  first.write(CTRL_C);
  expect(await first.exited).toMatchObject({ code: 130, ...tidy });
  origin.replace();
  origin.set({ bytesPerSecond: Number.POSITIVE_INFINITY });
  const run = await spawnInTerminal([origin.url, 'a', '-n', '2'], { cwd: folder.path });
  await run.waitFor('is not the one this download');
  await run.waitFor('Start again');
  return run;
}

describe('a file that has changed', () => {
  it('is fetched anew when that is chosen', async () => {
    await using origin = await startOrigin({ size: 8 * MIB, bytesPerSecond: MIB });
    await using folder = await makeTempDir();
    await using run = await begun(origin, folder);
    run.write(`${DOWN}${ENTER}`);
    expect(await run.exited).toMatchObject({ code: 0, ...tidy });
    expect(Buffer.compare(await readFile(folder.file('a')), origin.bytes(0, origin.size))).toBe(0);
    expect(await readdir(folder.path)).toEqual(['a']);
  });

  it.each([
    ['Enter', ENTER],
    ['Ctrl-C', CTRL_C],
    ['Esc', ESC],
  ])('%s keeps what is here: 4', async (_, keys) => {
    await using origin = await startOrigin({ size: 8 * MIB, bytesPerSecond: MIB });
    await using folder = await makeTempDir();
    await using run = await begun(origin, folder);
    run.write(keys);
    expect(await run.exited).toMatchObject({ code: 4, ...tidy });
    expect(await readdir(folder.path)).toEqual(['a.multidown']);
    expect(text(run)).not.toMatch(/Error|\n\s+at |navigate/);
  });

  it('is asked about when the change comes while it is fetched, in one whole sentence', async () => {
    await using origin = await startOrigin({ size: 8 * MIB, bytesPerSecond: MIB });
    await using folder = await makeTempDir();
    await using run = await spawnInTerminal([origin.url, 'a', '-n', '2'], { cwd: folder.path });
    await run.waitFor(/[1-9][\d.]* (?:K|M)iB\/s/);
    origin.replace();
    origin.set({ bytesPerSecond: Number.POSITIVE_INFINITY });
    // Another connection asks, and is told.
    run.write('+');
    await run.waitFor('Start again');
    expect(text(run)).not.toMatch(/\.\.|with: The/);
    run.write(`${DOWN}${ENTER}`);
    expect(await run.exited).toMatchObject({ code: 0, ...tidy });
    expect(Buffer.compare(await readFile(folder.file('a')), origin.bytes(0, origin.size))).toBe(0);
  });
});
