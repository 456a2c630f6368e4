import { closeSync, openSync } from 'node:fs';
import { pino } from 'pino';
import pretty from 'pino-pretty';
import { FailureError } from '../../machines/failures.ts';
import type { Entry, LogSink } from './log.ts';

export interface PinoOptions {
  /** JSON lines are appended to this file; null for none. */
  readonly file: string | null;
  /** A readable log on stderr. */
  readonly isReadable: boolean;
  readonly color: boolean;
  readonly redact: (text: string) => string;
}

export interface PinoLog extends LogSink {
  /** Writes out what is left. */
  close(): void;
}

/**
 * The log's writers, on pino. Everything passes the redactor: what was redacted
 * where it arose is looked through again.
 *
 * @throws FailureError `invalid-path` when the file cannot be opened
 */
export function createPinoLog({ file, isReadable, color, redact }: PinoOptions): PinoLog {
  const descriptor = file === null ? null : openLog(file);
  const streams = [
    ...(descriptor === null
      ? []
      : [{ level: 'debug' as const, stream: pino.destination({ dest: descriptor, sync: true }) }]),
    ...(isReadable
      ? [
          {
            level: 'debug' as const,
            stream: pretty({
              destination: 2,
              sync: true,
              colorize: color,
              ignore: 'pid,hostname',
              translateTime: 'SYS:HH:MM:ss.l',
              singleLine: true,
            }),
          },
        ]
      : []),
  ];
  const logger = pino(
    { level: 'debug', timestamp: pino.stdTimeFunctions.isoTime, base: {} },
    pino.multistream(streams),
  );
  const clean = (entry: Entry) =>
    Object.fromEntries(
      Object.entries(entry).map(([key, value]) => [key, typeof value === 'string' ? redact(value) : value]),
    );
  return {
    debug: (entry, message) => logger.debug(clean(entry), redact(message)),
    info: (entry, message) => logger.info(clean(entry), redact(message)),
    warn: (entry, message) => logger.warn(clean(entry), redact(message)),
    error: (entry, message) => logger.error(clean(entry), redact(message)),
    close: () => {
      if (descriptor !== null) closeSync(descriptor);
    },
  };
}

function openLog(file: string): number {
  try {
    return openSync(file, 'a', 0o600);
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
    throw new FailureError(
      { code: 'invalid-path', message: `The log file ${file} cannot be written${reason}.`, path: file },
      { cause: error },
    );
  }
}
