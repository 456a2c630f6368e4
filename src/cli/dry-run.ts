import { formatBytes } from '../adapters/terminal/format.ts';
import { printable } from '../adapters/terminal/printable.ts';
import type { DownloadEvent, SourceView } from '../machines/events.ts';
import { listen } from '../machines/front-end.ts';
import { FIRST_LEAST_PART } from '../machines/schedule.ts';
import { AUTO_MOST } from '../machines/tuning.ts';
import type { DownloadArguments } from './arguments.ts';
import type { EventHub } from './event-hub.ts';
import { fateOfTarget, sizeOnDisk } from './fate-of-target.ts';
import type { Policy } from './policy.ts';

export interface DryRunOptions {
  readonly args: Pick<DownloadArguments, 'numbers'>;
  readonly policy: Pick<Policy, 'ifExists'>;
  readonly write: (text: string) => void;
}

/** What a dry run has found out. */
export interface DryRunFindings {
  readonly source: SourceView | null;
  readonly path: string;
  readonly resumedBytes: number;
  /** The target was there, and that ends it. */
  readonly isSkipped: boolean;
  /** Digests that the file there was compared with, and has. */
  readonly verified: readonly string[];
  /** What would become of a file at the target; null when none is there. */
  readonly sentence: string | null;
}

/** Says, at the end of a dry run, what a real one would do. */
export function attachDryRun(hub: EventHub, { args, policy, write }: DryRunOptions): void {
  let last: Extract<DownloadEvent, { type: 'state' }> | null = null;
  listen(hub, {
    state: (event) => {
      last = event;
    },
    done: ({ path, skipped, verified }) => {
      const resumedBytes = last?.resumedBytes ?? 0;
      const findings = {
        source: last?.source ?? null,
        ...fateOfTarget(path, policy.ifExists, resumedBytes > 0, sizeOnDisk),
        ...(skipped ? { path } : {}),
        resumedBytes,
        isSkipped: skipped,
        verified,
      };
      write(`${dryRunLines(findings, args.numbers).join('\n')}\n`);
    },
  });
}

/** Pure: a line for each finding, aligned. */
export function dryRunLines(
  { source, path, resumedBytes, isSkipped, verified, sentence }: DryRunFindings,
  { connections = 'auto', minSplit = FIRST_LEAST_PART }: DownloadArguments['numbers'],
): readonly string[] {
  if (isSkipped || source === null) {
    const digests = verified.map((name) => `, ${name} matches`).join('');
    return [`${printable(path)} is there already${digests}, and would be left as it is.`];
  }
  const rows: [string, string][] = [
    ['From', printable(source.url)],
    ['To', printable(path)],
    ...(sentence === null ? [] : ([['But', sentence]] as [string, string][])),
    ['Size', source.size === null ? 'unknown' : `${formatBytes(source.size)} (${source.size} bytes)`],
    ['Connections', connectionsText(source, resumedBytes, connections, minSplit)],
    ...(resumedBytes > 0
      ? ([['Here already', `${formatBytes(resumedBytes)}: it would go on from there`]] as [string, string][])
      : []),
    ['Answered in', `${Math.round(source.latencyMs)} ms`],
  ];
  const width = Math.max(...rows.map(([label]) => label.length));
  return [...rows.map(([label, text]) => `${label.padEnd(width)}  ${text}`), 'A dry run: nothing was fetched.'];
}

function connectionsText(
  { size, acceptsRanges }: SourceView,
  resumedBytes: number,
  connections: number | 'auto',
  minSplit: number,
): string {
  if (connections === 1 && acceptsRanges && size !== null) return 'one, by ranges';
  if (!acceptsRanges) return 'one: the server sends whole files only';
  if (size === null) return 'one: the server does not say how long the file is';
  const parts = Math.max(1, Math.floor((size - resumedBytes) / minSplit));
  const most = Math.min(connections === 'auto' ? AUTO_MOST : connections, parts);
  return most === 1
    ? 'one, by ranges: the file is too small to be split'
    : `${connections === 'auto' ? 'as many as pay, ' : ''}up to ${most}, by ranges`;
}
