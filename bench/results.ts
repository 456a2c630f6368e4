import { caseReport, losses, type Measured } from './report.ts';

/** What stands over the tables. */
export interface Circumstances {
  readonly date: string;
  readonly machine: string;
  readonly fileSystem: string;
  readonly found: string;
  readonly missing: readonly string[];
  readonly nginx: string;
  readonly rounds: number;
  readonly quick: boolean;
  /** Load of the machine by others before the first run: processes that wanted to run, over a minute. */
  readonly load: number;
  readonly cores: number;
}

/** bench/RESULTS.md, whole. @param left names of the cases that were not measured */
export function resultsPage(all: readonly Measured[], how: Circumstances, left: readonly string[] = []): string {
  const lost = losses(all);
  return `${[
    '# Results of the bench',
    'Written by `npm run bench -- --write`; `npm run bench` shows the same on the screen. Judge by the ratios: seconds belong to the machine.',
    '## Method',
    methodLines(how)
      .map((line) => `- ${line}`)
      .join('\n'),
    '## Where we lose',
    lost.length === 0 ? 'Nowhere in these cases.' : lost.join('\n'),
    '## Tables',
    ...(left.length === 0 ? [] : [`Not measured this time: ${left.join(', ')}.`]),
    ...all.map(caseReport),
  ].join('\n\n')}\n`;
}

export function methodLines(how: Circumstances): string[] {
  return [
    `${how.date}, on ${how.machine}; files on ${how.fileSystem || 'a file system that has no name here'}.`,
    `nginx ${how.nginx}; ${how.found}.${how.missing.length > 0 ? ` Not found here: ${how.missing.join(', ')}.` : ''}`,
    'Server and clients are on one machine, over loopback. Files come from the cache of the system.',
    `${how.rounds} rounds a case (more where a table says so). The clients run in turn, in an order that changes who comes after whom; figures are medians.`,
    'What a client downloads is deleted before the next run, and the disk has time to forget it (`sync`). Every file is compared by its SHA-256; a wrong one does not count.',
    'Wall time is of the whole process. CPU (user and system) and peak memory are what GNU time tells of it and its children.',
    'multidown waits until the file is safe on the disk before it says that it is done (fsync); no peer does. That time is in its figures.',
    'ipull and easydl run through their libraries in the smallest program that does it: easydl has no command, and that of ipull always uses four connections.',
    "Requests and bytes are from nginx's log. The server counts what it handed to the system: what a client left unread in the buffers counts as well. Behind the bench's proxy, bytes are those the proxy carried, heads included.",
    "Slow, stalling and distant connections are a simulation: the bench's proxy caps, stops or delays what a server on this machine sends.",
    'The first run of a case is counted like the others. multidown keeps what Node has compiled of it between runs, as it does for a command that is used again: `tiny` is with that at hand.',
    ...(how.quick ? ['**Smaller files than usual (`--quick`): not to be quoted.**'] : []),
    ...(how.load > how.cores / 4
      ? [
          `**The machine was busy with other work (load ${how.load.toFixed(1)} on ${how.cores} cores before the first run): the figures are rough.**`,
        ]
      : []),
  ];
}
