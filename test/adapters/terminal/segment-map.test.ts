import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { displayWidth } from '../../../src/adapters/terminal/printable.ts';
import { segmentMap } from '../../../src/adapters/terminal/segment-map.ts';
import { makeStyle } from '../../../src/adapters/terminal/style.ts';
import type { SegmentStateName } from '../../../src/machines/events.ts';
import { segment } from '../../support/fake-control.ts';

const plain = makeStyle(false, true);
const states: readonly SegmentStateName[] = [
  'parked',
  'waiting',
  'requesting',
  'receiving',
  'backingOff',
  'done',
  'failed',
];

function map(width: number, unicode = true): string {
  return segmentMap(
    [
      segment({ id: 'segment-0', start: 0, end: 100, written: 100, state: 'done' }),
      segment({ id: 'segment-1', start: 100, end: 200, written: 155 }),
      segment({ id: 'segment-2', start: 200, end: 300, written: 200 }),
      segment({ id: 'segment-3', start: 300, end: 400, written: 330, state: 'backingOff' }),
      segment({ id: 'segment-4', start: 400, end: 500, written: 400, state: 'waiting' }),
    ],
    500,
    width,
    makeStyle(false, unicode),
  );
}

describe('segmentMap', () => {
  it('shows each part of the file where it is and how it is', () => {
    expect(map(50)).toBe('██████████' + '█████▄░░░░' + '▒░░░░░░░░░' + '███×××××××' + '░░░░░░░░░░');
    expect(map(50, false)).toBe('##########' + '#####=....' + '>.........' + '###!!!!!!!' + '..........');
  });

  it('never calls a cell done that is not', () => {
    const almost = segment({ end: 1_000_000, written: 999_999 });
    expect(segmentMap([almost], 1_000_000, 10, plain)).toBe('█████████▇');
  });

  it('fills a cell from the ground as its bytes arrive', () => {
    const filled = [0, 1, 15, 30, 50, 60, 80, 99, 100].map((written) =>
      segmentMap([segment({ end: 100, written })], 100, 1, plain),
    );
    expect(filled.join('')).toBe('▒▁▂▃▄▅▆▇█');
  });

  it('draws nothing where there is nothing to draw', () => {
    expect(segmentMap([segment({ end: null })], null, 40, plain)).toBe('');
    expect(segmentMap([], 100, 40, plain)).toBe('');
    expect(segmentMap([segment()], 100, 0, plain)).toBe('');
  });

  it('fits any width, with any segments', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({ length: fc.integer({ min: 1, max: 1e9 }), part: fc.double({ min: 0, max: 1, noNaN: true }) }),
          {
            minLength: 1,
            maxLength: 64,
          },
        ),
        fc.integer({ min: 1, max: 200 }),
        fc.constantFrom(...states),
        (parts, width, state) => {
          let start = 0;
          const segments = parts.map(({ length, part }, index) => {
            const view = segment({ id: `segment-${index}`, start, end: start + length, state });
            start += length;
            return { ...view, written: view.start + Math.floor(length * part) };
          });
          expect(displayWidth(segmentMap(segments, start, width, plain))).toBe(width);
        },
      ),
    );
  });
});
