import { CONNECTIONS_MAX, type DownloadOptions } from './options.ts';

/** Least size of half a range that may be asked for, bytes. */
const LEAST_SPLIT = 16 * 1024;
/** `setTimeout` takes no more, milliseconds. */
export const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

/** Looks through the options; null when all can be used, else a sentence about the first that cannot. */
export function checkOptions(options: DownloadOptions): string | null {
  const { connections, minSplit, retries, timeoutMs, rateLimit } = options;
  const ofConnections = checkConnections(connections);
  if (ofConnections !== null) return ofConnections;
  if (minSplit !== null && !isWithin(minSplit, LEAST_SPLIT, Number.MAX_SAFE_INTEGER)) {
    return `The least size of a split must be at least ${LEAST_SPLIT} bytes (16K), not ${minSplit}.`;
  }
  if (!isWithin(retries, 0, 1_000))
    return `The number of retries must be a whole number from 0 to 1000, not ${retries}.`;
  if (!isWithin(timeoutMs, 1, LONGEST_TIMEOUT_MS)) {
    return `The timeout must be between a millisecond and 24 days, not ${timeoutMs} milliseconds.`;
  }
  return (
    checkRateLimit(rateLimit) ??
    checkChoice('ifExists', options.ifExists, ['ask', 'overwrite', 'rename', 'skip', 'fail']) ??
    checkChoice('ifChanged', options.ifChanged, ['ask', 'restart', 'fail'])
  );
}

/** The same for a number of connections alone. */
export function checkConnections(connections: number | 'auto'): string | null {
  return connections === 'auto' || isWithin(connections, 1, CONNECTIONS_MAX)
    ? null
    : `The number of connections must be auto or a whole number from 1 to ${CONNECTIONS_MAX}, not ${connections}.`;
}

/** The same for a rate limit alone, bytes a second; null for none. */
export function checkRateLimit(rateLimit: number | null): string | null {
  return rateLimit === null || isWithin(rateLimit, 1, Number.MAX_SAFE_INTEGER)
    ? null
    : `The rate limit must be a whole number of bytes a second, at least 1, not ${rateLimit}.`;
}

/** Programs without types may say anything. */
function checkChoice(name: string, value: string, choices: readonly string[]): string | null {
  return choices.includes(value) ? null : `${name} must be one of ${choices.join(', ')}, not ${value}.`;
}

function isWithin(value: number, least: number, most: number): boolean {
  return Number.isSafeInteger(value) && value >= least && value <= most;
}
