/** Which of undici's parsers reads answers: it is not for the environment to choose. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { someBytes } from '../../support/fake-download.ts';
import { honest, startMisbehaving } from '../../support/misbehaving-server.ts';

const program = fileURLToPath(new URL('../../support/which-parser.ts', import.meta.url));
const bytes = someBytes(1_000);

async function parserOf(whose: string, variable: Record<string, string>): Promise<string> {
  await using server = await startMisbehaving((request) => honest(bytes, request));
  const env = { ...process.env, ...variable };
  const { stdout } = await promisify(execFile)(process.execPath, [program, server.url, whose], { env });
  return stdout.trim();
}

describe('the parser of answers', () => {
  it.each(['1', 'true'])('63 is the one that the tests are about, also under UNDICI_USE_MILO=%s', async (value) => {
    expect(await parserOf('ours', { UNDICI_USE_MILO: value })).toBe('llhttp');
    // Else this would say nothing.
    expect(await parserOf('default', { UNDICI_USE_MILO: value })).toBe('milo');
  });
});
