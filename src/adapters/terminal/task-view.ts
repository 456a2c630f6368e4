import type { WriteStream } from 'node:tty';
import {
  DefaultRenderer,
  Listr,
  ListrLogger,
  type ListrTaskWrapper,
  ProcessOutput,
  type SimpleRenderer,
  Spinner,
} from 'listr2';
import { displayWidth } from './printable.ts';
import type { Room } from './progress-lines.ts';
import type { Style } from './style.ts';

/** listr2's own asks whether *stdout* is a terminal; what it draws on here is, wherever stdout goes. */
class ScreenRenderer extends DefaultRenderer {
  static override nonTTY = true;
}

type Wrapper = ListrTaskWrapper<unknown, typeof ScreenRenderer, typeof SimpleRenderer>;

/** listr2 moves the lines under a title in by so many columns. */
const INDENT = 4;
/** And leaves so many free at the right. */
const MARGIN = 2;

/** For the lines under a title on a screen: one row is the title's, one the cursor's. */
export function roomOf({ columns, rows }: Pick<WriteStream, 'columns' | 'rows'>): Room {
  return { width: Math.max(1, (columns || 80) - INDENT - MARGIN), height: Math.max(1, (rows || 24) - 2) };
}

/** What turns beside a step that is under way; it stands still while the step does. */
class Sign extends Spinner {
  isStill = false;
  readonly #frames: readonly string[];
  readonly #still: string;
  #at = 0;

  constructor({ unicode, paint }: Style) {
    super();
    this.#frames = (unicode ? [...'⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏'] : [...'-\\|/']).map((frame) => paint('accent', frame));
    this.#still = paint('warn', unicode ? '‖' : '=');
  }

  override spin(): void {
    this.#at += 1;
  }

  override fetch(): string {
    return this.isStill ? this.#still : (this.#frames[this.#at % this.#frames.length] ?? '');
  }
}

/** How a step ended; `stopped` is neither good nor bad. */
export type Ending = 'good' | 'bad' | 'stopped';

/** One step on the screen, live until it is ended: a line with a spinner, and lines under it. */
export class TaskView {
  readonly #finish = Promise.withResolvers<void>();
  readonly #over: Promise<unknown>;
  readonly #screen: WriteStream;
  readonly #output: ProcessOutput;
  readonly #sign: Sign;
  #wrapper: Wrapper | null = null;
  #title: string;
  #lines: readonly string[] = [];
  #isStopped = false;

  constructor(title: string, screen: WriteStream, style: Style) {
    this.#title = title;
    this.#screen = screen;
    this.#sign = new Sign(style);
    this.#output = new ProcessOutput(screen, screen, { leaveEmptyLine: false });
    const logger = new ListrLogger({ useIcons: true, processOutput: this.#output });
    const plain = (text: string | undefined) => text ?? '';
    const listr = new Listr<unknown, typeof ScreenRenderer, 'simple'>(
      {
        title,
        task: (_, wrapper) => {
          this.#wrapper = wrapper;
          wrapper.title = this.#title;
          this.show(this.#lines);
          // Ended before listr2 came to it.
          if (this.#isStopped) wrapper.skip();
          return this.#finish.promise;
        },
        rendererOptions: { outputBar: 1 },
      },
      {
        exitOnError: false,
        registerSignalListeners: false,
        renderer: ScreenRenderer,
        fallbackRendererCondition: false,
        rendererOptions: {
          logger,
          spinner: this.#sign,
          formatOutput: 'truncate',
          showErrorMessage: false,
          icon: {
            OUTPUT: ' ',
            WAITING: style.paint('dim', style.unicode ? '⠋' : '-'),
            COMPLETED: style.paint('good', style.unicode ? '✔' : '+'),
            SKIPPED_WITH_COLLAPSE: style.paint('warn', style.unicode ? '■' : '='),
            FAILED: style.paint('bad', style.unicode ? '✖' : 'x'),
          },
          color: { WAITING: plain, PENDING: plain, COMPLETED: plain, SKIPPED_WITH_COLLAPSE: plain, FAILED: plain },
        },
      },
    );
    // It may fail before listr2 has come to wait for it.
    this.#finish.promise.catch(() => {});
    // A screen that cannot be drawn is no reason to end the download.
    this.#over = listr.run().catch(() => {});
  }

  get title(): string {
    return this.#title;
  }

  set title(title: string) {
    this.#title = title;
    if (this.#wrapper) this.#wrapper.title = title;
  }

  /** Nothing moves: the step waits for the user. */
  set isStill(isStill: boolean) {
    this.#sign.isStill = isStill;
  }

  /** The lines under the title, none wider than `roomOf` says. */
  show(lines: readonly string[]): void {
    this.#lines = lines;
    if (this.#wrapper && lines.length > 0) this.#wrapper.output = lines.join('\n');
  }

  /** Takes the step off the screen, wherever a narrower terminal has put its lines. `makeRoom` must follow. */
  wipe(): void {
    if (this.#height === 0) return;
    const columns = this.#screen.columns || 80;
    const widths = [2 + displayWidth(this.#title), ...this.#lines.map((line) => INDENT + displayWidth(line))];
    const rows = widths.slice(-this.#height).reduce((sum, width) => sum + Math.max(1, Math.ceil(width / columns)), 0);
    this.#output.toStdout(`\x1b[${rows}A\r\x1b[J`, false);
  }

  /** Moves down by as many rows as the renderer will go up to draw the step again; hides the cursor, as the renderer has. */
  makeRoom(): void {
    if (this.#height > 0) this.#output.toStdout(`\x1b[?25l${'\n'.repeat(this.#height)}`, false);
  }

  /** Settles the step with a last title; resolves when it is on the screen. */
  async end(title: string, ending: Ending): Promise<void> {
    this.isStill = false;
    this.title = title;
    this.#isStopped = ending === 'stopped';
    if (this.#isStopped) this.#wrapper?.skip();
    if (ending === 'bad') this.#finish.reject(new Error(title));
    else this.#finish.resolve();
    await this.#over;
  }

  /** Rows on the screen; the renderer drops the upper ones of what is too high. None before it has begun. */
  get #height(): number {
    if (!this.#wrapper) return 0;
    return Math.min(1 + this.#lines.length, 1 + roomOf(this.#screen).height);
  }
}
