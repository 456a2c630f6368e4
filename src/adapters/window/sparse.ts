import type { RecordingLine } from './protocol.ts';

/** Between two figures of one kind, while there is room; milliseconds. */
const FIRST_MS = 1_000;

/**
 * Thins the figures of a recording: one of each kind a second, and ever fewer
 * as its file fills up. Each time that half of what was left is used, they come
 * four times as seldom: so that a download of days fits, with all its changes
 * of state.
 */
export class Sparse {
  readonly #last = new Map<string, number>();

  /** @param fullness of the file, 0 to 1 */
  takes(line: RecordingLine, fullness: number): boolean {
    const key = keyOf(line);
    if (key === null) return true;
    const at = 'createdAt' in line ? Number(line.createdAt) : line.at;
    const halvings = fullness < 1 ? Math.floor(-Math.log2(1 - fullness)) : 32;
    const before = this.#last.get(key);
    if (before !== undefined && at - before < FIRST_MS * 4 ** halvings) return false;
    if (this.#last.size > 10_000) this.#last.clear();
    this.#last.set(key, at);
    return true;
  }
}

/** Null for what is told in any case: that an actor has ended, too. */
function keyOf(line: RecordingLine): string | null {
  switch (line.type) {
    case '@xstate.snapshot':
      return line.snapshot.status === 'active' ? `${line.download} ${line.sessionId}` : null;
    case '@xstate.event':
      return `${line.download} ${line.sessionId} ${line.sourceId} ${line.event.type}`;
    case 'event':
      return line.event.type === 'progress' ? `${line.download} progress` : null;
    default:
      return null;
  }
}
