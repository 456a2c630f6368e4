/*
 * A program for a pseudo-terminal: the terminal adapter over an actor that
 * plays a download. Arguments: a scenario, see `scenarios`; `quiet`, `plain`
 * for the options. At the end it prints the commands that it was sent.
 */
import { loadTerminal } from '../../src/adapters/terminal/attach.ts';
import type { DownloadStateName, Question } from '../../src/machines/events.ts';
import {
  doneEvent,
  FakeControl,
  failedEvent,
  MIB,
  progressEvent,
  segment,
  someSource,
  stateEvent,
} from './fake-control.ts';

const [scenario = 'download', ...flags] = process.argv.slice(2);
const actor = new FakeControl();
const ended = Promise.withResolvers<void>();
const total = 128 * MIB;
let bytes = 0;
let limit = 8;
let rateLimit: number | null = null;
let elapsedMs = 0;
/** Today, as usual. */
const startedAt = Date.now();
let timer: NodeJS.Timeout | undefined;
let wasRepaired = false;
/** Why the server is asked again and again: from the beginning, or once it is gone. */
const excuses: Readonly<Record<string, string>> = {
  unanswered: 'The server answered 503: it is overloaded or being worked on. Trying again in 60 s.',
  gone: 'The server refused the connection. Trying again in 60 s.',
};
const excuse = excuses[scenario];
let isAskingInVain = false;

const questions: Readonly<Record<string, Question>> = {
  elsewhere: { kind: 'target-exists', path: '/home/user/file.iso', size: 5 * MIB },
  overwrite: { kind: 'target-exists', path: '/home/user/file.iso', size: 5 * MIB },
  changed: { kind: 'changed', path: '/home/user/file.iso', keptBytes: 5 * MIB, reason: 'another ETag' },
  partial: {
    kind: 'partial-exists',
    path: '/home/user/file.iso',
    keptBytes: 3 * MIB,
    url: 'http://other.test/\u001b[31mfile.iso',
  },
};

function enter(state: DownloadStateName): void {
  const source = { ...someSource, acceptsRanges: scenario !== 'whole' };
  const isUnknown = state === 'validating' || state === 'probing' || (bytes + elapsedMs === 0 && state === 'stopped');
  actor.emit(stateEvent({ state, source: isUnknown ? null : source }));
}

function tick(): void {
  bytes = Math.min(['endless', 'whole', 'gone'].includes(scenario) ? total / 2 : total, bytes + 4 * MIB);
  elapsedMs += 100;
  const segments = Array.from({ length: 8 }, (_, index) => {
    const start = (index * total) / 8;
    const written = start + bytes / 8;
    const isTrying = scenario === 'retrying' && index === 0 && elapsedMs < 1_000;
    const state = isTrying ? 'backingOff' : 'receiving';
    return segment({ id: `segment-${index}`, start, end: start + total / 8, written, state });
  });
  const connections = { active: Math.min(8, limit), limit, isAuto: false };
  const fraction = bytes / total;
  actor.emit(progressEvent({ bytes, total, fraction, elapsedMs, connections, segments, startedAt, rateLimit }));
  if (scenario === 'crash' && bytes > 8 * MIB) throw new Error('planted');
  if (bytes === total) finish();
}

function fetchBytes(): void {
  enter('preparing');
  enter('downloading');
  timer = setInterval(tick, 100);
}

function askInVain(message: string): void {
  isAskingInVain = true;
  enter('probing');
  actor.emit({ type: 'warning', code: 'retrying', message });
  enter('probing');
}

function finish(): void {
  clearInterval(timer);
  enter('merging');
  if (scenario === 'damaged' && !wasRepaired) {
    wasRepaired = true;
    bytes -= 20 * MIB;
    enter('pausing');
    enter('probing');
    return fetchBytes();
  }
  enter('done');
  actor.emit(doneEvent({ verified: scenario === 'checked' ? ['sha256'] : [] }));
  ended.resolve();
}

function stop(): void {
  clearInterval(timer);
  if (!isAskingInVain) enter('pausing');
  // Slow enough for a second Ctrl-C to come first.
  if (scenario === 'stuck') return;
  enter('stopped');
  actor.emit(
    failedEvent({
      code: 'interrupted',
      message: 'Stopped. What has arrived is kept: the same command goes on from there.',
    }),
  );
  ended.resolve();
}

actor.onCommand = (command) => {
  switch (command.type) {
    case 'download.pause':
      clearInterval(timer);
      if (!isAskingInVain && scenario !== 'silent') enter('pausing');
      return enter('paused');
    case 'download.resume':
      if (excuse !== undefined) return askInVain(excuse);
      enter('probing');
      return scenario === 'silent' ? undefined : fetchBytes();
    case 'download.stop':
      return stop();
    case 'download.setConnections':
      limit = command.connections === 'auto' ? 8 : command.connections;
      return;
    case 'download.answer':
      if (command.answer !== 'stop') return fetchBytes();
      enter('stopped');
      actor.emit(failedEvent({ code: 'declined', message: 'Stopped, as you chose.', resumable: false }));
      return ended.resolve();
    case 'download.setRateLimit':
      rateLimit = command.bytesPerSecond;
  }
};

const { stdin, stderr, env } = process;
const terminal = await loadTerminal({
  stdin,
  stderr,
  env,
  quiet: flags.includes('quiet'),
  live: !flags.includes('plain'),
  onForce: () => process.exit(130),
});
terminal.attach(actor);
// Somebody else has answered.
process.on('SIGUSR2', fetchBytes);
enter('validating');
enter('probing');
const question = questions[scenario];
if (question) {
  const state = question.kind === 'target-exists' ? 'confirmingOverwrite' : 'confirmingRestart';
  actor.emit(stateEvent({ state, question }));
} else if (scenario === 'unanswered') {
  askInVain(excuse ?? '');
} else if (scenario !== 'silent') {
  fetchBytes();
}
if (scenario === 'warnings' || scenario === 'retrying') {
  actor.emit({ type: 'warning', code: 'retrying', message: 'The server hung up. Trying again in 1.2 s.' });
}
if (scenario === 'warnings') {
  actor.emit({
    type: 'warning',
    code: 'identity-unproved',
    message: 'The server cannot prove that the file is the same.',
  });
}
if (scenario === 'failing') {
  clearInterval(timer);
  tick();
  enter('failed');
  actor.emit(failedEvent({ message: 'The connection was lost \u001b[31m for good.' }));
  ended.resolve();
}
await ended.promise;
await terminal.close();
console.log(`COMMANDS ${JSON.stringify(actor.commands)}`);
