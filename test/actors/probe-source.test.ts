import { describe, expect, it } from 'vitest';
import { createActor, toPromise } from 'xstate';
import { OpenExchanges } from '../../src/actors/open-exchanges.ts';
import { defineProbeSource } from '../../src/actors/probe-source.ts';
import type { ProbeSourceInput } from '../../src/machines/download.io.ts';
import type { Entity } from '../../src/machines/entity.ts';
import type { Plan } from '../../src/machines/ranges.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { someBytes } from '../support/fake-download.ts';
import { type FakeAnswer, FakeSource } from '../support/fake-source.ts';
import { FakeStorage } from '../support/fake-storage.ts';

const known: Entity = { size: 100_000, etag: '"v1"', lastModified: null, date: null, acceptsRanges: true };
const plan: Plan = [{ id: 'segment-0', start: 0, end: 100_000, written: 40_000, durable: 0 }];
const first: ProbeSourceInput = { plan: [], known: null, isCopy: false, timeoutMs: 1_000 };
const later: ProbeSourceInput = { plan, known, isCopy: false, timeoutMs: 1_000 };

function probeOf() {
  const clock = new FakeClock();
  const source = new FakeSource(clock, someBytes(100_000));
  const storage = new FakeStorage();
  storage.data = source.bytes.slice(0, 40_000);
  const exchanges = new OpenExchanges();
  const logic = defineProbeSource({ clock, source, storage, exchanges });
  const probe = async (input: ProbeSourceInput) => {
    const actor = createActor(logic, { input }).start();
    await clock.run(() => actor.getSnapshot().status !== 'active');
    return toPromise(actor);
  };
  return { source, storage, exchanges, probe, logic };
}

const status = (code: number, headers: Record<string, string> = {}): FakeAnswer => ({
  status: code,
  headers,
  from: 0,
  to: 0,
});

describe('probeSource, where all bytes are there', () => {
  const whole: Plan = [{ id: 'segment-0', start: 0, end: 100_000, written: 100_000, durable: 100_000 }];
  const complete: ProbeSourceInput = { plan: whole, known, isCopy: false, timeoutMs: 1_000 };
  const range = { 'content-range': 'bytes */100000' };

  it('13 a 416 of the same size and ETag proves it: one request', async () => {
    const { source, probe } = probeOf();
    source.script = () => status(416, { ...range, etag: '"v1"' });
    expect(await probe(complete)).toMatchObject({ kind: 'found', entity: known, open: null });
    expect([source.requests.length, source.open_.size]).toEqual([1, 0]);
  });

  it('13 a 416 of the same size without an ETag: the head of the whole file proves it, and its body is not fetched', async () => {
    const { source, probe } = probeOf();
    source.script = ({ from }) => (from === null ? null : status(416, range));
    expect(await probe(complete)).toMatchObject({ kind: 'found', entity: known, open: null });
    expect(source.requests.map(({ from }) => from)).toEqual([99_999, null]);
    expect([source.bytesSent, source.open_.size]).toEqual([0, 0]);
  });

  it('13 a 416 of the same size and another ETag is of another file', async () => {
    const { source, probe } = probeOf();
    source.script = ({ from }) => (from === null ? null : status(416, { ...range, etag: '"v2"' }));
    source.etag = '"v2"';
    expect(await probe(complete)).toMatchObject({ kind: 'changed' });
  });

  it('a host that sends whole files only proves it by its ETag as well', async () => {
    const { source, probe } = probeOf();
    source.ranges = false;
    expect(await probe(complete)).toMatchObject({ kind: 'found', entity: known, open: null });
    expect([source.requests.length, source.open_.size]).toEqual([1, 0]);
  });

  it('without any validator the file is fetched again where it is sent whole only', async () => {
    const { source, probe } = probeOf();
    source.ranges = false;
    source.etag = null;
    const found = await probe({ ...complete, known: { ...known, etag: null } });
    expect(found).toMatchObject({ kind: 'found', entity: { acceptsRanges: false }, open: { offset: 0 } });
  });
});

describe('probeSource', () => {
  it('leaves one answer open, for the first segment', async () => {
    const { source, exchanges, probe } = probeOf();
    const found = await probe(first);
    expect(found).toMatchObject({ kind: 'found', open: { offset: 0 }, warnings: [] });
    expect(source.open_.size).toBe(1);
    expect(found.kind === 'found' && exchanges.take(found.open?.exchangeId ?? null)).toBe([...source.open_][0]);
  });

  it('drops an answer that nobody took when it asks again', async () => {
    const { source, probe } = probeOf();
    await probe(first);
    await probe(later);
    expect(source.open_.size).toBe(1);
    expect(source.requests.map(({ from, ifRange }) => [from, ifRange])).toEqual([
      [0, null],
      [40_000, '"v1"'],
    ]);
  });

  it.each([
    ['a status that cannot help', first, status(404), 1, { kind: 'failed', failure: { status: 404 } }],
    [
      'a dislike of ranges that is a dislike of all',
      first,
      status(403),
      2,
      { kind: 'failed', failure: { status: 403 } },
    ],
    ['a change', later, status(416, { 'content-range': 'bytes */7' }), 1, { kind: 'changed' }],
    ['an empty file', first, status(416, { 'content-range': 'bytes */0' }), 1, { kind: 'found', open: null }],
    [
      'another part',
      first,
      status(206, { 'content-range': 'bytes 5-9/10' }),
      1,
      { kind: 'failed', failure: { code: 'protocol' } },
    ],
  ] as const)('leaves nothing open after %s', async (_, input, answer, requests, found) => {
    const { source, probe } = probeOf();
    source.script = () => answer;
    expect(await probe(input)).toMatchObject(found);
    expect(source.requests).toHaveLength(requests);
    expect(source.open_.size).toBe(0);
  });

  it('asks a host that answers 200 to each If-Range once more, and takes its part', async () => {
    const { source, probe } = probeOf();
    source.script = ({ ifRange }) =>
      ifRange === null
        ? null
        : { status: 200, headers: { ...source.validators(), 'content-length': '100000' }, from: 0, to: 100_000 };
    expect(await probe(later)).toMatchObject({ kind: 'found', open: { offset: 40_000 } });
    expect(source.open_.size).toBe(1);
  });

  it('compares what is a copy, also where the ETag is the same, and says so', async () => {
    const { source, probe } = probeOf();
    expect(await probe({ ...later, isCopy: true })).toMatchObject({
      kind: 'found',
      open: { offset: 40_000 },
      warnings: [{ code: 'identity-unproved' }],
    });
    expect(source.requests.map(({ from, to }) => [from, to])).toEqual([
      [40_000, 100_000],
      [40_000 - 16_384, 40_000],
    ]);
  });

  it('takes a copy that holds other bytes for lost, not the file for changed', async () => {
    const { source, storage, probe } = probeOf();
    storage.data[39_999] = (storage.data[39_999] ?? 0) ^ 1;
    expect(await probe({ ...later, isCopy: true })).toEqual({ kind: 'data-lost' });
    expect(source.open_.size).toBe(0);
  });

  it('compares nothing of a copy when the server sends the whole file', async () => {
    const { source, probe } = probeOf();
    source.script = () => ({
      status: 200,
      headers: { ...source.validators(), 'content-length': '100000' },
      from: 0,
      to: 100_000,
    });
    expect(await probe({ ...later, isCopy: true })).toMatchObject({ kind: 'found', open: { offset: 0 } });
    expect(source.requests).toHaveLength(2);
  });

  it('lets both answers go when the samples cannot be had', async () => {
    const { source, probe } = probeOf();
    source.etag = null;
    source.script = (_, count) => (count === 1 ? null : status(503));
    expect(await probe({ ...later, known: { ...known, etag: null } })).toMatchObject({
      kind: 'failed',
      failure: { code: 'http-status', status: 503, pushBack: true },
    });
    expect(source.open_.size).toBe(0);
  });
});

describe('probeSource, told to stop', () => {
  it.each([
    ['it asks what the file is', first],
    ['it asks whether the file is the same', later],
  ])('leaves no answer open, at whichever turn that is while %s', async (_, input) => {
    let wasOpen = 0;
    for (let turns = 0; turns < 30; turns += 1) {
      const { source, logic } = probeOf();
      // So that samples are compared.
      source.etag = null;
      source.conditions = 'ignored';
      const actor = createActor(logic, { input }).start();
      for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
      if (actor.getSnapshot().status !== 'active') break;
      wasOpen = Math.max(wasOpen, source.open_.size);
      actor.stop();
      await new Promise(setImmediate);
      expect(source.open_.size).toBe(0);
    }
    expect(wasOpen).toBe(input === first ? 1 : 2);
  });
});
