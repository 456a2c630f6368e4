export interface SuspendHooks {
  /** False while a prompt has the terminal: it lets go of it and takes it again itself. */
  readonly isHolding: () => boolean;
  /** The shell gets the terminal: leave it as a shell expects it. */
  readonly leave: () => void;
  /** It is ours again, and the shell has changed it. */
  readonly comeBack: () => void;
}

/** The signal that tells of `fg` comes within this time after it, milliseconds. */
const WAKING_MS = 100;

/** Stops the process and goes on with it as the shell's job control asks: Ctrl-Z, `kill -TSTP`, `fg`. */
export class Suspender {
  readonly #hooks: SuspendHooks;
  #isAwake = false;

  constructor(hooks: SuspendHooks) {
    this.#hooks = hooks;
  }

  watch(): void {
    process.on('SIGCONT', this.#onContinue);
    if (canSuspend) process.on('SIGTSTP', this.#onStop);
  }

  unwatch(): void {
    process.off('SIGCONT', this.#onContinue);
    if (canSuspend) process.off('SIGTSTP', this.#onStop);
  }

  /** Returns when `fg` has woken the process; at once where no shell controls jobs. */
  suspend(): void {
    if (!canSuspend) return;
    this.#hooks.leave();
    this.#stop();
    this.#hooks.comeBack();
    // Its signal is still to come.
    this.#isAwake = true;
    setTimeout(() => {
      this.#isAwake = false;
    }, WAKING_MS).unref();
  }

  readonly #onStop = (): void => {
    if (this.#hooks.isHolding()) this.suspend();
    else this.#stop();
  };

  /** Also after a stop that could not be heard (SIGSTOP). */
  readonly #onContinue = (): void => {
    if (this.#hooks.isHolding() && !this.#isAwake) this.#hooks.comeBack();
  };

  /**
   * As the terminal stops a process outside raw mode: with everything that was
   * started together with it, so that the shell takes over.
   */
  #stop(): void {
    process.off('SIGTSTP', this.#onStop);
    // A group of its own is what a job is; 0 names the caller's.
    process.kill(0, 'SIGTSTP');
    process.on('SIGTSTP', this.#onStop);
  }
}

/** Windows has no jobs to stop. */
const canSuspend = process.platform !== 'win32';
