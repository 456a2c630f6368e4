import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { displayWidth } from '../../../src/adapters/terminal/printable.ts';
import { spawnInTerminal, type TerminalOptions, type TerminalRun } from '../../support/pty.ts';

const script = fileURLToPath(new URL('../../support/terminal-driver.ts', import.meta.url));
const CTRL_C = '\x03';
const ESC = '\x1b';

/** As a shell expects its terminal back. */
const tidy = { isCooked: true, isCursorVisible: true };

function drive(args: readonly string[], options: TerminalOptions = {}): Promise<TerminalRun> {
  return spawnInTerminal(args, { script, ...options });
}

/** What the driver was sent, by its last line. */
function commands(run: TerminalRun): unknown {
  const text = run.scrollback().join('').split('COMMANDS ')[1] ?? 'null';
  return JSON.parse(text);
}

describe('the live screen', () => {
  it.each([80, 120])('shows a download from its first step to its last line at %d columns', async (columns) => {
    await using run = await drive(['download'], { columns });
    // A whole frame: the terminal may be read in the middle of a repaint.
    await run.waitFor((lines) => {
      const shown = lines.filter((line) => line !== '');
      return (
        shown[0] === '✔ Validated' &&
        shown[1] === '✔ Server answered in 32 ms, 128.0 MiB, ranges' &&
        /^[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] Downloading file\.iso$/.test(shown[2] ?? '') &&
        /progress {2}━+─* +\d+\.\d %/.test(shown[3] ?? '') &&
        shown
          .slice(3)
          .map((line) => line.slice(0, 14).trim())
          .join() === 'progress,received,speed,time,mode,segments,keys'
      );
    });
    expect(await run.exited).toMatchObject({ code: 0, ...tidy });
    expect(run.scrollback()).toEqual([
      '✔ Validated',
      '✔ Server answered in 32 ms, 128.0 MiB, ranges',
      '✔ Downloaded file.iso',
      '✔ Merged',
      '/home/user/file.iso: 128.0 MiB in 8 s, 16.0 MiB/s on average.',
      'COMMANDS []',
    ]);
  });

  it.each([20, 40, 79])('has no line that wraps at %d columns', async (columns) => {
    await using run = await drive(['endless'], { columns });
    await run.waitFor(/esc stop.*\?/);
    run.write('?');
    await run.waitFor(/hide this/);
    const live = run.screen();
    for (const line of live) expect(displayWidth(line)).toBeLessThan(columns);
    // Title, bar, received, speed, time, mode, map and seven of keys, below one or two settled steps.
    expect(live.length).toBeLessThanOrEqual(2 + 7 + 7);
    run.write('q');
    expect(await run.exited).toMatchObject(tidy);
  });

  it('says while it asks what went wrong, and does not tick what was stopped', async () => {
    await using run = await drive(['unanswered'], { columns: 60 });
    // In two lines, since one is too short.
    await run.waitFor((lines) => lines.join(' ').replace(/ +/g, ' ').includes('worked on. Trying again in 60 s.'));
    expect(run.screen().join('\n')).toMatch(/Probing the server\n {4}The server answered 503: it is/);
    await run.waitFor((lines) => lines.at(-1) === '    space pause   esc stop');
    run.resize(50, 24);
    await run.waitFor((lines) => lines.join(' ').replace(/ +/g, ' ').includes('worked on. Trying again in 60 s.'));
    run.write(ESC);
    expect(await run.exited).toMatchObject({ code: 0, ...tidy });
    const text = run.scrollback().join('\n');
    expect(text).toContain('■ Probing the server');
    expect(text).not.toContain('✔ Prob');
  });

  it('says all of it in a narrow terminal, where there are no figures yet', async () => {
    await using run = await drive(['unanswered'], { columns: 30 });
    await run.waitFor((lines) =>
      /^The server answered 503: it is overloaded or being worked on\. Trying again in 60 s\. space pause {3}esc stop$/.test(
        lines
          .slice(2)
          .map((line) => line.trim())
          .join(' '),
      ),
    );
    run.write(ESC);
    expect(await run.exited).toMatchObject({ code: 0, ...tidy });
  });

  it('rests while it asks, and asks again at once when it is told to go on', async () => {
    await using run = await drive(['unanswered'], { columns: 60 });
    await run.waitFor((lines) => lines.at(-1) === '    space pause   esc stop');
    run.write(' ');
    await run.waitFor((lines) => /‖ Paused.*\n {4}space resume {3}esc stop$/.test(lines.join('\n')));
    run.write(' ');
    await run.waitFor((lines) =>
      /[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] Probing the server\n {4}The server answered 503: it is[\s\S]*\n {4}space pause {3}esc stop$/.test(
        lines.join('\n'),
      ),
    );
    run.write(ESC);
    expect(await run.exited).toMatchObject({ code: 0, ...tidy });
    expect(run.scrollback().join('\n')).toContain('■ Probing the server');
  });

  it('says what can be done while a server does not answer', async () => {
    await using run = await drive(['silent'], { columns: 60 });
    const shows = (title: RegExp, keys: string) => (lines: readonly string[]) =>
      title.test(lines.at(-2) ?? '') && lines.at(-1) === `    ${keys}`;
    await run.waitFor(shows(/Probing the server$/, 'space pause   esc stop'));
    run.write(' ');
    await run.waitFor(shows(/‖ Paused file\.iso$/, 'space resume   esc stop'));
    run.write(' ');
    await run.waitFor(shows(/Probing the server$/, 'space pause   esc stop'));
    run.write(ESC);
    expect(await run.exited).toMatchObject({ code: 0, ...tidy });
  });

  it('does not call a file downloaded while a server that is gone is asked again after a pause', async () => {
    await using run = await drive(['gone']);
    await run.waitFor(/8 of 8 connections/);
    run.write(' ');
    await run.waitFor('‖ Paused file.iso');
    run.write(' ');
    await run.waitFor(/[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] Resuming file\.iso/);
    await run.waitFor('refused the connection. Trying again');
    await run.waitFor(/now +0 B .*\n.*left unknown/);
    run.write(' ');
    await run.waitFor((lines) => /‖ Paused file\.iso/.test(lines.join('\n')) && !lines.join().includes('Trying again'));
    run.write(' ');
    await run.waitFor(/[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] Resuming file\.iso/);
    run.write(ESC);
    expect(await run.exited).toMatchObject({ code: 0, ...tidy });
    const text = run.scrollback().join('\n');
    expect(text).toContain('■ Stopped file.iso');
    expect(text).not.toMatch(/Downloaded|Prob/);
  });

  it('ticks only the last check of a file that had a damaged part', async () => {
    await using run = await drive(['damaged']);
    expect(await run.exited).toMatchObject({ code: 0, ...tidy });
    expect(run.scrollback().slice(2, 6)).toEqual([
      '✔ Downloaded file.iso',
      '■ Merging and checking',
      '✔ Downloaded file.iso',
      '✔ Merged',
    ]);
  });

  it('shows the time of today without a date, also at 60 columns', async () => {
    await using run = await drive(['endless'], { columns: 60 });
    await run.waitFor(/time +started \d\d:\d\d:\d\d, passed/);
    run.write('q');
    await run.exited;
  });

  it('says what was checked', async () => {
    await using run = await drive(['checked']);
    await run.exited;
    expect(run.scrollback()).toContain('✔ Merged and checked: sha256 matches');
  });

  it('offers no pause where there is none', async () => {
    await using run = await drive(['whole']);
    await run.waitFor(/keys +esc stop and lose it {3}\? keys/);
    expect(run.screen().join('\n')).not.toContain('pause');
    run.write('q');
    expect(await run.exited).toMatchObject(tidy);
  });

  it('fits itself to a terminal that changes, and leaves no remains', async () => {
    await using run = await drive(['endless'], { columns: 120 });
    await run.waitFor(/50\.0 %/);
    for (const columns of [60, 30, 100]) {
      run.resize(columns, 24);
      await run.waitFor((lines) => lines.some((line) => line.includes('━') && displayWidth(line) < columns));
      const wanted = columns < 64 ? /esc stop {2}\?( keys)?$/ : /esc stop {3}\+ - connections {3}\? keys$/;
      await run.waitFor((lines) => wanted.test(lines.at(-1) ?? ''));
      expect(run.screen().filter((line) => line.includes('Downloading'))).toHaveLength(1);
      expect(run.screen().filter((line) => line.includes('50.0 %'))).toHaveLength(1);
    }
    run.write('q');
    expect(await run.exited).toMatchObject(tidy);
  });

  it('has no colours with NO_COLOR, and plain characters without UTF-8', async () => {
    await using run = await drive(['download'], { env: { NO_COLOR: '1', LANG: 'C', LC_ALL: 'C' } });
    expect(await run.exited).toMatchObject({ code: 0, ...tidy });
    expect(run.raw).toContain('Downloading file.iso');
    const colors = run.raw.split('\x1b[').filter((text) => /^[\d;]*m/.test(text));
    expect(colors).toEqual([]);
    expect(run.raw).toMatch(/^\p{ASCII}*$/u);
  });

  it('shows a warning while it is fresh, and keeps what is about the file', async () => {
    await using run = await drive(['warnings']);
    await run.waitFor('note      The server cannot prove');
    expect(await run.exited).toMatchObject({ code: 0, ...tidy });
    expect(run.scrollback().slice(-3)).toEqual([
      'note: The server cannot prove that the file is the same.',
      expect.stringMatching(/^\/home\/user\/file\.iso: /),
      'COMMANDS []',
    ]);
  });

  it('shows that it tries again until it has, and not while it is paused', async () => {
    await using run = await drive(['retrying']);
    const tries = (lines: readonly string[]) => lines.some((line) => line.includes('Trying again'));
    await run.waitFor((lines) => tries(lines) && lines.some((line) => line.includes('8 of 8 connections')));
    run.write(' ');
    await run.waitFor((lines) => lines.some((line) => line.includes('Paused')) && !tries(lines));
    run.write(' ');
    await run.waitFor((lines) => lines.some((line) => line.includes('8 of 8 connections')) && !tries(lines));
    run.write('q');
    await run.exited;
  });

  it('takes away a note of a retry when the connection brings bytes again', async () => {
    await using run = await drive(['retrying']);
    await run.waitFor(/Trying again/);
    await run.waitFor((lines) => /8 of 8/.test(lines.join()) && !/Trying again/.test(lines.join()), 5_000);
    await run.exited;
  });

  it('tells a failure once, and obeys nothing in it', async () => {
    await using run = await drive(['failing'], { columns: 120 });
    expect(await run.exited).toMatchObject({ code: 0, ...tidy });
    const text = run.scrollback().join('\n');
    expect(text).toContain('✖ Downloading file.iso');
    expect(text.match(/The connection was lost \?\[31m for good\./g)).toHaveLength(1);
    expect(text).toContain('the same command goes on from there');
  });

  it('is not there on a dumb terminal, or when it is not wanted: plain lines are', async () => {
    for (const [args, env] of [
      [['download'], { TERM: 'dumb' }],
      [['download', 'plain'], {}],
    ] as const) {
      await using run = await drive(args, { env, columns: 200 });
      expect(await run.exited).toMatchObject({ code: 0, ...tidy });
      expect(run.raw).not.toContain(ESC);
      expect(run.scrollback()).toEqual([
        'Downloading http://127.0.0.1/file.iso to /home/user/file.iso: 128.0 MiB, server answered in 32 ms.',
        '/home/user/file.iso: 128.0 MiB in 8 s, 16.0 MiB/s on average.',
        'COMMANDS []',
      ]);
    }
  });
});

describe('what is loaded', () => {
  // Says which of the heavy packages are.
  const hooks = `
    import { registerHooks } from 'node:module';
    registerHooks({ load(url, context, next) {
      if (/node_modules\\/(listr2|@inquirer)\\//.test(url)) process.emit('heavy', url);
      return next(url, context);
    } });
    const seen = new Set();
    process.on('heavy', (url) => seen.add(/(listr2|@inquirer)/.exec(url)[0]));
    process.on('exit', () => console.log('LOADED', [...seen].sort().join()));`;
  const nodeOptions = ['--import', `data:text/javascript,${encodeURIComponent(hooks)}`];

  it.each([
    [['failing', 'plain'], ''],
    [['failing', 'quiet'], ''],
    [['failing'], 'listr2'],
  ])('with %j: %j', async (args, packages) => {
    await using run = await drive(args, { nodeOptions });
    await run.exited;
    expect(run.scrollback().at(-1)?.trim()).toBe(`LOADED ${packages}`.trim());
  });
});

describe('the keys', () => {
  it('pause and resume, change the connections, and stop', async () => {
    await using run = await drive(['endless']);
    await run.waitFor(/8 of 8 connections/);
    run.write('+');
    await run.waitFor(/8 of 9 connections/);
    run.write(' ');
    await run.waitFor('‖ Paused file.iso');
    await run.waitFor('space resume');
    run.write('-');
    run.write('p');
    await run.waitFor(/8 of 8 connections/);
    await run.waitFor(/[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] Downloading file\.iso/);
    run.write(ESC);
    expect(await run.exited).toMatchObject({ code: 0, ...tidy });
    expect(commands(run)).toEqual([
      { type: 'download.setConnections', connections: 9 },
      { type: 'download.pause' },
      { type: 'download.setConnections', connections: 8 },
      { type: 'download.resume' },
      { type: 'download.stop' },
    ]);
    const text = run.scrollback().join('\n');
    expect(text).toContain('■ Stopped file.iso');
    expect(text.match(/the same command goes on/g)).toHaveLength(1);
    expect(text).toMatch(/\n\d+\.0 MiB of 128\.0 MiB \(\d+ %\) are kept in \/home\/user\/file\.iso\.multidown\.\n/);
  });

  it('185 lower the rate limit, raise it and lift it', async () => {
    await using run = await drive(['endless'], { columns: 120 });
    await run.waitFor(/8 of 8 connections/);
    // At 16 MiB/s, the best were 17.
    for (const [key, shown] of [
      ['<', /limited to 8\.0 MiB\/s/],
      ['<', /limited to 4\.0 MiB\/s/],
      ['>', /limited to 8\.0 MiB\/s/],
    ] as const) {
      run.write(key);
      await run.waitFor(shown);
    }
    run.write('>>>>');
    await run.waitFor((lines) => lines.some((line) => line.trimEnd().endsWith('8 of 8 connections')));
    run.write('q');
    expect(await run.exited).toMatchObject(tidy);
    const limits = [8, 4, 8, 16, 32, 64].map((mib) => mib * 1024 * 1024);
    expect(commands(run)).toEqual([
      ...[...limits, null].map((bytesPerSecond) => ({ type: 'download.setRateLimit', bytesPerSecond })),
      { type: 'download.stop' },
    ]);
  });

  it('of arrows and functions are none of ours', async () => {
    await using run = await drive(['endless']);
    await run.waitFor('? keys');
    run.write('\x1b[A\x1b[B\x1bOP\x1b[15~\x1bq');
    run.write('?');
    await run.waitFor('hide this list');
    run.write('?');
    await run.waitFor((lines) => !lines.join().includes('hide this list'));
    run.write('q');
    await run.exited;
    expect(commands(run)).toEqual([{ type: 'download.stop' }]);
  });

  it('Ctrl-C stops and keeps; twice ends at once', async () => {
    await using run = await drive(['stuck']);
    await run.waitFor('? keys');
    run.write(CTRL_C);
    await run.waitFor('Stopping file.iso');
    run.write(CTRL_C);
    expect(await run.exited).toMatchObject({ code: 130, ...tidy });
    const text = run.scrollback().join('\n');
    expect(text).toContain('■ Stopped file.iso');
    expect(text).toMatch(/Left at once\. About \d+\.0 MiB of 128\.0 MiB \(\d+ %\) are\s+kept in/);
    expect(text).not.toMatch(/Stopping|progress|keys/);
  });

  it('Ctrl-Z where no shell controls jobs changes nothing', async () => {
    await using run = await drive(['endless']);
    await run.waitFor('? keys');
    run.write('\x1a');
    run.write('+');
    await run.waitFor(/of 9 connections/);
    expect(run.isCursorVisible).toBe(false);
    run.write('q');
    expect(await run.exited).toMatchObject({ code: 0, ...tidy });
  });
});

describe('a question', () => {
  it.each([
    ['overwrite', '\r', 'rename', 'Keep both'],
    ['overwrite', '\x1b[B\r', 'overwrite', 'Keep both'],
    ['changed', '\r', 'stop', 'Start again (drops 5.0 MiB)'],
    ['changed', '\x1b[B\r', 'restart', 'Start again (drops 5.0 MiB)'],
    ['partial', '\r', 'stop', 'Drop it (3.0 MiB) and start'],
    ['partial', '\x1b[B\r', 'restart', 'Drop it (3.0 MiB) and start'],
    ['partial', CTRL_C, 'stop', 'Drop it (3.0 MiB) and start'],
    ['overwrite', CTRL_C, 'stop', 'Keep both'],
  ])('%s, answered with %j: %s', async (scenario, keys, answer, choice) => {
    await using run = await drive([scenario], { columns: 100 });
    await run.waitFor(choice);
    run.write(keys);
    expect(await run.exited).toMatchObject({ code: 0, ...tidy });
    expect(commands(run)).toEqual([{ type: 'download.answer', answer }]);
    expect(run.raw).not.toContain(`${ESC}[31mfile`);
    // The screen goes on below.
    expect(run.scrollback().join('\n').includes('✔ Merged')).toBe(answer !== 'stop');
  });

  it('that is answered elsewhere closes', async () => {
    await using run = await drive(['elsewhere']);
    await run.waitFor('Keep both');
    run.kill('SIGUSR2');
    expect(await run.exited).toMatchObject({ code: 0, ...tidy });
    expect(commands(run)).toEqual([]);
    expect(run.scrollback().join('\n')).toContain('✔ Merged');
  });
});

describe('a crash', () => {
  it('leaves the terminal as it was', async () => {
    await using run = await drive(['crash']);
    const end = await run.exited;
    expect(end).toMatchObject({ code: 1, ...tidy });
    expect(run.scrollback().join('\n')).toContain('planted');
    expect(run.raw.lastIndexOf('\x1b[?25h')).toBeGreaterThan(run.raw.lastIndexOf('\x1b[?25l'));
  });
});
