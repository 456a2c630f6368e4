import { describe, expect, it } from 'vitest';
import type { DownloadEvent } from '../../src/machines/events.ts';
import { FailureError } from '../../src/machines/failures.ts';
import { isWhole, writtenBytes } from '../../src/machines/ranges.ts';
import { fakeDownload, someBytes } from '../support/fake-download.ts';

const states = (events: readonly DownloadEvent[]) =>
  events.flatMap((event) => (event.type === 'state' ? [event.state] : []));
const warnings = (events: readonly DownloadEvent[]) =>
  events.flatMap((event) => (event.type === 'warning' ? [event.code] : []));

describe('a first download', () => {
  it('fetches on several connections, without a request for asking', async () => {
    const { actor, source, storage, events, untilEnd } = fakeDownload();
    actor.start();
    await untilEnd();
    expect(actor.getSnapshot().output).toMatchObject({
      status: 'done',
      result: { size: 100_000, path: '/folder/file.bin', skipped: false },
    });
    expect(storage.published).toEqual(source.bytes);
    expect(source.requests[0]).toMatchObject({ from: 0, to: null, ifRange: null });
    expect(source.requests.length).toBeGreaterThan(3);
    expect(source.requests.slice(1).every((request) => request.ifRange === '"v1"')).toBe(true);
    expect(source.open_.size).toBe(0);
    expect(states(events)).toEqual(['validating', 'probing', 'preparing', 'downloading', 'merging', 'done']);
    expect(events.at(-1)).toMatchObject({ type: 'done', size: 100_000 });
  });

  it.each([1, 2, 7, 64])('never has more than %i connections', async (connections) => {
    const { actor, source, storage, clock } = fakeDownload({ connections });
    let most = 0;
    actor.start();
    await clock.run(() => {
      most = Math.max(most, source.open_.size);
      return actor.getSnapshot().status !== 'active';
    });
    expect(most).toBeLessThanOrEqual(connections);
    expect(storage.published).toEqual(source.bytes);
  });

  it('makes no range below the least size', async () => {
    const { actor, source, untilEnd } = fakeDownload({ connections: 64, minSplit: 30_000 });
    actor.start();
    await untilEnd();
    for (const { from, to } of source.requests) expect((to ?? 100_000) - (from ?? 0)).toBeGreaterThanOrEqual(30_000);
    expect(source.requests.length).toBeLessThanOrEqual(4);
  });

  it('takes one connection when the server sends whole files only', async () => {
    const { actor, source, storage, events, untilEnd } = fakeDownload();
    source.ranges = false;
    actor.start();
    await untilEnd();
    expect(storage.published).toEqual(source.bytes);
    expect(source.requests).toHaveLength(1);
    expect(warnings(events)).toContain('single-connection');
  });

  it('takes a file of unknown length', async () => {
    const { actor, source, storage, events, untilEnd } = fakeDownload();
    source.ranges = false;
    source.announceLength = false;
    actor.start();
    await untilEnd();
    expect(storage.published).toEqual(source.bytes);
    expect(warnings(events)).toContain('length-unverified');
    expect(actor.getSnapshot().output).toMatchObject({ status: 'done', result: { size: 100_000 } });
  });

  it('makes an empty file of nothing, be it told by 416 or by 200', async () => {
    for (const ranges of [true, false]) {
      const { actor, source, storage, untilEnd } = fakeDownload({}, { bytes: new Uint8Array(0) });
      source.ranges = ranges;
      actor.start();
      await untilEnd();
      expect(storage.published).toEqual(new Uint8Array(0));
      expect(source.requests.length).toBe(1);
    }
  });

  it('asks once more without a range when the range is disliked', async () => {
    const { actor, source, storage, untilEnd } = fakeDownload();
    source.script = (request) => (request.from === null ? null : { status: 400, headers: {}, from: 0, to: 0 });
    source.ranges = false;
    actor.start();
    await untilEnd();
    expect(source.requests.map((request) => request.from)).toEqual([0, null]);
    expect(storage.published).toEqual(source.bytes);
  });

  it('lets the server name the file', async () => {
    const { actor, source, storage, untilEnd } = fakeDownload({}, { output: null });
    source.suggestedName = 'named.iso';
    actor.start();
    await untilEnd();
    expect(actor.getSnapshot().context.target?.path).toBe('/folder/named.iso');
    expect(source.requests[0]).toMatchObject({ from: 0 });
    expect(storage.calls.filter((call) => call === 'claim')).toHaveLength(2);
    expect(storage.published).toEqual(source.bytes);
  });

  it('writes nothing in a dry run', async () => {
    const { actor, source, storage, untilEnd } = fakeDownload({ dryRun: true });
    actor.start();
    await untilEnd();
    expect(actor.getSnapshot().output).toMatchObject({ status: 'done', result: { dryRun: true, size: 100_000 } });
    expect(source.requests).toHaveLength(1);
    expect(storage.calls).toEqual(['claim']);
  });

  it('gives figures that add up', async () => {
    const { actor, events, untilEnd } = fakeDownload({ connections: 2 });
    actor.start();
    await untilEnd();
    const progress = events.filter((event) => event.type === 'progress');
    expect(progress.length).toBeGreaterThan(3);
    for (const figures of progress) {
      expect(figures.bytes).toBe(figures.segments.reduce((sum, segment) => sum + segment.written - segment.start, 0));
      expect(figures.connections.active).toBeLessThanOrEqual(2);
    }
    expect(progress.at(-1)).toMatchObject({ bytes: 100_000, fraction: 1 });
    expect(progress.at(-2)?.speed.now).toBeGreaterThan(0);
  });
});

describe('pausing and resuming', () => {
  it('parks, saves, and goes on with what is missing only', async () => {
    const { actor, source, storage, clock, until, untilEnd } = fakeDownload();
    actor.start();
    await clock.run(() => writtenBytes(actor.getSnapshot().context.plan) > 30_000);
    actor.send({ type: 'download.pause' });
    await until('paused');
    const paused = actor.getSnapshot();
    expect(source.open_.size).toBe(0);
    expect(Object.keys(paused.children)).toEqual([]);
    expect(storage.checkpoint?.plan).toEqual(
      paused.context.plan.map((range) => ({ ...range, durable: expect.any(Number) })),
    );
    expect(paused.context.plan.every((range) => range.durable === range.written)).toBe(true);
    const before = source.bytesSent;
    const missing = 100_000 - writtenBytes(paused.context.plan);
    actor.send({ type: 'download.resume' });
    await untilEnd();
    expect(storage.published).toEqual(source.bytes);
    expect(source.bytesSent - before).toBeLessThanOrEqual(missing * 1.05);
  });

  it.each([1, 2, 9])('goes on in another process with %i connections', async (connections) => {
    const first = fakeDownload({ connections: 6 });
    first.actor.start();
    await first.clock.run(() => writtenBytes(first.actor.getSnapshot().context.plan) > 40_000);
    first.actor.send({ type: 'download.stop' });
    await first.untilEnd();
    expect(first.actor.getSnapshot().output).toMatchObject({
      status: 'stopped',
      failure: { code: 'interrupted' },
      resumable: true,
    });

    const second = fakeDownload({ connections }, { storage: first.storage });
    const missing = 100_000 - writtenBytes(first.actor.getSnapshot().context.plan);
    second.actor.start();
    await second.untilEnd();
    expect(second.storage.published).toEqual(second.source.bytes);
    expect(second.source.requests[0]?.from).toBeGreaterThan(0);
    expect(second.source.requests.every((request) => request.ifRange === '"v1"')).toBe(true);
    expect(second.source.bytesSent).toBeLessThanOrEqual(missing * 1.05);
    expect(second.events.some((event) => event.type === 'state' && event.resumedBytes === 100_000 - missing)).toBe(
      true,
    );
  });

  it('goes on from a live note as after a kill', async () => {
    const first = fakeDownload();
    first.actor.start();
    await first.clock.run(() => first.storage.saves.live > 3);
    first.actor.stop();
    const second = fakeDownload({}, { storage: first.storage });
    second.actor.start();
    await second.untilEnd();
    expect(second.storage.published).toEqual(second.source.bytes);
  });

  it('asks for one byte when all are there, and publishes', async () => {
    const first = fakeDownload();
    first.storage.failing = { publish: { code: 'disk', message: 'no' } };
    first.actor.start();
    await first.untilEnd();
    expect(first.actor.getSnapshot().output).toMatchObject({ status: 'failed', failure: { code: 'disk' } });
    first.storage.failing = {};
    const context = first.actor.getSnapshot().context;
    const { entity } = context;
    if (!entity) throw new Error('The first run has learnt nothing of the file.');
    expect(isWhole(context.plan, 100_000)).toBe(true);
    first.storage.checkpoint = {
      url: context.url,
      entity,
      plan: context.plan,
      startedAt: 0,
      activeMs: 0,
    };
    first.storage.live = null;
    const second = fakeDownload({}, { storage: first.storage });
    second.actor.start();
    await second.untilEnd();
    expect(second.storage.published).toEqual(second.source.bytes);
    expect(second.source.requests).toEqual([expect.objectContaining({ from: 99_999 })]);
    expect(second.source.open_.size).toBe(0);
  });

  it('refuses to pause where a pause would lose all, and says so', async () => {
    const { actor, source, clock, events, untilEnd } = fakeDownload();
    source.ranges = false;
    actor.start();
    await clock.run(() => writtenBytes(actor.getSnapshot().context.plan) > 10_000);
    actor.send({ type: 'download.pause' });
    expect(warnings(events)).toContain('pause-unsupported');
    await untilEnd();
    expect(actor.getSnapshot().output?.status).toBe('done');
  });

  it('compares samples when no validator proves the file to be the same', async () => {
    for (const isSame of [true, false]) {
      const first = fakeDownload();
      first.source.etag = null;
      first.actor.start();
      await first.clock.run(() => writtenBytes(first.actor.getSnapshot().context.plan) > 40_000);
      first.actor.send({ type: 'download.stop' });
      await first.untilEnd();
      const bytes = isSame ? first.source.bytes : someBytes(100_000).map((byte) => byte ^ 1);
      const second = fakeDownload({}, { storage: first.storage, bytes });
      second.source.etag = null;
      second.actor.start();
      await second.untilEnd();
      if (isSame) {
        expect(second.storage.published).toEqual(bytes);
        expect(warnings(second.events)).toContain('identity-unproved');
      } else {
        expect(second.actor.getSnapshot().output).toMatchObject({ status: 'failed', failure: { code: 'changed' } });
        expect(second.storage.published).toBeNull();
      }
    }
  });
});

describe('trouble on the way', () => {
  it('asks again when the server is overloaded at the last comparison', async () => {
    const { actor, source, storage, events, untilEnd } = fakeDownload();
    source.etag = null;
    let refusals = 0;
    source.script = () => {
      const isLast = JSON.stringify(actor.getSnapshot().value) === '{"merging":"verifying"}';
      if (!isLast || refusals === 2) return null;
      refusals += 1;
      return { status: 503, headers: {}, from: 0, to: 0 };
    };
    actor.start();
    await untilEnd();
    expect(refusals).toBe(2);
    expect(warnings(events).filter((code) => code === 'retrying')).toHaveLength(2);
    expect(storage.published).toEqual(source.bytes);
  });

  it('asks again for what a broken connection left out', async () => {
    const { actor, source, storage, events, untilEnd } = fakeDownload();
    let broken = 0;
    source.script = ({ from, to }, count) => {
      if (count !== 2 || from === null || to === null) return null;
      broken = from;
      const headers = { ...source.validators(), 'content-range': `bytes ${from}-${to - 1}/100000` };
      return { status: 206, headers, from, to, breakAfter: 700 };
    };
    actor.start();
    await untilEnd();
    expect(storage.published).toEqual(source.bytes);
    expect(warnings(events)).toContain('retrying');
    expect(source.requests.some((request) => request.from === broken + 700)).toBe(true);
  });

  it('gives up after the retries are spent, keeps what is there', async () => {
    const { actor, source, storage, untilEnd } = fakeDownload({ retries: 2, connections: 1 });
    source.script = (_, count) => {
      if (count === 1)
        return {
          status: 206,
          headers: { ...source.validators(), 'content-range': 'bytes 0-99999/100000' },
          from: 0,
          to: 100_000,
          breakAfter: 5_000,
        };
      throw new FailureError({ code: 'connection-lost', message: 'The connection was lost.' });
    };
    actor.start();
    await untilEnd();
    // The first, and two more.
    expect(source.requests).toHaveLength(3);
    expect(actor.getSnapshot().output).toMatchObject({
      status: 'failed',
      failure: { code: 'connection-lost' },
      resumable: true,
    });
    expect(storage.checkpoint?.plan[0]?.written).toBe(5_000);
  });

  it('is served by a server that stands one connection, without a storm', async () => {
    const { actor, source, storage, events, untilEnd } = fakeDownload({ connections: 32 });
    source.script = () => (source.open_.size > 0 ? { status: 503, headers: {}, from: 0, to: 0 } : null);
    actor.start();
    await untilEnd();
    expect(storage.published).toEqual(source.bytes);
    // One for each of the 32 parts, and a few that were pushed back, ever more rarely.
    expect(source.requests.length).toBeLessThanOrEqual(40);
    expect(warnings(events)).toContain('push-back');
  });

  it('honours Retry-After', async () => {
    const { actor, source, storage, clock, untilEnd } = fakeDownload();
    source.script = (_, count) =>
      count === 1 ? { status: 503, headers: { 'retry-after': '20' }, from: 0, to: 0 } : null;
    actor.start();
    await untilEnd();
    expect(storage.published).toEqual(source.bytes);
    expect(clock.now()).toBeGreaterThanOrEqual(20_000);
    expect(source.requests.length).toBeGreaterThan(1);
  });

  it('says what was wrong with the first answer, each time', async () => {
    const { actor, source, events, untilEnd } = fakeDownload();
    source.script = (_, count) => (count <= 2 ? { status: 503, headers: {}, from: 0, to: 0 } : null);
    actor.start();
    await untilEnd();
    const said = events.flatMap((event) =>
      event.type === 'warning' && event.code === 'retrying' ? [event.message] : [],
    );
    expect(said).toHaveLength(2);
    for (const sentence of said) expect(sentence).toMatch(/503.*\. Trying again in \d\.\d s\.$/);
  });

  it('fails at once where trying again cannot help', async () => {
    const { actor, source, storage, untilEnd } = fakeDownload();
    source.script = () => ({ status: 404, headers: {}, from: 0, to: 0 });
    actor.start();
    await untilEnd();
    expect(actor.getSnapshot().output).toMatchObject({
      status: 'failed',
      failure: { code: 'http-status', status: 404 },
      resumable: false,
    });
    expect(source.requests).toHaveLength(1);
    expect(storage.calls).toEqual(['claim']);
  });

  it.each(['fail', 'restart', 'ask'] as const)(
    'never mixes two versions: the file changes midway, policy %s',
    async (ifChanged) => {
      const { actor, source, storage, clock, untilEnd, until } = fakeDownload({ ifChanged });
      const newer = someBytes(100_000).map((byte) => byte ^ 0xff);
      actor.start();
      await clock.run(() => writtenBytes(actor.getSnapshot().context.plan) > 20_000);
      source.bytes = newer;
      source.etag = '"v2"';
      for (const exchange of source.open_) exchange.cancel();
      actor.send({ type: 'download.pause' });
      await until('paused');
      actor.send({ type: 'download.resume' });
      if (ifChanged === 'ask') {
        await until('confirmingRestart');
        expect(actor.getSnapshot().context.question).toMatchObject({ kind: 'changed', keptBytes: expect.any(Number) });
        actor.send({ type: 'download.answer', answer: 'restart' });
      }
      await untilEnd();
      if (ifChanged === 'fail') {
        expect(actor.getSnapshot().output).toMatchObject({ status: 'failed', failure: { code: 'changed' } });
        expect(storage.published).toBeNull();
      } else {
        expect(storage.published).toEqual(newer);
      }
    },
  );

  it('notices a change in the middle of a run through If-Range', async () => {
    const { actor, source, storage, untilEnd } = fakeDownload({ ifChanged: 'restart' });
    const newer = someBytes(100_000).map((byte) => byte ^ 0xff);
    source.script = (_, count) => {
      if (count === 3) {
        source.bytes = newer;
        source.etag = '"v2"';
      }
      return null;
    };
    actor.start();
    await untilEnd();
    expect(storage.published).toEqual(newer);
  });

  it('does not begin for ever when every answer has another ETag', async () => {
    const { actor, source, storage, untilEnd } = fakeDownload({ ifChanged: 'restart' });
    source.script = (_, count) => {
      source.etag = `"v${count}"`;
      return null;
    };
    actor.start();
    await untilEnd();
    expect(storage.published).toEqual(source.bytes);
    expect(source.requests.length).toBeLessThan(12);
  });

  it('keeps what is there when the disk is full', async () => {
    const { actor, storage, clock, untilEnd } = fakeDownload();
    actor.start();
    await clock.run(() => writtenBytes(actor.getSnapshot().context.plan) > 20_000);
    storage.failing = { write: { code: 'disk-full', message: 'The disk is full.' } };
    await untilEnd();
    expect(actor.getSnapshot().output).toMatchObject({
      status: 'failed',
      failure: { code: 'disk-full' },
      resumable: true,
    });
    storage.failing = {};
    const second = fakeDownload({}, { storage });
    second.actor.start();
    await second.untilEnd();
    expect(storage.published).toEqual(second.source.bytes);
  });

  it('publishes nothing when the digest does not match', async () => {
    const { actor, storage, untilEnd } = fakeDownload({ digests: [{ algorithm: 'sha256', hex: 'cd' }] });
    actor.start();
    await untilEnd();
    expect(actor.getSnapshot().output).toMatchObject({ status: 'failed', failure: { code: 'digest-mismatch' } });
    expect(storage.published).toBeNull();
    expect(storage.rejected).toBe(true);
  });

  it('goes on when a checkpoint cannot be written, and says so', async () => {
    const { actor, source, storage, events, untilEnd } = fakeDownload({ connections: 1 });
    source.rate = 2;
    storage.failing = { saveCheckpoint: { code: 'disk', message: 'no' } };
    actor.start();
    await untilEnd();
    expect(storage.published).toEqual(source.bytes);
    expect(warnings(events)).toContain('checkpoint-failed');
  });
});

describe('decisions', () => {
  it.each([
    ['overwrite', 'overwrite'],
    ['rename', 'rename'],
  ] as const)('asks what to do with an existing target: %s', async (answer, onConflict) => {
    const { actor, source, storage, until, untilEnd } = fakeDownload({ ifExists: 'ask' });
    storage.existingSize = 5;
    actor.start();
    await until('confirmingOverwrite');
    expect(actor.getSnapshot().context.question).toEqual({ kind: 'target-exists', path: '/folder/file.bin', size: 5 });
    actor.send({ type: 'download.answer', answer: 'restart' });
    expect(actor.getSnapshot().matches('confirmingOverwrite')).toBe(true);
    actor.send({ type: 'download.answer', answer });
    await untilEnd();
    expect(storage.published).toEqual(source.bytes);
    expect(storage.publishedAs).toBe(onConflict);
  });

  it('stops when the answer is stop', async () => {
    const { actor, storage, until } = fakeDownload({ ifExists: 'ask' });
    storage.existingSize = 5;
    actor.start();
    await until('confirmingOverwrite');
    actor.send({ type: 'download.answer', answer: 'stop' });
    expect(actor.getSnapshot().output).toMatchObject({ status: 'stopped', failure: { code: 'declined' } });
  });

  it('spends no request on a target that must not be replaced', async () => {
    const { actor, source, storage, untilEnd } = fakeDownload({ ifExists: 'fail' });
    storage.existingSize = 5;
    actor.start();
    await untilEnd();
    expect(actor.getSnapshot().output).toMatchObject({ status: 'failed', failure: { code: 'target-exists' } });
    expect(source.requests).toHaveLength(0);
  });

  it('skips', async () => {
    const { actor, source, storage, untilEnd } = fakeDownload({ ifExists: 'skip' });
    storage.existingSize = 5;
    actor.start();
    await untilEnd();
    expect(actor.getSnapshot().output).toMatchObject({ status: 'done', result: { skipped: true, size: 5 } });
    expect(source.requests).toHaveLength(0);
  });

  it.each([
    ['ab', { status: 'done', result: { skipped: true, verified: ['sha256'], digests: { sha256: 'ab' } } }],
    ['cd', { status: 'failed', failure: { code: 'digest-mismatch' }, resumable: false }],
  ])('looks at the sum of what it skips: %s', async (hex, output) => {
    const { actor, source, storage, untilEnd } = fakeDownload({
      ifExists: 'skip',
      digests: [{ algorithm: 'sha256', hex }],
    });
    storage.existingSize = 5;
    actor.start();
    await untilEnd();
    expect(actor.getSnapshot().output).toMatchObject(output);
    expect(source.requests).toHaveLength(0);
    expect(storage.rejected).toBe(false);
  });

  it.each([
    ['which is right', 'ab', { status: 'done', result: { skipped: true, verified: ['sha256'] } }],
    ['which is not', 'cd', { status: 'failed', failure: { code: 'digest-mismatch' }, resumable: false }],
  ])('compares what it skips with the checksum beside the file, %s', async (_, pair, output) => {
    const { actor, source, storage, untilEnd } = fakeDownload({ ifExists: 'skip', findChecksum: true });
    storage.existingSize = 5;
    storage.digestTarget = async () => ({ sha256: 'ab'.repeat(32) });
    source.beside = { '*.sha256': `${pair.repeat(32)}  file.bin\n` };
    actor.start();
    await untilEnd();
    expect(actor.getSnapshot().output).toMatchObject(output);
    expect(source.requests).toHaveLength(0);
  });

  it('says that nothing was checked of what it skips where no checksum is found, and reads none of it', async () => {
    const { actor, storage, untilEnd } = fakeDownload({ ifExists: 'skip', findChecksum: true });
    const warnings: string[] = [];
    actor.on('warning', ({ message }) => warnings.push(message));
    storage.existingSize = 5;
    actor.start();
    await untilEnd();
    expect(actor.getSnapshot().output).toMatchObject({ status: 'done', result: { skipped: true, verified: [] } });
    expect(warnings).toEqual(['No checksum was found beside the file, so its content was not checked.']);
    expect(storage.calls).not.toContain('digestTarget');
  });

  it('leaves no answer open when it compares a file that the server named', async () => {
    const { actor, source, storage, untilEnd } = fakeDownload(
      { ifExists: 'skip', findChecksum: true },
      { output: null },
    );
    storage.existingSize = 5;
    const open: number[] = [];
    source.fetchBeside = async () => {
      open.push(source.open_.size);
      return null;
    };
    actor.start();
    await untilEnd();
    expect(actor.getSnapshot().output).toMatchObject({ result: { skipped: true } });
    expect([source.requests.length, new Set(open)]).toEqual([1, new Set([0])]);
  });

  it.each(['ask', 'fail'] as const)('does not overwrite a partial of another URL unasked (%s)', async (ifChanged) => {
    const { actor, source, storage, until, untilEnd } = fakeDownload({ ifChanged });
    storage.claimAs = {
      kind: 'foreign',
      keptBytes: 7,
      target: { path: '/folder/file.bin', existingSize: null },
      url: 'http://other.test/',
    };
    actor.start();
    if (ifChanged === 'ask') {
      await until('confirmingRestart');
      actor.send({ type: 'download.answer', answer: 'restart' });
      await untilEnd();
      expect(storage.published).toEqual(source.bytes);
    } else {
      await untilEnd();
      expect(actor.getSnapshot().output).toMatchObject({ status: 'failed', failure: { code: 'partial-exists' } });
      expect(source.requests).toHaveLength(0);
    }
  });

  it('changes the connections while it runs', async () => {
    const { actor, source, storage, clock, untilEnd } = fakeDownload({ connections: 2 });
    source.rate = 1;
    actor.start();
    await clock.run(() => source.open_.size === 2);
    actor.send({ type: 'download.setConnections', connections: 6 });
    await clock.run(() => source.open_.size === 6);
    actor.send({ type: 'download.setConnections', connections: 3 });
    await clock.run(() => source.open_.size === 3);
    actor.send({ type: 'download.setConnections', connections: 99 });
    expect(actor.getSnapshot().context.options.connections).toBe(64);
    await untilEnd();
    expect(storage.published).toEqual(source.bytes);
  });

  it('holds a rate limit that changes while it runs', async () => {
    const { actor, source, storage, clock, untilEnd } = fakeDownload({ rateLimit: 10_000 });
    source.rate = 20;
    actor.start();
    await clock.run(() => writtenBytes(actor.getSnapshot().context.plan) > 50_000);
    expect(clock.now()).toBeGreaterThan(3_500);
    expect(clock.now()).toBeLessThan(6_500);
    actor.send({ type: 'download.setRateLimit', bytesPerSecond: null });
    const then = clock.now();
    await untilEnd();
    expect(clock.now() - then).toBeLessThan(1_500);
    expect(storage.published).toEqual(source.bytes);
  });
});
