import { expect, it } from 'vitest';
import { exitCodes } from '../../src/cli/exit-codes.ts';

it('192 are those that the documents promise', () => {
  expect(exitCodes).toEqual({
    unexpected: 1,
    'invalid-option': 2,
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
    interrupted: 130,
  });
});
