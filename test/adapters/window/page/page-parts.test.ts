import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as terminal from '../../../../src/adapters/terminal/format.ts';
import * as page from '../../../../src/adapters/window/page/format.ts';
import { figuresFrom } from '../../../../src/adapters/window/page/model/figures.ts';
import { WindowStore } from '../../../../src/adapters/window/page/model/window-store.ts';
import { hrefOf, parseRoute } from '../../../../src/adapters/window/page/parts/route.ts';
import { checkForm, parseSize } from '../../../../src/adapters/window/page/views/form-check.ts';
import { mapPieces } from '../../../../src/adapters/window/page/views/map-pieces.ts';
import type { DownloadCard } from '../../../../src/adapters/window/protocol.ts';
import { initialContext } from '../../../../src/machines/download.context.ts';
import { figuresOf } from '../../../../src/machines/download.figures.ts';
import { defaultOptions } from '../../../../src/machines/options.ts';
import { Recording } from './messages.ts';

describe('figures', () => {
  it('are written as on the terminal', () => {
    const number = fc.oneof(fc.nat(), fc.double({ min: 0, max: 1e16, noNaN: true }));
    fc.assert(
      fc.property(number, fc.double({ min: 0, max: 1, noNaN: true }), (value, fraction) => {
        expect(page.formatBytes(value)).toBe(terminal.formatBytes(value));
        expect(page.formatSpeed(value)).toBe(terminal.formatSpeed(value));
        expect(page.formatDuration(value)).toBe(terminal.formatDuration(value));
        expect(page.formatPercent(fraction)).toBe(terminal.formatPercent(fraction));
        expect(page.formatClock(value % 4e12, 1.7e12)).toBe(terminal.formatClock(value % 4e12, 1.7e12));
      }),
    );
    expect([page.formatSpeed(null), page.formatDuration(null), page.formatPercent(null)]).toEqual([
      'unknown',
      'unknown',
      '',
    ]);
  });

  it('have ranges, offsets and names as short as they can be', () => {
    const mib = 1024 ** 2;
    expect(page.formatRange(0, 6 * mib)).toBe('0–6.0 MiB');
    expect(page.formatRange(6 * mib, 12 * mib)).toBe('6.0–12.0 MiB');
    expect(page.formatRange(512 * 1024, mib)).toBe('512.0 KiB–1.0 MiB');
    expect(page.formatRange(mib, null)).toBe('1.0 MiB–?');
    expect([page.formatOffset(12), page.formatOffset(1_250), page.formatOffset(61_000)]).toEqual([
      '12 ms',
      '1.25 s',
      '1 min 01 s',
    ]);
    expect(page.baseName('/a/b.iso')).toBe('b.iso');
    expect(page.baseName('C:\\a\\b.iso')).toBe('b.iso');
    expect(page.nameOfUrl('https://example.org/a/b%20c.iso?x=1')).toBe('b c.iso');
    expect(page.nameOfUrl('https://example.org/')).toBe('example.org');
    expect(page.nameOfUrl('https://example.org/%zz')).toBe('https://example.org/%zz');
    expect(page.printable('a\u202etxt.exe\n')).toBe('a\ufffdtxt.exe\ufffd');
  });

  it('are had from a context of any time, and from nothing else', () => {
    const context = initialContext({ url: 'https://example.org/', output: null, options: defaultOptions });
    expect(figuresFrom(JSON.parse(JSON.stringify(context)))).toEqual(figuresOf(context));
    expect(figuresFrom(null)).toBeNull();
    expect(figuresFrom({ plan: 3, meter: null })).toBeNull();
  });
});

describe('the form', () => {
  const text = { url: 'https://example.org/a', folder: '', name: '', connections: '', checksum: '', rateLimit: '' };

  it('becomes a request', () => {
    expect(checkForm(text)).toEqual({
      ok: true,
      request: { url: text.url, folder: null, name: null, connections: null, checksum: null, rateLimit: null },
    });
    const full = { ...text, folder: '/d', name: ' a.iso ', connections: '8', rateLimit: '1.5M' };
    expect(checkForm(full)).toMatchObject({
      ok: true,
      request: { folder: '/d', name: 'a.iso', connections: 8, rateLimit: 1_572_864 },
    });
  });

  it.each([
    ['url', 'ftp://example.org/a', 'not over ftp'],
    ['url', 'javascript:alert(1)', 'http and https'],
    ['name', '../a', 'file name only'],
    ['connections', '65', '1 to 64'],
    ['connections', 'many', '1 to 64'],
    ['checksum', 'sha256:12', '64 hexadecimal digits'],
    ['rateLimit', 'fast', '500K'],
    ['rateLimit', '0', '500K'],
  ] as const)('says what is wrong with %s %s', (field, value, words) => {
    const checked = checkForm({ ...text, [field]: value });
    expect(checked.ok).toBe(false);
    expect(checked.ok ? '' : checked.faults[field]).toContain(words);
  });

  it('takes sizes as the command line does', () => {
    expect(['65536', '500K', '1.5 MiB', '2gb', '1M/s'].map(parseSize)).toEqual([
      65_536, 512_000, 1_572_864, 2_147_483_648, 1_048_576,
    ]);
    expect(['', 'x', '-1', '1e3', '1P', '99999999T'].map(parseSize)).toEqual([null, null, null, null, null, null]);
  });
});

describe('the map of the file', () => {
  const view = { state: 'receiving', attempt: 0, bytesPerSecond: 1 } as const;

  it('has every written byte once, and marks where bytes arrive', () => {
    const pieces = mapPieces(
      [
        { ...view, id: 'segment-0', start: 0, end: 500, written: 500, state: 'done' },
        { ...view, id: 'segment-1', start: 500, end: 1_000, written: 600 },
      ],
      1_000,
    );
    expect(pieces).toEqual([
      { id: 'segment-0', kind: 'done', x: 0, width: 500 },
      { id: 'segment-1', kind: 'arrived', x: 500, width: 100 },
      { id: 'segment-1', kind: 'receiving', x: 600, width: 4 },
      { id: 'segment-1', kind: 'border', x: 499.5, width: 1 },
    ]);
  });

  it('is of one piece where finished segments touch: nothing shines through', () => {
    const done = { ...view, state: 'done' } as const;
    const thirds = [300, 700, 1_000].map((end, index, ends) => {
      const start = ends[index - 1] ?? 0;
      return { ...done, id: `segment-${index}`, start, end, written: end };
    });
    // Segments that were divided stand behind those that they came from.
    expect(mapPieces(thirds.toReversed(), 1_000)).toEqual([{ id: 'segment-0', kind: 'done', x: 0, width: 1_000 }]);
    const [first, second, third] = thirds;
    if (!first || !second || !third) throw new Error('There are three.');
    const kinds = mapPieces([first, { ...second, written: 300, state: 'parked' }, third], 1_000).map(
      ({ kind }) => kind,
    );
    expect(kinds).toEqual(['done', 'border', 'border', 'done']);
  });

  it('shows trouble, and nothing where the size is unknown', () => {
    const waiting = { ...view, id: 'segment-0', start: 0, end: 100, written: 50, state: 'backingOff' } as const;
    expect(mapPieces([waiting], 100)[0]).toEqual({ id: 'segment-0', kind: 'trouble', x: 500, width: 500 });
    expect(mapPieces([{ ...waiting, end: null }], null)).toEqual([]);
  });
});

describe('addresses within the page', () => {
  it('come back as they were', () => {
    for (const download of ['d1', 'a/b #?', null]) {
      for (const view of ['download', 'machine'] as const) {
        const route = { download, view: download === null ? 'download' : view } as const;
        expect(parseRoute(hrefOf(route))).toEqual(route);
      }
    }
    expect(parseRoute('#/d/%zz')).toEqual({ download: null, view: 'download' });
    expect(parseRoute('#token')).toEqual({ download: null, view: 'download' });
  });
});

describe('the store', () => {
  const card: DownloadCard = {
    id: 'd1',
    url: 'https://example.org/a',
    name: null,
    addedAt: 1,
    endedAt: null,
    state: null,
    progress: null,
    warnings: [],
    result: null,
    failure: null,
    canControl: true,
  };
  const welcome = {
    type: 'welcome',
    protocol: 1,
    version: '1.0.0',
    mode: 'live',
    roots: ['/d'],
    downloads: [card],
  } as const;

  it('keeps what events change of a card', () => {
    const store = new WindowStore();
    store.take(welcome);
    store.take({ type: 'event', download: 'd1', event: { type: 'warning', code: 'push-back', message: 'Slower.' } });
    const result = {
      path: '/d/a',
      size: 1,
      elapsedMs: 1,
      meanBytesPerSecond: 1,
      digests: {},
      verified: [],
      skipped: false,
      dryRun: false,
    };
    store.take({ type: 'event', download: 'd1', event: { type: 'done', ...result } });
    expect(store.downloads.get('d1')?.card).toMatchObject({ warnings: [{ message: 'Slower.' }], result });
  });

  it('tells everything anew after a break', () => {
    const store = new WindowStore();
    store.take(welcome);
    const messages = new Recording().event('root', 'one').messages;
    store.take({ type: 'inspection', messages });
    store.take({ type: 'dropped', download: 'd1', count: 3 });
    expect(store.downloads.get('d1')?.history).toMatchObject({ end: 1, dropped: 3 });
    store.take(welcome);
    expect(store.downloads.get('d1')?.history).toMatchObject({ end: 0, dropped: 0 });
  });

  it('keeps the answers to its form apart by their numbers', () => {
    const store = new WindowStore();
    store.take({ type: 'refused', request: 1, field: 'url', message: 'No.' });
    store.take({ type: 'started', request: 2, download: 'd2' });
    expect(store.refusals.get(1)?.message).toBe('No.');
    expect(store.started.get(2)).toBe('d2');
    expect(store.started.has(1)).toBe(false);
  });
});
