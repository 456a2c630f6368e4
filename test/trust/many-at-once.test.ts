/** A hundred downloads in one process: none waits for another, and together they take little. */
import { fork } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { someBytes } from '../support/fake-download.ts';
import type { ManyMessage } from '../support/many-downloads.ts';
import { head, honest, type Step } from '../support/misbehaving-server.ts';
import { placeWith } from '../support/trial.ts';

const MIB = 1024 * 1024;
const MANY = 100;
const BAD = 50;
/** Of each answer, so much comes before all downloads have got something. */
const FIRST_BYTES = 64 * 1024;
const bytes = someBytes(2 * MIB);
/** What the hundred may take together: a connection each, and one that rests until it is closed. */
const MOST_SOCKETS = 2 * MANY;
/** Their connections, and of each its data, its lock and its notes; some are about to be closed. */
const MOST_HANDLES = MOST_SOCKETS + 5 * MANY;
/** 2 MiB each for its actors and what they keep, and what all share: memory to read into, and what waits for the disk. */
const MOST_MEMORY = (2 * MANY + 16 + 4) * MIB;
/** What is counted is what is kept, not how long the collector waits. */
const PROMPT_COLLECTOR = '--max-semi-space-size=2';
const program = fileURLToPath(new URL('../support/many-downloads.ts', import.meta.url));

it.runIf(process.platform === 'linux')(
  '187 a hundred at once: all move before any ends, a bad one stops nothing, sockets, handles and memory are bounded',
  async () => {
    const gate = Promise.withResolvers<void>();
    await using place = await placeWith((request) => {
      if (request.path === `/file-${BAD}`) return [{ send: head('404 Not Found', ['Content-Length: 0']) }];
      const [first, body] = honest(bytes, request);
      if (!first || !body || !('send' in body) || request.path === '/warm-up') return honest(bytes, request);
      const part = body.send as Uint8Array;
      const rest: Step[] = [{ until: gate.promise }, { send: part.subarray(FIRST_BYTES) }];
      return [first, { send: part.subarray(0, FIRST_BYTES) }, ...rest];
    });
    const base = place.server.url.replace('/file.bin', '');
    let sockets = 0;
    const looking = setInterval(() => {
      sockets = Math.max(sockets, place.server.open);
    }, 5);
    const child = fork(program, [place.folder, base, String(MANY), String(BAD)], {
      execArgv: [PROMPT_COLLECTOR],
    });
    const messages: ManyMessage[] = [];
    const code = await new Promise((resolve) => {
      child.on('message', (message: ManyMessage) => {
        messages.push(message);
        // From here on the server sends all that it has.
        if (message.type === 'moving') gate.resolve();
      });
      child.on('exit', resolve);
    });
    clearInterval(looking);
    expect(code).toBe(0);
    const [moving, over] = messages;
    expect(moving).toEqual({ type: 'moving', ended: 0 });
    if (over?.type !== 'over') throw new Error('It did not tell how it ended.');
    const wanted = Array.from({ length: MANY }, (_, index) => (index === BAD ? 'http-status' : 'done'));
    expect(over.ends).toEqual(wanted);
    for (const index of [0, 49, 51, 99]) {
      expect(Buffer.compare(await readFile(join(place.folder, `file-${index}`)), bytes)).toBe(0);
    }
    expect(sockets).toBeLessThanOrEqual(MOST_SOCKETS);
    expect([over.handles.left, over.unwritten]).toEqual([0, 0]);
    expect(over.handles.most).toBeLessThanOrEqual(MOST_HANDLES);
    expect(over.memory).toBeLessThanOrEqual(MOST_MEMORY);
  },
  120_000,
);
