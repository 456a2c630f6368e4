import { describe, expect, it } from 'vitest';
import { checkPath, numbered, placeOf } from '../../../src/adapters/storage/target-path.ts';

describe('checkPath', () => {
  it.each(['a.iso', './a', '/tmp/a b', 'ü.iso', 'con', 'a:b', './http://h', 'http:/h', `${'x'.repeat(245)}`])(
    'takes %s on Linux',
    (path) => {
      expect(checkPath(path, 'linux')).toBeNull();
    },
  );

  it.each([
    ['', 'is empty'],
    ['http://h/b', 'is a URL'],
    ['HTTPS://h/b', 'is a URL'],
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

describe('a path that cannot be used', () => {
  const longest = `${'folder/'.repeat(580)}abc`;
  it.each([
    ['', 'linux', 'The output is empty. Give a file or a folder.'],
    ['a\u0085', 'linux', 'The output has control characters in its name. Choose another.'],
    ['é'.repeat(123), 'linux', "The output's name is too long: 246 bytes, and 245 are possible."],
    [`${longest}d`, 'linux', 'The path of the output is too long for the file system.'],
    ['a>b', 'win32', 'The output has one of <>:"|?* in its name, which Windows does not allow.'],
    ['a/b:c', 'win32', 'The output has one of <>:"|?* in its name, which Windows does not allow.'],
    ['ab:c', 'win32', 'The output has one of <>:"|?* in its name, which Windows does not allow.'],
    ['c:a:b', 'win32', 'The output has one of <>:"|?* in its name, which Windows does not allow.'],
    ['a\\Conin$\\b', 'win32', '"Conin$" is the name of a device on Windows. Choose another.'],
    ['conout$.x', 'win32', '"conout$.x" is the name of a device on Windows. Choose another.'],
    ['a/prn', 'win32', '"prn" is the name of a device on Windows. Choose another.'],
    ['com0', 'win32', '"com0" is the name of a device on Windows. Choose another.'],
    ['lpt²', 'win32', '"lpt²" is the name of a device on Windows. Choose another.'],
    ['a/b /c', 'win32', '"b " ends in a dot or a space, which Windows does not allow.'],
    ['a/...', 'win32', '"..." ends in a dot or a space, which Windows does not allow.'],
  ] as const)('case %#: %j on %s', (path, platform, sentence) => {
    expect(checkPath(path, platform)).toBe(sentence);
  });

  it.each([
    [longest, 'linux'],
    ['x/con/y', 'linux'],
    ['falcon', 'win32'],
    ['a.con', 'win32'],
    ['contact', 'win32'],
    ['a. b', 'win32'],
    ['folder\\', 'win32'],
    ['/a//b', 'win32'],
    ['Z:\\..\\.\\a', 'win32'],
  ] as const)('is not case %#: %j on %s', (path, platform) => {
    expect(checkPath(path, platform)).toBeNull();
  });
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
    ['a..', '/cwd', 'a..'],
    ['a.', '/cwd', 'a.'],
    ['sub/.', '/cwd/sub', 's.iso'],
    ['..a', '/cwd', '..a'],
    ['sub/..\\.', '/cwd/sub/..\\.', 's.iso'],
  ])('%j leads to %s, %s', async (output, directory, name) => {
    expect(await place(output)).toEqual({ directory, name });
  });

  it('leaves the name open where the server must give it', async () => {
    expect(await place('folder', null)).toEqual({ directory: '/cwd/folder', name: null });
  });

  it('refuses what cannot be a path', async () => {
    await expect(place('a\nb')).rejects.toMatchObject({
      failure: { code: 'invalid-path', path: 'a\nb', message: expect.stringContaining('control characters') },
    });
    const onWindows = placeOf('con', null, '/cwd', 'win32', async () => true);
    await expect(onWindows).rejects.toMatchObject({ failure: { message: expect.stringContaining('device') } });
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
    ['/d/.tar.gz', 1, '/d/.tar (1).gz'],
    [`/d/a.${'b'.repeat(16)}`, 1, `/d/a (1).${'b'.repeat(16)}`],
    [`/d/a.${'b'.repeat(17)}`, 1, `/d/a.${'b'.repeat(17)} (1)`],
    ['/d/a.', 1, '/d/a. (1)'],
    ['/d/a.tar', 1, '/d/a (1).tar'],
    ['/d/a.star.gz', 1, '/d/a.star (1).gz'],
    ['a', 999, 'a (999)'],
  ])('111 %s, %i: %s', (path, number, name) => {
    expect(numbered(path, number)).toBe(name);
  });
});
