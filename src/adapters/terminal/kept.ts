import { STATE_SUFFIX } from '../../machines/claim.ts';
import type { DownloadEvent } from '../../machines/events.ts';
import { formatBytes } from './format.ts';
import { printable } from './printable.ts';

type State = Extract<DownloadEvent, { type: 'state' }>;
type Failed = Extract<DownloadEvent, { type: 'failed' }>;

/** What of a download is on the disk, and where, for its last line. */
export class Kept {
  #path: string | null = null;
  #bytes = 0;
  #total: number | null = null;
  #acceptsRanges = false;
  #hasFigures = false;
  /** Of a partial that a question is about. */
  #questioned = 0;

  state({ path, source, resumedBytes, question }: State): void {
    this.#path = path ?? this.#path;
    this.#total = source?.size ?? this.#total;
    this.#acceptsRanges = source?.acceptsRanges ?? this.#acceptsRanges;
    if (!this.#hasFigures) this.#bytes = resumedBytes;
    if (question !== null) this.#questioned = 'keptBytes' in question ? question.keptBytes : 0;
  }

  progress({ bytes, total }: { readonly bytes: number; readonly total: number | null }): void {
    this.#hasFigures = true;
    this.#questioned = 0;
    this.#bytes = bytes;
    this.#total = total;
  }

  /** `30.3 MiB of 200.0 MiB (15 %) are kept in /data/a.iso.multidown.`; empty where nothing is kept. */
  after({ code, resumable }: Pick<Failed, 'code' | 'resumable'>): string {
    if (resumable) return this.#sentence(this.#bytes, this.#total);
    const isStop = code === 'declined' || code === 'interrupted';
    return isStop ? this.#sentence(this.#questioned, null) : '';
  }

  /** For one who did not wait for the last bytes to be noted. */
  leftAtOnce(): string {
    const kept = this.#acceptsRanges ? this.#sentence(this.#bytes, this.#total) : '';
    return kept === ''
      ? 'Left at once. Nothing is kept: the same command begins anew.'
      : `Left at once. About ${kept.slice(0, -1)}: the same command goes on from there.`;
  }

  #sentence(bytes: number, total: number | null): string {
    if (bytes <= 0 || this.#path === null) return '';
    const amount = formatBytes(bytes);
    const part = total ? `${amount} of ${formatBytes(total)} (${Math.floor((100 * bytes) / total)} %)` : amount;
    return `${part} are kept in ${printable(this.#path)}${STATE_SUFFIX}.`;
  }
}
