import { describe, expect, it } from 'vitest';
import { findSidecar } from '../../src/actors/find-sidecar.ts';
import { sidecars } from '../../src/machines/checksum-file.ts';
import { FailureError } from '../../src/machines/failures.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { FakeSource } from '../support/fake-source.ts';

const { signal } = new AbortController();
const sum = (pair: string) => ({ text: `${pair.repeat(32)}  file.bin\n`, name: 'file.bin' });

function sourceWith(fetchBeside: FakeSource['fetchBeside']) {
  const asked: string[] = [];
  const source = new FakeSource(new FakeClock(), new Uint8Array());
  source.fetchBeside = (place, pattern) => {
    asked.push(`${place} ${pattern}`);
    return fetchBeside(place, pattern);
  };
  return { source, asked };
}

describe('findSidecar', () => {
  it('takes what lies beside the URL that was given before what lies beside where it led', async () => {
    const both = sourceWith(async (place) => sum(place === 'given' ? 'aa' : 'bb'));
    expect(await findSidecar(both.source, signal)).toEqual({ algorithm: 'sha256', hex: 'aa'.repeat(32) });
    expect(both.asked).toEqual(['given *.sha256']);
    const one = sourceWith(async (place, pattern) => (`${place} ${pattern}` === 'final SHA256SUMS' ? sum('bb') : null));
    expect(await findSidecar(one.source, signal)).toEqual({ algorithm: 'sha256', hex: 'bb'.repeat(32) });
    expect(one.asked.slice(0, -4)).toEqual(sidecars.map(([pattern]) => `given ${pattern}`));
  });

  it.each([
    ['timeout', 2],
    ['connection-lost', 2 * sidecars.length],
  ] as const)('waits for a silent host once at each place: %s', async (code, count) => {
    const { source, asked } = sourceWith(() => Promise.reject(new FailureError({ code, message: '' })));
    expect(await findSidecar(source, signal)).toBeNull();
    expect(asked).toHaveLength(count);
  });

  it('asks no more once it was told to stop', async () => {
    const stop = new AbortController();
    const { source, asked } = sourceWith(async () => {
      stop.abort();
      return null;
    });
    expect(await findSidecar(source, stop.signal)).toBeNull();
    expect(asked).toEqual(['given *.sha256']);
  });
});
