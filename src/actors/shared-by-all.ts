import { ReadQueue } from './read-queue.ts';
import { Running } from './running.ts';
import { Turns } from './turns.ts';
import { WriteBudget } from './write-budget.ts';

/** What the downloads of a process share, so that many of them take no more of it than one. */
export interface Shared {
  /** What may wait in memory for the disk. */
  readonly budget: WriteBudget;
  /** While it waits there, few of their connections read at a time. */
  readonly readQueue: ReadQueue;
  /** Whole files are read and hashed by so many at once: each keeps two mebibytes for it, and all share one processor. */
  readonly checks: Turns;
  /** Together they note no more often than a few of them would. */
  readonly running: Running;
}

const CHECKS_AT_ONCE = 4;

export function newShared(): Shared {
  const budget = new WriteBudget();
  const readQueue = new ReadQueue(budget);
  return { budget, readQueue, checks: new Turns(CHECKS_AT_ONCE), running: new Running() };
}

/** That of this process. */
export const sharedByAll = newShared();
