import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { setup } from 'xstate';
import { toMermaid } from '../../scripts/mermaid.ts';
import { runCli } from '../support/spawn-cli.ts';

describe('toMermaid', () => {
  it('draws nesting, regions, names of events, guards and delays, and what stays', () => {
    const machine = setup({
      types: {} as { events: { type: 'go' } | { type: 'stay' } | { type: 'end' } },
      guards: { isWord: (_, _params: { word: string }) => true },
      delays: { nap: 10 },
    }).createMachine({
      id: 'm',
      initial: 'one',
      on: { end: '.three' },
      states: {
        one: {
          on: {
            go: [
              { guard: { type: 'isWord', params: () => ({ word: 'yes' }) }, target: 'two' },
              { guard: { type: 'isWord', params: { word: 'no' } }, target: 'three' },
            ],
            stay: {},
          },
          after: { nap: 'three' },
        },
        two: { type: 'parallel', states: { left: {}, right: { initial: 'deep', states: { deep: {} } } } },
        three: { type: 'final' },
      },
    });
    expect(toMermaid(machine).split('\n')).toEqual([
      '```mermaid',
      'stateDiagram-v2',
      '  [*] --> one',
      '  state "one" as one',
      '  one : hears stay',
      '  state "two" as two {',
      '    state "left" as two_left',
      '    --',
      '    state "right" as two_right {',
      '      [*] --> two_right_deep',
      '      state "deep" as two_right_deep',
      '    }',
      '  }',
      '  state "three" as three',
      '  three --> [*]',
      '  one --> two : go [isWord yes]',
      '  one --> three : go [isWord no]<br/>after nap',
      '```',
      '',
      '- In every state that does not say otherwise: `end` leads to `three`.',
    ]);
  });
});

it('finds the charts in ARCHITECTURE.md current', async () => {
  const script = fileURLToPath(new URL('../../scripts/diagrams.ts', import.meta.url));
  const { code, stderr } = await runCli(['--check'], { script });
  expect(stderr).toBe('');
  expect(code).toBe(0);
});
