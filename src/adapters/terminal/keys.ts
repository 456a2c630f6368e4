import type { ReadStream } from 'node:tty';

/** What a key means here. */
export type Key = 'pause' | 'stop' | 'more' | 'fewer' | 'help' | 'interrupt' | 'suspend';

const meanings: Readonly<Record<string, Key>> = {
  ' ': 'pause',
  p: 'pause',
  P: 'pause',
  q: 'stop',
  Q: 'stop',
  '+': 'more',
  '=': 'more',
  '-': 'fewer',
  _: 'fewer',
  '?': 'help',
  h: 'help',
  '\x03': 'interrupt',
  '\x1a': 'suspend',
};

const ESCAPE = '\x1b';
/** What follows the Esc of an arrow or function key, or of Alt with another (ECMA-48, section 5.4). */
const escapeSequence = /^.(?:\[[0-9;?]*[ -/]*[@-~]|O.|[^[O])/su;

/** An Esc that nothing follows for so long was the key, not the start of an arrow's sequence; milliseconds. */
const ESCAPE_MS = 40;

/** Turns what a terminal sends into keys; sequences of arrow and function keys mean nothing here. */
export class KeyDecoder {
  readonly #onKey: (key: Key) => void;
  #escape: NodeJS.Timeout | null = null;

  constructor(onKey: (key: Key) => void) {
    this.#onKey = onKey;
  }

  push(text: string): void {
    const isContinued = this.#escape !== null;
    this.cancel();
    if (isContinued && /^[[O]/.test(text)) return;
    if (isContinued) this.#onKey('stop');
    for (let rest = text; rest !== ''; ) {
      const sequence = rest.startsWith(ESCAPE) ? escapeSequence.exec(rest)?.[0] : undefined;
      if (rest === ESCAPE) {
        this.#escape = setTimeout(() => {
          this.#escape = null;
          this.#onKey('stop');
        }, ESCAPE_MS);
        return;
      }
      if (sequence === undefined) this.#press(rest[0] ?? '');
      rest = rest.slice(sequence?.length ?? 1);
    }
  }

  cancel(): void {
    if (this.#escape) clearTimeout(this.#escape);
    this.#escape = null;
  }

  #press(character: string): void {
    const key = character === ESCAPE ? 'stop' : meanings[character];
    if (key) this.#onKey(key);
  }
}

/** Listens to the keys of our own terminal while it is held: raw mode on and off again. */
export class Keyboard {
  readonly #stdin: ReadStream;
  readonly #decoder: KeyDecoder;
  #isHeld = false;

  constructor(stdin: ReadStream, onKey: (key: Key) => void) {
    this.#stdin = stdin;
    this.#decoder = new KeyDecoder(onKey);
  }

  hold(): void {
    if (this.#isHeld || !this.#stdin.isTTY) return;
    this.#isHeld = true;
    this.#stdin.setRawMode(true);
    this.#stdin.setEncoding('utf8');
    this.#stdin.on('data', this.#onData);
    this.#stdin.resume();
  }

  /** Lets the terminal be as it was: for a prompt, for a pause of the process, at the end. */
  release(): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    this.#decoder.cancel();
    this.#stdin.off('data', this.#onData);
    this.#stdin.setRawMode(false);
    this.#stdin.pause();
  }

  readonly #onData = (data: string | Buffer): void => this.#decoder.push(data.toString());
}
