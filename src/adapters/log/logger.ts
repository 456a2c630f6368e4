import { pino } from 'pino';
import type { LogEntry, LogWrite } from './attach-log.ts';

export interface LoggerOptions {
  /** Each gets every line, one JSON object with its end of line. */
  readonly sinks: readonly ((line: string) => void)[];
  /** Every text passes it before it is written. */
  readonly redact: (text: string) => string;
}

/** JSON lines with `level`, `time` (ISO 8601), `pid`, the entry's fields and `msg`. */
export function createLogger({ sinks, redact }: LoggerOptions): LogWrite {
  const logger = pino(
    {
      level: 'debug',
      base: { pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    {
      write(line: string) {
        for (const sink of sinks) sink(line);
      },
    },
  );
  return (level, entry, message) => logger[level](redactEntry(entry, redact), redact(message));
}

function redactEntry(entry: LogEntry, redact: (text: string) => string): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(entry).map(([name, value]) => [name, typeof value === 'string' ? redact(value) : value]),
  );
}
