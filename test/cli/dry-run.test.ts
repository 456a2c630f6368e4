import { describe, expect, it } from 'vitest';
import { dryRunLines } from '../../src/cli/dry-run.ts';

const MIB = 1024 * 1024;
const source = {
  url: 'https://example.org/a.iso',
  size: 100 * MIB,
  acceptsRanges: true,
  etag: null,
  lastModified: null,
  latencyMs: 41.6,
};
const findings = { source, path: '/d/a.iso', resumedBytes: 0, isSkipped: false };

describe('dryRunLines', () => {
  it('tells all of it, aligned', () => {
    expect(dryRunLines({ ...findings, resumedBytes: 10 * MIB }, {})).toEqual([
      'From          https://example.org/a.iso',
      'To            /d/a.iso',
      'Size          100.0 MiB (104857600 bytes)',
      'Connections   as many as pay, up to 32, by ranges',
      'Here already  10.0 MiB',
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

  it('draws nothing on the terminal', () => {
    expect(dryRunLines({ ...findings, path: '/d/\x1b[2J\u202ea' }, {}).join('')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });
});
