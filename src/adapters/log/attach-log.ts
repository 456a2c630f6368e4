import type { DownloadActor } from './download-actor.ts';

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
export function attachLog(actor: DownloadActor, write: LogWrite): void {
  actor.on('state', ({ state, path, source, resumedBytes, question }) => {
    const about = {
      path,
      url: source?.url,
      size: source?.size,
      ranges: source?.acceptsRanges,
      resumedBytes: resumedBytes || undefined,
      question: question?.kind,
    };
    write('info', { event: 'state', state, ...about }, `state ${state}`);
  });
  actor.on('segment', ({ id, state, start, end, written, attempt }) => {
    const entry = { event: 'segment', id, state, start, end, written, attempt } as const;
    write('debug', entry, `${id} ${state}`);
  });
  actor.on('warning', ({ code, message }) => write('warn', { event: 'warning', code }, message));
  actor.on('done', ({ path, size, elapsedMs, skipped, dryRun, digests }) => {
    const how = skipped ? 'skipped' : dryRun ? 'dry run' : 'done';
    const matched = Object.keys(digests).join(' ') || undefined;
    write('info', { event: 'done', path, size, elapsedMs, skipped, dryRun, digests: matched }, how);
  });
  actor.on('failed', ({ code, status, resumable, message }) => {
    const level = code === 'interrupted' || code === 'declined' ? 'info' : 'error';
    write(level, { event: 'failed', code, status, resumable }, message);
  });
}

/** Logs a request. */
export function logRequest(write: LogWrite, { method, url, range, status, ms, failure }: LoggedRequest): void {
  const entry = { event: 'request', method, url, range, status, ms: Math.round(ms), failure } as const;
  write(failure === null ? 'info' : 'warn', entry, `${method} ${status ?? failure ?? ''}`);
}
