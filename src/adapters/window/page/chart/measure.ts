import type { ChartNode, HeardLine } from './graph.ts';

export interface Box {
  readonly width: number;
  readonly height: number;
}

/** Sizes of the chart's own type, in its pixels; the style sheet has the same. */
export const NAME_SIZE = 17;
export const LINE_SIZE = 13;
export const LINE_HEIGHT = 18;
export const NAME_HEIGHT = 32;

/** A letter's usual width as a part of its size, a little on the safe side. */
const NAME_LETTER = 0.62;
const LINE_LETTER = 0.58;

/** Most lines that a state shows of what it hears; the rest is told on demand. */
export const MOST_LINES = 9;

/** What a state needs for its name and lines; of one with states inside, for its head only. */
export function nodeBox(node: ChartNode, hasChildren: boolean): Box {
  const lines = linesOf(node);
  const widest = Math.max(
    node.name.length * NAME_SIZE * NAME_LETTER + 34,
    ...lines.map(({ text }) => text.length * LINE_SIZE * LINE_LETTER + 38),
  );
  const pills = pillRows(node);
  const rows = lines.length * LINE_HEIGHT + pills.rows * PILL_HEIGHT;
  const height = NAME_HEIGHT + rows + (rows > 0 ? 8 : 0);
  return {
    width: Math.ceil(Math.max(hasChildren ? 120 : 76, widest, pills.width)),
    height: Math.ceil(height),
  };
}

export const PILL_HEIGHT = 25;
const PILL_ROOM = 230;

/** The rows that the names of a closed state's inner states take. */
function pillRows({ inner = [] }: ChartNode): { readonly rows: number; readonly width: number } {
  let [rows, at, widest] = [inner.length > 0 ? 1 : 0, 0, 0];
  for (const { name } of inner) {
    const width = name.length * LINE_SIZE * LINE_LETTER + 20;
    if (at > 0 && at + width > PILL_ROOM) [rows, at] = [rows + 1, 0];
    at += width;
    widest = Math.max(widest, at);
  }
  return { rows, width: widest + 22 };
}

export interface NodeLine {
  readonly kind: 'runs' | 'heard' | 'leads' | 'more';
  readonly text: string;
}

/** The lines below a state's name. */
export function linesOf({ runs, heard }: ChartNode): readonly NodeLine[] {
  const all: NodeLine[] = [
    ...runs.map((text) => ({ kind: 'runs' as const, text })),
    ...heard.map((line) => ({
      kind: line.leadsTo === null ? ('heard' as const) : ('leads' as const),
      text: heardText(line),
    })),
  ];
  if (all.length <= MOST_LINES) return all;
  return [...all.slice(0, MOST_LINES - 1), { kind: 'more', text: `${all.length - MOST_LINES + 1} more` }];
}

export function heardText({ text, leadsTo }: HeardLine): string {
  return leadsTo === null ? text : `${text} \u2192 ${leadsTo}`;
}

/** What an arrow's label needs; null when it has none. */
export function labelBox(labels: readonly string[]): Box | null {
  if (labels.length === 0) return null;
  const longest = Math.max(...labels.map((label) => label.length));
  return { width: Math.ceil(longest * LINE_SIZE * LINE_LETTER + 10), height: labels.length * (LINE_SIZE + 3) + 4 };
}
