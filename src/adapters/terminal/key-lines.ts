export interface KeysView {
  readonly isPaused: boolean;
  /** A pause would lose nothing. */
  readonly canPause: boolean;
  /** The whole list, not only a reminder. */
  readonly showsKeys: boolean;
}

/** Below this many columns the list has no room for its sentences. */
const WIDTH = 52;

/** The keys, in one line or in a list; no line is wider than `room` columns, if that is some twenty. */
export function keyLines({ isPaused, canPause, showsKeys }: KeysView, room: number): readonly string[] {
  const pause = isPaused ? 'resume' : 'pause';
  if (!showsKeys) {
    const space = canPause ? `space ${pause}   ` : '';
    const texts = [
      `${space}esc stop   + - connections   ? keys`,
      `${space || 'esc stop   '}? keys`.replace('   ', '  '),
      '? keys',
    ];
    return [texts.find((text) => text.length <= room) ?? ''];
  }
  if (room < WIDTH)
    return [
      ...(canPause ? [`p  ${pause}`] : []),
      canPause ? 'q  stop, keep' : 'q  stop',
      '+- connections',
      'a  auto',
      '<> rate limit',
      '^C stop',
      '?  hide this',
    ].map((line) => line.slice(0, room));
  return [
    ...(canPause ? [`space, p  ${pause}`] : []),
    canPause ? 'esc, q    stop and keep' : 'esc, q    stop: nothing is kept',
    '+, -, a   connections: more, fewer, as many as pay',
    '<, >      rate limit: slower, faster',
    'Ctrl-C    stop; twice: at once',
    '?         hide this list',
  ];
}
