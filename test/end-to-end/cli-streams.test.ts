import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { open, readdir, readFile, writeFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { CLI, cleanEnv } from '../support/cli-command.ts';
import { type OriginOptions, startOrigin } from '../support/origin-server.ts';
import { spawnInTerminal, type TerminalOptions } from '../support/pty.ts';
import { makeTempDir, type TempDir } from '../support/temp-dir.ts';

/** Where only some of the streams are a terminal, or it can do less. */

const MIB = 1024 * 1024;

/** As a shell expects its terminal back. */
const tidy = { isCooked: true, isCursorVisible: true };

/** Fetches one MiB to `a`; `stdio` in the terms of `child_process`: the program's three streams. */
async function fetchIn(
  folder: TempDir,
  flags: readonly string[],
  options: TerminalOptions & { readonly stdio?: string; readonly server?: OriginOptions } = {},
) {
  const { stdio, server, ...terminal } = options;
  await using origin = await startOrigin(server);
  const script = stdio === undefined ? CLI : folder.file('start.cjs');
  if (stdio !== undefined) {
    await writeFile(
      script,
      `const file = require('fs').openSync('told', 'w');
      const child = require('child_process').spawn(
        process.execPath, [${JSON.stringify(CLI)}, ...process.argv.slice(2)], { stdio: ${stdio} });
      child.stdout?.on('data', (text) => String(text).includes('"progress"') && child.stdout.destroy());
      child.on('exit', (code, signal) => { process.exitCode = signal ? 99 : code; });`,
    );
  }
  await using run = await spawnInTerminal([origin.url, 'a', ...flags], {
    cwd: folder.path,
    columns: 200,
    script,
    ...terminal,
  });
  const end = await run.exited;
  return { end, raw: run.raw, lines: run.scrollback() };
}

describe('streams', () => {
  it('input that is no terminal: plain lines, nothing asked', async () => {
    await using folder = await makeTempDir();
    const { end, raw, lines } = await fetchIn(folder, [], { stdio: `['ignore', 'inherit', 'inherit']` });
    expect(end).toMatchObject({ code: 0, ...tidy });
    expect(raw).not.toContain('\x1b');
    expect(lines).toEqual([
      expect.stringMatching(/^Downloading http:.* to .*\/a: 1\.0 MiB, server answered in \d+ ms\.$/),
      expect.stringMatching(/^\/.*\/a: 1\.0 MiB in /),
    ]);
    await writeFile(folder.file('a'), 'mine');
    const again = await fetchIn(folder, [], { stdio: `['ignore', 'inherit', 'inherit']` });
    expect(again.end.code).toBe(4);
    expect(again.lines.join('\n')).toContain('--if-exists');
    expect(await readFile(folder.file('a'), 'utf8')).toBe('mine');
  });

  it('stderr that is a file: plain lines go there, and the terminal stays empty', async () => {
    await using folder = await makeTempDir();
    const { end, raw } = await fetchIn(folder, [], { stdio: `['inherit', 'inherit', file]` });
    expect(end).toMatchObject({ code: 0, ...tidy });
    expect(raw).toBe('');
    const told = await readFile(folder.file('told'), 'utf8');
    expect(told).not.toContain('\x1b');
    expect(told.trim().split('\n')).toHaveLength(2);
  });

  it('stdout that is a file: the screen is on stderr all the same', async () => {
    await using folder = await makeTempDir();
    const { end, lines } = await fetchIn(folder, [], { stdio: `['inherit', file, 'inherit']` });
    expect(end).toMatchObject({ code: 0, ...tidy });
    expect(lines.join('|')).toContain('✔ Downloaded a');
    expect(await readFile(folder.file('told'), 'utf8')).toBe('');
  });

  it('a reader of --json that goes away stops the download; the terminal is as it was', async () => {
    await using folder = await makeTempDir();
    const server = { size: 16 * MIB, bytesPerSecond: MIB };
    const stdio = `['inherit', 'pipe', 'inherit']`;
    const { end, raw } = await fetchIn(folder, ['-n', '2', '--json'], { stdio, server });
    expect(end).toMatchObject({ code: 130, ...tidy });
    expect(await readdir(folder.path)).toContain('a.multidown');
    expect(raw).not.toMatch(/EPIPE|\n\s+at /);
  });
});

describe('a terminal that can do less, or that little is wanted of', () => {
  it('TERM=dumb: plain lines', async () => {
    await using folder = await makeTempDir();
    const { end, raw, lines } = await fetchIn(folder, [], { env: { TERM: 'dumb' } });
    expect(end).toMatchObject({ code: 0, ...tidy });
    expect(raw).not.toContain('\x1b');
    expect(lines).toHaveLength(2);
  });

  it('NO_COLOR: the screen without a colour', async () => {
    await using folder = await makeTempDir();
    const { end, raw, lines } = await fetchIn(folder, [], { env: { NO_COLOR: '1' } });
    expect(end).toMatchObject({ code: 0, ...tidy });
    expect(lines).toContain('✔ Downloaded a');
    expect(raw.split('\x1b[').filter((text) => /^[\d;]*m/.test(text))).toEqual([]);
  });

  it('NO_COLOR: a question without a colour', async () => {
    await using folder = await makeTempDir();
    await using origin = await startOrigin();
    await writeFile(folder.file('a'), 'mine');
    await using run = await spawnInTerminal([origin.url, 'a'], { cwd: folder.path, env: { NO_COLOR: '1' } });
    await run.waitFor('Overwrite it');
    run.write('\x03');
    expect((await run.exited).code).toBe(4);
    expect(run.raw.split('\x1b[').filter((text) => /^[\d;]*m/.test(text))).toEqual([]);
  });

  it('--quiet: nothing at all when it goes well, a sentence when not', async () => {
    await using folder = await makeTempDir();
    const { end, raw } = await fetchIn(folder, ['--quiet']);
    expect(end).toMatchObject({ code: 0, ...tidy });
    expect(raw).toBe('');
    expect(await readdir(folder.path)).toEqual(['a']);
    const again = await fetchIn(folder, ['--quiet']);
    expect(again.end.code).toBe(4);
    expect(again.lines).toEqual([expect.stringMatching(/^multidown: .*exists already/)]);
    expect(again.raw).not.toContain('\x1b');
  });
});

describe.runIf(existsSync('/dev/full'))('stdout whose disk is full', () => {
  async function tellFull(args: readonly string[], cwd?: string) {
    await using full = await open('/dev/full', 'w');
    const child = spawn(process.execPath, [CLI, ...args], { cwd, env: cleanEnv(), stdio: ['ignore', full.fd, 'pipe'] });
    const [stderr, [code]] = await Promise.all([text(child.stderr as NodeJS.ReadableStream), once(child, 'exit')]);
    return { code, stderr };
  }
  const sentence = 'multidown: Standard output could not be written: the disk is full.\n';

  it.each(['--help', '--version', 'completion bash'])('%s: said in a sentence, exit code 9', async (args) =>
    expect(await tellFull(args.split(' '))).toEqual({ code: 9, stderr: sentence }),
  );

  it.each([
    ['--json', `multidown: Stopped. Nothing is kept: the same command begins anew.\n${sentence}`],
    ['--dry-run', sentence],
  ])('%s: the same, and nothing is left', async (flag, stderr) => {
    await using folder = await makeTempDir();
    await using origin = await startOrigin();
    expect(await tellFull([origin.url, 'a', '-y', flag], folder.path)).toEqual({ code: 9, stderr });
    expect(await readdir(folder.path)).toEqual([]);
  });
});
