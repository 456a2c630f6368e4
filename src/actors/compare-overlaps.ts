import { FailureError } from '../machines/failures.ts';
import { overlapsOf, type Plan } from '../machines/ranges.ts';
import { parseContentRange } from '../machines/response-rules.ts';
import type { SourcePort, StoragePort } from './ports.ts';
import { readExchange } from './read-exchange.ts';

interface Comparison {
  readonly source: SourcePort;
  readonly storage: StoragePort;
  readonly plan: Plan;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/**
 * Fetches a few small pieces that are on disk already and compares them, for
 * servers that give no strong validator. Resolves to null when all agree, else
 * to what differs.
 */
export async function compareOverlaps({
  source,
  storage,
  plan,
  timeoutMs,
  signal,
}: Comparison): Promise<string | null> {
  for (const { start, end } of overlapsOf(plan)) {
    const exchange = await source.open({ from: start, to: end, ifRange: null, timeoutMs }, signal);
    const range = parseContentRange(exchange.head.headers['content-range']);
    if (exchange.head.status !== 206 || range?.start !== start) {
      exchange.cancel();
      throw new FailureError({
        code: 'protocol',
        message: 'The server would not send a part of the file that is needed to see whether it has changed.',
        status: exchange.head.status,
      });
    }
    const theirs = await readExchange(exchange, end - start);
    const ours = await storage.read(start, end - start);
    if (Buffer.compare(theirs, ours) !== 0) return `the bytes from ${start} on are not those that were fetched before`;
  }
  return null;
}
