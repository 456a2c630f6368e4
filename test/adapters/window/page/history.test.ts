import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chartGraph } from '../../../../src/adapters/window/page/chart/graph.ts';
import { acceptedEvents } from '../../../../src/adapters/window/page/model/accepted-events.ts';
import {
  activeStates,
  actorRows,
  labelOf,
  rootOf,
  stateText,
} from '../../../../src/adapters/window/page/model/actors.ts';
import { findEvents } from '../../../../src/adapters/window/page/model/find-events.ts';
import { History } from '../../../../src/adapters/window/page/model/history.ts';
import { share } from '../../../../src/adapters/window/page/model/share.ts';
import { arrowsTaken, nextChange } from '../../../../src/adapters/window/page/model/transitions.ts';
import { plainDefinition } from '../../../../src/adapters/window/plain-definition.ts';
import { downloadMachine } from '../../../../src/machines/download.machine.ts';
import { segmentMachine } from '../../../../src/machines/segment.machine.ts';
import { Recording, START } from './messages.ts';

function historyOf(recording: Recording): History {
  const history = new History();
  for (const message of recording.messages) history.add(message);
  return history;
}

const segments = () =>
  new Recording()
    .actor('root', 'x:0', null, downloadMachine)
    .snapshot('root', 'xstate.init', 'validating', { context: { a: 0 } })
    .actor('claim', '0.download.validating', 'root', null)
    .event('root', 'claimed', 'claim')
    .snapshot('root', 'claimed', { probing: 'asking' }, { context: { a: 1 } })
    .snapshot('claim', 'xstate.promise.resolve', undefined, { status: 'done', output: 1 })
    .actor('s0', 'segment-0', 'root', segmentMachine)
    .snapshot('s0', 'xstate.init', 'waiting')
    .event('s0', 'segment.start', 'root', { id: 'segment-0' })
    .snapshot('s0', 'segment.start', { active: 'requesting' })
    .event('s0', 'transfer.responded', 's0')
    .snapshot('s0', 'transfer.responded', { active: 'receiving' })
    .event('root', 'segment.responded', 's0', { id: 'segment-0' })
    .snapshot('root', 'segment.responded', { probing: 'asking' }, { context: { a: 2 } });

describe('the history', () => {
  it('gives at every place what all messages up to it have made', () => {
    const history = historyOf(segments());
    expect(history.at(1).get('root')?.snapshot).toMatchObject({ value: 'validating', context: { a: 0 } });
    expect(history.at(3).get('root')?.snapshot.value).toBe('validating');
    expect(history.at(4).get('root')).toMatchObject({
      snapshot: { context: { a: 1 } },
      event: { type: 'claimed' },
      at: 4,
    });
    expect(history.at(4).has('s0')).toBe(false);
    expect(history.at(9).get('s0')?.snapshot.value).toEqual({ active: 'requesting' });
    expect(history.now().get('root')?.snapshot.context).toEqual({ a: 2 });
  });

  it('knows an actor by its machine, also when the chart was sent with an earlier one', () => {
    const recording = segments().actor('s1', 'segment-1', 'root', segmentMachine);
    const last = recording.messages.at(-1);
    if (last?.type !== '@xstate.actor') throw new Error('no actor');
    recording.messages[recording.messages.length - 1] = { ...last, definition: null };
    expect(historyOf(recording).now().get('s1')?.definition).toEqual(plainDefinition(segmentMachine));
  });

  it('finds the place of a time', () => {
    const history = historyOf(segments());
    expect(history.placeAt(START - 1)).toBe(0);
    expect(history.placeAt(START + 45)).toBe(4);
    expect(history.placeAt(START + 1e9)).toBe(history.end - 1);
    expect(history.timeAt(4)).toBe(START + 40);
  });

  it('is the same whether it is worked out from a remembered moment or from the beginning', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 300, maxLength: 900 }),
        fc.nat(),
        (steps, any) => {
          const recording = new Recording();
          for (const step of steps) recording.snapshot(`s${step}`, 'tick', `v${recording.messages.length}`);
          const place = any % steps.length;
          const alone = new History();
          for (const message of recording.messages.slice(0, place + 1)) alone.add(message);
          const values = (history: History) =>
            [...history.at(place)].map(([id, { snapshot }]) => [id, snapshot.value]).toSorted();
          expect(values(historyOf(recording))).toEqual(values(alone));
        },
      ),
      { numRuns: 30 },
    );
  });

  it('forgets the oldest of very many, and keeps its places and what was before', () => {
    const history = new History();
    const recording = new Recording().actor('root', 'x:0', null, downloadMachine);
    for (let index = 0; index < 60_000; index++) recording.snapshot('s1', 'tick', `v${index}`);
    for (const message of recording.messages) history.add(message);
    expect(history.first).toBeGreaterThan(0);
    expect(history.end).toBe(60_001);
    expect(history.end - history.first).toBeLessThanOrEqual(41_000);
    expect(history.at(history.first).has('root')).toBe(true);
    expect(history.at(50_000).get('s1')?.snapshot.value).toBe('v49999');
  });
});

describe('steps through it', () => {
  it('go from one state of the actor to the next, either way', () => {
    const history = historyOf(segments());
    expect(nextChange(history, 's0', 7, 1)).toBe(9);
    expect(nextChange(history, 's0', 9, 1)).toBe(11);
    expect(nextChange(history, 's0', 11, 1)).toBeNull();
    expect(nextChange(history, 's0', 13, -1)).toBe(9);
    expect(nextChange(history, 'root', 13, -1)).toBe(1);
  });

  it('light the arrow that was taken', () => {
    const history = historyOf(segments());
    const graph = chartGraph(plainDefinition(segmentMachine));
    expect([...arrowsTaken(history, 's0', graph, 9, 10)]).toEqual([['segment.waiting -> segment.active', 9]]);
    expect([...arrowsTaken(history, 's0', graph, 8, 14).keys()]).toContain(
      'segment.active.requesting -> segment.active.receiving',
    );
  });
});

describe('the actors', () => {
  it('stand as a tree, each known by what it runs, the ended only when asked for', () => {
    const moment = historyOf(segments()).now();
    expect(actorRows(moment, false).map(({ label, depth }) => [label, depth])).toEqual([
      ['download', 0],
      ['segment-0', 1],
    ]);
    expect(actorRows(moment, true).map(({ label }) => label)).toEqual(['download', 'claimTarget', 'segment-0']);
    expect(rootOf(moment)?.sessionId).toBe('root');
    const claim = moment.get('claim');
    expect(claim && labelOf(claim, moment)).toBe('claimTarget');
  });

  it('have their state in a line', () => {
    expect(stateText('done')).toBe('done');
    expect(stateText({ probing: 'asking' })).toBe('probing.asking');
    expect(stateText({ downloading: { metering: {}, sharing: {} } })).toBe('downloading (metering, sharing)');
  });

  it('have all states around an active one active', () => {
    const active = activeStates('m', { a: { b: 'c', d: {} } });
    expect([...active].toSorted()).toEqual(['m.a', 'm.a.b', 'm.a.b.c', 'm.a.d']);
  });

  it('listen for what their states and the ones around hear', () => {
    const definition = plainDefinition(downloadMachine);
    const of = (value: unknown) => acceptedEvents(definition, activeStates('download', value));
    expect(of('paused')).toEqual(expect.arrayContaining(['download.resume', 'download.stop', 'download.setRateLimit']));
    expect(of('paused')).not.toContain('download.pause');
    expect(of({ downloading: { metering: {} } })).toEqual(expect.arrayContaining(['download.pause', 'meter.ticked']));
    expect(of({ downloading: { metering: {} } })).not.toContain('download.resume');
    expect(of('confirmingOverwrite')).toContain('download.answer');
    expect(of('paused').some((type) => type.startsWith('xstate.'))).toBe(false);
  });
});

describe('the log', () => {
  it('finds events by type, id and actor, the newest first', () => {
    const history = historyOf(segments());
    const find = (filter: string, sessionId: string | null = null, until = 99) =>
      findEvents(history, { until, most: 10, filter, sessionId }).map(({ message }) => message.event.type);
    expect(find('')).toEqual(['segment.responded', 'transfer.responded', 'segment.start', 'claimed']);
    expect(find('', null, 8)).toEqual(['segment.start', 'claimed']);
    expect(find('RESPONDED segment-0')).toEqual(['segment.responded']);
    expect(find('', 'claim')).toEqual(['claimed']);
    expect(findEvents(history, { until: 99, most: 1, filter: '', sessionId: null })).toHaveLength(1);
  });
});

describe('sharing', () => {
  it('makes an equal value, and the same one where nothing has changed', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (earlier, value) => {
        expect(share(earlier, value)).toEqual(value);
        expect(share(value, structuredClone(value))).toBe(value);
      }),
    );
    // Empty, and yet not the same.
    expect(share([], {})).toEqual({});
    expect(share({}, [])).toEqual([]);
    const before = { a: { b: [1, 2] }, c: 1 };
    const after = share(before, { a: { b: [1, 2] }, c: 2 }) as typeof before;
    expect(after).toEqual({ a: { b: [1, 2] }, c: 2 });
    expect(after.a).toBe(before.a);
  });
});
