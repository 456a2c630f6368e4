import { describe, expect, it } from 'vitest';
import { styleFor } from '../../../src/adapters/terminal/style.ts';

const utf8 = { LANG: 'de_DE.UTF-8', TERM: 'xterm-256color' };

describe('styleFor', () => {
  it.each([
    ['a terminal of today', utf8, true, true],
    ['NO_COLOR', { ...utf8, NO_COLOR: '1' }, false, true],
    ['an empty NO_COLOR, which says nothing', { ...utf8, NO_COLOR: '' }, true, true],
    ['a dumb terminal', { ...utf8, TERM: 'dumb' }, false, false],
    ['a locale that is not UTF-8', { TERM: 'xterm', LANG: 'de_DE.ISO-8859-1' }, true, false],
    ['LC_ALL over LANG', { ...utf8, LC_ALL: 'C' }, true, false],
    ['no locale at all', { TERM: 'xterm' }, true, false],
  ])('%s', (_, env, isColored, isUnicode) => {
    const style = styleFor(env, true);
    expect(style.paint('accent', 'x') !== 'x').toBe(isColored);
    expect(style.unicode).toBe(isUnicode || process.platform === 'win32');
  });

  it('has no colours without a terminal', () => {
    expect(styleFor(utf8, false).paint('bad', 'x')).toBe('x');
  });
});
