import { describe, expect, test } from 'vitest';
import { parseArguments } from '../../bench/arguments.ts';

describe('parseArguments', () => {
  test('without options: every case and peer, five rounds', () => {
    expect(parseArguments([])).toEqual({
      cases: [],
      peers: [],
      quick: false,
      write: false,
      goOn: false,
      list: false,
      help: false,
      rounds: 5,
      json: null,
      work: null,
      against: null,
    });
  });

  test('options that take a value, some of them again and again', () => {
    const args = ['--case', 'tls', '--case', 'tiny', '--peer', 'curl', '--json', 'a.json', '--work', 'w'];
    expect(parseArguments(args)).toMatchObject({
      cases: ['tls', 'tiny'],
      peers: ['curl'],
      json: 'a.json',
      work: 'w',
    });
  });

  test('--go-on needs a file, and lets --write add a case to its table', () => {
    expect(() => parseArguments(['--go-on'])).toThrow('--go-on goes with --json');
    const options = parseArguments(['--go-on', '--json', 'f', '--write', '--case', 'tls']);
    expect(options).toMatchObject({ goOn: true, json: 'f', write: true, cases: ['tls'] });
  });

  test.each([['--quick'], ['--case', 'tls'], ['--peer', 'curl']])('--write is refused with %s', (...part) => {
    expect(parseArguments(['--write']).write).toBe(true);
    expect(() => parseArguments(['--write', ...part])).toThrow('--write replaces the whole table');
  });

  test('--quick makes fewer rounds, unless they are said', () => {
    expect(parseArguments(['--quick']).rounds).toBe(2);
    expect(parseArguments(['--quick', '--rounds', '7']).rounds).toBe(7);
  });

  test.each(['0', '-1', '1.5', 'x', '1001', ''])('--rounds %j is refused', (text) => {
    expect(() => parseArguments(['--rounds', text])).toThrow(/whole number/);
  });

  test.each([['--case'], ['--json'], ['--case', '--quick']])('%j needs a value', (...args) => {
    expect(() => parseArguments(args)).toThrow(/needs a value/);
  });

  test('what it does not know is named', () => {
    expect(() => parseArguments(['--fast'])).toThrow('"--fast"');
  });
});
