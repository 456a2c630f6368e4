export interface KeysView {
  readonly isPaused: boolean;
  /** The whole list, not only a reminder. */
  readonly showsKeys: boolean;
}

/** Below this many columns the list has no room for its sentences. */
const WIDTH = 52;

/** The keys, in one line or in a list; no line is wider than `room` columns, if that is some twenty. */
export function keyLines({ isPaused, showsKeys }: KeysView, room: number): readonly string[] {
  const pause = isPaused ? 'resume' : 'pause';
  if (!showsKeys) {
    const texts = [`space ${pause}   esc stop   + - connections   ? keys`, `space ${pause}  ? keys`, '? keys'];
    return [texts.find((text) => text.length <= room) ?? ''];
  }
  if (room < WIDTH)
    return [`p  ${pause}`, 'q  stop, keep', '+- connections', '<> rate limit', '?  hide this'].map((line) =>
      line.slice(0, room),
    );
  return [
    `space, p  ${pause}`,
    'esc, q    stop and keep',
    '+, -, a   connections: more, fewer, as many as pay',
    '<, >      rate limit: slower, faster',
    'Ctrl-C    stop; twice: at once',
    '?         hide this list',
  ];
}
