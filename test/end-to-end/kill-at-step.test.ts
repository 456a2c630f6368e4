/** `kill -9` of a real process at each step that it takes on a real disk, one after the other. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { type Origin, startOrigin } from '../support/origin-server.ts';
import { runCli, spawnCli } from '../support/spawn-cli.ts';
import { makeTempDir, type TempDir } from '../support/temp-dir.ts';

const MIB = 1024 * 1024;
const nodeOptions = ['--import', new URL('../support/die-at-step.ts', import.meta.url).href];
/** More steps than a small download takes. */
const MOST_STEPS = 200;
/** Runs that are killed side by side. */
const AT_ONCE = 4;

interface Situation {
  /** What is there before the first run. */
  prepare(folder: TempDir, origin: Origin): Promise<void>;
  readonly args: readonly string[];
  /** How the data gets its final name. */
  readonly placing: 'link' | 'rename';
  /** A checkpoint outlives the power: so must the note of what is published, and that there is no checkpoint any more. */
  readonly isDurable: boolean;
}

/** Up to the finish, or in it. */
type Part = 'way' | 'finish';

const nothing = async () => {};

/** A run that was stopped midway: the next one goes on from its notes. */
async function halfDone(folder: TempDir, origin: Origin): Promise<void> {
  origin.set({ bytesPerSecond: MIB });
  await using run = spawnCli([origin.url, 'a', '-n', '2', '--json'], { cwd: folder.path });
  await run.waitFor('stdout', /"type":"progress","bytes":[1-9]/);
  run.kill('SIGTERM');
  await run.exited;
  origin.set({ bytesPerSecond: Number.POSITIVE_INFINITY });
  expect(await readdir(folder.path)).toEqual(['a.multidown']);
}

const situations: readonly (readonly [string, Situation])[] = [
  ['a first run', { prepare: nothing, args: [], placing: 'link', isDurable: false }],
  [
    'a run that replaces a file',
    {
      prepare: (folder) => writeFile(folder.file('a'), 'what was here before'),
      args: ['--if-exists', 'overwrite'],
      placing: 'rename',
      isDurable: false,
    },
  ],
  ['a run that goes on', { prepare: halfDone, args: [], placing: 'link', isDurable: true }],
];

/** True while a note says of what address the data is. */
async function isToldOf(folder: TempDir): Promise<boolean> {
  const names = ['checkpoint.json', 'live.json', 'live-2.json'];
  const read = (name: string) => readFile(folder.file('a.multidown', name), 'utf8').catch(() => '');
  const notes = await Promise.all(names.map(read));
  return (await read('data')) !== '' && notes.some((note) => note.includes('\n'));
}

/** @returns before what it died; null when it ended by itself, because it takes fewer steps */
async function dieAt(part: Part, step: number, { prepare, args }: Situation): Promise<string | null> {
  await using origin = await startOrigin({ size: 2 * MIB });
  await using root = await makeTempDir();
  const folder: TempDir = { ...root, path: root.file('here'), file: (...names) => root.file('here', ...names) };
  await mkdir(folder.path);
  await prepare(folder, origin);
  const command = [origin.url, 'a', '-n', '2', '-q', ...args];
  const before = await readFile(folder.file('a')).catch(() => null);
  const whole = origin.bytes(0, origin.size);

  const first = await runCli(command, { cwd: folder.path, nodeOptions, env: { DIE_IN: part, DIE_AT: String(step) } });
  const where = first.stderr;
  if (first.signal === null) {
    expect(first).toMatchObject({ code: 0, stderr: '' });
    return null;
  }
  expect(first.signal, where).toBe('SIGKILL');
  // Under the final name: all of it, or what was there before.
  const found = await readFile(folder.file('a')).catch(() => null);
  const isThere = found?.equals(whole) ?? false;
  if (!isThere) expect(found, where).toEqual(before);
  const isKnown = await isToldOf(folder);

  const next = await runCli(command, { cwd: folder.path });
  // Where no note tells any more whose file it is, it is an existing file like any other.
  const isForgotten = isThere && args.length === 0 && !isKnown;
  if (!isForgotten) expect(next, where).toMatchObject({ code: 0, stderr: '' });
  else expect([0, 4], `${where}${next.stderr}`).toContain(next.code);
  expect((await readFile(folder.file('a'))).equals(whole), where).toBe(true);
  expect(await readdir(folder.path), where).toEqual(['a']);
  return /^died at step \d+: (.*)$/m.exec(where.replaceAll(folder.path, '.'))?.[1] ?? where;
}

/** Kills at one step after the other. */
async function dieAtEach(part: Part, situation: Situation): Promise<readonly string[]> {
  const died: string[] = [];
  let next = 1;
  let hasEnded = false;
  const workers = Array.from({ length: AT_ONCE }, async () => {
    while (!hasEnded && next <= MOST_STEPS) {
      const step = next;
      next += 1;
      const before = await dieAt(part, step, situation);
      if (before === null) hasEnded = true;
      else died[step - 1] = before;
    }
  });
  await Promise.all(workers);
  expect(hasEnded).toBe(true);
  return died;
}

/** In this order: the data is whole on disk, the note whose it is, its name, the notes and, last, that note go. */
function finishOf({ placing, isDurable }: Situation): readonly string[] {
  const state = './a.multidown';
  const note = `${state}/publication.json`;
  const safely = [`sync ${note}`, `rename ${note} ${note}`, `sync ${state}`];
  return [
    `truncate ${state}/data`,
    `chmod ${state}/data`,
    `sync ${state}/data`,
    `writeFile ${note}`,
    ...(isDurable ? safely : []),
    `${placing} ${state}/data ./a`,
    'sync .',
    `unlink ${state}/live.json`,
    `unlink ${state}/live-2.json`,
    `unlink ${state}/checkpoint.json`,
    `unlink ${state}/data`,
    ...(isDurable ? [`sync ${state}`] : []),
    `unlink ${note}`,
    `rmdir ${state}`,
  ];
}

describe.each(situations)('141 kill -9 at each step of %s', (_, situation) => {
  it('the next run ends right, and leaves nothing behind', { timeout: 600_000 }, async () => {
    const way = await dieAtEach('way', situation);
    // How often progress is noted on the way is another number each time.
    expect(way).toContainEqual(expect.stringMatching(/^link .*\/lock$/));
    expect(way).toContainEqual(expect.stringMatching(/^writev? .*\/data$/));
  });

  it('its finish step for step', { timeout: 600_000 }, async () => {
    const steps = await dieAtEach('finish', situation);
    // Where it takes a temporary name first is no step of the finish.
    const finish = steps.map((step) => step.replaceAll('publication.json.tmp', 'publication.json'));
    const named = finishOf(situation);
    expect(finish.filter((step) => named.includes(step))).toEqual(named);
  });
});
