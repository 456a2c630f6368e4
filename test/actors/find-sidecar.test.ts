import { describe, expect, it } from 'vitest';
import { findSidecar } from '../../src/actors/find-sidecar.ts';
import type { SourcePort } from '../../src/actors/ports.ts';
import { sidecars } from '../../src/machines/checksum-file.ts';
import { FailureError } from '../../src/machines/failures.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { FakeSource } from '../support/fake-source.ts';

const sum = (pair: string) => ({ text: `${pair.repeat(32)}  file.bin\n`, name: 'file.bin' });

function lookingWith(fetchBeside: SourcePort['fetchBeside']) {
  const asked: string[] = [];
  const clock = new FakeClock();
  const source = Object.assign(new FakeSource(clock, new Uint8Array()), {
    fetchBeside: ((place, pattern, ...rest) => {
      asked.push(`${place} ${pattern}`);
      return fetchBeside(place, pattern, ...rest);
    }) as SourcePort['fetchBeside'],
  });
  const stop = new AbortController();
  return { asked, clock, stop, found: findSidecar({ source, clock }, stop.signal) };
}

describe('findSidecar', () => {
  it('takes what lies beside the URL that was given before what lies beside where it led', async () => {
    const both = lookingWith(async (place) => sum(place === 'given' ? 'aa' : 'bb'));
    expect(await both.found).toEqual({ algorithm: 'sha256', hex: 'aa'.repeat(32) });
    expect(both.asked).toEqual(['given *.sha256']);
    const one = lookingWith(async (place, pattern) =>
      `${place} ${pattern}` === 'final SHA256SUMS' ? sum('bb') : null,
    );
    expect(await one.found).toEqual({ algorithm: 'sha256', hex: 'bb'.repeat(32) });
    expect(one.asked.slice(0, -4)).toEqual(sidecars.map(([pattern]) => `given ${pattern}`));
  });

  it('asks for the next where one cannot be had', async () => {
    const { asked, found } = lookingWith(() =>
      Promise.reject(new FailureError({ code: 'connection-lost', message: '' })),
    );
    expect(await found).toBeNull();
    expect(asked).toHaveLength(2 * sidecars.length);
  });

  it('waits for a silent host no longer than ten seconds at each place', async () => {
    let isOver = false;
    const silent = lookingWith(
      (_place, _pattern, _limits, signal) =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    );
    void silent.found.finally(() => {
      isOver = true;
    });
    await silent.clock.run(() => isOver);
    expect(await silent.found).toBeNull();
    expect([silent.asked, silent.clock.now()]).toEqual([['given *.sha256', 'final *.sha256'], 20_000]);
  });

  it('asks no more once it was told to stop', async () => {
    const { asked, stop, found } = lookingWith(async () => {
      await Promise.resolve();
      stop.abort();
      return null;
    });
    expect(await found).toBeNull();
    expect(asked).toEqual(['given *.sha256']);
  });
});
