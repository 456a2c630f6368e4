import { FailureError } from '../machines/failures.ts';
import type { Exchange } from './ports.ts';

/** Reads a small body whole: the first `length` bytes; what follows is dropped. */
export function readExchange(exchange: Exchange, length: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    let received = 0;
    exchange.consume({
      data(chunk) {
        chunks.push(chunk);
        received += chunk.length;
        if (received < length) return true;
        exchange.cancel();
        resolve(Buffer.concat(chunks).subarray(0, length));
        return false;
      },
      end() {
        resolve(Buffer.concat(chunks));
      },
      error(error) {
        reject(error instanceof Error ? error : new FailureError({ code: 'network', message: String(error) }));
      },
    });
  });
}
