import type { Plan, Range } from './ranges.ts';

/** Which of the ranges that wait is fetched next. */
export type NextWaiting = (plan: Plan, isWaiting: (range: Range) => boolean) => Range | undefined;

/** As they lie in the file. */
export const inOrder: NextWaiting = (plan, isWaiting) => plan.find(isWaiting);

/**
 * The one in the middle of the longest row of those that wait. So each that is
 * being fetched has some behind it that its connection can go on through.
 */
export const farApart: NextWaiting = (plan, isWaiting) => {
  let row = { start: 0, length: 0 };
  let longest = row;
  plan.forEach((range, at) => {
    row = isWaiting(range) ? { start: row.start, length: row.length + 1 } : { start: at + 1, length: 0 };
    if (row.length > longest.length) longest = row;
  });
  return longest.length === 0 ? undefined : plan[longest.start + Math.floor(longest.length / 2)];
};
