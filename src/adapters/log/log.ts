import { type DownloadControl, listen } from '../../machines/front-end.ts';

/** One line of a log: plain values only. */
export type Entry = Readonly<Record<string, string | number | boolean | null>>;

export interface LogSink {
  debug(entry: Entry, message: string): void;
  info(entry: Entry, message: string): void;
  warn(entry: Entry, message: string): void;
  error(entry: Entry, message: string): void;
}

/** A request as the HTTP source reports it. */
export interface LoggedRequest {
  readonly method: string;
  readonly url: string;
  readonly range: string | null;
  readonly status: number | null;
  readonly ms: number;
  readonly failure: string | null;
}

/** Logs every change of state, every segment's, every retry with its reason, and the end. */
export function attachLog(actor: Pick<DownloadControl, 'on'>, sink: LogSink): void {
  listen(actor, {
    state: ({ state, path, resumedBytes }) => sink.info({ state, path, resumedBytes }, `state ${state}`),
    segment: ({ id, state, start, end, written, attempt }) =>
      sink.debug({ segment: id, state, start, end, written, attempt }, `${id} ${state}`),
    warning: ({ code, message }) => sink.warn({ code }, message),
    done: ({ path, size, elapsedMs }) => sink.info({ path, size, elapsedMs }, 'done'),
    failed: ({ code, status, resumable, message }) => sink.error({ code, status, resumable }, message),
  });
}

export function logRequest(sink: LogSink, { method, url, range, status, ms, failure }: LoggedRequest): void {
  const outcome = status === null ? `failed: ${failure}` : String(status);
  const entry = { method, url, range, status, ms: Math.round(ms), failure };
  sink.info(entry, `${method} ${url}${range === null ? '' : ` ${range}`} ${outcome}`);
}
