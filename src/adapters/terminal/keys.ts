import type { ReadStream } from 'node:tty';

/** What a key means here. */
export type Key = 'pause' | 'stop' | 'more' | 'fewer' | 'auto' | 'slower' | 'faster' | 'help' | 'interrupt' | 'suspend';

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
  a: 'auto',
  '<': 'slower',
  '>': 'faster',
  '?': 'help',
  h: 'help',
  '\x03': 'interrupt',
  '\x1a': 'suspend',
};

const ESCAPE = '\x1b';

/**
 * The sequence of an arrow or function key, of Alt with another (a second Esc in
 * front), or the terminal's answer to a question (ECMA-48, section 5.4; the
 * Linux console's function keys have a second bracket).
 */
const wholeSequence = new RegExp(`^${ESCAPE}{1,2}(?:\\[\\[.|\\[[0-9:;<=>?]*[ -/]*[@-~]|O.|[^[O${ESCAPE}])`, 'su');
/** One that may go on. */
const partOfSequence = new RegExp(`^${ESCAPE}{1,2}(?:\\[\\[?[0-9:;<=>?]*[ -/]*|O)?$`, 'su');

/** An Esc that nothing follows for so long was the key, not the start of a sequence; milliseconds. */
const ESCAPE_MS = 60;

/** Turns what a terminal sends into keys; sequences of other keys mean nothing here. */
export class KeyDecoder {
  readonly #onKey: (key: Key) => void;
  #rest = '';
  #timer: NodeJS.Timeout | undefined;

  constructor(onKey: (key: Key) => void) {
    this.#onKey = onKey;
  }

  push(text: string): void {
    let rest = this.#rest + text;
    this.cancel();
    while (rest !== '') {
      const sequence = wholeSequence.exec(rest)?.[0];
      if (sequence === undefined && partOfSequence.test(rest)) {
        this.#rest = rest;
        this.#timer = setTimeout(() => this.#giveUp(), ESCAPE_MS);
        return;
      }
      const taken = sequence ?? rest.slice(0, 1);
      rest = rest.slice(taken.length);
      if (sequence === undefined) this.#press(taken);
    }
  }

  cancel(): void {
    clearTimeout(this.#timer);
    this.#rest = '';
  }

  /** Nothing followed. */
  #giveUp(): void {
    const isKey = this.#rest.startsWith(ESCAPE) && /^.{1,2}$/s.test(this.#rest) && !/[[O]$/.test(this.#rest);
    this.#rest = '';
    if (isKey) this.#press(ESCAPE);
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
