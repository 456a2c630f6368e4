import type { WriteStream } from 'node:tty';
import { shorten } from './printable.ts';
import type { Style } from './style.ts';
import { roomOf, TaskView } from './task-view.ts';

export type Step = 'validating' | 'probing' | 'downloading' | 'merging';

/** `{name}` is the file's. */
const titles: Readonly<Record<Step, { readonly running: string; readonly settled: string }>> = {
  validating: { running: 'Validating', settled: 'Validated' },
  probing: { running: 'Probing the server', settled: 'Probed the server' },
  downloading: { running: 'Downloading {name}', settled: 'Downloaded {name}' },
  merging: { running: 'Merging and checking', settled: 'Merged and checked' },
};

/** The steps on the screen: settled ones stay above, one at most is live below them. */
export class Steps {
  /** Of the file; printable. */
  name = '';
  readonly #screen: WriteStream;
  readonly #style: Style;
  #current: Step | null = null;
  #task: TaskView | null = null;
  /** One after the other, also when states follow each other faster than they are drawn. */
  #drawn: Promise<void> = Promise.resolve();

  constructor(screen: WriteStream, style: Style) {
    this.#screen = screen;
    this.#style = style;
  }

  get current(): Step | null {
    return this.#current;
  }

  /** Columns for the lines under a title. */
  get room(): number {
    return roomOf(this.#screen.columns || 80);
  }

  /** Resolves when all that was asked for so far is on the screen. */
  get drawn(): Promise<void> {
    return this.#drawn;
  }

  /** Settles the live step and begins another. */
  goTo(step: Step): void {
    if (this.#current === step) return;
    this.settle();
    this.#current = step;
    this.inTurn(() => {
      this.#task = new TaskView(this.#fit(titles[step].running), this.#screen, this.#style);
    });
  }

  /** Ends the live step, if there is one, under its last title. */
  settle(title?: string, isGood = true): void {
    const step = this.#current;
    this.#current = null;
    if (step === null) return;
    this.inTurn(async () => {
      await this.#task?.end(this.#fit(title ?? (isGood ? titles[step].settled : titles[step].running)), isGood);
      this.#task = null;
    });
  }

  /** @param isStill nothing moves: the step waits for the user */
  retitle(title: string, isStill = false): void {
    this.inTurn(() => {
      if (!this.#task) return;
      this.#task.isStill = isStill;
      this.#task.title = this.#fit(title);
    });
  }

  /** The lines under the live step's title. */
  show(lines: readonly string[]): void {
    this.#task?.show(lines);
  }

  /** A line that stays, after the steps so far. */
  say(line: string): void {
    this.inTurn(() => {
      this.#screen.write(`${line}\n`);
    });
  }

  /** What has to have the screen to itself waits for its turn here. */
  inTurn(job: () => void | Promise<void>): void {
    this.#drawn = this.#drawn.then(job);
  }

  /** Takes the live step off the screen until `makeRoom`. */
  wipe(): void {
    this.#task?.wipe();
  }

  makeRoom(): void {
    this.#task?.makeRoom();
  }

  #fit(title: string): string {
    return shorten(
      title.replace('{name}', () => this.name),
      this.room,
    );
  }
}
