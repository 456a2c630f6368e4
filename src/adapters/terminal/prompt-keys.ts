/** As `node:readline` tells of a key. */
interface Keypress {
  readonly name?: string;
  readonly sequence?: string;
  readonly ctrl?: boolean;
}

export interface PromptKeys {
  /** Aborted when the prompt is to close. */
  readonly signal: AbortSignal;
  /** Closed because the process had been stopped: the shell has written over the prompt, which has to be asked anew. */
  readonly isToAskAgain: boolean;
  unwatch(): void;
}

/**
 * What a prompt does not know itself: Esc and Ctrl-D on an empty line close it
 * (the latter would end the reading and leave the prompt open for ever), and
 * after Ctrl-Z and `fg` it goes on.
 */
export function watchPromptKeys(input: NodeJS.ReadableStream, output: NodeJS.WritableStream): PromptKeys {
  const closed = new AbortController();
  let isToAskAgain = false;
  const onKey = (_: unknown, { name, sequence, ctrl }: Keypress) => {
    if (name === 'escape' && sequence === '\x1b') closed.abort();
    if (!ctrl) return;
    if (name === 'c') closed.abort();
    // Readline deletes a character with it, or, where there is none, stops reading.
    if (name === 'd') setImmediate(() => input.isPaused() && closed.abort());
    // Readline stops the process right after this; the shell's own line begins on a new one, with a cursor.
    if (name === 'z' && process.platform !== 'win32') output.write('\x1b[?25h\n');
  };
  const onContinue = () => {
    isToAskAgain = true;
    closed.abort();
  };
  input.on('keypress', onKey);
  process.on('SIGCONT', onContinue);
  return {
    signal: closed.signal,
    get isToAskAgain() {
      return isToAskAgain;
    },
    unwatch() {
      input.off('keypress', onKey);
      process.off('SIGCONT', onContinue);
    },
  };
}
