import type { Exchange } from '../../src/actors/ports.ts';

/** Consumes a body to its end; rejects with what it broke off with. */
export function readAll(exchange: Exchange): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    exchange.consume({
      data: (chunk) => {
        chunks.push(Buffer.from(chunk));
        return true;
      },
      end: () => resolve(Buffer.concat(chunks)),
      error: reject,
    });
  });
}
