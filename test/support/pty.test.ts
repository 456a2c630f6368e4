import { writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { spawnInTerminal } from './pty.ts';
import { runCli, spawnCli } from './spawn-cli.ts';
import { makeTempDir } from './temp-dir.ts';

/** Says its width, echoes keys in raw mode with the cursor hidden, and ends at `q` (tidily) or `x` (leaving a mess). */
const PROGRAM = `
process.stdin.setRawMode(true);
process.stdout.write('\\x1b[?25l' + process.stdout.columns + ' columns\\r\\n');
process.stdout.on('resize', () => process.stdout.write('now ' + process.stdout.columns + '\\r\\n'));
process.stdin.on('data', (keys) => {
  const key = String(keys);
  if (key === 'x') { process.stdin.setRawMode = () => {}; process.kill(process.pid, 'SIGKILL'); }
  if (key === 'q') { process.stdin.setRawMode(false); process.stdout.write('\\x1b[?25h'); process.exit(7); }
  process.stdout.write('key ' + JSON.stringify(key) + '\\r\\n\\x1b[1A\\x1b[2Cseen\\x1b[K\\r\\n');
});
`;

async function program(): Promise<AsyncDisposable & { readonly script: string }> {
  const folder = await makeTempDir();
  const script = folder.file('program.cjs');
  await writeFile(script, PROGRAM);
  return { script, [Symbol.asyncDispose]: folder.remove };
}

describe('spawnInTerminal', () => {
  it('shows the screen as a person sees it, passes keys and sizes, and tells how it was left', async () => {
    await using made = await program();
    await using terminal = await spawnInTerminal([], { script: made.script, columns: 57, rows: 10 });
    await terminal.waitFor('57 columns');
    expect(terminal.isCursorVisible).toBe(false);
    terminal.write('\x03');
    await terminal.waitFor('keseen');
    expect(terminal.screen()).toEqual(['57 columns', 'keseen']);
    terminal.resize(33, 10);
    await terminal.waitFor('now 33');
    terminal.write('q');
    expect(await terminal.exited).toMatchObject({ code: 7, isCooked: true, isCursorVisible: true });
  });

  it('sees a terminal that was left raw and without a cursor', async () => {
    await using made = await program();
    await using terminal = await spawnInTerminal([], { script: made.script });
    await terminal.waitFor('80 columns');
    terminal.write('x');
    const end = await terminal.exited;
    expect(end).toMatchObject({ code: 137, isCooked: false, isCursorVisible: false });
    await expect(terminal.waitFor('never')).rejects.toThrow(/The program ended \(137\) before it showed never/);
  });

  it('ends the program by a signal', async () => {
    await using made = await program();
    await using terminal = await spawnInTerminal([], { script: made.script });
    await terminal.waitFor('80 columns');
    terminal.kill('SIGTERM');
    expect((await terminal.exited).code).toBe(143);
  });
});

describe('spawnCli', () => {
  it('collects output, waits for words, kills, and gives a clean environment', async () => {
    await using folder = await makeTempDir();
    const script = folder.file('talk.cjs');
    await writeFile(
      script,
      `console.log(process.env.CI, process.env.EXTRA, process.argv[2]); console.error('up'); setInterval(() => {}, 1e6);`,
    );
    await using run = spawnCli(['one'], { script, env: { EXTRA: 'two' } });
    await run.waitFor('stderr', /^up$/m);
    run.kill('SIGTERM');
    expect(await run.exited).toEqual({ code: null, signal: 'SIGTERM', stdout: 'undefined two one\n', stderr: 'up\n' });
  });

  it('hands on the exit code and what was typed in', async () => {
    await using folder = await makeTempDir();
    const script = folder.file('count.cjs');
    await writeFile(script, `process.stdin.on('data', (text) => { process.exitCode = text.length; });`);
    expect(await runCli([], { script, input: 'seven!!' })).toMatchObject({ code: 7, stderr: '' });
  });
});
