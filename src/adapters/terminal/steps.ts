import type { WriteStream } from 'node:tty';
import { clip, displayWidth, shorten } from './printable.ts';
import type { Room } from './progress-lines.ts';
import { writeAtOnce } from './restore-terminal.ts';
import type { Style } from './style.ts';
import { type Ending, roomOf, TaskView } from './task-view.ts';
import { wrapWords } from './wrap-words.ts';

export type Step = 'validating' | 'probing' | 'downloading' | 'merging';

/** `{name}` is the file's. */
const titles: Readonly<Record<Step, { readonly running: string; readonly settled: string }>> = {
  validating: { running: 'Validating', settled: 'Validated' },
  probing: { running: 'Probing the server', settled: 'Probed the server' },
  downloading: { running: 'Downloading {name}', settled: 'Downloaded {name}' },
  merging: { running: 'Merging and checking', settled: 'Merged' },
};

/** With fewer columns for it, a name tells nothing. */
const LEAST_NAME = 5;

/** The steps on the screen: settled ones stay above, one at most is live below them. */
export class Steps {
  /** Of the file; printable. */
  name = '';
  readonly #screen: WriteStream;
  readonly #style: Style;
  #current: Step | null = null;
  #task: TaskView | null = null;
  /** The live step's title as it was asked for; it is fitted again when the screen changes. */
  #wording = '';
  #isStill = false;
  /** One after the other, also when states follow each other faster than they are drawn. */
  #drawn: Promise<void> = Promise.resolve();

  constructor(screen: WriteStream, style: Style) {
    this.#screen = screen;
    this.#style = style;
  }

  get current(): Step | null {
    return this.#current;
  }

  /** For the lines under a title. */
  get room(): Room {
    return roomOf(this.#screen);
  }

  /** Resolves when all that was asked for so far is on the screen. */
  get drawn(): Promise<void> {
    return this.#drawn;
  }

  /** Settles the live step and begins another; one that is live already gets its own title back. */
  goTo(step: Step): void {
    if (this.#current === step) return this.retitle(titles[step].running);
    this.settle();
    this.#current = step;
    this.inTurn(() => {
      this.#wording = titles[step].running;
      this.#isStill = false;
      this.#task = new TaskView(this.#fit(this.#wording), this.#screen, this.#style);
    });
  }

  /**
   * Ends the live step, if there is one, under its last title.
   *
   * @param wordings of that title, longest first: the first that fits is shown
   */
  settle(wordings: readonly string[] = [], ending: Ending = 'good'): void {
    const step = this.#current;
    this.#current = null;
    if (step === null) return;
    this.inTurn(async () => {
      const usual = ending === 'good' ? titles[step].settled : titles[step].running;
      await this.#task?.end(this.#fit(...(wordings.length > 0 ? wordings : [usual])), ending);
      this.#task = null;
    });
  }

  /** @param isStill nothing moves: the step waits for the user */
  retitle(title: string, isStill = false): void {
    this.inTurn(() => {
      this.#wording = title;
      this.#isStill = isStill;
      this.#refit();
    });
  }

  /** The lines under the live step's title. */
  show(lines: readonly string[]): void {
    this.#task?.show(lines);
  }

  /**
   * A sentence that stays, after the steps so far.
   *
   * @param whole its beginning that must not be broken: a path
   */
  say(sentence: string, whole = ''): void {
    this.inTurn(() => {
      const { columns = 80 } = this.#screen;
      this.#screen.write(`${wrapWords(sentence, columns, whole).join('\n')}\n`);
    });
  }

  /** Puts a settled title and a sentence in the live step's place, at once: the process ends. */
  leave(title: string, sentence: string): void {
    this.wipe();
    const { columns = 80 } = this.#screen;
    const sign = this.#style.paint('warn', this.#style.unicode ? '■' : '=');
    const settled = this.#task ? [`${sign} ${this.#fit(title)}`] : [];
    writeAtOnce(this.#screen, `${[...settled, ...wrapWords(sentence, columns)].join('\n')}\n`);
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
    this.#refit();
  }

  #refit(): void {
    if (!this.#task) return;
    const title = this.#fit(this.#wording);
    this.#task.isStill = this.#isStill;
    // Painted when it fits already: a cut must not go through a colour.
    this.#task.title = this.#isStill ? title.replace(/^\S+/, (word) => this.#style.paint('warn', word)) : title;
  }

  /** The first wording that fits; in the last one the name is cut, or left out. */
  #fit(...wordings: readonly string[]): string {
    const { width } = this.room;
    const named = wordings.map((wording) => wording.replace('{name}', () => this.name));
    const fitting = named.find((wording) => displayWidth(wording) <= width);
    if (fitting !== undefined) return fitting;
    const last = wordings.at(-1) ?? '';
    const words = last.replace(' {name}', '');
    const forName = width - displayWidth(words) - 1;
    if (words === last || forName < LEAST_NAME) return clip(words, width);
    return last.replace('{name}', () => shorten(this.name, forName));
  }
}
