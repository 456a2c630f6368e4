import { seededRandom } from './seeded.ts';

/** What the proxy does to every connection; what is left out is not done. */
export interface ProxyRules {
  /** One in this many connections is a slow one; which of each group is chosen by the seed. */
  readonly slowOneIn?: number;
  /** Bytes a second of a slow connection. */
  readonly slowRate?: number;
  /** Bytes a second of every other connection. */
  readonly rate?: number;
  /** This connection, by order of acceptance and counted from 0, stops for ever... */
  readonly stallConnection?: number;
  /** ...when it has carried so many bytes to the client. */
  readonly stallAfter?: number;
  /** Milliseconds by which every answer is late: the round trip of a longer road. */
  readonly latency?: number;
  readonly seed?: number;
}

/** What one connection is in for. */
export interface ConnectionRule {
  /** Bytes a second; null is as fast as it goes. */
  readonly rate: number | null;
  /** Bytes to the client before it stops for ever; null is never. */
  readonly stallAfter: number | null;
  /** Milliseconds. */
  readonly latency: number;
}

/**
 * Deals the rules out, one call for each accepted connection.
 *
 * In every group of `slowOneIn` exactly one is slow, at a place that the seed
 * chooses: each client meets the same share, however many connections it opens.
 */
export function ruleDealer(rules: ProxyRules): () => ConnectionRule {
  const random = seededRandom(rules.seed ?? 1);
  let dealt = 0;
  let slowPlace = 0;
  return () => {
    const index = dealt;
    dealt += 1;
    const group = rules.slowOneIn ?? 0;
    if (group > 0 && index % group === 0) slowPlace = Math.floor(random() * group);
    const isSlow = group > 0 && index % group === slowPlace;
    return {
      rate: (isSlow ? rules.slowRate : rules.rate) ?? null,
      stallAfter: rules.stallConnection === index ? (rules.stallAfter ?? 0) : null,
      latency: rules.latency ?? 0,
    };
  };
}
