import { readdir, readFile, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { startOrigin } from '../support/origin-server.ts';
import { spawnInTerminal } from '../support/pty.ts';
import { makeTempDir } from '../support/temp-dir.ts';

const MIB = 1024 * 1024;
const ENTER = '\r';
const DOWN = '\x1b[B';
const CTRL_C = '\x03';

/** As a shell expects its terminal back. */
const tidy = { isCooked: true, isCursorVisible: true };

describe('a missing URL', () => {
  it('is asked for, looked at, and fetched', async () => {
    await using origin = await startOrigin();
    await using folder = await makeTempDir();
    await using run = await spawnInTerminal([], { cwd: folder.path });
    await run.waitFor('URL of the file');
    run.write(`ftp://example.org/a${ENTER}`);
    await run.waitFor('not over ftp');
    run.write('\x15');
    run.write(`${origin.url}${ENTER}`);
    expect(await run.exited).toMatchObject({ code: 0, ...tidy });
    expect(Buffer.compare(await readFile(folder.file('file.bin')), origin.bytes(0, origin.size))).toBe(0);
  });

  it('Ctrl-C there: 130', async () => {
    await using run = await spawnInTerminal([]);
    await run.waitFor('URL of the file');
    run.write(CTRL_C);
    expect(await run.exited).toMatchObject({ code: 130, ...tidy });
  });

  it('a signal there: 130', async () => {
    await using run = await spawnInTerminal([]);
    await run.waitFor('URL of the file');
    run.kill('SIGTERM');
    expect(await run.exited).toMatchObject({ code: 130, ...tidy });
  });

  it.each([['--yes'], ['--json'], ['--quiet']])('is a usage error with %s', async (flag) => {
    await using run = await spawnInTerminal([flag]);
    expect(await run.exited).toMatchObject({ code: 2, ...tidy });
  });
});

describe('a target that exists', () => {
  it.each([
    ['kept, beside the new one', [], ENTER, 0, ['a', 'a (1)'], true],
    ['overwritten', [], `${DOWN}${ENTER}`, 0, ['a'], false],
    ['left alone', [], `${DOWN}${DOWN}${ENTER}`, 4, ['a'], true],
    ['left alone after Ctrl-C', [], CTRL_C, 4, ['a'], true],
    ['overwritten, with a log on the screen', ['-v'], `${DOWN}${ENTER}`, 0, ['a'], false],
    ['left alone, with a log on the screen', ['-v'], CTRL_C, 4, ['a'], true],
  ])('%s', async (_, flags, keys, code, names, isMine) => {
    await using origin = await startOrigin();
    await using folder = await makeTempDir();
    await writeFile(folder.file('a'), 'mine');
    await using run = await spawnInTerminal([origin.url, 'a', ...flags], { cwd: folder.path, columns: 120 });
    await run.waitFor('exists already');
    await run.waitFor('Overwrite it');
    run.write(keys);
    expect(await run.exited).toMatchObject({ code, ...tidy });
    expect(await readdir(folder.path)).toEqual(names);
    expect((await readFile(folder.file('a'), 'utf8')) === 'mine').toBe(isMine);
  });

  it.each([
    [['--json'], 4],
    [['--quiet'], 4],
    [['--yes'], 0],
    [['--if-exists', 'skip'], 0],
  ])('is not asked about with %j', async (flags, code) => {
    await using origin = await startOrigin();
    await using folder = await makeTempDir();
    await writeFile(folder.file('a'), 'mine');
    await using run = await spawnInTerminal([origin.url, 'a', ...flags], { cwd: folder.path });
    expect(await run.exited).toMatchObject({ code, ...tidy });
    expect(run.raw).not.toContain('Overwrite it');
  });
});

describe('the live screen', () => {
  it.each([
    ['Ctrl-C', (run: Run) => run.write(CTRL_C)],
    ['q', (run: Run) => run.write('q')],
    ['SIGTERM', (run: Run) => run.kill('SIGTERM')],
    ['SIGHUP', (run: Run) => run.kill('SIGHUP')],
  ])('%s stops and keeps: 130, and the terminal is as it was', async (_, act) => {
    await using origin = await startOrigin({ size: 16 * MIB, bytesPerSecond: MIB });
    await using folder = await makeTempDir();
    await using run = await spawnInTerminal([origin.url, 'a', '-n', '2'], { cwd: folder.path });
    await run.waitFor(/[1-9][\d.]* (?:K|M)iB\/s/);
    act(run);
    expect(await run.exited).toMatchObject({ code: 130, ...tidy });
    expect(run.scrollback().join(' ')).toMatch(/is kept/);
    expect(await readdir(folder.path)).toEqual(['a.multidown']);
  });

  it('twice Ctrl-C ends at once, also when the disk hangs', async () => {
    await using origin = await startOrigin({ size: 16 * MIB, bytesPerSecond: MIB });
    await using folder = await makeTempDir();
    const stuck = `
      import fs from 'node:fs/promises';
      import { syncBuiltinESMExports } from 'node:module';
      const rename = fs.rename;
      fs.rename = (from, to) => to.endsWith('checkpoint.json')
        ? new Promise((resolve) => setTimeout(resolve, 1e8)) : rename(from, to);
      syncBuiltinESMExports();`;
    const nodeOptions = ['--import', `data:text/javascript,${encodeURIComponent(stuck)}`];
    await using run = await spawnInTerminal([origin.url, 'a', '-n', '2'], { cwd: folder.path, nodeOptions });
    await run.waitFor(/[1-9][\d.]* (?:K|M)iB\/s/);
    run.write(CTRL_C);
    await run.waitFor(/Pausing|Stopping/);
    run.write(CTRL_C);
    expect(await run.exited).toMatchObject({ code: 130, ...tidy });
  });

  it('a failure: its sentence once, and its code', async () => {
    await using origin = await startOrigin({ script: () => ({ status: 404 }) });
    await using folder = await makeTempDir();
    await using run = await spawnInTerminal([origin.url, 'a'], { cwd: folder.path });
    expect(await run.exited).toMatchObject({ code: 6, ...tidy });
    expect(run.scrollback().join('\n').match(/404/g)).toHaveLength(1);
  });

  it('a bug of ours leaves the terminal as it was, too', async () => {
    await using origin = await startOrigin({ size: 16 * MIB, bytesPerSecond: MIB });
    await using folder = await makeTempDir();
    const broken = `setTimeout(() => { throw new Error('the sky fell'); }, 2500);`;
    const nodeOptions = ['--import', `data:text/javascript,${encodeURIComponent(broken)}`];
    await using run = await spawnInTerminal([origin.url, 'a', '-n', '2'], { cwd: folder.path, nodeOptions });
    expect(await run.exited).toMatchObject({ code: 1, ...tidy });
    const text = run.scrollback().join('\n');
    expect(text).toContain('Something unexpected went wrong: the sky fell');
    expect(text).not.toMatch(/\n\s+at /);
  });
});

type Run = Awaited<ReturnType<typeof spawnInTerminal>>;
