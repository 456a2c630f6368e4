/** What happens to a download in the tables over its transitions, by name. */
import type { DownloadOptions } from '../../src/machines/options.ts';
import { entity, failure, input, range, single, source, taken, target } from './contexts.ts';
import type { Happening } from './world.ts';

export const done = (id: string, output: unknown): Happening => ({
  type: `xstate.done.actor.0.download.${id}`,
  output,
});
export const error = (id: string, reason = new Error('it broke')): Happening => ({
  type: `xstate.error.actor.0.download.${id}`,
  error: reason,
});

export const claimed = done('validating', { claim: { kind: 'fresh', target }, at: 1 });
export const occupied = done('validating', { claim: { kind: 'fresh', target: taken }, at: 1 });
/** Its data is gone, or is not what was noted. */
export const bereft = done('validating', { claim: { kind: 'fresh', target, isLost: true }, at: 1 });
export const unnamed = done('validating', { claim: { kind: 'unnamed', directory: '/folder' }, at: 1 });
export const foreign = done('validating', {
  claim: { kind: 'foreign', target, url: 'http://other.test/', keptBytes: 7 },
  at: 1,
});
export const partial = done('validating', {
  claim: {
    kind: 'partial',
    target,
    checkpoint: {
      url: 'u',
      entity,
      plan: [range('segment-0', 0, 60, 60, 60), range('segment-1', 60, 100)],
      startedAt: 1,
      activeMs: 5,
    },
  },
  at: 1,
});
export const answer = {
  kind: 'found',
  entity,
  source,
  suggestedName: 'file.bin',
  digests: [],
  open: { exchangeId: 'x', offset: 0 },
  warnings: [{ code: 'identity-unproved', message: 'm' }],
};
export const found = done('probing.asking', answer);
export const whole = done('probing.asking', { ...answer, entity: single, warnings: [] });
export const empty = done('probing.asking', { ...answer, entity: { ...single, size: 0 }, open: null, warnings: [] });
export const changed = done('probing.asking', { kind: 'changed', reason: 'r' });
export const lost = done('probing.asking', { kind: 'failed', failure: failure('timeout'), jitter: 0 });
export const prepared = done('preparing', target);
export const saved = done('pausing.saving', { plan: [] });
export const verified = done('merging.verifying', {
  digests: { sha256: 'ab' },
  verified: [],
  isMissing: false,
  damaged: [],
});
export const unchecked = done('merging.verifying', {
  digests: { sha256: 'ab' },
  verified: [],
  isMissing: true,
  damaged: [],
});
export const damaged = done('merging.verifying', {
  digests: {},
  verified: [],
  isMissing: false,
  damaged: [{ start: 10, end: 20 }],
});
export const pause: Happening = { type: 'download.pause' };
export const resume: Happening = { type: 'download.resume' };
export const stop: Happening = { type: 'download.stop' };
export const responded: Happening = {
  type: 'segment.responded',
  id: 'segment-0',
  from: 0,
  isProved: true,
  piece: null,
};
export const parked: Happening = { type: 'segment.parked', id: 'segment-0', written: 40 };
export const completed: Happening = { type: 'segment.completed', id: 'segment-0', written: 100, at: 5 };
export const says = (choice: string): Happening => ({ type: 'download.answer', answer: choice });
export const running = [claimed, found, prepared];
/** The next few connections may be opened. */
export const nextFill: Happening = { type: 'xstate.after.fillInterval.download.downloading.transferring.filling' };
/** Two halves, each of which can be halved once more. */
export const two: Partial<DownloadOptions> = { minSplit: 20, connections: 2 };
export const oneIsDone: Happening[] = [
  ...running,
  responded,
  nextFill,
  { type: 'segment.responded', id: 'segment-1', from: 0, isProved: true, piece: null },
  { type: 'segment.completed', id: 'segment-0', written: 50, at: 5 },
];
/** One connection, and so one segment, unless it is changed. */
export const alone = (options: Partial<DownloadOptions> = {}) => input({ connections: 1, ...options });
export const ask: Partial<DownloadOptions> = { ifExists: 'ask', ifChanged: 'ask' };
