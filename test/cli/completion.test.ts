import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { readCommandLine } from '../../src/cli/arguments.ts';
import { completionScript } from '../../src/cli/completion.ts';
import { commandOptions, namesOf, optionSpecs, shells } from '../../src/cli/options.ts';
import { makeTempDir, type TempDir } from '../support/temp-dir.ts';

const BASH = 'bash';

function has(program: string): boolean {
  return spawnSync(program, ['-c', 'exit 0']).status === 0;
}

/** Completes the last of the words, as pressing Tab there does. */
async function complete(folder: TempDir, ...words: string[]): Promise<string[]> {
  await writeFile(folder.file('script'), completionScript('bash'));
  const program = `source ./script
    COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
    _multidown multidown "\${COMP_WORDS[COMP_CWORD]}" "\${COMP_WORDS[COMP_CWORD-1]}"
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  const out = execFileSync(BASH, ['--norc', '-c', program, 'bash', 'multidown', ...words], { cwd: folder.path });
  return out
    .toString()
    .split('\n')
    .filter((line) => line !== '')
    .sort();
}

describe('completion scripts', () => {
  it.each(shells)('for %s name every option', (shell) => {
    const script = completionScript(shell);
    for (const name of optionSpecs.flatMap(namesOf)) {
      expect(script).toContain(shell === 'fish' ? name.replace(/^--/, '-l ').replace(/^-(?=\w$)/, '-s ') : name);
    }
  });

  it.each(shells)('for %s can be read by it', async (shell) => {
    if (!has(shell)) {
      console.log(`There is no ${shell} here: its completion was not tried.`);
      return;
    }
    await using folder = await makeTempDir();
    await writeFile(folder.file('script'), completionScript(shell));
    const run = spawnSync(shell, ['-n', folder.file('script')]);
    expect([run.status, run.stderr.toString()]).toEqual([0, '']);
  });
});

describe.runIf(existsSync('/bin/bash') || has(BASH))('in bash', () => {
  it('options by their beginnings', async () => {
    await using folder = await makeTempDir();
    expect(await complete(folder, '--if')).toEqual(['--if-changed', '--if-exists']);
    expect(await complete(folder, 'https://example.org/a', '--re')).toEqual(['--record', '--restart', '--retries']);
    expect(await complete(folder, '--vers')).toEqual(['--version']);
  });

  it('the values of an option', async () => {
    await using folder = await makeTempDir();
    expect(await complete(folder, '--if-exists', '')).toEqual(['fail', 'overwrite', 'rename', 'skip']);
    expect(await complete(folder, '--if-changed', 'r')).toEqual(['restart']);
    expect(await complete(folder, '-n', '')).toEqual(['auto']);
    expect(await complete(folder, '--connections', '')).toEqual(['auto']);
    expect(await complete(folder, '--checksum', 'a')).toEqual(['auto']);
  });

  it('the options of a command, and no others', async () => {
    await using folder = await makeTempDir();
    expect(await complete(folder, 'window', '--')).toEqual(['--help', '--no-open', '--record']);
    expect(await complete(folder, 'replay', '--')).toEqual(['--help', '--no-open']);
    expect(await complete(folder, 'replay', 'a.jsonl', '--n')).toEqual(['--no-open']);
    expect(await complete(folder, 'completion', '--')).toEqual(['--help']);
    // What is offered is understood.
    for (const [command, names] of Object.entries(commandOptions))
      for (const name of names) {
        const value = name === '--record' ? ['b'] : [];
        expect(readCommandLine([command, 'a', name, ...value]).kind).toBe('window');
      }
  });

  it('files, where a file is wanted, also with spaces', async () => {
    await using folder = await makeTempDir();
    await writeFile(folder.file('authority one.pem'), '');
    expect(await complete(folder, '--cacert', 'auth')).toEqual(['authority one.pem']);
    expect(await complete(folder, 'https://example.org/a', 'auth')).toEqual(['authority one.pem']);
  });

  it('nothing, where only the user knows', async () => {
    await using folder = await makeTempDir();
    await writeFile(folder.file('8'), '');
    expect(await complete(folder, '--limit-rate', '')).toEqual([]);
  });

  it('the command and its shells', async () => {
    await using folder = await makeTempDir();
    expect(await complete(folder, 'comp')).toEqual(['completion']);
    expect(await complete(folder, 'win')).toEqual(['window']);
    await writeFile(folder.file('rep.jsonl'), '');
    expect(await complete(folder, 'rep')).toEqual(['rep.jsonl', 'replay']);
    expect(await complete(folder, 'replay', 'rep')).toEqual(['rep.jsonl']);
    expect(await complete(folder, 'completion', '')).toEqual(['bash', 'fish', 'zsh']);
  });
});
