import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Key, KeyDecoder } from '../../../src/adapters/terminal/keys.ts';

let keys: Key[] = [];
const decoder = new KeyDecoder((key) => keys.push(key));

/** What is meant by these pieces of input, when nothing follows them. */
function typed(...pieces: string[]): Key[] {
  keys = [];
  for (const piece of pieces) decoder.push(piece);
  vi.runAllTimers();
  return keys;
}

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

describe('KeyDecoder', () => {
  it.each<[string, Key[]]>([
    [' ', ['pause']],
    ['p', ['pause']],
    ['q', ['stop']],
    ['Q', ['stop']],
    ['+', ['more']],
    ['=', ['more']],
    ['-', ['fewer']],
    ['a', ['auto']],
    ['<', ['slower']],
    ['>', ['faster']],
    ['?', ['help']],
    ['\x03', ['interrupt']],
    ['\x1a', ['suspend']],
    ['x', []],
    ['é文🎉', []],
    ['++-', ['more', 'more', 'fewer']],
    ['\x03\x03', ['interrupt', 'interrupt']],
  ])('%j', (text, wanted) => {
    expect(typed(text)).toEqual(wanted);
  });

  it('takes an Esc that nothing follows as the key, also twice', () => {
    expect(typed('\x1b')).toEqual(['stop']);
    expect(typed('\x1b\x1b')).toEqual(['stop']);
    expect(typed('+\x1b')).toEqual(['more', 'stop']);
  });

  it.each(['\x1b[', '\x1bO', '\x1b[1;', '\x1b[?1', '\x1b\x1b['])(
    'takes no Esc from a sequence that stays torn: %j',
    (part) => {
      expect(typed(part)).toEqual([]);
      expect(typed('+')).toEqual(['more']);
    },
  );

  it('waits before it does', () => {
    keys = [];
    decoder.push('\x1b');
    expect(keys).toEqual([]);
    vi.advanceTimersByTime(1_000);
    expect(keys).toEqual(['stop']);
  });

  it.each([
    ['up', '\x1b[A'],
    ['up, in application mode', '\x1bOA'],
    ['F1', '\x1bOP'],
    ['F5', '\x1b[15~'],
    ['F1 on the console', '\x1b[[A'],
    ['Shift-Tab', '\x1b[Z'],
    ['Ctrl-Right', '\x1b[1;5C'],
    ['Alt-q', '\x1bq'],
    ['Alt-Up', '\x1b\x1b[A'],
    ['a cursor report', '\x1b[12;40R'],
    ['a device report', '\x1b[?1;2c'],
    ['a mouse report', '\x1b[<0;10;10M'],
    ['a kitty key', '\x1b[113:81;2u'],
  ])('takes no key of a sequence for one of ours: %s', (_, sequence) => {
    expect(typed(sequence)).toEqual([]);
    expect(typed(`${sequence}+`)).toEqual(['more']);
    // However the sequence is torn on its way.
    for (let at = 1; at < sequence.length; at += 1) {
      expect(typed(sequence.slice(0, at), sequence.slice(at))).toEqual([]);
    }
    expect(typed(...sequence)).toEqual([]);
  });

  it('forgets what was begun when it is let go', () => {
    keys = [];
    decoder.push('\x1b');
    decoder.cancel();
    vi.runAllTimers();
    expect(keys).toEqual([]);
    expect(typed('q')).toEqual(['stop']);
  });
});
