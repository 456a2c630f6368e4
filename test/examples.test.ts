import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { startOrigin } from './support/origin-server.ts';
import { runCli } from './support/spawn-cli.ts';
import { makeTempDir } from './support/temp-dir.ts';

const MIB = 1024 * 1024;

/** Runs an example as a reader would, against the built library. */
async function run(name: string, url: string, output: string) {
  const result = await runCli([url, output], {
    script: fileURLToPath(new URL(`../examples/${name}.ts`, import.meta.url)),
  });
  const digest = await readFile(output).then(
    (bytes) => createHash('sha256').update(bytes).digest('hex'),
    () => null,
  );
  return { ...result, digest };
}

describe('examples', () => {
  it('promise.ts downloads, and tells a failure by its code', async () => {
    await using folder = await makeTempDir();
    await using origin = await startOrigin({ size: 5 * MIB });
    const path = folder.file('a.bin');
    expect(await run('promise', origin.url, path)).toMatchObject({
      code: 0,
      stderr: '',
      stdout: `${path}: ${5 * MIB} bytes\n`,
      digest: origin.sha256(),
    });
    origin.set({ script: () => ({ status: 404 }) });
    const missing = await run('promise', origin.url, folder.file('b.bin'));
    expect(missing).toMatchObject({ code: 1, digest: null });
    expect(missing.stderr).toMatch(/^http-status: .+\n$/);
  });

  it('progress.ts shows states and growing percents', async () => {
    await using folder = await makeTempDir();
    await using origin = await startOrigin({ size: 8 * MIB, bytesPerSecond: 2 * MIB });
    const result = await run('progress', origin.url, folder.file('a.bin'));
    expect(result).toMatchObject({ code: 0, digest: origin.sha256() });
    const lines = result.stdout.split('\n');
    expect(lines).toEqual(expect.arrayContaining(['probing', 'downloading', 'done']));
    const percents = lines.filter((line) => line.endsWith(' %')).map((line) => Number.parseInt(line, 10));
    expect(percents.length).toBeGreaterThan(2);
    expect(percents).toEqual([...percents].sort((a, b) => a - b));
    expect(percents.at(-1)).toBe(100);
  });

  it('pause-and-resume.ts pauses once and ends with the right file', async () => {
    await using folder = await makeTempDir();
    await using origin = await startOrigin({ size: 16 * MIB, bytesPerSecond: 2 * MIB });
    const result = await run('pause-and-resume', origin.url, folder.file('a.bin'));
    expect(result).toMatchObject({ code: 0, stderr: '', digest: origin.sha256() });
    expect(result.stdout).toMatch(/^paused at \d+ bytes\nsaved as .+\n$/);
  });
});
