import { describe, expect, it } from 'vitest';
import { Kept } from '../../../src/adapters/terminal/kept.ts';
import { MIB, someSource, stateEvent } from '../../support/fake-control.ts';

const stopped = { code: 'interrupted', resumable: true } as const;

function kept(bytes: number, total: number | null = 200 * MIB): Kept {
  const some = new Kept();
  some.state(stateEvent({ state: 'downloading', path: '/data/a\u001b.iso' }));
  some.progress({ bytes, total });
  return some;
}

describe('Kept', () => {
  it('says how much there is, of how much, and where', () => {
    expect(kept(30.3 * MIB).after(stopped)).toBe('30.3 MiB of 200.0 MiB (15 %) are kept in /data/a?.iso.multidown.');
    expect(kept(30.3 * MIB, null).after(stopped)).toBe('30.3 MiB are kept in /data/a?.iso.multidown.');
  });

  it('knows of what an earlier run has left, before any byte has come', () => {
    const some = new Kept();
    some.state(stateEvent({ state: 'probing', source: null, resumedBytes: 5 * MIB }));
    expect(some.after({ code: 'connection-refused', resumable: true })).toBe(
      '5.0 MiB are kept in /home/user/file.iso.multidown.',
    );
  });

  it('says nothing where nothing is kept', () => {
    expect(kept(30 * MIB).after({ code: 'network', resumable: false })).toBe('');
    expect(kept(0).after(stopped)).toBe('');
    expect(new Kept().after(stopped)).toBe('');
  });

  it('says what stays of a partial that was asked about', () => {
    const some = new Kept();
    const question = { kind: 'changed', path: '/a', keptBytes: 2.9 * MIB, reason: 'another ETag' } as const;
    some.state(stateEvent({ state: 'confirmingRestart', path: '/a', question }));
    expect(some.after({ code: 'declined', resumable: false })).toBe('2.9 MiB are kept in /a.multidown.');
  });

  it('does not claim to the last byte what was left at once', () => {
    expect(kept(30 * MIB).leftAtOnce()).toBe(
      'Left at once. About 30.0 MiB of 200.0 MiB (15 %) are kept in /data/a?.iso.multidown: the same command goes on from there.',
    );
    const whole = new Kept();
    whole.state(stateEvent({ state: 'downloading', source: { ...someSource, acceptsRanges: false } }));
    whole.progress({ bytes: 5 * MIB, total: 9 * MIB });
    expect(whole.leftAtOnce()).toBe('Left at once. Nothing is kept: the same command begins anew.');
  });
});
