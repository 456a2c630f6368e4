import { describe, expect, it } from 'vitest';
import { mostConnections } from '../../src/machines/download.connections.ts';
import type { DownloadContext } from '../../src/machines/download.context.ts';
import {
  canResume,
  decide,
  doubtsOf,
  endOf,
  intentAfter,
  isAllThere,
  outcomeOf,
  prepareInput,
  probeDelay,
  questionOf,
  refusalOf,
  restartNotice,
  stoppedFailure,
  unprovedPieces,
  warningsOf,
} from '../../src/machines/download.decisions.ts';
import { startAnew } from '../../src/machines/download.updates.ts';
import type { DownloadResult } from '../../src/machines/events.ts';
import type { IfChanged, IfExists } from '../../src/machines/options.ts';
import { changedFailure } from '../../src/machines/response-rules.ts';
import { contextWith, entity, failure, range, single, source, taken, target } from './contexts.ts';

const changed = { kind: 'changed', reason: 'it has another ETag' } as const;
const lost = { kind: 'data-lost' } as const;
const sum = { algorithm: 'sha256', hex: 'ab' } as const;
const published = { kind: 'published' } as const;
const foreign = { kind: 'partial-exists', keptBytes: 7, url: 'http://other.test/' } as const;

describe('decide', () => {
  it.each([
    ['nothing known', {}, {}, 'probe'],
    ['a target, no answer yet', { target }, {}, 'probe'],
    ['an answer, no name', { source }, {}, 'name'],
    ['an answer and a name', { source, target }, {}, 'prepare'],
    ['a dry run', { source, target }, { dryRun: true }, 'finishDry'],
    ['a dry run without an answer', { target }, { dryRun: true }, 'probe'],
    ['taken, fail', { target: taken }, { ifExists: 'fail' }, 'refuse'],
    ['taken, skip, with a digest', { target: taken }, { ifExists: 'skip', digests: [sum] }, 'compare'],
    [
      'taken, skip, with a checksum to be found',
      { target: taken },
      { ifExists: 'skip', findChecksum: true },
      'compare',
    ],
    ['taken, skip', { target: taken }, { ifExists: 'skip' }, 'skip'],
    ...(['fail', 'overwrite', 'rename', 'ask'] as const).flatMap((ifExists) => [
      [`published by a former run, ${ifExists}`, { target: taken, obstacle: published }, { ifExists }, 'skip'] as const,
      [
        `published by a former run, ${ifExists}, with a digest`,
        { target: taken, obstacle: published },
        { ifExists, digests: [sum] },
        'compare',
      ] as const,
    ]),
    ['taken, ask: first it is seen what the source says', { target: taken }, { ifExists: 'ask' }, 'probe'],
    ['taken, ask', { source, target: taken }, { ifExists: 'ask' }, 'askOverwrite'],
    ['taken, ask, answered', { source, target: taken, onConflict: 'overwrite' }, { ifExists: 'ask' }, 'prepare'],
    ['taken, overwrite', { source, target: taken }, { ifExists: 'overwrite' }, 'prepare'],
    ['taken, rename', { source, target: taken }, { ifExists: 'rename' }, 'prepare'],
    ['taken, a dry run asks nothing', { source, target: taken }, { ifExists: 'ask', dryRun: true }, 'finishDry'],
    ['changed, fail', { source, target, obstacle: changed }, { ifChanged: 'fail' }, 'refuse'],
    ['changed, ask', { source, target, obstacle: changed }, { ifChanged: 'ask' }, 'askRestart'],
    ['changed, restart', { source, target, obstacle: changed }, { ifChanged: 'restart' }, 'startAnew'],
    ['changed again and again', { source, target, obstacle: changed, restarts: 5 }, { ifChanged: 'restart' }, 'refuse'],
    [
      'changed often, but asked for',
      { source, target, obstacle: changed, restarts: 9 },
      { ifChanged: 'ask' },
      'askRestart',
    ],
    ['lost data is no change of the file', { target, obstacle: lost }, { ifChanged: 'fail' }, 'startAnew'],
    ['lost data, and nothing is asked', { target, obstacle: lost }, { ifChanged: 'ask' }, 'startAnew'],
    ['lost data, taken', { target: taken, obstacle: lost }, { ifExists: 'fail' }, 'refuse'],
    ['another partial, fail', { target, obstacle: foreign }, { ifChanged: 'fail' }, 'refuse'],
    ['another partial, ask', { target, obstacle: foreign }, { ifChanged: 'ask' }, 'askRestart'],
    ['another partial is not ours to restart', { target, obstacle: foreign }, { ifChanged: 'restart' }, 'refuse'],
    [
      'another partial weighs more than the target',
      { target: taken, obstacle: foreign },
      { ifExists: 'skip' },
      'refuse',
    ],
    [
      'the target weighs more than a change',
      { target: taken, obstacle: changed },
      { ifExists: 'skip', ifChanged: 'ask' },
      'skip',
    ],
  ] as const)('%s', (_, parts, options, decision) => {
    expect(decide(contextWith(parts, options))).toBe(decision);
  });

  it('never prepares over a file without leave, nor over another partial, nor in a dry run', () => {
    for (const ifExists of ['ask', 'overwrite', 'rename', 'skip', 'fail'] satisfies IfExists[])
      for (const ifChanged of ['ask', 'restart', 'fail'] satisfies IfChanged[])
        for (const obstacle of [null, changed, foreign])
          for (const dryRun of [true, false])
            for (const place of [null, target, taken])
              for (const known of [null, source]) {
                const context = contextWith(
                  { target: place, source: known, obstacle },
                  { ifExists, ifChanged, dryRun },
                );
                if (decide(context) !== 'prepare') continue;
                expect(dryRun).toBe(false);
                expect(obstacle).toBeNull();
                expect(place).not.toBeNull();
                if (place === taken) expect(['overwrite', 'rename']).toContain(context.onConflict);
              }
  });
});

describe('questions and refusals', () => {
  it.each([
    [{ target: taken }, { kind: 'target-exists', path: '/folder/file.bin', size: 5 }],
    [
      { target, obstacle: foreign },
      { kind: 'partial-exists', path: '/folder/file.bin', keptBytes: 7, url: foreign.url },
    ],
    [
      { target, obstacle: changed, plan: [range('segment-0', 0, 100, 40)] },
      { kind: 'changed', path: '/folder/file.bin', keptBytes: 40, reason: changed.reason },
    ],
    [{}, null],
  ])('asks what is to be asked', (parts, question) => {
    expect(questionOf(contextWith(parts))).toEqual(question);
  });

  it.each([
    [{ target: taken }, 'target-exists', /exists already/],
    [{ target, obstacle: foreign }, 'partial-exists', /http:\/\/other\.test\//],
    [{ target, obstacle: changed }, 'changed', /another ETag.*--restart/],
  ] as const)('says why it refuses and what to do', (parts, code, sentence) => {
    const refusal = refusalOf(contextWith(parts));
    expect(refusal).toMatchObject({ code, path: '/folder/file.bin' });
    expect(refusal.message).toMatch(sentence);
  });
});

describe('isAllThere and canResume', () => {
  const whole = [range('segment-0', 0, 100, 100)];
  it.each([
    ['whole', { entity, plan: whole }, true, true],
    ['half', { entity, plan: [range('segment-0', 0, 100, 50)] }, false, true],
    ['nothing', { entity, plan: [range('segment-0', 0, 100)] }, false, false],
    ['no entity', { plan: whole }, false, false],
    ['without ranges', { entity: single, plan: [range('segment-0', 0, 100, 50)] }, false, false],
    ['an unknown size', { entity: { ...single, size: null }, plan: [range('segment-0', 0, null, 50)] }, false, false],
    ['an empty file', { entity: { ...single, size: 0 }, plan: [] }, true, false],
    ['a hole', { entity, plan: [range('segment-0', 0, 40, 40), range('segment-1', 50, 100, 100)] }, false, true],
  ])('%s', (_, parts, all, resumable) => {
    expect(isAllThere(contextWith(parts))).toBe(all);
    expect(canResume(contextWith(parts))).toBe(resumable);
  });
});

describe('the outcome', () => {
  const result: DownloadResult = {
    path: '/folder/file.bin',
    size: 100,
    elapsedMs: 5,
    meanBytesPerSecond: null,
    digests: {},
    verified: [],
    skipped: false,
    dryRun: false,
  };
  const kept = { entity, plan: [range('segment-0', 0, 100, 50)] };
  it.each([
    ['done', { result }, { status: 'done', result }],
    ['failed, kept', { ...kept, failure: failure('timeout') }, { status: 'failed', resumable: true }],
    ['failed, nothing kept', { failure: failure('timeout') }, { status: 'failed', resumable: false }],
    [
      'failed, and what is kept is worth nothing',
      { ...kept, failure: failure('disk', { isLost: true }) },
      { status: 'failed', resumable: false },
    ],
    ['stopped', { ...kept, failure: failure('interrupted') }, { status: 'stopped', resumable: true }],
    ['declined, kept', { ...kept, failure: failure('declined') }, { status: 'stopped', resumable: false }],
    ['taken, kept', { ...kept, failure: failure('target-exists') }, { status: 'failed', resumable: false }],
    ['changed, kept', { ...kept, failure: failure('changed') }, { status: 'failed', resumable: false }],
    ['declined', { failure: failure('declined') }, { status: 'stopped', resumable: false }],
    ['neither', {}, { status: 'stopped', failure: { code: 'interrupted' } }],
  ] as const)('%s', (_, parts, outcome) => {
    expect(outcomeOf(contextWith(parts))).toMatchObject(outcome);
  });

  it('is the last event', () => {
    expect(endOf(contextWith({ result }))).toEqual({ type: 'done', ...result });
    expect(endOf(contextWith({ failure: failure('http-status', { status: 404 }) }))).toEqual({
      type: 'failed',
      code: 'http-status',
      message: 'it failed: http-status',
      status: 404,
      resumable: false,
    });
    expect(endOf(contextWith({ failure: failure('disk') }))).toMatchObject({ status: null });
  });

  it('says of a stop what is kept', () => {
    expect(stoppedFailure(contextWith(kept)).message).toMatch(/is kept/);
    expect(stoppedFailure(contextWith()).message).toMatch(/Nothing is kept/);
    const question = questionOf(contextWith({ target: taken }));
    expect(stoppedFailure(contextWith({ ...kept, question })).code).toBe('interrupted');
    expect(stoppedFailure(contextWith({ ...kept, question })).message).toMatch(/has been changed.*asks again/);
  });
});

it.each(['declined', 'target-exists', 'partial-exists', 'changed', 'digest-mismatch'] as const)(
  'after %s the same command would not go on, whatever is kept',
  (code) => {
    const kept = contextWith({ entity, plan: [range('segment-0', 0, 100, 40)] });
    expect(outcomeOf({ ...kept, failure: failure('timeout') })).toMatchObject({ resumable: true });
    expect(outcomeOf({ ...kept, failure: failure(code) })).toMatchObject({ resumable: false });
  },
);

describe('prepareInput', () => {
  it.each([
    ['a new name at once when nothing is on disk', { target: taken, onConflict: 'rename', fresh: true }, true],
    ['later when a part is there', { target: taken, onConflict: 'rename', fresh: false }, false],
    ['none when the name is free', { target, onConflict: 'rename', fresh: true }, false],
    ['none when it is to be replaced', { target: taken, onConflict: 'overwrite', fresh: true }, false],
  ] as const)('takes %s', (_, parts, isNumbered) => {
    const prepared = prepareInput(contextWith({ entity, ...parts }));
    expect(prepared).toMatchObject({ size: 100, fresh: parts.fresh, target: parts.target });
    expect(prepared.rename !== null).toBe(isNumbered);
    if (isNumbered) expect(prepared.rename).toMatchObject({ rename: true, restart: true, output: 'file.bin' });
  });

  it('tells which digests will be wanted, and what is there already', () => {
    const plan = [range('a', 0, 30, 30), range('b', 30, 60, 40), range('c', 60, 100)];
    const prepared = prepareInput(contextWith({ entity, target, plan, promised: [sum] }, { computeDigest: true }));
    expect(prepared).toMatchObject({ digests: ['sha256'], there: [{ start: 0, end: 40 }] });
    expect(prepareInput(contextWith({ entity, target }, { computeDigest: false }))).toMatchObject({
      digests: [],
      there: [],
    });
  });

  it('says so when there is no target', () => {
    expect(() => prepareInput(contextWith())).toThrow(/without a target/);
  });
});

describe('probeDelay', () => {
  const lost = { failure: failure('connection-refused'), jitter: 0 };
  it.each([
    ['a first refusal may be a typing error', {}, null],
    ['but not once a probe has been tried again', { probe: { attempt: 1, delayMs: 0, message: '' } }, 500],
    ['nor at a resume', { entity }, 250],
    ['and it ends', { entity, probe: { attempt: 5, delayMs: 0, message: '' } }, null],
  ])('%s', (_, parts, delay) => {
    expect(probeDelay(contextWith(parts), lost)).toBe(delay);
  });
});

describe('intentAfter', () => {
  it.each([
    ['fail', 'timeout', { intent: 'fail' }],
    ['ask', 'timeout', { intent: 'fail' }],
    ['restart', 'disk-full', { intent: 'fail' }],
    ['fail', 'changed', { intent: 'fail' }],
    ['ask', 'changed', { intent: 'ask', obstacle: { kind: 'changed' } }],
    ['restart', 'changed', { intent: 'restart', obstacle: { kind: 'changed' } }],
  ] as const)('with the policy %s and %s', (ifChanged, code, change) => {
    const after = intentAfter(contextWith({}, { ifChanged }), failure(code));
    expect(after).toMatchObject(change);
    expect('failure' in after).toBe(change.intent === 'fail');
  });

  it.each(['ask', 'fail', 'restart'] as const)(
    'begins anew by itself, over one connection, where ranges were withdrawn (%s)',
    (ifChanged) => {
      const withdrawn = failure('protocol', { withoutRanges: true });
      const context = contextWith({}, { ifChanged });
      const after = { ...context, ...intentAfter(context, withdrawn) };
      expect(after).toMatchObject({ intent: 'restart', obstacle: { kind: 'ranges-withdrawn' }, failure: null });
      expect(decide(after)).toBe('startAnew');
      expect(restartNotice(after)).toContain('whole files only');
      expect(restartNotice(contextWith({ obstacle: lost }))).toContain('by somebody else');
      const anew = { ...after, ...startAnew(after) };
      expect(mostConnections(anew, entity)).toBe(1);
      expect(intentAfter(anew, withdrawn)).toMatchObject({ intent: 'fail' });
    },
  );

  it('keeps in what the file changed, for the sentence of the question', () => {
    const after = intentAfter(contextWith({}, { ifChanged: 'ask' }), changedFailure('its size was 1'));
    expect(after.obstacle).toEqual({ kind: 'changed', reason: 'its size was 1' });
  });
});

describe('what is not proved', () => {
  const plan = [range('segment-0', 0, 100, 100, 100)];
  const doubtful = contextWith({ entity, plan, seams: [] });

  it('is nothing where every answer proved itself, or a digest was compared', () => {
    expect(unprovedPieces(contextWith({ entity, plan }))).toEqual([]);
    expect(doubtsOf(contextWith({ entity, plan }), { verified: [] })).toEqual([]);
    expect(doubtsOf(doubtful, { verified: ['sha256'] })).toEqual([]);
  });

  it('is compared where answers meet, and told', () => {
    expect(unprovedPieces(doubtful)).toEqual([{ start: 0, end: 100 }]);
    expect(doubtsOf(doubtful, { verified: [] })).toEqual([
      { code: 'identity-unproved', message: expect.stringContaining('A checksum would prove it.') },
    ]);
  });

  it('is the length, unless a digest of the whole will be compared', () => {
    const warnings = [
      { code: 'length-unverified', message: 'm' },
      { code: 'restarted', message: 'm' },
    ] as const;
    const rest = { entity, source, suggestedName: 'f', digests: [], open: null };
    const found = { ...rest, kind: 'found', warnings } as const;
    const digest = { algorithm: 'sha256', hex: 'ab' } as const;
    const codes = (context: DownloadContext) => warningsOf(context, found).map(({ code }) => code);
    expect(codes(contextWith())).toEqual(['length-unverified', 'restarted']);
    expect(codes(contextWith({ promised: [digest] }))).toEqual(['restarted']);
    expect(codes(contextWith({}, { digests: [digest] }))).toEqual(['restarted']);
    expect(warningsOf(contextWith(), { kind: 'changed', reason: 'r' })).toEqual([]);
  });
});
