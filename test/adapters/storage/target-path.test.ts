import { describe, expect, it } from 'vitest';
import { checkPath, numbered, placeOf } from '../../../src/adapters/storage/target-path.ts';

describe('checkPath', () => {
  it.each(['a.iso', './a', '/tmp/a b', 'ü.iso', 'con', 'a:b', `${'x'.repeat(245)}`])('takes %s on Linux', (path) => {
    expect(checkPath(path, 'linux')).toBeNull();
  });

  it.each([
    ['', 'is empty'],
    ['a\nb', 'control characters'],
    ['a\u0000', 'control characters'],
    ['x'.repeat(246), 'too long'],
    ['é'.repeat(130), 'too long'],
    [`${'folder/'.repeat(700)}a`, 'too long'],
  ])('refuses %j everywhere', (path, words) => {
    expect(checkPath(path, 'linux')).toContain(words);
    expect(checkPath(path, 'win32')).toContain(words);
  });

  it.each([
    ['CON', 'device'],
    ['nul.txt', 'device'],
    ['folder\\LPT1.tar.gz', 'device'],
    ['COM¹', 'device'],
    ['aux/b', 'device'],
    ['name.', 'dot or a space'],
    ['name ', 'dot or a space'],
    ['folder./b', 'dot or a space'],
    ['what?', 'Windows does not allow'],
    ['a<b', 'Windows does not allow'],
    ['a|b', 'Windows does not allow'],
    ['a"b', 'Windows does not allow'],
    ['a*b', 'Windows does not allow'],
  ])('110 refuses %s on Windows', (path, words) => {
    expect(checkPath(path, 'win32')).toContain(words);
  });

  it.each(['C:\\a\\b.iso', 'c:/a', 'c:a', '.\\a', '..\\a', 'console.log', 'COM10', 'a/./b', '.config'])(
    'takes %s on Windows',
    (path) => {
      expect(checkPath(path, 'win32')).toBeNull();
    },
  );
});

describe('placeOf', () => {
  const place = (output: string | null, suggested: string | null = 's.iso') =>
    placeOf(output, suggested, '/cwd', 'linux', async (path) => path === '/cwd/folder');

  it.each([
    [null, '/cwd', 's.iso'],
    ['a.iso', '/cwd', 'a.iso'],
    ['sub/a.iso', '/cwd/sub', 'a.iso'],
    ['/abs/a.iso', '/abs', 'a.iso'],
    ['folder', '/cwd/folder', 's.iso'],
    ['folder/', '/cwd/folder', 's.iso'],
    ['new/', '/cwd/new', 's.iso'],
    ['.', '/cwd', 's.iso'],
    ['..', '/', 's.iso'],
    ['sub/..', '/cwd', 's.iso'],
    ['sub/../a', '/cwd', 'a'],
  ])('%j leads to %s, %s', async (output, directory, name) => {
    expect(await place(output)).toEqual({ directory, name });
  });

  it('leaves the name open where the server must give it', async () => {
    expect(await place('folder', null)).toEqual({ directory: '/cwd/folder', name: null });
  });

  it('refuses what cannot be a path', async () => {
    await expect(place('a\nb')).rejects.toMatchObject({ failure: { code: 'invalid-path' } });
  });
});

describe('numbered', () => {
  it.each([
    ['/d/a.iso', 1, '/d/a (1).iso'],
    ['/d/a.tar.gz', 2, '/d/a (2).tar.gz'],
    ['/d/a', 3, '/d/a (3)'],
    ['/d/.config', 1, '/d/.config (1)'],
    ['/d/a.b.c', 1, '/d/a.b (1).c'],
    ['/d/tar.gz', 1, '/d/tar (1).gz'],
  ])('111 %s, %i: %s', (path, number, name) => {
    expect(numbered(path, number)).toBe(name);
  });
});
