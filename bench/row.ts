import type { Traffic } from './access-log.ts';
import { type Summary, summarize } from './statistics.ts';

/** One run of one contender. */
export interface Run {
  readonly wall: number;
  readonly cpu: number;
  readonly memory: number;
  /** As the server noted it, or the proxy where one is between. */
  readonly traffic: Traffic;
  /** Figures that a program of the bench's own printed. */
  readonly extra: Readonly<Record<string, number>>;
  /** Why it does not count; null when the file is right. */
  readonly fault: string | null;
}

/** All runs of one contender in a case. */
export interface Row {
  readonly label: string;
  readonly size: number;
  readonly runs: number;
  /** Seconds, for the whole process. */
  readonly wall: Summary;
  readonly cpu: Summary;
  /** Bytes. */
  readonly memory: Summary;
  readonly requests: Summary;
  /** Bytes sent to it over the file's size. */
  readonly asked: Summary;
  readonly unread: Summary;
  /** Requests that the server refused because there were too many. */
  readonly refused: Summary;
  readonly extra: Readonly<Record<string, Summary>>;
  /** Why runs do not count, each reason once. */
  readonly faults: readonly string[];
}

export function rowOf(label: string, size: number, runs: readonly Run[]): Row {
  const good = runs.filter(({ fault }) => fault === null);
  const summary = (figure: (run: Run) => number) => summarize(good.map(figure));
  const names = new Set(good.flatMap(({ extra }) => Object.keys(extra)));
  return {
    label,
    size,
    runs: good.length,
    wall: summary(({ wall }) => wall),
    cpu: summary(({ cpu }) => cpu),
    memory: summary(({ memory }) => memory),
    requests: summary(({ traffic }) => traffic.requests),
    asked: summary(({ traffic }) => traffic.sent / size),
    unread: summary(({ traffic }) => traffic.unread),
    refused: summary(({ traffic }) => traffic.refused),
    // One run that did not say it takes it from none of the others.
    extra: Object.fromEntries(
      [...names].map((name) => [name, summarize(good.flatMap(({ extra }) => extra[name] ?? []))]),
    ),
    faults: [...new Set(runs.flatMap(({ fault }) => fault ?? []))],
  };
}
