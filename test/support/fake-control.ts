import type { DownloadCommand, DownloadEvent, Figures, SegmentView, SourceView } from '../../src/machines/events.ts';
import type { DownloadControl } from '../../src/machines/front-end.ts';

type Fields<Type extends DownloadEvent['type']> = Partial<Omit<Extract<DownloadEvent, { type: Type }>, 'type'>>;

/** An actor without a machine: it says what it is told to say and notes what it is sent. */
export class FakeControl implements DownloadControl {
  readonly commands: DownloadCommand[] = [];
  /** Called with each command after it was noted. */
  onCommand: (command: DownloadCommand) => void = () => {};
  readonly #handlers = new Set<(event: DownloadEvent) => void>();

  on(_type: '*', handler: (event: DownloadEvent) => void): { unsubscribe(): void } {
    this.#handlers.add(handler);
    return { unsubscribe: () => this.#handlers.delete(handler) };
  }

  send(command: DownloadCommand): void {
    this.commands.push(command);
    this.onCommand(command);
  }

  emit(event: DownloadEvent): void {
    for (const handler of this.#handlers) handler(event);
  }
}

export const MIB = 1024 * 1024;

export const someSource: SourceView = {
  url: 'http://127.0.0.1/file.iso',
  size: 128 * MIB,
  acceptsRanges: true,
  etag: '"1"',
  lastModified: null,
  latencyMs: 31.6,
};

export function stateEvent(fields: Fields<'state'> & Pick<Extract<DownloadEvent, { type: 'state' }>, 'state'>) {
  return {
    type: 'state',
    path: '/home/user/file.iso',
    source: someSource,
    resumedBytes: 0,
    question: null,
    ...fields,
  } satisfies DownloadEvent;
}

export function segment(fields: Partial<SegmentView> = {}): SegmentView {
  return {
    id: 'segment-0',
    state: 'receiving',
    start: 0,
    end: 128 * MIB,
    written: 0,
    attempt: 0,
    bytesPerSecond: 0,
    ...fields,
  };
}

export function someFigures(fields: Partial<Figures> = {}): Figures {
  return {
    bytes: 80 * MIB,
    total: 128 * MIB,
    fraction: 80 / 128,
    speed: { now: 16 * MIB, least: 14 * MIB, mean: 15.5 * MIB, best: 17 * MIB },
    startedAt: Date.UTC(2026, 0, 2, 10, 15, 2),
    elapsedMs: 83_000,
    remainingMs: 51_000,
    connections: { active: 4, limit: 32, isAuto: false },
    rateLimit: null,
    segments: [
      segment({ id: 'segment-0', end: 32 * MIB, written: 32 * MIB, state: 'done' }),
      segment({ id: 'segment-1', start: 32 * MIB, end: 64 * MIB, written: 50 * MIB }),
      segment({ id: 'segment-2', start: 64 * MIB, end: 96 * MIB, written: 70 * MIB, state: 'backingOff' }),
      segment({ id: 'segment-3', start: 96 * MIB, end: 128 * MIB, written: 96 * MIB, state: 'waiting' }),
    ],
    ...fields,
  };
}

export function progressEvent(fields: Partial<Figures> = {}): Extract<DownloadEvent, { type: 'progress' }> {
  return { type: 'progress', ...someFigures(fields) };
}

export function doneEvent(fields: Fields<'done'> = {}): Extract<DownloadEvent, { type: 'done' }> {
  return {
    type: 'done',
    path: '/home/user/file.iso',
    size: 128 * MIB,
    elapsedMs: 8_000,
    meanBytesPerSecond: 16 * MIB,
    digests: {},
    verified: [],
    skipped: false,
    dryRun: false,
    ...fields,
  };
}

export function failedEvent(fields: Fields<'failed'> = {}): Extract<DownloadEvent, { type: 'failed' }> {
  return { type: 'failed', code: 'network', message: 'The network is gone.', status: null, resumable: true, ...fields };
}
