import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { spawnInTerminal } from '../support/pty.ts';
import { spawnCli } from '../support/spawn-cli.ts';
import { makeTempDir } from '../support/temp-dir.ts';

const script = fileURLToPath(new URL('../../scripts/demo.ts', import.meta.url));

// That it ends well is shown by running it whole, which .ci/run does.

it('shows the live screen, and Ctrl-C leaves no file and a tidy terminal', async () => {
  await using folder = await makeTempDir();
  await using terminal = await spawnInTerminal([], { script, rows: 40, env: { TMPDIR: folder.path } });
  await terminal.waitFor(/[1-9]\d*(\.\d+)? ?%/);
  terminal.write('\x03');
  expect(await terminal.exited).toMatchObject({ code: 130, isCooked: true, isCursorVisible: true });
  expect(terminal.scrollback().join('\n')).toContain('The demo was not finished. Its folder is removed');
  expect(await readdir(folder.path)).toEqual([]);
});

it('leaves no file when it is ended by a signal, or its program is', async () => {
  await using folder = await makeTempDir();
  await using run = spawnCli([], { script, env: { TMPDIR: folder.path } });
  await run.waitFor('stdout', 'to each connection');
  await expect
    .poll(async () => (await readdir(folder.path, { recursive: true })).length, { timeout: 20_000 })
    .toBeGreaterThan(2);
  run.kill('SIGTERM');
  expect(await run.exited).toMatchObject({ signal: null });
  expect(await readdir(folder.path)).toEqual([]);
});
