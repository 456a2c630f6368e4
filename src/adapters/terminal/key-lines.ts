export interface KeysView {
  readonly isPaused: boolean;
  /** A pause would lose nothing, and neither would a stop. */
  readonly canPause: boolean;
  /** The file may come over several connections. */
  readonly canSplit: boolean;
  /** The whole list, not only a reminder. */
  readonly showsKeys: boolean;
}

/** Below this many columns the list has no room for its sentences. */
const WIDTH = 52;

/** The keys, in one line or in a list; no line is wider than `room` columns, if that is some twenty. */
export function keyLines(view: KeysView, room: number): readonly string[] {
  if (!view.showsKeys) return [reminders(view).find((text) => text.length <= room) ?? ''];
  const { canPause, canSplit } = view;
  const pause = view.isPaused ? 'resume' : 'pause';
  if (room < WIDTH)
    return [
      ...(canPause ? [`p  ${pause}`] : []),
      canPause ? 'q  stop, keep' : 'q  lose it',
      ...(canSplit ? ['+- connections', 'a  auto'] : []),
      '<> rate limit',
      '^C stop',
      '?  hide this',
    ].map((line) => line.slice(0, room));
  return [
    ...(canPause ? [`space, p  ${pause}`] : []),
    canPause ? 'esc, q    stop and keep' : 'esc, q    stop and lose it',
    ...(canSplit ? ['+, -, a   connections: more, fewer, as many as pay'] : []),
    '<, >      rate limit: slower, faster',
    'Ctrl-C    stop; twice: at once',
    '?         hide this list',
  ];
}

/** While the server is asked and there are no figures yet. */
export function askingKeys(isPaused: boolean, room: number): string {
  const [long, short] = [`space ${isPaused ? 'resume' : 'pause'}   esc stop`, 'esc stop'];
  return long.length <= room ? long : short;
}

/** The list without its sentences, in as few lines as there can be: for a terminal with few rows. */
export function shortKeyLines({ isPaused, canPause, canSplit }: KeysView, room: number): readonly string[] {
  const keys = [
    ...(canPause ? [`space ${isPaused ? 'resume' : 'pause'}`] : []),
    canPause ? 'esc stop' : 'esc stop and lose it',
    ...(canSplit ? ['+ - a connections'] : []),
    '< > rate limit',
    '? hide',
  ];
  const lines: string[] = [];
  for (const key of keys) {
    const longer = `${lines.at(-1)}   ${key}`;
    if (lines.length > 0 && longer.length <= room) lines[lines.length - 1] = longer;
    else lines.push(key.slice(0, room));
  }
  return lines;
}

/** In one line, from long to short. */
function reminders({ isPaused, canPause, canSplit }: KeysView): readonly string[] {
  const space = canPause ? [`space ${isPaused ? 'resume' : 'pause'}`] : [];
  const stop = canPause ? 'esc stop' : 'esc stop and lose it';
  const connections = canSplit ? ['+ - connections'] : [];
  return [
    [...space, stop, ...connections, '? keys'].join('   '),
    [...space, stop, '? keys'].join('  '),
    [...space, stop, '?'].join('  '),
    ...(canPause ? [`${stop}  ?`] : []),
    '? keys',
  ];
}
