import { closeSync, openSync, writeSync } from 'node:fs';
import { FailureError } from '../../machines/failures.ts';
import { systemReason } from '../../machines/system-reason.ts';

export interface LogFile {
  write(line: string): void;
  close(): void;
}

/**
 * A log that grows at its end; made for its owner's eyes only (mode 0600).
 * Lines are handed to the system one by one: a killed process loses none.
 *
 * @param onTrouble hears once that it cannot be written any more; the download goes on without it
 * @throws FailureError `invalid-path`
 */
export function openLogFile(path: string, onTrouble: (message: string) => void): LogFile {
  let file: number | null = null;
  try {
    file = openSync(path, 'a', 0o600);
  } catch (error) {
    const message = `The log file ${path} cannot be written: ${systemReason(error, 'its folder does not exist')}.`;
    throw new FailureError({ code: 'invalid-path', message, path }, { cause: error });
  }
  const close = () => {
    if (file !== null) closeSync(file);
    file = null;
  };
  return {
    write(line) {
      if (file === null) return;
      try {
        writeWhole(file, line);
      } catch (error) {
        close();
        onTrouble(
          `The log file ${path} cannot be written any more: ${systemReason(error, 'its folder does not exist')}. The download goes on.`,
        );
      }
    },
    close,
  };
}

function writeWhole(file: number, line: string): void {
  const bytes = Buffer.from(line);
  for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
}
