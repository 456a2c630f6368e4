import { formatBytes } from '../adapters/terminal/format.ts';
import { printable } from '../adapters/terminal/printable.ts';
import type { DownloadEvent, SourceView } from '../machines/events.ts';
import { listen } from '../machines/front-end.ts';
import { FIRST_LEAST_PART } from '../machines/schedule.ts';
import { AUTO_MOST } from '../machines/tuning.ts';
import type { DownloadArguments } from './arguments.ts';
import type { EventHub } from './event-hub.ts';
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
}

/** Says, at the end of a dry run, what a real one would do. */
export function attachDryRun(hub: EventHub, { args, write }: DryRunOptions): void {
  let last: Extract<DownloadEvent, { type: 'state' }> | null = null;
  listen(hub, {
    state: (event) => {
      last = event;
    },
    done: ({ path, skipped }) => {
      const findings = {
        source: last?.source ?? null,
        path,
        resumedBytes: last?.resumedBytes ?? 0,
        isSkipped: skipped,
      };
      write(`${dryRunLines(findings, args.numbers).join('\n')}\n`);
    },
  });
}

/** Pure: a line for each finding, aligned. */
export function dryRunLines(
  { source, path, resumedBytes, isSkipped }: DryRunFindings,
  { connections = 'auto', minSplit = FIRST_LEAST_PART }: DownloadArguments['numbers'],
): readonly string[] {
  if (isSkipped || source === null) return [`${printable(path)} is there already, and would be left as it is.`];
  const rows: [string, string][] = [
    ['From', printable(source.url)],
    ['To', printable(path)],
    ['Size', source.size === null ? 'unknown' : `${formatBytes(source.size)} (${source.size} bytes)`],
    ['Connections', connectionsText(source, resumedBytes, connections, minSplit)],
    ...(resumedBytes > 0 ? ([['Here already', formatBytes(resumedBytes)]] as [string, string][]) : []),
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
