/** Commands that come at any moment, twice over: 136 of the fault list. */
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { DownloadActor } from '../../src/open-download.ts';
import { someBytes } from '../support/fake-download.ts';
import { head, honest, type Script } from '../support/misbehaving-server.ts';
import { placeWith } from '../support/trial.ts';

const bytes = someBytes(200_000);
const serving: Script = (request) => honest(bytes, request);
/** Has to be asked again, of the first request and of the second. */
const busyAtFirst: Script = (request) =>
  request.count > 2
    ? honest(bytes, request)
    : [{ send: head('503 Service Unavailable', ['Content-Length: 0', 'Retry-After: 0']) }, { end: true }];

const commands = [
  ['pause', 'pause', 'resume', 'resume'],
  ['resume', 'pause', 'resume', 'pause', 'resume'],
  ['pause', 'stop', 'stop', 'resume'],
  ['stop', 'pause', 'resume'],
] as const;

type Snapshot = ReturnType<DownloadActor['getSnapshot']>;

/** Moments, and what tells that one is there: the machine, or the disk. */
const moments: readonly (readonly [string, (snapshot: Snapshot, folder: string) => boolean])[] = [
  ['while it validates', (snapshot) => snapshot.matches('validating')],
  ['while it probes', (snapshot) => snapshot.matches({ probing: 'asking' })],
  ['while it waits before it probes again', (snapshot) => snapshot.matches({ probing: 'backingOff' })],
  ['while it asks what is to become of a file', (snapshot) => snapshot.matches('confirmingOverwrite')],
  ['while it prepares', (snapshot) => snapshot.matches('preparing')],
  ['while it downloads', (snapshot) => snapshot.matches('downloading')],
  [
    'while a segment waits before it tries again',
    ({ context }) => Object.values(context.workers).some(({ state }) => state === 'backingOff'),
  ],
  ['once progress has been noted', (_, folder) => existsSync(join(folder, 'file.bin.multidown', 'live.json'))],
  ['while it pauses', (snapshot) => snapshot.matches({ pausing: 'draining' })],
  ['during the checkpoint of a pause', (snapshot) => snapshot.matches({ pausing: 'saving' })],
  ['in a pause', (snapshot) => snapshot.matches('paused')],
  ['while it verifies', (snapshot) => snapshot.matches({ merging: 'verifying' })],
  ['while it publishes', (snapshot) => snapshot.matches({ merging: 'publishing' })],
];

/** The second answer breaks off, so that its segment has to wait. */
const breaking: Script = (request) => {
  const steps = honest(bytes, request);
  if (request.attempt > 1 || request.rangeStart === 0) return steps;
  const [first] = steps;
  return first ? [first, { reset: true }] : steps;
};

function scriptFor(moment: string): Script {
  if (moment.includes('probes again')) return busyAtFirst;
  return moment.includes('segment waits') ? breaking : serving;
}

describe.each(moments)('136 commands %s', (moment, isThere) => {
  it.each(commands)('%s, %s, %s, ...: right, or nothing and a clear end', async (...given) => {
    await using place = await placeWith(scriptFor(moment));
    const isAsking = moment.includes('asks what');
    if (isAsking) await writeFile(join(place.folder, 'file.bin'), 'mine');
    const needsPause = /pause/.test(moment);
    let isSent = false;
    const trial = await place.run({
      rateLimit: 2_000_000,
      ifExists: isAsking ? 'ask' : 'overwrite',
      attach: (actor) => {
        const send = (command: 'pause' | 'resume' | 'stop' = 'resume') => {
          if (actor.getSnapshot().status === 'active') actor.send({ type: `download.${command}` });
        };
        actor.subscribe((snapshot) => {
          if (snapshot.status !== 'active') return;
          if (needsPause && !isSent && snapshot.matches('downloading')) queueMicrotask(() => send('pause'));
          if (isSent) {
            // Nobody is left waiting in a pause, nor for an answer.
            if (snapshot.matches('paused')) queueMicrotask(() => send('resume'));
            return;
          }
          if (!isThere(snapshot, place.folder)) return;
          isSent = true;
          queueMicrotask(() => {
            for (const command of given) send(command);
            if (actor.getSnapshot().matches('confirmingOverwrite'))
              actor.send({ type: 'download.answer', answer: 'overwrite' });
            if (actor.getSnapshot().matches('paused')) send('resume');
          });
        });
      },
    });
    expect(isSent).toBe(true);
    expect(['done', 'interrupted']).toContain(trial.ended);
    if (trial.ended === 'done') expect(trial.file && Buffer.compare(trial.file, bytes)).toBe(0);
    else expect(trial.file === null ? null : String(trial.file)).toBe(isAsking ? 'mine' : null);
  });
});
