import { describe, expect, it } from 'vitest';
import { redactEvent } from '../../src/cli/redact-event.ts';
import type { DownloadEvent } from '../../src/machines/events.ts';
import { source } from '../machines/contexts.ts';

const redact = (text: string) => text.replaceAll('hunter22', 'REDACTED');
const state = {
  type: 'state',
  state: 'probing',
  path: '/home/hunter22/a',
  source: { ...source, url: 'http://h.test/?k=hunter22' },
  resumedBytes: 0,
  question: null,
} as const;

describe('an event as it may be shown', () => {
  it.each(['warning', 'failed'])('of the kind %s has a message without secrets', (type) => {
    const event = {
      type,
      code: 'retrying',
      message: 'It said hunter22.',
      path: '/hunter22',
    } as unknown as DownloadEvent;
    expect(redactEvent(event, redact)).toEqual({ ...event, message: 'It said REDACTED.' });
  });

  it('of a state has a source without secrets, and the path of the user as it is', () => {
    expect(redactEvent(state, redact)).toEqual({ ...state, source: { ...source, url: 'http://h.test/?k=REDACTED' } });
    expect(redactEvent({ ...state, source: null }, redact)).toEqual({ ...state, source: null });
  });

  it('of a question has the address of another download without secrets', () => {
    const asked = (question: unknown) => ({ ...state, source: null, question }) as unknown as DownloadEvent;
    const foreign = { kind: 'partial-exists', path: '/a', keptBytes: 5, url: 'http://h.test/hunter22' };
    expect(redactEvent(asked(foreign), redact)).toEqual(asked({ ...foreign, url: 'http://h.test/REDACTED' }));
    const taken = { kind: 'target-exists', path: '/a', url: 'hunter22' };
    expect(redactEvent(asked(taken), redact)).toEqual(asked(taken));
  });

  it('of any other kind is left as it is', () => {
    const event = { type: 'progress', id: 'hunter22' } as unknown as DownloadEvent;
    expect(redactEvent(event, redact)).toBe(event);
  });
});
