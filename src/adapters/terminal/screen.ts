import { basename } from 'node:path';
import type { ReadStream, WriteStream } from 'node:tty';
import type { DownloadEvent, Figures } from '../../machines/events.ts';
import { type DownloadControl, listen } from '../../machines/front-end.ts';
import { CONNECTIONS_MAX } from '../../machines/options.ts';
import type { Terminal } from './attach.ts';
import { doneLine, failedLine } from './closing-lines.ts';
import { Kept } from './kept.ts';
import { askingKeys } from './key-lines.ts';
import { type Key, Keyboard } from './keys.ts';
import { isInTrouble, Notices } from './notices.ts';
import { printable } from './printable.ts';
import { noticeLines, progressLines } from './progress-lines.ts';
import { faster, slower } from './rate-steps.ts';
import { guardTerminal, showCursor } from './restore-terminal.ts';
import { Steps } from './steps.ts';
import type { Style } from './style.ts';
import { Suspender } from './suspend.ts';
import { mergedTitles, probedTitles } from './titles.ts';

/** A server that has not answered for so long is waited for: the keys that do something meanwhile are shown, milliseconds. */
const SLOW_ANSWER_MS = 1_000;

type State = Extract<DownloadEvent, { type: 'state' }>;

export interface ScreenOptions {
  readonly stdin: ReadStream;
  readonly screen: WriteStream;
  readonly style: Style;
  /** A second Ctrl-C: end the process at once. The terminal is restored on its way out. */
  readonly onForce: () => void;
}

/** The live screen of a download: steps, figures, keys, questions. A guest: it hears and commands, no more. */
export class Screen implements Terminal {
  readonly isLive = true;
  readonly #options: ScreenOptions;
  readonly #keyboard: Keyboard;
  readonly #steps: Steps;
  readonly #suspender: Suspender;
  readonly #notices = new Notices();
  readonly #kept = new Kept();
  #actor: DownloadControl | null = null;
  #unlisten: () => void = () => {};
  #restore: () => void = () => {};
  #prompt: AbortController | null = null;
  #figures: Figures | null = null;
  #connections = 0;
  /** Paused, or about to be. */
  #isPaused = false;
  #isResuming = false;
  #isStopping = false;
  #isInterrupted = false;
  #showsKeys = false;
  /** A pause would lose nothing. */
  #canPause = true;
  /** The file may come over several connections. */
  #canSplit = true;
  /** The server is waited for: the keys are shown, once for all. */
  #isWaiting = false;
  #slowAnswer: NodeJS.Timeout | undefined;
  /** Why the server is asked again: it stays until there is an answer. */
  #trouble = '';

  constructor(options: ScreenOptions) {
    this.#options = options;
    this.#keyboard = new Keyboard(options.stdin, (key) => this.#onKey(key));
    this.#steps = new Steps(options.screen, options.style);
    this.#suspender = new Suspender({
      isHolding: () => this.#prompt === null,
      leave: () => {
        this.#steps.wipe();
        this.#keyboard.release();
        showCursor(options.screen);
      },
      comeBack: () => {
        // Let go of first: a stop that was not heard has left us a terminal that is no longer raw.
        this.#keyboard.release();
        this.#keyboard.hold();
        this.#steps.makeRoom();
        this.#draw();
      },
    });
  }

  attach(actor: DownloadControl): void {
    const { stdin, screen } = this.#options;
    this.#actor = actor;
    this.#restore = guardTerminal(stdin, screen, () => this.#leave());
    this.#keyboard.hold();
    this.#suspender.watch();
    screen.on('resize', this.#onResize);
    this.#unlisten = listen(actor, {
      state: (event) => this.#onState(event),
      progress: (event) => this.#onProgress(event),
      warning: (event) => {
        this.#notices.add(event, performance.now());
        if (event.code === 'retrying') this.#trouble = printable(event.message);
        this.#draw();
      },
      done: (event) => {
        this.#steps.settle(this.#steps.current === 'merging' ? mergedTitles(event) : []);
        this.#onEnd(event.dryRun ? null : doneLine(event), printable(event.path));
      },
      failed: (event) => {
        this.#onEnd(`multidown: ${failedLine(event)}`);
        const kept = this.#kept.after(event);
        if (kept !== '') this.#steps.say(kept);
      },
    });
  }

  /** Resolves when the last line is on the screen and the terminal is as it was. */
  async close(): Promise<void> {
    const { screen } = this.#options;
    this.#unlisten();
    clearTimeout(this.#slowAnswer);
    this.#prompt?.abort();
    try {
      await this.#steps.drawn;
    } finally {
      this.#suspender.unwatch();
      screen.off('resize', this.#onResize);
      this.#keyboard.release();
      this.#restore();
      await new Promise((resolve) => screen.write('', resolve));
    }
  }

  #onState(event: State): void {
    this.#prompt?.abort();
    this.#prompt = null;
    clearTimeout(this.#slowAnswer);
    this.#kept.state(event);
    const steps = this.#steps;
    if (event.source !== null) {
      const { acceptsRanges, size } = event.source;
      this.#canPause = acceptsRanges;
      this.#canSplit = acceptsRanges && size !== null;
    }
    if (event.path !== null) steps.name = printable(basename(event.path));
    switch (event.state) {
      case 'validating':
      case 'merging':
        return steps.goTo(event.state);
      case 'probing':
        this.#isPaused = false;
        // A part was wrong: it is fetched again.
        if (steps.current === 'merging') steps.settle([], 'stopped');
        else if (steps.current !== 'downloading') {
          steps.goTo('probing');
          this.#slowAnswer = setTimeout(() => this.#wait(), SLOW_ANSWER_MS);
          return this.#draw();
        }
        // The step with the figures stays, however often the server is asked.
        this.#isResuming = true;
        steps.goTo('downloading');
        return steps.retitle('Resuming {name}');
      case 'preparing':
        this.#forgetRetries();
        return this.#isResuming ? undefined : steps.settle(probedTitles(event));
      case 'downloading':
        this.#isResuming = false;
        if (steps.current === 'downloading') steps.retitle('Downloading {name}');
        else steps.goTo('downloading');
        return this.#draw();
      case 'pausing':
        this.#isPaused = !this.#isStopping;
        this.#forgetRetries();
        return steps.retitle(this.#isStopping ? 'Stopping {name}' : 'Pausing {name}');
      case 'paused':
        this.#isPaused = true;
        this.#forgetRetries();
        steps.retitle('Paused {name}', true);
        return this.#draw();
      case 'confirmingOverwrite':
        steps.settle(probedTitles(event));
        return this.#ask(event);
      case 'confirmingRestart':
        this.#isPaused = false;
        this.#isResuming = false;
        if (steps.current === 'downloading') steps.settle(['Paused {name}'], 'stopped');
        else steps.settle([], steps.current === 'merging' ? 'stopped' : 'good');
        return this.#ask(event);
      case 'done':
        // What was checked is told with the end itself.
        return;
      case 'stopped':
        return steps.settle(steps.current === 'downloading' ? ['Stopped {name}'] : [], 'stopped');
      case 'failed':
        return steps.settle([], 'bad');
    }
  }

  #ask({ question }: State): void {
    if (!question) return;
    const prompt = new AbortController();
    this.#prompt = prompt;
    this.#steps.inTurn(async () => {
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
    this.#kept.progress(figures);
    this.#connections = figures.connections.limit;
    if (!figures.segments.some(isInTrouble)) this.#forgetRetries();
    this.#draw();
  }

  #forgetRetries(): void {
    this.#trouble = '';
    this.#notices.forgetRetries();
  }

  /** @param whole what must not be broken at the start of the line */
  #onEnd(line: string | null, whole = ''): void {
    for (const notice of this.#notices.takeKept()) this.#steps.say(`note: ${notice}`);
    if (line !== null) this.#steps.say(line, whole);
  }

  #onKey(key: Key): void {
    switch (key) {
      case 'pause':
        return this.#actor?.send({ type: this.#isPaused ? 'download.resume' : 'download.pause' });
      case 'stop':
        return this.#stop();
      case 'more':
      case 'fewer':
        return this.#changeConnections(key === 'more' ? 1 : -1);
      case 'auto':
        return this.#actor?.send({ type: 'download.setConnections', connections: 'auto' });
      case 'slower':
      case 'faster':
        return this.#changeRate(key);
      case 'help':
        this.#showsKeys = !this.#showsKeys;
        return this.#draw();
      case 'interrupt':
        if (this.#isInterrupted) {
          return this.#options.onForce();
        }
        this.#isInterrupted = true;
        return this.#stop();
      case 'suspend':
        return this.#suspender.suspend();
    }
  }

  /** The process ends, and nobody has waited for the last step. */
  #leave(): void {
    const { current } = this.#steps;
    const title = current === 'downloading' ? 'Stopped {name}' : 'Stopped';
    this.#steps.leave(title, `multidown: ${this.#kept.leftAtOnce()}`);
  }

  #stop(): void {
    this.#isStopping = true;
    this.#actor?.send({ type: 'download.stop' });
  }

  #changeConnections(by: number): void {
    const connections = Math.max(1, Math.min(CONNECTIONS_MAX, this.#connections + by));
    this.#connections = connections;
    this.#actor?.send({ type: 'download.setConnections', connections });
  }

  #changeRate(key: 'slower' | 'faster'): void {
    const figures = this.#figures;
    if (!figures) return;
    const { rateLimit, speed } = figures;
    const bytesPerSecond = key === 'slower' ? slower(rateLimit, speed.now) : faster(rateLimit, speed.best);
    this.#figures = { ...figures, rateLimit: bytesPerSecond };
    this.#actor?.send({ type: 'download.setRateLimit', bytesPerSecond });
  }

  readonly #onResize = (): void => {
    this.#steps.wipe();
    this.#steps.makeRoom();
    this.#draw();
  };

  #wait(): void {
    this.#isWaiting = true;
    this.#draw();
  }

  #draw(): void {
    const figures = this.#figures;
    // In its turn: the step may be on its way to the screen still.
    this.#steps.inTurn(() => {
      const { current, room } = this.#steps;
      this.#isWaiting ||= this.#isPaused || this.#trouble !== '';
      if (this.#isWaiting && (current === 'probing' || current === 'validating')) {
        const notice = noticeLines(this.#trouble, room.width, Math.max(1, room.height - 1));
        this.#steps.show([...notice, askingKeys(this.#isPaused, room.width)]);
      }
      if (!figures || current !== 'downloading') return;
      const view = {
        figures: this.#isResuming ? atRest(figures) : figures,
        isPaused: this.#isPaused,
        canPause: this.#canPause,
        canSplit: this.#canSplit,
        showsKeys: this.#showsKeys,
        notice: this.#isResuming && this.#trouble !== '' ? this.#trouble : this.#notices.at(performance.now()),
        now: Date.now(),
      };
      this.#steps.show(progressLines(view, room, this.#options.style));
    });
  }
}

/** No byte comes until the server has answered again. */
function atRest(figures: Figures): Figures {
  return { ...figures, speed: { ...figures.speed, now: 0 }, remainingMs: null };
}
