import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { displayWidth } from '../../src/adapters/terminal/printable.ts';
import { type Origin, type OriginOptions, startOrigin } from '../support/origin-server.ts';
import { spawnInTerminal, type TerminalOptions, type TerminalRun } from '../support/pty.ts';
import { makeTempDir } from '../support/temp-dir.ts';

/** The live screen of the real program over a real, slow server. */

const MIB = 1024 * 1024;
const ESC = '\x1b';

/** As a shell expects its terminal back. */
const tidy = { isCooked: true, isCursorVisible: true };

interface Scene extends AsyncDisposable {
  readonly origin: Origin;
  readonly run: TerminalRun;
  /** Of the target, once it is there. */
  content(): Promise<Buffer>;
}

/** Fetches a file under a name that is 60 characters long, from a server that is slow to each connection. */
async function scene(flags: readonly string[], terminal: TerminalOptions, server: OriginOptions = {}): Promise<Scene> {
  const origin = await startOrigin({ size: 16 * MIB, bytesPerSecond: MIB, ...server });
  const folder = await makeTempDir();
  const name = `${'long-name-'.repeat(5)}target.iso`;
  const run = await spawnInTerminal([origin.url, name, ...flags], { cwd: folder.path, ...terminal });
  return {
    origin,
    run,
    content: () => readFile(folder.file(name)),
    async [Symbol.asyncDispose]() {
      await run[Symbol.asyncDispose]();
      await origin.close();
      await folder.remove();
    },
  };
}

const title = /^[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] Downloading/;
const hasTitle = (lines: readonly string[]) => lines.some((line) => title.test(line));
const isWhole = (lines: readonly string[]) => hasTitle(lines) && /\?( keys)?$/.test(lines.at(-1) ?? '');

describe('the picture', () => {
  it.each([120, 80, 40, 20])(
    'stands still at %d columns: no line wraps, nothing jumps, nothing is left',
    async (columns) => {
      await using show = await scene(['-n', '8'], { columns });
      const { run, origin } = show;
      const frames: (readonly string[])[] = [];
      await run.waitFor((lines) => {
        if (isWhole(lines)) frames.push(lines);
        return frames.length > 0 && !hasTitle(lines);
      });
      expect(await run.exited).toMatchObject({ code: 0, ...tidy });
      expect(frames.length).toBeGreaterThan(5);
      for (const frame of frames) for (const line of frame) expect(displayWidth(line)).toBeLessThan(columns);
      // Two settled steps, then the title; and all of them as high, but for the map, which needs a size and is there at once.
      expect(new Set(frames.map((lines) => lines.findIndex((line) => title.test(line))))).toEqual(new Set([2]));
      expect(new Set(frames.map((lines) => lines.length)).size).toBe(1);
      const left = run.scrollback();
      expect(left.slice(0, 4).map((line) => line.slice(0, 8))).toEqual([
        '✔ Valida',
        expect.stringMatching(/^✔ /),
        '✔ Downlo',
        '✔ Merged',
      ]);
      expect(left.slice(4).join('').replaceAll(' ', '')).toMatch(
        /target\.iso:16\.0MiBin[\d.]+m?s,[\d.]+MiB\/sonaverage\.$/,
      );
      expect(Buffer.compare(await show.content(), origin.bytes(0, origin.size))).toBe(0);
    },
  );
});

describe('a terminal that changes its size', () => {
  it('gets a picture that fits, and nothing else stays on it', async () => {
    await using show = await scene(['-n', '2'], { columns: 120, rows: 30 }, { size: 64 * MIB });
    const { run } = show;
    await run.waitFor(isWhole);
    // While nothing moves: a frame that is on its way when the size changes may land on the wrong lines, here as anywhere.
    run.write(' ');
    // The keys say so first, with the last figures.
    await run.waitFor((lines) => /‖ Paused/.test(lines.join()) && /space resume/.test(lines.join()));
    const sizes = [
      [60, 30],
      [21, 30],
      [100, 30],
      [40, 30],
      [120, 30],
      // What has left at the top of a lower terminal cannot be taken back: it gets no higher again.
      [120, 12],
      [120, 7],
      [60, 5],
    ] as const;
    for (const [columns, rows] of sizes) {
      run.resize(columns, rows);
      await run.waitFor(() => {
        const lines = run.screen();
        // What is above was written once, for another width.
        const live = lines.slice(lines.findIndex((line) => line.startsWith('‖ Paused')));
        const hasBar = live[1]?.endsWith('%') === true;
        return hasBar && /\?( keys)?$/.test(live.at(-1) ?? '') && live.every((line) => fits(line, columns));
      });
      const text = run.screen().join('\n');
      expect(text.match(/‖|Paused/g)).toHaveLength(2);
      expect(text.match(/%/g)).toHaveLength(1);
      // A title that was cut has its colour closed.
      expect(run.raw.slice(run.raw.lastIndexOf('Paused')).startsWith(`Paused${ESC}[39m`)).toBe(true);
    }
    run.write('p');
    await run.waitFor(() => hasTitle(run.screen()));
    run.write('q');
    expect(await run.exited).toMatchObject({ code: 130, ...tidy });
    expect(run.screen().join('\n')).not.toMatch(/\.\d %|Paused|Downloading/);
  });
});

/** It neither wraps nor was it cut at its end because it was made for more. */
function fits(line: string, columns: number): boolean {
  return displayWidth(line) < columns && !line.endsWith('…');
}

describe('the keys', () => {
  it('space and p: the server is left in peace, and the download goes on to the right bytes', async () => {
    await using show = await scene(['-n', '4'], {}, { bytesPerSecond: 2 * MIB });
    const { run, origin } = show;
    for (const [pause, resume] of [
      [' ', 'p'],
      ['p', ' '],
    ] as const) {
      await run.waitFor((lines) => isWhole(lines) && /[1-9]\d*\.\d %/.test(lines.join()));
      run.write(pause);
      await run.waitFor(/‖ Paused/);
      await run.waitFor(/space resume/);
      expect(run.screen().join('\n')).toMatch(/mode {6}paused\n/);
      await expect.poll(() => origin.connections.now).toBe(0);
      run.write(resume);
      await run.waitFor(/space pause/);
      await run.waitFor(/of 4 connections/);
    }
    expect(await run.exited).toMatchObject({ code: 0, ...tidy });
    expect(run.scrollback().join('\n')).not.toMatch(/Paus|Resum/);
    expect(Buffer.compare(await show.content(), origin.bytes(0, origin.size))).toBe(0);
  });

  it('+ and - change how many connections there are; ? shows the list and hides it', async () => {
    await using show = await scene(['-n', '2'], {}, { size: 64 * MIB });
    const { run, origin } = show;
    await run.waitFor('2 of 2 connections');
    run.write('++');
    await run.waitFor('4 of 4 connections');
    await expect.poll(() => origin.connections.now).toBe(4);
    run.write('---');
    await run.waitFor('one connection');
    await expect.poll(() => origin.connections.now).toBe(1);
    // One is the least.
    run.write('-+');
    await run.waitFor('of 2 connections');
    run.write('?');
    await run.waitFor('stop; twice: at once');
    run.write('?');
    await run.waitFor(isWhole);
    run.write('q');
    expect(await run.exited).toMatchObject({ code: 130, ...tidy });
  });

  it('an arrow is no Esc; Esc stops, and the same command goes on', async () => {
    await using show = await scene(['-n', '2'], { columns: 100 });
    const { run } = show;
    await run.waitFor((lines) => isWhole(lines) && /[1-9]\d*\.\d %/.test(lines.join()));
    for (const key of ['[A', '[B', '[C', '[D', 'OA', '[5~', '[1;5C']) run.write(`${ESC}${key}`);
    run.write('+');
    await run.waitFor('of 3 connections');
    expect(hasTitle(run.screen())).toBe(true);
    run.write(ESC);
    expect(await run.exited).toMatchObject({ code: 130, ...tidy });
    const text = run.scrollback().join(' ');
    expect(text).toContain('■ Stopped long-name');
    expect(text.match(/the same command goes on/g)).toHaveLength(1);
  });
});
