import type { DownloadStateName, SegmentStateName } from '../../../../machines/events.ts';
import type { DownloadCard } from '../../protocol.ts';
import { baseName, nameOfUrl, printable } from '../format.ts';

/** A tone is a colour with a meaning; it never stands alone, a word is always with it. */
export type Tone = 'busy' | 'calm' | 'good' | 'ask' | 'bad';

const words: Readonly<Record<DownloadStateName, readonly [text: string, tone: Tone]>> = {
  validating: ['Getting ready', 'busy'],
  probing: ['Asking the server', 'busy'],
  confirmingOverwrite: ['Has a question', 'ask'],
  confirmingRestart: ['Has a question', 'ask'],
  preparing: ['Getting ready', 'busy'],
  downloading: ['Downloading', 'busy'],
  pausing: ['Pausing', 'calm'],
  paused: ['Paused', 'calm'],
  merging: ['Checking and saving', 'busy'],
  done: ['Done', 'good'],
  stopped: ['Stopped', 'calm'],
  failed: ['Failed', 'bad'],
};

export function stateWords({ state, result, failure }: DownloadCard): { readonly text: string; readonly tone: Tone } {
  if (result) return { text: 'Done', tone: 'good' };
  if (failure && failure.code === 'interrupted') return { text: 'Stopped', tone: 'calm' };
  if (failure)
    return {
      text: failure.code === 'declined' ? 'Stopped' : 'Failed',
      tone: failure.code === 'declined' ? 'calm' : 'bad',
    };
  const [text, tone] = state ? words[state.state] : (['Starting', 'busy'] as const);
  return { text, tone };
}

export function nameOfCard({ name, state, result, url }: DownloadCard): string {
  const path = result?.path ?? state?.path ?? null;
  return printable(name ?? (path === null ? nameOfUrl(url) : baseName(path)));
}

export function isOver({ endedAt, result, failure }: DownloadCard): boolean {
  return endedAt !== null || result !== null || failure !== null;
}

/** What a segment does, in a word. */
export const segmentWords: Readonly<Record<SegmentStateName, string>> = {
  parked: 'parked',
  waiting: 'waiting',
  requesting: 'requesting',
  receiving: 'receiving',
  backingOff: 'backing off',
  done: 'done',
  failed: 'failed',
};
