import { describe, expect, it } from 'vitest';
import { isInTrouble, Notices } from '../../../src/adapters/terminal/notices.ts';

describe('Notices', () => {
  it('shows the latest for a while and keeps what is about the file, once', () => {
    const notices = new Notices();
    expect(notices.at(0)).toBe('');
    notices.add({ type: 'warning', code: 'restarted', message: 'Begun\u001b anew.' }, 0);
    notices.add({ type: 'warning', code: 'restarted', message: 'Begun\u001b anew.' }, 1);
    notices.add({ type: 'warning', code: 'retrying', message: 'Trying again.' }, 2);
    expect(notices.at(9_000)).toBe('Trying again.');
    expect(notices.at(11_000)).toBe('');
    expect(notices.takeKept()).toEqual(['Begun? anew.']);
    expect(notices.takeKept()).toEqual([]);
  });

  it.each([
    'checksum-not-found',
    'single-connection',
    'identity-unproved',
    'length-unverified',
    'range-damaged',
    'restarted',
  ] as const)('keeps %s for the end', (code) => {
    const notices = new Notices();
    notices.add({ type: 'warning', code, message: 'Of the file.' }, 0);
    expect(notices.takeKept()).toEqual(['Of the file.']);
  });

  it.each(['retrying', 'push-back'] as const)('forgets one of %s once nobody tries again', (code) => {
    const notices = new Notices();
    notices.add({ type: 'warning', code, message: 'Trying again.' }, 0);
    notices.forgetRetries();
    expect(notices.at(1)).toBe('');
  });

  it('forgets nothing else with it', () => {
    const notices = new Notices();
    notices.add({ type: 'warning', code: 'retrying', message: 'Trying again.' }, 0);
    notices.add({ type: 'warning', code: 'checkpoint-failed', message: 'Not saved.' }, 0);
    notices.forgetRetries();
    expect(notices.at(1)).toBe('Not saved.');
  });
});

describe('isInTrouble', () => {
  it.each([
    ['backingOff', 1, true],
    ['requesting', 1, true],
    ['requesting', 0, false],
    ['receiving', 1, false],
    ['waiting', 1, false],
    ['done', 0, false],
  ] as const)('%s after %d failed attempts: %s', (state, attempt, wanted) =>
    expect(isInTrouble({ state, attempt })).toBe(wanted),
  );
});
