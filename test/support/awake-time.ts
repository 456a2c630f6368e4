const TICK_MS = 50;
/** A tick that comes later than this says that the machine has been busy elsewhere, or has stopped us. */
const LATE_MS = 4 * TICK_MS;

/**
 * A stopwatch that stands still while the process does: for what has to end in
 * bounded time, on a machine of which nobody knows what else it does. Its use ends it.
 */
export function awakeTime(): Disposable & { readonly ms: number } {
  let sum = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    sum += Math.min(LATE_MS, now - last);
    last = now;
  }, TICK_MS);
  return {
    get ms() {
      return sum;
    },
    [Symbol.dispose]: () => clearInterval(timer),
  };
}
