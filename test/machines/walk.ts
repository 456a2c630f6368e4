import {
  type AnyMachineSnapshot,
  type AnyStateMachine,
  type AnyStateNode,
  initialTransition,
  transition,
} from 'xstate';
import { getShortestPaths } from 'xstate/graph';
import type { DownloadContext } from '../../src/machines/download.context.ts';
import { decide, isAllThere } from '../../src/machines/download.decisions.ts';
import { downloadMachine } from '../../src/machines/download.machine.ts';
import type { DownloadOptions } from '../../src/machines/options.ts';
import { input } from './contexts.ts';
import { type Happening, happeningsOf } from './world.ts';

/** The inputs from which, together, every state is reached. */
export const inputs: readonly Partial<DownloadOptions>[] = [
  { minSplit: 40, connections: 2, ifExists: 'ask', ifChanged: 'ask' },
  {
    minSplit: 40,
    connections: 2,
    ifExists: 'overwrite',
    ifChanged: 'restart',
    digests: [{ algorithm: 'sha256', hex: 'ab' }],
  },
  { minSplit: 40, connections: 1, ifExists: 'skip', ifChanged: 'fail', retries: 1 },
  { connections: 1, ifExists: 'fail', dryRun: true },
  { connections: 1, ifExists: 'skip', dryRun: true, digests: [{ algorithm: 'sha256', hex: 'ab' }] },
  { connections: 'auto', ifExists: 'overwrite', retries: 0 },
];

/** What tells two states of a download apart, for a walk that ends. */
export function download(snapshot: AnyMachineSnapshot): string {
  const context = snapshot.context as DownloadContext;
  const { workers, intent, target, source, onConflict, question, entity, probe, restarts, plan } = context;
  return JSON.stringify([
    withoutParting(snapshot.value),
    Object.entries(workers).map(([id, { state }]) => [id, state]),
    intent,
    isAllThere(context),
    decide(context),
    [target && (target.existingSize ?? 'free'), source !== null, onConflict, question?.kind],
    [entity?.acceptsRanges, entity?.size, Math.min(probe.attempt, 1), Math.min(restarts, 1)],
    [plan.length, context.resumedBytes > 0, context.tuning.idleSince !== null],
  ]);
}

/** Whether somebody is just looking where the others are changes nothing else, and would double all there is. */
function withoutParting(value: AnyMachineSnapshot['value']): unknown {
  const { parting: _either, ...rest } = value.downloading ?? {};
  return value.downloading ? { downloading: rest } : value;
}

export interface Reached {
  readonly snapshot: AnyMachineSnapshot;
  readonly path: readonly string[];
}

/** Every state (as `download` tells them apart) that a download of these options can be in, by the shortest way. */
export function reachDownload(options: Partial<DownloadOptions>): Reached[] {
  const paths = getShortestPaths(downloadMachine, {
    input: input(options),
    serializeState: (snapshot) => download(snapshot),
    events: (snapshot) => happeningsOf(snapshot) as never[],
    limit: 200_000,
  });
  return paths.map((path) => ({ snapshot: path.state, path: path.steps.map((step) => step.event.type) }));
}

export function leafIds(snapshot: AnyMachineSnapshot): string[] {
  return snapshot._nodes
    .filter((node: AnyStateNode) => Object.keys(node.states).length === 0)
    .map((node: AnyStateNode) => node.id);
}

/** Actions of a pure transition as short texts: `emit state paused`, `send segment-0 segment.park`, `spawn probeSource`. */
export function named(actions: readonly { readonly type: string; readonly params?: unknown }[]): string[] {
  return actions.map(({ type, params }) => {
    const given = (params ?? {}) as {
      event?: { type: string; state?: string; code?: string };
      to?: string | { id: string };
      targetId?: string;
      src?: unknown;
      id?: string;
      actorRef?: { id: string };
      delay?: number;
    };
    const { event } = given;
    switch (type) {
      case 'xstate.emit':
        return ['emit', event?.type, event?.state ?? event?.code].filter(Boolean).join(' ');
      case 'xstate.sendTo':
        return `send ${given.targetId ?? ''} ${event?.type}`;
      case 'xstate.spawnChild':
        return `spawn ${typeof given.src === 'string' ? given.src : (given.id ?? '')}`;
      case 'xstate.stopChild':
        return `stop ${given.actorRef?.id ?? given.id ?? ''}`;
      case 'xstate.raise':
        return `wait ${given.delay}`;
      case 'xstate.cancel':
        return 'cancel';
      default:
        return type;
    }
  });
}

/** Takes events one after the other, purely. */
export function follow(
  machine: AnyStateMachine,
  from: AnyMachineSnapshot | { readonly input: unknown },
  ...events: readonly Happening[]
): { readonly snapshot: AnyMachineSnapshot; readonly actions: string[] } {
  let [snapshot, actions] = 'input' in from ? initialTransition(machine, from.input) : [from as AnyMachineSnapshot, []];
  for (const event of events) [snapshot, actions] = transition(machine, snapshot, event);
  return { snapshot, actions: named(actions) };
}
