import { describe, expect, it } from 'vitest';
import type { AnyStateMachine } from 'xstate';
import { downloadMachine } from '../../src/machines/download.machine.ts';
import { segmentMachine } from '../../src/machines/segment.machine.ts';
import { flawsOf } from './integrity.ts';
import { nodesOf } from './world.ts';

const machines: [string, AnyStateMachine][] = [
  ['download', downloadMachine],
  ['segment', segmentMachine],
];

describe.each(machines)('the chart of %s', (_, machine) => {
  it('names nothing that is not there, and leads everywhere', () => {
    expect(flawsOf(machine)).toEqual([]);
  });

  it('uses every delay, actor, guard and action that is implemented', () => {
    const nodes = nodesOf(machine.root);
    const text = JSON.stringify(
      nodes.map((node) => node.config),
      (_key, value: unknown) =>
        // Functions are not of interest here, but a guard in a function would hide.
        typeof value === 'function' ? undefined : value,
    );
    const { actions, guards, delays, actors } = machine.implementations;
    const names = [actions, guards, delays, actors].flatMap((each) => Object.keys(each));
    // Spawned by an action, not invoked by the chart.
    expect(names.filter((name) => !text.includes(`"${name}"`) && name !== 'segment')).toEqual([]);
  });
});

const charts = nodesOf(downloadMachine.root).concat(nodesOf(segmentMachine.root));

it('describes every state, but where its name and what it runs tell enough', () => {
  const bare = charts.filter((node) => !node.description).map((node) => node.id);
  expect(bare).toEqual([
    'download',
    'download.probing.asking',
    'download.downloading.parting.resting',
    'download.downloading.tuning.resting',
    'download.downloading.checkpointing.live',
    'download.downloading.checkpointing.live.noting',
    'download.downloading.checkpointing.durable',
    'download.downloading.checkpointing.durable.resting',
    'download.downloading.checkpointing.durable.saving',
    'download.pausing.draining',
    'download.pausing.saving',
    'download.done',
    'download.stopped',
    'download.failed',
    'segment',
    'segment.active',
    'segment.done',
    'segment.failed',
  ]);
});

it('tells front ends by tags what they may do, and nothing by other states', () => {
  const tagged = charts.filter((node) => node.tags.length > 0).map((node) => [node.id, ...node.tags]);
  expect(tagged).toEqual([
    ['download.validating', 'working'],
    ['download.probing', 'working'],
    ['download.probing.asking', 'pausable'],
    ['download.probing.backingOff', 'pausable'],
    ['download.confirmingOverwrite', 'question'],
    ['download.confirmingRestart', 'question'],
    ['download.preparing', 'working'],
    ['download.downloading', 'working', 'pausable'],
    ['download.pausing', 'working'],
    ['download.paused', 'paused'],
    ['download.merging', 'working'],
    ['download.done', 'ended'],
    ['download.stopped', 'ended'],
    ['download.failed', 'ended'],
    ['segment.active', 'busy'],
    ['segment.backingOff', 'busy'],
  ]);
});
