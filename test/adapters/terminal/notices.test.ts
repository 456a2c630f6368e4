import { describe, expect, it } from 'vitest';
import { Notices } from '../../../src/adapters/terminal/notices.ts';

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
});
