import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { EXIT_DONE, EXIT_INTERRUPTED, EXIT_USAGE, exitCodes } from '../../src/cli/exit-codes.ts';

it('192 are those that the documents promise', () => {
  expect(exitCodes).toEqual({
    unexpected: 1,
    'invalid-option': 2,
    'invalid-url': 3,
    'invalid-path': 3,
    declined: 4,
    'target-exists': 4,
    'partial-exists': 4,
    'host-not-found': 5,
    'connection-refused': 5,
    'connection-lost': 5,
    timeout: 5,
    'tls-untrusted': 5,
    network: 5,
    'http-status': 6,
    'too-many-redirects': 6,
    'redirect-refused': 6,
    protocol: 6,
    changed: 7,
    'digest-mismatch': 8,
    'disk-full': 9,
    disk: 9,
    'checkpoint-damaged': 9,
    'in-use': 10,
    interrupted: 130,
  });
});

/** Code to meaning, out of the README's table. */
function documented(): ReadonlyMap<number, string> {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  const section = /^### Exit codes$([\s\S]*?)^#/m.exec(readme)?.[1] ?? '';
  return new Map([...section.matchAll(/^\| (\d+) \| (.+) \|$/gm)].map(([, code, text = '']) => [Number(code), text]));
}

it('192 are those of the README, each with its meaning, and no others', () => {
  const table = documented();
  const codes = new Set<number>([EXIT_DONE, EXIT_USAGE, EXIT_INTERRUPTED, ...Object.values(exitCodes)]);
  expect([...table.keys()].sort((a, b) => a - b)).toEqual([...codes].sort((a, b) => a - b));
  const words: Readonly<Record<string, RegExp>> = {
    unexpected: /unexpected/,
    'invalid-option': /usage/,
    'invalid-url': /invalid URL/,
    'target-exists': /target exists/,
    declined: /declined/,
    'host-not-found': /host not found/,
    'connection-refused': /refused/,
    'connection-lost': /lost/,
    timeout: /timed out/,
    'tls-untrusted': /not trusted/,
    'http-status': /HTTP status/,
    'too-many-redirects': /redirects/,
    protocol: /protocol/,
    changed: /changed on the server/,
    'digest-mismatch': /digest mismatch/,
    'disk-full': /disk full/,
    'checkpoint-damaged': /damaged checkpoint/,
    'in-use': /in use/,
    interrupted: /interrupted and saved/,
  };
  const codeOf: Readonly<Record<string, number>> = exitCodes;
  for (const [name, word] of Object.entries(words)) expect(table.get(codeOf[name] ?? -1), name).toMatch(word);
});
