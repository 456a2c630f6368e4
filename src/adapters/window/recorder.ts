import { closeSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { FailureError } from '../../machines/failures.ts';
import { systemReason } from '../../machines/system-reason.ts';
import { PROTOCOL_VERSION, type RecordingHead, type RecordingLine } from './protocol.ts';
import { Sparse } from './sparse.ts';

export interface RecorderOptions {
  readonly path: string;
  readonly version: string;
  /** Bytes; what comes after is left out, but for the last states. */
  readonly limit?: number;
  /** Told once, when nothing more can be written. */
  readonly onTrouble: (message: string) => void;
}

export interface Recorder {
  readonly write: (line: RecordingLine, text: string, isIntermediate: boolean) => void;
  close(): void;
}

const MIB = 1024 * 1024;
export const RECORDING_LIMIT = 64 * MIB;
/** A recording says at its very beginning what it is. */
const BEGINNING = '{"type":"multidown-recording"';

/**
 * The flight recorder: one JSON object a line. A line is with the system as
 * soon as it is written, so it outlives the process, however that ends.
 *
 * @throws FailureError `invalid-path` when the file cannot be written, or is
 *   something else than a recording
 */
export function openRecorder({ path, version, limit = RECORDING_LIMIT, onTrouble }: RecorderOptions): Recorder {
  const file = openFile(path);
  let size = 0;
  let isFull = false;
  let isOpen = true;
  let gathered = '';
  const sparse = new Sparse();
  /** Of a full file: the last that is known of each actor, and of each download. */
  const last = new Map<string, string>();

  function flush(): void {
    const text = gathered;
    gathered = '';
    if (text === '' || !isOpen) return;
    try {
      const bytes = Buffer.from(text);
      for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
    } catch (error) {
      isOpen = false;
      closeSync(file);
      const why = error instanceof Error && 'code' in error ? String(error.code) : String(error);
      onTrouble(`The recording ${path} ends here: it cannot be written (${why}). The download goes on.`);
    }
  }

  function append(text: string): void {
    // What comes in one go is written in one go.
    if (gathered === '') queueMicrotask(flush);
    gathered += `${text}\n`;
    size += Buffer.byteLength(text) + 1;
  }

  function write(line: RecordingLine, text: string, isIntermediate: boolean): void {
    if (!isOpen || (isIntermediate && !sparse.takes(line, size / limit))) return;
    if (!isFull && size + text.length > limit) {
      isFull = true;
      append(JSON.stringify({ type: 'truncated', at: Date.now() } satisfies RecordingLine));
    }
    if (isFull) keepLast(last, line, text);
    else append(text);
  }

  append(
    JSON.stringify({
      type: 'multidown-recording',
      protocol: PROTOCOL_VERSION,
      version,
      startedAt: Date.now(),
    } satisfies RecordingHead),
  );
  flush();
  return {
    write,
    close() {
      for (const text of last.values()) append(text);
      flush();
      if (isOpen) closeSync(file);
      isOpen = false;
    },
  };
}

function openFile(path: string): number {
  const fail = (why: string, cause?: unknown) =>
    new FailureError({ code: 'invalid-path', message: `The file of --record, ${path}, ${why}.`, path }, { cause });
  let file: number;
  try {
    file = openSync(path, 'a+', 0o600);
  } catch (error) {
    throw fail(`cannot be written: ${systemReason(error, 'its folder does not exist')}`, error);
  }
  if (fstatSync(file).size > 0) {
    const start = Buffer.alloc(BEGINNING.length);
    readSync(file, start, 0, start.length, 0);
    if (start.toString() !== BEGINNING) {
      closeSync(file);
      throw fail('is there and is no recording. Name another file');
    }
    ftruncateSync(file, 0);
  }
  return file;
}

/** Bounded by the number of actors that live: one that has ended says so, and goes. */
function keepLast(last: Map<string, string>, line: RecordingLine, text: string): void {
  if (line.type === 'event') {
    const { type } = line.event;
    if (type === 'state' || type === 'done' || type === 'failed') last.set(`${line.download} ${type}`, text);
  } else if (line.type === '@xstate.snapshot') {
    const key = `${line.download} ${line.sessionId}`;
    if (line.sessionId === line.rootId) last.set(key, text);
  }
}
