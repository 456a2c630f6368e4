import { readdir, readFile, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { startOrigin } from '../support/origin-server.ts';
import { spawnInTerminal, type TerminalRun } from '../support/pty.ts';
import { makeTempDir } from '../support/temp-dir.ts';

/** A shell that controls jobs has the terminal while the program is stopped. */

const MIB = 1024 * 1024;
const CTRL_Z = '\x1a';
const ENTER = '\r';

/** As a shell expects its terminal back. */
const tidy = { isCooked: true, isCursorVisible: true };

describe.runIf(process.platform !== 'win32')('a job', () => {
  it.each([
    ['Ctrl-Z', (run: TerminalRun) => run.write(CTRL_Z)],
    ['SIGTSTP', (run: TerminalRun) => run.kill('SIGTSTP')],
  ])('%s hands the terminal to the shell, and fg takes the download up again', async (_, act) => {
    await using origin = await startOrigin({ size: 16 * MIB, bytesPerSecond: 2 * MIB });
    await using folder = await makeTempDir();
    const options = { cwd: folder.path, controlsJobs: true };
    await using run = await spawnInTerminal([origin.url, 'a', '-n', '4'], options);
    await run.waitFor(/[1-9]\d*\.\d %/);
    act(run);
    await run.waitFor('SUSPENDED');
    expect(run.scrollback().at(-1)).toBe('SUSPENDED and cooked');
    expect(run.isCursorVisible).toBe(true);
    run.write(ENTER);
    await run.waitFor((lines) => /\? keys$/.test(lines.at(-1) ?? ''));
    expect(run.isCursorVisible).toBe(false);
    // The keys are ours again.
    run.write('?');
    await run.waitFor('hide this list');
    run.write('?');
    expect(await run.exited).toMatchObject({ code: 0, ...tidy });
    expect(Buffer.compare(await readFile(folder.file('a')), origin.bytes(0, origin.size))).toBe(0);
  });

  it('SIGSTOP cannot be heard: the screen is made anew when the program goes on', async () => {
    await using origin = await startOrigin({ size: 16 * MIB, bytesPerSecond: 2 * MIB });
    await using folder = await makeTempDir();
    await using run = await spawnInTerminal([origin.url, 'a', '-n', '4'], { cwd: folder.path, controlsJobs: true });
    await run.waitFor(/[1-9]\d*\.\d %/);
    run.kill('SIGSTOP');
    await run.waitFor('SUSPENDED');
    run.write(ENTER);
    await run.waitFor((lines) => /\? keys$/.test(lines.at(-1) ?? ''));
    run.write('q');
    expect(await run.exited).toMatchObject({ code: 130, ...tidy });
    expect(run.scrollback().join(' ')).toMatch(/the same command goes on/);
  });

  it('Ctrl-Z at a question: fg, and it can be answered', async () => {
    await using origin = await startOrigin();
    await using folder = await makeTempDir();
    await writeFile(folder.file('a'), 'mine');
    await using run = await spawnInTerminal([origin.url, 'a'], { cwd: folder.path, controlsJobs: true });
    await run.waitFor('Overwrite it');
    run.write(CTRL_Z);
    await run.waitFor('SUSPENDED');
    expect(run.scrollback().at(-1)).toMatch(/SUSPENDED and cooked$/);
    expect(run.isCursorVisible).toBe(true);
    const before = run.raw.length;
    run.write(ENTER);
    // Our own question is asked again, below.
    await run.waitFor(() => run.raw.slice(before).includes('Overwrite it'));
    run.write(`\x1b[B${ENTER}`);
    expect(await run.exited).toMatchObject({ code: 0, ...tidy });
    expect(await readdir(folder.path)).toEqual(['a']);
    expect(Buffer.compare(await readFile(folder.file('a')), origin.bytes(0, origin.size))).toBe(0);
  });
});
