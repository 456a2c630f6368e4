import { FailureError } from '../machines/failures.ts';
import { lookAgain, openingPatience, stalled } from '../machines/stall.ts';
import type { ClockPort, Exchange } from './ports.ts';

/** Between two looks whether enough arrives, milliseconds. */
const LOOK_MS = 100;

interface Reading {
  readonly clock: ClockPort;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/**
 * Reads a small body whole: the first `length` bytes; what follows is dropped.
 *
 * @throws FailureError `timeout` when next to nothing arrives, `interrupted` by the signal
 */
export async function readExchange(
  exchange: Exchange,
  length: number,
  { clock, timeoutMs, signal }: Reading,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let received = 0;
  let patience = openingPatience(clock.now());
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
  const giveUp = (failure: FailureError) => {
    exchange.cancel();
    reject(failure);
  };
  const stop = () => giveUp(new FailureError({ code: 'interrupted', message: 'The request was dropped.' }));
  const stopLooking = clock.every(LOOK_MS, () => {
    const next = lookAgain(patience, { at: clock.now(), arrived: received, wasHeldUp: false }, timeoutMs);
    if (next === null) giveUp(new FailureError(stalled(timeoutMs)));
    else patience = next;
  });
  signal.addEventListener('abort', stop, { once: true });
  try {
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
    if (signal.aborted) stop();
    return await promise;
  } finally {
    stopLooking();
    signal.removeEventListener('abort', stop);
  }
}
