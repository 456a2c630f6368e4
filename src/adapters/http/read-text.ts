import { FailureError } from '../../machines/failures.ts';
import { stalled } from '../../machines/stall.ts';
import type { HttpExchange } from './http-exchange.ts';

interface Reading {
  readonly maxBytes: number;
  /** So small a text takes no longer than this. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly recycle: (chunk: Uint8Array) => void;
}

/** Reads a small body whole, as UTF-8. @throws FailureError `protocol` when it is longer than `maxBytes`, `timeout`, `interrupted` */
export async function readText(
  exchange: HttpExchange,
  { maxBytes, timeoutMs, signal, recycle }: Reading,
): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const giveUp = (failure: FailureError) => {
    exchange.cancel();
    reject(failure);
  };
  const stop = () => giveUp(new FailureError({ code: 'interrupted', message: 'The request was dropped.' }));
  const timer = setTimeout(() => giveUp(new FailureError(stalled(timeoutMs))), timeoutMs);
  signal.addEventListener('abort', stop, { once: true });
  try {
    exchange.consume({
      data(chunk) {
        chunks.push(Buffer.from(chunk));
        length += chunk.length;
        recycle(chunk);
        if (length <= maxBytes) return true;
        giveUp(new FailureError({ code: 'protocol', message: 'A file of checksums is longer than any should be.' }));
        return false;
      },
      end: () => resolve(Buffer.concat(chunks).toString('utf8')),
      error: reject,
    });
    if (signal.aborted) stop();
    return await promise;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
}
