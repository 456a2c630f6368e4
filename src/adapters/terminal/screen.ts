import { basename } from 'node:path';
import type { ReadStream, WriteStream } from 'node:tty';
import type { DownloadEvent, Figures } from '../../machines/events.ts';
import { type DownloadControl, listen } from '../../machines/front-end.ts';
import { CONNECTIONS_MAX } from '../../machines/options.ts';
import { doneLine, failedLine } from './closing-lines.ts';
import { formatBytes } from './format.ts';
import { type Key, Keyboard } from './keys.ts';
import { printable, shorten } from './printable.ts';
import { progressLines } from './progress-lines.ts';
import { guardTerminal } from './restore-terminal.ts';
import type { Style } from './style.ts';
import { TaskView } from './task-view.ts';

/** A warning stays on the screen for so long, milliseconds. */
const NOTICE_MS = 10_000;

type Step = 'validating' | 'probing' | 'downloading' | 'merging';

const titles: Readonly<Record<Step, { readonly running: string; readonly settled: string }>> = {
  validating: { running: 'Validating', settled: 'Validated' },
  probing: { running: 'Probing the server', settled: 'Probed the server' },
  downloading: { running: 'Downloading {name}', settled: 'Downloaded {name}' },
  merging: { running: 'Merging and checking', settled: 'Merged and checked' },
};

type State = Extract<DownloadEvent, { type: 'state' }>;

export interface ScreenOptions {
  readonly stdin: ReadStream;
  readonly screen: WriteStream;
  readonly style: Style;
  /** A second Ctrl-C: end at once. The terminal has been restored. */
  readonly onForce: () => void;
}

/** The live screen of a download: steps, figures, keys, questions. A guest: it hears and commands, no more. */
export class Screen {
  readonly #options: ScreenOptions;
  readonly #keyboard: Keyboard;
  #actor: DownloadControl | null = null;
  #restore: () => void = () => {};
  #task: TaskView | null = null;
  /** Steps are shown one after the other, also when states follow each other faster than they are drawn. */
  #drawn: Promise<void> = Promise.resolve();
  #step: Step | null = null;
  #prompt: AbortController | null = null;
  #figures: Figures | null = null;
  #connections = 0;
  #isPaused = false;
  #showsKeys = false;
  #isInterrupted = false;
  #name = '';
  #notice = { message: '', until: 0 };

  constructor(options: ScreenOptions) {
    this.#options = options;
    this.#keyboard = new Keyboard(options.stdin, (key) => this.#onKey(key));
  }

  attach(actor: DownloadControl): void {
    this.#actor = actor;
    this.#restore = guardTerminal(this.#options.stdin, this.#options.screen);
    this.#keyboard.hold();
    process.on('SIGCONT', this.#onContinue);
    this.#options.screen.on('resize', this.#draw);
    listen(actor, {
      state: (event) => this.#onState(event),
      progress: (event) => this.#onProgress(event),
      warning: (event) => this.#onWarning(event.message),
      done: (event) => this.#onEnd(event.dryRun ? null : doneLine(event)),
      failed: (event) => this.#onEnd(`multidown: ${failedLine(event)}`),
    });
  }

  /** Resolves when the last line is on the screen and the terminal is as it was. */
  async close(): Promise<void> {
    this.#prompt?.abort();
    await this.#drawn;
    process.off('SIGCONT', this.#onContinue);
    this.#options.screen.off('resize', this.#draw);
    this.#keyboard.release();
    this.#restore();
  }

  #onState(event: State): void {
    this.#prompt?.abort();
    this.#prompt = null;
    if (event.path !== null) this.#name = printable(basename(event.path));
    switch (event.state) {
      case 'validating':
      case 'merging':
        return this.#goTo(event.state);
      case 'probing':
        // After a pause the step with the figures stays.
        return this.#isPaused ? undefined : this.#goTo('probing');
      case 'preparing':
        return this.#isPaused ? undefined : this.#settle(probedTitle(event));
      case 'downloading':
        this.#isPaused = false;
        return this.#step === 'downloading' ? this.#retitle('Downloading') : this.#goTo('downloading');
      case 'pausing':
        return this.#retitle('Pausing');
      case 'paused':
        this.#isPaused = true;
        this.#retitle('Paused');
        return this.#draw();
      case 'confirmingOverwrite':
        this.#settle(probedTitle(event));
        return this.#ask(event);
      case 'confirmingRestart':
        this.#isPaused = false;
        this.#settle();
        return this.#ask(event);
      case 'done':
        return this.#settle();
      case 'stopped':
        return this.#settle(this.#step === 'downloading' ? `Stopped ${this.#name}` : undefined);
      case 'failed':
        return this.#settle(undefined, false);
    }
  }

  /** Settles the step on the screen and begins another. */
  #goTo(step: Step): void {
    if (this.#step === step) return;
    this.#settle();
    this.#step = step;
    this.#then(() => {
      this.#task = new TaskView(this.#titleOf(titles[step].running), this.#options.screen);
      this.#draw();
    });
  }

  #settle(title?: string, isGood = true): void {
    const step = this.#step;
    this.#step = null;
    if (step === null) return;
    const last = title ?? (isGood ? titles[step].settled : titles[step].running);
    this.#then(async () => {
      await this.#task?.end(this.#titleOf(last), isGood);
      this.#task = null;
    });
  }

  #retitle(doing: string): void {
    this.#then(() => {
      if (this.#task) this.#task.title = this.#titleOf(`${doing} {name}`);
    });
  }

  #ask({ question }: State): void {
    if (!question) return;
    const prompt = new AbortController();
    this.#prompt = prompt;
    this.#then(async () => {
      // The prompt reads the keys now; inquirer sets the terminal for itself.
      this.#keyboard.release();
      const { stdin, screen } = this.#options;
      const { askQuestion } = await import('./questions.ts');
      const answer = await askQuestion(question, { input: stdin, output: screen, signal: prompt.signal });
      this.#keyboard.hold();
      if (!prompt.signal.aborted) this.#actor?.send({ type: 'download.answer', answer });
    });
  }

  #onProgress(figures: Figures): void {
    this.#figures = figures;
    this.#connections = figures.connections.limit;
    this.#draw();
  }

  #onWarning(message: string): void {
    this.#notice = { message: printable(message), until: Date.now() + NOTICE_MS };
    this.#draw();
  }

  #onEnd(line: string | null): void {
    this.#then(() => {
      if (line !== null) this.#options.screen.write(`${line}\n`);
    });
  }

  #onKey(key: Key): void {
    switch (key) {
      case 'pause':
        return this.#actor?.send({ type: this.#isPaused ? 'download.resume' : 'download.pause' });
      case 'stop':
        return this.#actor?.send({ type: 'download.stop' });
      case 'more':
      case 'fewer':
        return this.#changeConnections(key === 'more' ? 1 : -1);
      case 'help':
        this.#showsKeys = !this.#showsKeys;
        return this.#draw();
      case 'interrupt':
        if (this.#isInterrupted) {
          this.#keyboard.release();
          this.#restore();
          return this.#options.onForce();
        }
        this.#isInterrupted = true;
        return this.#actor?.send({ type: 'download.stop' });
      case 'suspend':
        this.#keyboard.release();
        this.#options.screen.write('\x1b[?25h');
        process.kill(process.pid, 'SIGTSTP');
    }
  }

  readonly #onContinue = (): void => {
    if (this.#prompt === null) this.#keyboard.hold();
  };

  #changeConnections(by: number): void {
    const connections = Math.max(1, Math.min(CONNECTIONS_MAX, this.#connections + by));
    this.#connections = connections;
    this.#actor?.send({ type: 'download.setConnections', connections });
  }

  readonly #draw = (): void => {
    if (!this.#figures || !this.#task || this.#step !== 'downloading') return;
    const now = Date.now();
    const notice = now < this.#notice.until ? this.#notice.message : '';
    const view = { figures: this.#figures, isPaused: this.#isPaused, showsKeys: this.#showsKeys, notice, now };
    this.#task.show(progressLines(view, this.#width, this.#options.style).join('\n'));
  };

  /** listr2 indents by two, and leaves two columns free. */
  get #width(): number {
    return Math.max(20, this.#options.screen.columns || 80) - 6;
  }

  #titleOf(title: string): string {
    return shorten(title.replace('{name}', this.#name), this.#width);
  }

  #then(step: () => void | Promise<void>): void {
    this.#drawn = this.#drawn.then(step);
  }
}

/** What the first answer told. */
function probedTitle({ source, resumedBytes }: State): string {
  if (!source) return 'Probed the server';
  const parts = [
    `Server answered in ${Math.round(source.latencyMs)} ms`,
    source.size === null ? 'size unknown' : formatBytes(source.size),
    source.acceptsRanges ? 'ranges' : 'no ranges',
    ...(resumedBytes > 0 ? [`${formatBytes(resumedBytes)} are here already`] : []),
  ];
  return parts.join(', ');
}
