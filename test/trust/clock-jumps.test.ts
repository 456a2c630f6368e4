/** Somebody sets the clock by a day while a download runs: in simulated time, and under the real program. */
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { fakeDownload, someBytes } from '../support/fake-download.ts';
import { parseJsonLines } from '../support/json-lines.ts';
import { startOrigin } from '../support/origin-server.ts';
import { runCli } from '../support/spawn-cli.ts';
import { makeTempDir } from '../support/temp-dir.ts';

const DAY = 86_400_000;
const MIB = 1024 * 1024;
const jumps = [
  ['forward', DAY],
  ['back', -DAY],
] as const;

/** What a run comes to, by the clock that nobody sets; the wall clock jumps when `isTime` says so. */
async function simulate(
  jump: number,
  isTime: (run: ReturnType<typeof fakeDownload>) => boolean,
  set: (run: ReturnType<typeof fakeDownload>) => void,
) {
  const run = fakeDownload({ retries: 3 }, { bytes: someBytes(300_000) });
  set(run);
  run.actor.start();
  let hasJumped = false;
  await run.clock.run(() => {
    if (!hasJumped && isTime(run)) {
      run.clock.wallShift = jump;
      hasJumped = true;
    }
    return run.actor.getSnapshot().status !== 'active';
  });
  expect(hasJumped).toBe(true);
  expect(run.actor.getSnapshot().output).toMatchObject({ status: 'done' });
  expect(run.storage.published).toEqual(run.source.bytes);
  const done = run.events.at(-1);
  return {
    took: run.clock.now(),
    elapsed: done?.type === 'done' ? done.elapsedMs : null,
    asked: run.source.requests.length,
  };
}

const midway = ({ source }: ReturnType<typeof fakeDownload>) => source.bytesSent > 100_000;
const slowly = ({ source }: ReturnType<typeof fakeDownload>) => {
  source.rate = 5;
};

/** The second request is refused for a while: by seconds, or until a date. */
const refusing = (retryAfter: string) => (run: ReturnType<typeof fakeDownload>) => {
  slowly(run);
  run.source.script = (_, count) =>
    count === 1 ? { status: 503, headers: { 'retry-after': retryAfter }, from: 0, to: 0 } : null;
};
const waiting = ({ source, clock }: ReturnType<typeof fakeDownload>) =>
  source.requests.length === 1 && clock.now() > 2_000;

describe.each(jumps)('138 a wall clock that jumps %s by a day', (_, jump) => {
  it('changes nothing of a download that is under way', async () => {
    const usual = await simulate(0, midway, slowly);
    expect(await simulate(jump, midway, slowly)).toEqual(usual);
  });

  it.each([
    ['seconds', '20'],
    ['a date', new Date(Date.UTC(2026, 0, 1, 0, 0, 20)).toUTCString()],
  ])('changes nothing of a wait that the server asked for in %s', async (_form, retryAfter) => {
    const usual = await simulate(0, waiting, refusing(retryAfter));
    expect(usual.took).toBeGreaterThan(20_000);
    expect(usual.took).toBeLessThan(60_000);
    expect(await simulate(jump, waiting, refusing(retryAfter))).toEqual(usual);
  });

  it('before a date that a server gives: waited for in no case longer than is allowed', async () => {
    const run = fakeDownload({ retries: 3 });
    refusing(new Date(Date.UTC(2026, 0, 1, 0, 0, 20)).toUTCString())(run);
    run.clock.wallShift = jump;
    run.actor.start();
    await run.untilEnd();
    // A date of yesterday is over; one of tomorrow is said to be too far off.
    const { output } = run.actor.getSnapshot();
    if (jump > 0) expect(output).toMatchObject({ status: 'done' });
    else expect(output).toMatchObject({ status: 'failed', failure: { code: 'http-status' } });
    expect(run.clock.now()).toBeLessThan(60_000);
  });

  it('under the program itself: the right file, and the time that it took', async () => {
    const shifted = `
      const Plain = Date;
      let shift = 0;
      globalThis.Date = class extends Plain {
        constructor(...parts) { parts.length === 0 ? super(Plain.now() + shift) : super(...parts); }
        static now() { return Plain.now() + shift; }
      };
      setTimeout(() => { shift = ${jump}; }, 600).unref();`;
    const nodeOptions = ['--import', `data:text/javascript,${encodeURIComponent(shifted)}`];
    await using origin = await startOrigin({
      size: 4 * MIB,
      bytesPerSecond: 2 * MIB,
      script: ({ index }) => (index === 0 ? { status: 503, headers: { 'retry-after': '1' } } : null),
    });
    await using folder = await makeTempDir();
    const started = performance.now();
    const run = await runCli([origin.url, 'a', '-n', '1', '--json'], { cwd: folder.path, nodeOptions });
    const took = performance.now() - started;
    expect(run).toMatchObject({ code: 0, stderr: '' });
    const lines = parseJsonLines(run.stdout);
    const last = lines.at(-1);
    expect(last?.type === 'done' && last.elapsedMs).toBeGreaterThan(0);
    expect(last?.type === 'done' && last.elapsedMs).toBeLessThan(took);
    // It did jump: that is what the lines' dates are.
    const [first, end] = [lines[0], last].map((line) => Date.parse(line?.time ?? ''));
    expect(Math.abs((end ?? 0) - (first ?? 0))).toBeGreaterThan(DAY / 2);
    expect(Buffer.compare(await readFile(folder.file('a')), origin.bytes(0, origin.size))).toBe(0);
  });
});
