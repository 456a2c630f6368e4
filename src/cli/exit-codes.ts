import type { FailureCode } from '../machines/failures.ts';

/** Done, skipped as asked, or a dry run. */
export const EXIT_DONE = 0;
/** The command line itself was wrong. */
export const EXIT_USAGE = 2;
/** Stopped by the user; what has arrived is kept. */
export const EXIT_INTERRUPTED = 130;

/** What the process ends with, for every way in which a download can fail. */
export const exitCodes = {
  unexpected: 1,
  'invalid-option': EXIT_USAGE,
  'invalid-url': 3,
  'invalid-path': 3,
  declined: 4,
  'target-exists': 4,
  'partial-exists': 4,
  'host-not-found': 5,
  'connection-refused': 5,
  'connection-lost': 5,
  timeout: 5,
  'tls-untrusted': 5,
  network: 5,
  'http-status': 6,
  'too-many-redirects': 6,
  'redirect-refused': 6,
  protocol: 6,
  changed: 7,
  'digest-mismatch': 8,
  'disk-full': 9,
  disk: 9,
  'checkpoint-damaged': 9,
  'in-use': 10,
  interrupted: EXIT_INTERRUPTED,
} as const satisfies Record<FailureCode, number>;
