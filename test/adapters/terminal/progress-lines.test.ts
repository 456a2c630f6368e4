import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { displayWidth } from '../../../src/adapters/terminal/printable.ts';
import { type ProgressView, progressLines } from '../../../src/adapters/terminal/progress-lines.ts';
import { makeStyle } from '../../../src/adapters/terminal/style.ts';
import type { Figures } from '../../../src/machines/events.ts';
import { MIB, segment, someFigures } from '../../support/fake-control.ts';

const plain = makeStyle(false, true);
const startedAt = new Date(2026, 0, 2, 10, 15, 2).getTime();

function lines(
  figures: Partial<Figures> = {},
  view: Partial<ProgressView> = {},
  width = 74,
  style = plain,
  height = 22,
): string[] {
  const all = someFigures({ startedAt, ...figures });
  return progressLines(
    {
      figures: all,
      isPaused: false,
      canPause: true,
      canSplit: true,
      showsKeys: false,
      notice: '',
      now: startedAt + 90_000,
      ...view,
    },
    { width, height },
    style,
  );
}

describe('progressLines', () => {
  it('shows all there is at 80 columns', () => {
    expect(lines()).toEqual([
      `progress  ${'━'.repeat(32)}${'─'.repeat(20)}  62.5 %`,
      'received    80.0 MiB of 128.0 MiB, remaining 48.0 MiB',
      'speed     now 16.0 MiB  least 14.0 MiB  mean 15.5 MiB  best 17.0 MiB/s',
      'time      started 10:15:02, passed 1 min 23 s, left 51 s',
      'mode       4 of 32 connections',
      expect.stringMatching(/^segments {2}[▁▂▃▄▅▆▇█▒░×]{60}$/),
      'keys      space pause   esc stop   + - connections   ? keys',
    ]);
  });

  it('at 40 and 20 columns keeps what matters', () => {
    expect(lines({}, {}, 34)).toEqual([
      `${'━'.repeat(16)}${'─'.repeat(10)}  62.5 %`,
      '  80.0 MiB of 128.0 MiB',
      'now 16.0 MiB  mean 15.5 MiB/s',
      'passed 1 min 23 s, left 51 s',
      ' 4 of 32 connections',
      expect.stringMatching(/^[▁▂▃▄▅▆▇█▒░×]{34}$/),
      'space pause  esc stop  ? keys',
    ]);
    expect(lines({}, {}, 14)).toEqual([
      `${'━'.repeat(3)}${'─'.repeat(3)}  62.5 %`,
      '80.0 MiB',
      '16.0 MiB/s',
      'left 51 s',
      ' 4 of 32',
      expect.stringMatching(/^[▁▂▃▄▅▆▇█▒░×]{14}$/),
      'esc stop  ?',
    ]);
    expect(lines({}, { isPaused: true }, 25).at(-1)).toBe('space resume  esc stop  ?');
  });

  it('says what is not known', () => {
    const unknown = lines({
      total: null,
      fraction: null,
      remainingMs: null,
      speed: { now: null, least: null, mean: null, best: null },
      connections: { active: 1, limit: 1, isAuto: false },
      segments: [segment({ end: null, written: 5 })],
    });
    expect(unknown).toEqual([
      'progress  size unknown',
      'received  80.0 MiB of unknown',
      'speed     now    - B    least    - B    mean    - B    best    - B/s',
      'time      started 10:15:02, passed 1 min 23 s, left unknown',
      'mode      one connection',
      'keys      space pause   esc stop   + - connections   ? keys',
    ]);
  });

  it('shows a pause, a limit, a warning and the list of keys', () => {
    const text = lines({ rateLimit: 2 * MIB }, { isPaused: true, showsKeys: true, notice: 'Trying again.' }).join('\n');
    expect(text).toContain('mode      paused, limited to 2.0 MiB/s');
    expect(text).toContain('now    0 B  ');
    expect(text).toContain('left unknown');
    expect(text).toContain('note      Trying again.');
    expect(text).toContain('space, p  resume');
    expect(text).toContain('Ctrl-C    stop; twice: at once');
  });

  it('shows the limit at every width', () => {
    for (const width of [74, 54, 44, 34, 24]) {
      const shown = lines({ rateLimit: 2 * MIB }, {}, width).join('\n');
      expect(shown).toMatch(/(?:limited to|at most) 2\.0 MiB\/s/);
    }
    expect(lines({ rateLimit: 2 * MIB }, {}, 44)).toContain('mode       4 of 32, at most 2.0 MiB/s');
  });

  it('shows a long warning in two lines, whole', () => {
    const notice = 'The server sends whole files only: one connection, and a pause is not possible.';
    const shown = lines({}, { notice }, 74);
    const at = shown.findIndex((line) => line.startsWith('note'));
    expect(`${shown[at]?.slice(10)} ${shown[at + 1]?.trim()}`).toBe(notice);
  });

  it('offers no pause where it would lose what has arrived', () => {
    for (const width of [14, 30, 44, 74])
      for (const showsKeys of [true, false]) {
        const view = { canPause: false, canSplit: false, showsKeys };
        expect(lines({}, view, width).join('\n')).not.toMatch(/space|pause|keep/);
      }
  });

  it('over one connection lists no key that does nothing, and says what a stop costs', () => {
    const view = { canPause: false, canSplit: false };
    expect(lines({}, view).at(-1)).toBe('keys      esc stop and lose it   ? keys');
    const list = lines({}, { ...view, showsKeys: true }).slice(-4);
    expect(list).toEqual([
      'keys      esc, q    stop and lose it',
      '          <, >      rate limit: slower, faster',
      '          Ctrl-C    stop; twice: at once',
      '          ?         hide this list',
    ]);
    expect(lines({}, { ...view, showsKeys: true }, 34).join('\n')).not.toMatch(/auto|keep|space|[+]-/);
    expect(lines({}, { canSplit: false }).at(-1)).toBe('keys      space pause   esc stop   ? keys');
  });

  it('shows when it began in a shorter form, too', () => {
    expect(lines({}, {}, 50)).toContain('time      since 10:15:02, 1 min 23 s, left 51 s');
  });

  it('does without colours and without drawing characters', () => {
    const ascii = lines({}, {}, 74, makeStyle(false, false)).join('\n');
    expect(ascii).toMatch(/^[\x20-\x7e\n]*$/);
    expect(lines({}, {}, 74, makeStyle(true, true)).join('')).toContain('\u001b[');
    expect(lines().join('')).not.toContain('\u001b');
  });

  it('shows a list of keys for 20 columns, too', () => {
    expect(lines({}, { showsKeys: true }, 14).slice(-7)).toEqual([
      'p  pause',
      'q  stop, keep',
      '+- connections',
      'a  auto',
      '<> rate limit',
      '^C stop',
      '?  hide this',
    ]);
  });

  it('with few rows keeps what matters most, and the list of keys that was asked for', () => {
    const names = (height: number, view: Partial<ProgressView> = {}) =>
      lines({}, { notice: 'Trying again.', ...view }, 74, plain, height).map((line) => line.slice(0, 10).trim());
    expect(names(8)).toEqual(['progress', 'received', 'speed', 'time', 'mode', 'segments', 'note', 'keys']);
    expect(names(6)).toEqual(['progress', 'received', 'speed', 'time', 'note', 'keys']);
    expect(names(3)).toEqual(['progress', 'note', 'keys']);
    expect(names(1)).toEqual(['progress']);
    expect(names(8, { showsKeys: true })).toEqual(['progress', 'note', 'keys', '', '', '', '', '']);
  });

  it('in a terminal of eight rows has a short list of keys, and in a lower one the reminder', () => {
    const shown = (width: number, height: number) => lines({}, { showsKeys: true }, width, plain, height);
    expect(shown(74, 5).slice(-2)).toEqual([
      'keys      space pause   esc stop   + - a connections   < > rate limit',
      '          ? hide',
    ]);
    expect(shown(74, 5).map((line) => line.slice(0, 10).trim())).toEqual(['progress', 'speed', 'time', 'keys', '']);
    expect(shown(34, 4).slice(1)).toEqual(['space pause   esc stop', '+ - a connections   < > rate limit', '? hide']);
    expect(shown(74, 2).at(-1)).toBe('keys      space pause   esc stop   + - connections   ? keys');
  });

  it('moves nothing but digits while the numbers grow', () => {
    const at = (bytes: number, seconds: number, active: number) =>
      lines({
        bytes,
        total: 2 * 1024 * MIB,
        elapsedMs: seconds * 1_000,
        connections: { active, limit: 32, isAuto: false },
        rateLimit: 2 * MIB,
      });
    const places = [at(0, 9, 1), at(5 * 1024, 10, 9), at(1_023.9 * MIB, 59, 32), at(1.5 * 1024 * MIB, 30, 10)].map(
      (shown) => [' of 2.0', ', left', ' connections'].map((text) => shown.map((line) => line.indexOf(text))),
    );
    expect(new Set(places.map((place) => JSON.stringify(place))).size).toBe(1);
  });

  it('has a bar without colours, too', () => {
    const bars = [0.1, 0.9].map((fraction) => lines({ fraction })[0]?.replace(/[\d.]+ %/, ''));
    expect(bars[0]).not.toBe(bars[1]);
  });

  it('is as high at every moment: nothing jumps', () => {
    const heights = [0, 0.3, 1].map((fraction) => lines({ fraction, bytes: fraction * 128 * MIB }).length);
    expect(new Set(heights).size).toBe(1);
  });

  it('has no line wider than the columns, at every width and with any figures', () => {
    const speed = fc.option(fc.double({ min: 0, max: 1e13, noNaN: true }));
    const figures = fc
      .record({
        total: fc.option(fc.nat(2 ** 50)),
        part: fc.double({ min: 0, max: 1, noNaN: true }),
        speed: fc.record({ now: speed, least: speed, mean: speed, best: speed }),
        elapsedMs: fc.nat(1e10),
        remainingMs: fc.option(fc.nat(1e12)),
        connections: fc.record({ active: fc.nat(64), limit: fc.integer({ min: 1, max: 64 }), isAuto: fc.boolean() }),
        rateLimit: fc.option(fc.nat(1e12)),
      })
      .map(({ part, ...rest }) => ({
        ...rest,
        bytes: Math.floor((rest.total ?? 1e9) * part),
        fraction: rest.total === null ? null : part,
      }));
    fc.assert(
      fc.property(
        figures,
        fc.boolean(),
        fc.boolean(),
        fc.string({ unit: 'grapheme-composite', maxLength: 200 }),
        (some, isPaused, showsKeys, notice) => {
          for (let width = 14; width <= 200; width += 1) {
            for (const line of lines(some, { isPaused, showsKeys, notice }, width, makeStyle(true, true))) {
              expect(displayWidth(line)).toBeLessThanOrEqual(width);
            }
          }
        },
      ),
      { numRuns: 20 },
    );
  });
});
