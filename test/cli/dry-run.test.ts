import { describe, expect, it } from 'vitest';
import { dryRunLines } from '../../src/cli/dry-run.ts';
import { fateOfTarget } from '../../src/cli/fate-of-target.ts';

const MIB = 1024 * 1024;
const source = {
  url: 'https://example.org/a.iso',
  size: 100 * MIB,
  acceptsRanges: true,
  etag: null,
  lastModified: null,
  latencyMs: 41.6,
};
const findings = { source, path: '/d/a.iso', resumedBytes: 0, isSkipped: false, verified: [], sentence: null };

describe('dryRunLines', () => {
  it('tells all of it, aligned', () => {
    expect(dryRunLines({ ...findings, resumedBytes: 10 * MIB }, {})).toEqual([
      'From          https://example.org/a.iso',
      'To            /d/a.iso',
      'Size          100.0 MiB (104857600 bytes)',
      'Connections   as many as pay, up to 32, by ranges',
      'Here already  10.0 MiB: it would go on from there',
      'Answered in   42 ms',
      'A dry run: nothing was fetched.',
    ]);
  });

  it.each([
    [{}, {}, 'as many as pay, up to 32, by ranges'],
    [{}, { connections: 4 }, 'up to 4, by ranges'],
    [{}, { minSplit: 40 * MIB }, 'as many as pay, up to 2, by ranges'],
    [{ size: 5 * MIB }, {}, 'as many as pay, up to 5, by ranges'],
    [{ size: 1000 }, {}, 'one, by ranges: the file is too small to be split'],
    [{}, { connections: 1 }, 'one, by ranges'],
    [{ acceptsRanges: false }, {}, 'one: the server sends whole files only'],
    [{ size: null }, {}, 'one: the server does not say how long the file is'],
  ])('connections for %j with %j', (change, numbers, wanted) => {
    const lines = dryRunLines({ ...findings, source: { ...source, ...change } }, numbers);
    expect(lines.find((line) => line.startsWith('Connections'))).toBe(`Connections  ${wanted}`);
  });

  it('a size that is not known', () => {
    expect(dryRunLines({ ...findings, source: { ...source, size: null } }, {})[2]).toBe('Size         unknown');
  });

  it('a target that stays', () => {
    expect(dryRunLines({ ...findings, isSkipped: true }, {})).toEqual([
      '/d/a.iso is there already, and would be left as it is.',
    ]);
  });

  it('a target whose sum was looked at', () => {
    expect(dryRunLines({ ...findings, isSkipped: true, verified: ['sha256'] }, {})).toEqual([
      '/d/a.iso is there already, sha256 matches, and would be left as it is.',
    ]);
  });

  it.each([
    [{}, 'overwrite', false, '/d/a.iso', null],
    [{ '/d/a.iso': 2 * MIB }, 'overwrite', false, '/d/a.iso', 'a file of 2.0 MiB is there, and would be overwritten'],
    [{ '/d/a.iso': 5 }, 'ask', false, '/d/a.iso', 'a file of 5 B is there: you would be asked what is to become of it'],
    [{ '/d/a.iso': 5 }, 'fail', false, '/d/a.iso', 'a file of 5 B is there: it would stop, and leave it as it is'],
    [{}, 'rename', false, '/d/a.iso', null],
    [{ '/d/a.iso': 5 }, 'rename', false, '/d/a (1).iso', '/d/a.iso is taken: it would be left as it is'],
    [
      { '/d/a.iso': 5, '/d/a (1).iso': 5, '/d/a (2).iso.multidown': 5 },
      'rename',
      false,
      '/d/a (3).iso',
      '/d/a.iso is taken: it would be left as it is',
    ],
    // Its own state is there, under the name that is not numbered.
    [
      { '/d/a.iso': 5, '/d/a.iso.multidown': 5 },
      'rename',
      true,
      '/d/a (1).iso',
      '/d/a.iso is taken: it would be left as it is',
    ],
    [{ '/d/a.iso.multidown': 5 }, 'rename', true, '/d/a.iso', null],
  ] as const)('with %j there and %s (resumed: %j): %s', (files, ifExists, isResumed, path, sentence) => {
    const sizes = new Map<string, number>(Object.entries(files));
    const fate = fateOfTarget('/d/a.iso', ifExists, isResumed, (place) => sizes.get(place) ?? null);
    expect(fate).toEqual({ path, sentence });
    const lines = dryRunLines({ ...findings, ...fate }, {});
    expect(lines.find((line) => line.startsWith('To'))).toContain(path);
    expect(lines.some((line) => line.startsWith('But') && line.includes(sentence ?? ''))).toBe(sentence !== null);
  });

  it('draws nothing on the terminal', () => {
    expect(dryRunLines({ ...findings, path: '/d/\x1b[2J\u202ea' }, {}).join('')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });
});
