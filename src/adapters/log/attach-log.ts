import type { DownloadEvent } from '../../machines/events.ts';
import { type DownloadControl, listen } from '../../machines/front-end.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** A line of the log: what it is about, what happened, and figures. Flat, so that every text in it can be redacted. */
export interface LogEntry {
  readonly event: 'start' | 'state' | 'segment' | 'request' | 'warning' | 'done' | 'failed';
  readonly [field: string]: string | number | boolean | null | undefined;
}

export type LogWrite = (level: LogLevel, entry: LogEntry, message: string) => void;

/** One request, as the source reports it. */
export interface LoggedRequest {
  readonly method: string;
  readonly url: string;
  readonly range: string | null;
  readonly status: number | null;
  readonly ms: number;
  readonly failure: string | null;
}

/** Logs every change of state, warning, retry and the end of a download. Figures are left out: they are no news. */
export function attachLog(actor: Pick<DownloadControl, 'on'>, write: LogWrite): void {
  listen(actor, {
    state: (event) => logState(write, event),
    segment: ({ id, state, start, end, written, attempt }) =>
      write('debug', { event: 'segment', id, state, start, end, written, attempt }, `${id} ${state}`),
    warning: ({ code, message }) => write('warn', { event: 'warning', code }, message),
    done: (event) => logDone(write, event),
    failed: ({ code, status, resumable, message }) => {
      const isWanted = code === 'interrupted' || code === 'declined';
      write(isWanted ? 'info' : 'error', { event: 'failed', code, status, resumable }, message);
    },
  });
}

type News<Type> = Extract<DownloadEvent, { type: Type }>;

function logState(write: LogWrite, { state, path, source, resumedBytes, question }: News<'state'>): void {
  const about = {
    path,
    url: source?.url,
    size: source?.size,
    ranges: source?.acceptsRanges,
    resumedBytes: resumedBytes || undefined,
    question: question?.kind,
  };
  write('info', { event: 'state', state, ...about }, `state ${state}`);
}

function logDone(write: LogWrite, { path, size, elapsedMs, skipped, dryRun, digests, verified }: News<'done'>): void {
  const how = skipped ? 'skipped' : dryRun ? 'dry run' : 'done';
  const matched = verified.join(' ') || undefined;
  write('info', { event: 'done', path, size, elapsedMs, skipped, dryRun, sha256: digests.sha256, matched }, how);
}

/** Logs a request. */
export function logRequest(write: LogWrite, { method, url, range, status, ms, failure }: LoggedRequest): void {
  const entry = { event: 'request', method, url, range, status, ms: Math.round(ms), failure } as const;
  write(failure === null ? 'info' : 'warn', entry, `${method} ${status ?? failure ?? ''}`);
}
