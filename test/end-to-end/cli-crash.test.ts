/** The program dies of itself: nobody has foreseen why. What is on the disk is good for the next run. */
import { readdir, readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { startOrigin } from '../support/origin-server.ts';
import { runCli, spawnCli } from '../support/spawn-cli.ts';
import { makeTempDir } from '../support/temp-dir.ts';

const MIB = 1024 * 1024;
const thrown = `new Error('the sky fell')`;

const deaths: readonly (readonly [how: string, what: string, end: { code: number } | { signal: RegExp }])[] = [
  [
    'has no memory left',
    'const hoard = []; for (;;) hoard.push(new Array(10_000).fill(hoard.length));',
    { signal: /^SIG(?:ABRT|TRAP|ILL)$/ },
  ],
  ['throws where nobody catches', `setTimeout(() => { throw ${thrown}; });`, { code: 1 }],
  ['leaves a rejection unhandled', `Promise.reject(${thrown});`, { code: 1 }],
  ['has a clock that throws in each actor', `performance.now = () => { throw ${thrown}; };`, { code: 1 }],
  ['calls abort', 'process.abort();', { signal: /^SIGABRT$/ }],
  ['touches memory that is not its own', `process.kill(process.pid, 'SIGSEGV');`, { signal: /^SIGSEGV$/ }],
];

/** Does something once more than a MiB has been noted. */
function midway(what: string): readonly string[] {
  const hook = `
    import { readFileSync } from 'node:fs';
    const look = setInterval(() => {
      let noted = 0;
      try {
        const note = readFileSync('a.multidown/live.json', 'utf8').split('\\n')[0];
        for (const { start, written } of JSON.parse(note).body.checkpoint.plan) noted += written - start;
      } catch {}
      if (noted < ${MIB}) return;
      clearInterval(look);
      ${what}
    }, 10);
    look.unref();`;
  return ['--max-old-space-size=48', '--import', `data:text/javascript,${encodeURIComponent(hook)}`];
}

describe('a program that', () => {
  it.each(deaths)('147 %s midway: it ends with an error, and the next run goes on', async (_, what, wanted) => {
    await using origin = await startOrigin({ size: 8 * MIB, bytesPerSecond: 2 * MIB });
    await using folder = await makeTempDir();
    const options = { cwd: folder.path };
    const { code, signal, stderr } = await runCli([origin.url, 'a', '-n', '2', '--json'], {
      ...options,
      nodeOptions: midway(what),
    });
    if ('code' in wanted) {
      expect([code, signal]).toEqual([wanted.code, null]);
      expect(stderr).toContain('the sky fell');
    } else expect(signal).toMatch(wanted.signal);
    expect(await readdir(folder.path)).toEqual(['a.multidown']);

    origin.set({ bytesPerSecond: Number.POSITIVE_INFINITY });
    await using next = spawnCli([origin.url, 'a', '-n', '2', '--json'], options);
    const rest = await next.exited;
    expect(rest).toMatchObject({ code: 0, stderr: '' });
    const resumed = [...rest.stdout.matchAll(/"resumedBytes":(\d+)/g)].map(([, bytes]) => Number(bytes));
    expect(Math.max(...resumed)).toBeGreaterThan(MIB / 2);
    expect(Buffer.compare(await readFile(folder.file('a')), origin.bytes(0, origin.size))).toBe(0);
    expect(await readdir(folder.path)).toEqual(['a']);
  });
});
