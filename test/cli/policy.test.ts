import { describe, expect, it } from 'vitest';
import { policyOf } from '../../src/cli/policy.ts';

const nothing = {
  yes: false,
  json: false,
  quiet: false,
  verbose: false,
  dryRun: false,
  ifExists: null,
  ifChanged: null,
} as const;

describe('policyOf', () => {
  it.each([
    // terminal, wishes, what becomes of an existing target, of a changed file, can ask, live
    [true, {}, 'ask', 'ask', true, true],
    [false, {}, 'fail', 'fail', false, false],
    [true, { yes: true }, 'overwrite', 'fail', false, true],
    [false, { yes: true }, 'overwrite', 'fail', false, false],
    [true, { json: true }, 'fail', 'fail', false, false],
    [true, { quiet: true }, 'fail', 'fail', false, false],
    [true, { quiet: true, yes: true }, 'overwrite', 'fail', false, false],
    [true, { verbose: true }, 'ask', 'ask', true, false],
    [true, { dryRun: true }, 'ask', 'fail', true, false],
    [true, { ifExists: 'rename' }, 'rename', 'ask', true, true],
    [true, { ifExists: 'skip', yes: true }, 'skip', 'fail', false, true],
    [false, { ifExists: 'rename' }, 'rename', 'fail', false, false],
    [false, { yes: true, ifExists: 'fail' }, 'fail', 'fail', false, false],
    [false, { yes: true, ifChanged: 'restart' }, 'overwrite', 'restart', false, false],
    [true, { ifChanged: 'fail' }, 'ask', 'fail', true, true],
    // Nobody is there to be asked.
    [false, { ifChanged: 'ask' }, 'fail', 'fail', false, false],
    [true, { dryRun: true, ifChanged: 'restart' }, 'ask', 'restart', true, false],
    // The window asks whatever the terminal does; Stately's only looks.
    [false, { inspect: 'window' }, 'ask', 'ask', false, false],
    [false, { inspect: 'window', yes: true }, 'overwrite', 'fail', false, false],
    [false, { inspect: 'stately' }, 'fail', 'fail', false, false],
  ] as const)('terminal %j, %j', (hasTerminal, wishes, ifExists, ifChanged, canAsk, isLive) => {
    expect(policyOf({ ...nothing, ...wishes }, hasTerminal)).toEqual({ canAsk, isLive, ifExists, ifChanged });
  });

  it('never asks where nobody can answer', () => {
    const flags = [true, false];
    for (const hasTerminal of flags)
      for (const yes of flags)
        for (const json of flags)
          for (const quiet of flags)
            for (const ifChanged of ['ask', 'restart', 'fail', null] as const) {
              const policy = policyOf({ ...nothing, yes, json, quiet, ifChanged }, hasTerminal);
              const isAsking = policy.ifExists === 'ask' || policy.ifChanged === 'ask';
              expect(isAsking && !policy.canAsk).toBe(false);
            }
  });
});
