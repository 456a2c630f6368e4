import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { WindowHub } from '../../../src/adapters/window/hub.ts';
import type { RecordingLine } from '../../../src/adapters/window/protocol.ts';
import { openRecorder } from '../../../src/adapters/window/recorder.ts';
import { readRecording } from '../../../src/adapters/window/recording.ts';
import { Sparse } from '../../../src/adapters/window/sparse.ts';
import { openDownload } from '../../../src/open-download.ts';
import { startOrigin } from '../../support/origin-server.ts';
import { makeTempDir } from '../../support/temp-dir.ts';
import { openTestPage, startTestWindow } from '../../support/window-server.ts';

const plain = (text: string) => text;
const cleanUps: AsyncDisposable[] = [];
const kept = <One extends AsyncDisposable>(one: One): One => {
  cleanUps.push(one);
  return one;
};
afterEach(async () => {
  for (const one of cleanUps.splice(0).reverse()) await one[Symbol.asyncDispose]();
});

/** A whole download, recorded. */
async function record(path: string, limit?: number): Promise<void> {
  const origin = kept(await startOrigin({ size: 2 * 1024 * 1024 }));
  const folder = kept(await makeTempDir());
  const hub = new WindowHub({ mode: 'live', version: '1.0.0' });
  const recorder = openRecorder({
    path,
    version: '1.0.0',
    onTrouble: () => {},
    ...(limit === undefined ? {} : { limit }),
  });
  hub.tap(recorder.write);
  const { inspect, hear } = hub.add({ url: origin.url, redact: plain, send: () => {} });
  await openDownload(origin.url, {
    output: folder.file('file.bin'),
    connections: 4,
    inspect,
    attach: (actor) => void actor.on('*', hear),
  }).done;
  hub.flush();
  recorder.close();
}

const linesOf = (path: string) =>
  readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as RecordingLine);

describe('the recorder', () => {
  it('writes what happens as JSON lines, for its user only, and it can be shown again', async () => {
    const dir = kept(await makeTempDir());
    const path = dir.file('flight.jsonl');
    await record(path);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const types = new Set(linesOf(path).map(({ type }) => type as string));
    expect([...types].sort()).toEqual([
      '@xstate.actor',
      '@xstate.event',
      '@xstate.snapshot',
      'download',
      'event',
      'multidown-recording',
    ]);
    const window = kept(await startTestWindow({ mode: 'replay' }));
    await readRecording(path, window.hub);
    const page = kept(await openTestPage(window, await window.signIn()));
    const welcome = await page.heard(({ type }) => type === 'welcome');
    expect(welcome).toMatchObject({
      mode: 'replay',
      roots: [],
      downloads: [
        { id: 'd1', name: 'file.bin', canControl: false, state: { state: 'done' }, result: { size: 2 * 1024 * 1024 } },
      ],
    });
    const inspection = await page.heard(({ type }) => type === 'inspection');
    const recorded = linesOf(path).filter(({ type }) => type.startsWith('@xstate.'));
    expect(inspection).toEqual({ type: 'inspection', messages: recorded });
  });

  it('is bounded, and tells how it ended all the same', async () => {
    const dir = kept(await makeTempDir());
    const path = dir.file('flight.jsonl');
    await record(path, 55_000);
    const lines = linesOf(path);
    expect(statSync(path).size).toBeLessThan(63_000);
    const full = lines.findIndex(({ type }) => type === 'truncated');
    expect(full).toBeGreaterThan(0);
    expect(lines.slice(full + 1)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ type: 'event', event: expect.objectContaining({ type: 'done' }) }),
        expect.objectContaining({ type: '@xstate.snapshot', snapshot: expect.objectContaining({ value: 'done' }) }),
      ]),
    );
    const hub = new WindowHub({ mode: 'replay', version: '1.0.0' });
    await readRecording(path, hub);
  });

  it('replaces a recording, and nothing else', async () => {
    const dir = kept(await makeTempDir());
    const open = (path: string) => openRecorder({ path, version: '1.0.0', onTrouble: () => {} }).close();
    open(dir.file('a'));
    open(dir.file('a'));
    expect(linesOf(dir.file('a'))).toHaveLength(1);
    writeFileSync(dir.file('film'), 'precious');
    expect(() => open(dir.file('film'))).toThrow('is no recording');
    expect(readFileSync(dir.file('film'), 'utf8')).toBe('precious');
    expect(() => open(dir.file('no', 'folder'))).toThrow('cannot be written');
    expect(existsSync(dir.file('no'))).toBe(false);
  });

  it('gives up with a sentence when the disk is full, and the download goes on', () => {
    const troubles: string[] = [];
    if (!existsSync('/dev/full')) return console.log('There is no /dev/full here: a full disk was not tried.');
    const recorder = openRecorder({ path: '/dev/full', version: '1.0.0', onTrouble: (text) => troubles.push(text) });
    recorder.write({ type: 'truncated', at: 0 }, '{}', false);
    recorder.close();
    expect(troubles).toEqual([expect.stringContaining('cannot be written (ENOSPC)')]);
  });

  it('keeps fewer figures the fuller its file is', () => {
    const figure = (at: number): RecordingLine => ({
      type: 'event',
      at,
      download: 'd1',
      event: { type: 'progress' } as never,
    });
    const count = (fullness: number) => {
      const sparse = new Sparse();
      return Array.from({ length: 10_000 }, (_, index) => index * 100).filter((at) =>
        sparse.takes(figure(at), fullness),
      ).length;
    };
    expect([0, 0.4, 0.5, 0.8, 1].map(count)).toEqual([1_000, 1_000, 250, 63, 1]);
  });
});

describe('what is no recording', () => {
  const head = '{"type":"multidown-recording","protocol":1,"version":"1.0.0","startedAt":0}';
  const event = '{"type":"download","at":0,"download":"d1","url":"http://example.org/a"}';

  it.each([
    ['nothing', '', /is empty/],
    ['something else', 'hello\n', /is not a recording of multidown/],
    ['JSON of another kind', '{"type":"x"}\n', /is not a recording of multidown/],
    ['binary', '\0\x01\x02'.repeat(1000), /is not a recording of multidown/],
    ['another protocol', head.replace('"protocol":1', '"protocol":9'), /another protocol/],
    ['damage in the middle', `${head}\n${event}\n{"type":\n${event}\n`, /damaged in line 3/],
    ['a line of another kind', `${head}\n{"type":"x"}\n${event}\n`, /damaged in line 2/],
  ])('%s', async (_, text, why) => {
    const dir = kept(await makeTempDir());
    writeFileSync(dir.file('r'), text);
    await expect(readRecording(dir.file('r'), new WindowHub({ mode: 'replay', version: '1.0.0' }))).rejects.toThrow(
      why,
    );
  });

  it.each([
    ['a torn last line', `${head}\n${event}\n{"type":"@xst`],
    ['no end of the last line', `${head}\n${event}`],
    ['line ends of Windows', `${head}\r\n${event}\r\n`],
  ])('but %s is one', async (_, text) => {
    const dir = kept(await makeTempDir());
    writeFileSync(dir.file('r'), text);
    const window = kept(await startTestWindow({ mode: 'replay' }));
    await readRecording(dir.file('r'), window.hub);
    const page = kept(await openTestPage(window, await window.signIn()));
    expect(await page.heard(({ type }) => type === 'welcome')).toMatchObject({
      downloads: [{ url: 'http://example.org/a' }],
    });
  });

  it('a file that is not there, or a folder', async () => {
    const dir = kept(await makeTempDir());
    const hub = new WindowHub({ mode: 'replay', version: '1.0.0' });
    await expect(readRecording(dir.file('none'), hub)).rejects.toThrow('cannot be read: there is no such file.');
    await expect(readRecording(dir.path, hub)).rejects.toThrow('cannot be read: it is a folder.');
  });
});
