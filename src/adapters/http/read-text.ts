import { FailureError } from '../../machines/failures.ts';
import type { HttpExchange } from './http-exchange.ts';

/** Reads a small body whole, as UTF-8. @throws FailureError `protocol` when it is longer than `maxBytes` */
export function readText(
  exchange: HttpExchange,
  maxBytes: number,
  recycle: (chunk: Uint8Array) => void,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    exchange.consume({
      data(chunk) {
        chunks.push(Buffer.from(chunk));
        length += chunk.length;
        recycle(chunk);
        if (length <= maxBytes) return true;
        exchange.cancel();
        reject(new FailureError({ code: 'protocol', message: 'A file of checksums is longer than any should be.' }));
        return false;
      },
      end: () => resolve(Buffer.concat(chunks).toString('utf8')),
      error: reject,
    });
  });
}
