import type { WriteBudget } from './write-budget.ts';

/** While the disk is behind, so many read at once: few large writes cost less than many small ones, and no turn of the event loop is long. */
const AT_ONCE = 8;
/** What one of them reads before it is the next one's turn, bytes. */
const TURN_BYTES = 256 * 1024;
/** What a turn is likely to keep from now on, bytes: it has half of its way before it. */
const ROOM_OF_TURN = TURN_BYTES / 2;
/** Whoever keeps less than this lets nobody wait, bytes. */
const LEAST_KEPT = 64 * 1024;

/**
 * Who reads while the disk is behind: few at a time, by turns, in the order in
 * which they came. While it is not, everybody does.
 */
export class ReadQueue {
  readonly #budget: WriteBudget;
  readonly #waiting = new Set<() => void>();
  #reading = 0;
  #isLooking = false;

  /** @param budget what all that read keep in memory until it is written */
  constructor(budget: WriteBudget) {
    this.#budget = budget;
    budget.onRelease(() => this.#lookSoon());
  }

  /** For one that reads. @param onTurn called when it has waited and may go on */
  enter(onTurn: () => void): ReadTurn {
    return new ReadTurn(this, onTurn);
  }

  get isEmpty(): boolean {
    return this.#waiting.size === 0;
  }

  /** Somebody has to wait. */
  get isNeeded(): boolean {
    return !this.isEmpty || this.#budget.isSpent;
  }

  /** The disk has nearly caught up: those whose turn it is have nothing to read. */
  get isIdle(): boolean {
    return this.#budget.isNearlyFree;
  }

  wait(admit: () => void): void {
    this.#waiting.add(admit);
  }

  /** It waits no more. */
  leave(admit: () => void): void {
    this.#waiting.delete(admit);
  }

  /** It reads, and waits no more. */
  begin(admit: () => void): void {
    this.leave(admit);
    this.#reading += 1;
  }

  end(): void {
    this.#reading -= 1;
    this.#lookSoon();
  }

  /** Not at once: whoever calls may be in the middle of what another connection has brought. */
  #lookSoon(): void {
    if (this.#isLooking || this.isEmpty) return;
    this.#isLooking = true;
    queueMicrotask(() => {
      this.#isLooking = false;
      this.#look();
    });
  }

  #look(): void {
    while (this.#reading < AT_ONCE && this.#budget.hasRoom(this.#reading * ROOM_OF_TURN)) {
      const [first] = this.#waiting;
      if (!first) return;
      first();
    }
  }
}

/** The place of one that reads. */
export class ReadTurn {
  readonly #queue: ReadQueue;
  readonly #onTurn: () => void;
  #state: 'free' | 'waiting' | 'reading' = 'free';
  /** In this turn, bytes. */
  #brought = 0;

  constructor(queue: ReadQueue, onTurn: () => void) {
    this.#queue = queue;
    this.#onTurn = onTurn;
  }

  get isWaiting(): boolean {
    return this.#state === 'waiting';
  }

  /**
   * Bytes have come.
   *
   * @param kept what it keeps that is not written yet, bytes
   * @returns whether it has to wait from now on
   */
  bring(bytes: number, kept: number): boolean {
    if (this.#state === 'reading') {
      this.#brought += bytes;
      if (this.#brought < TURN_BYTES) return false;
      this.leave();
    }
    if (this.#state === 'free' && kept >= LEAST_KEPT && this.#queue.isNeeded) {
      this.#state = 'waiting';
      this.#queue.wait(this.#admit);
    }
    return this.isWaiting;
  }

  /** To be called from time to time: those whose turn it is may wait for their servers. */
  look(): void {
    if (this.isWaiting && this.#queue.isIdle) this.#admit();
  }

  /** It does not read any more, or not in turn. */
  leave(): void {
    const was = this.#state;
    this.#state = 'free';
    if (was === 'waiting') this.#queue.leave(this.#admit);
    if (was === 'reading') this.#queue.end();
  }

  readonly #admit = () => {
    this.#queue.begin(this.#admit);
    this.#state = 'reading';
    this.#brought = 0;
    this.#onTurn();
  };
}
