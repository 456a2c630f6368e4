import { describe, expect, it } from 'vitest';
import { checkOptions } from '../../src/machines/check-options.ts';
import { CONNECTIONS_MAX, defaultOptions } from '../../src/machines/options.ts';

describe('what a download does when it is told nothing', () => {
  it('may be done', () => {
    expect(checkOptions(defaultOptions)).toBeNull();
    expect(checkOptions({ ...defaultOptions, connections: CONNECTIONS_MAX })).toBeNull();
    expect(CONNECTIONS_MAX).toBe(64);
  });

  it('loses nothing, and asks nobody', () => {
    expect(defaultOptions).toMatchObject({ ifExists: 'fail', ifChanged: 'fail', restart: false, dryRun: false });
  });

  it('goes as fast as it can, and is patient', () => {
    expect(defaultOptions).toMatchObject({ connections: 'auto', minSplit: null, rateLimit: null });
    expect(defaultOptions).toMatchObject({ retries: 5, timeoutMs: 30_000 });
  });

  it('compares nothing, and tells the SHA-256', () => {
    expect(defaultOptions).toMatchObject({ digests: [], findChecksum: false, computeDigest: true });
  });
});
