import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** Wrong tries a minute before every try has to wait. */
const MOST_TRIES = 20;
const WINDOW_MS = 60_000;

export type Exchange =
  | { readonly kind: 'granted'; readonly cookie: string }
  | { readonly kind: 'refused' | 'used' | 'wait' };

/**
 * Who may come in: a token per start (256 bits of chance) that stands in the
 * opened address behind the number sign, where neither servers, logs nor
 * `Referer` see it. It is given once for a cookie, and dead from then on.
 */
export class Session {
  readonly token = randomBytes(32).toString('base64url');
  readonly #secret = randomBytes(32).toString('base64url');
  readonly #now: () => number;
  #isSpent = false;
  #wrong: number[] = [];

  /** @param now milliseconds, of any clock */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** The token has been given for its cookie. */
  get isSpent(): boolean {
    return this.#isSpent;
  }

  exchange(token: string, port: number): Exchange {
    const now = this.#now();
    this.#wrong = this.#wrong.filter((at) => now - at < WINDOW_MS);
    if (this.#wrong.length >= MOST_TRIES) return { kind: 'wait' };
    const isRight = isSame(token, this.token);
    if (!isRight || this.#isSpent) {
      this.#wrong.push(now);
      // Only who has the right one is told so.
      return { kind: isRight ? 'used' : 'refused' };
    }
    this.#isSpent = true;
    // Cookies are shared by all ports of a host: each has a name of its own.
    return { kind: 'granted', cookie: `${nameOf(port)}=${this.#secret}; Path=/; HttpOnly; SameSite=Strict` };
  }

  /** @param header the `Cookie` of a request */
  admits(header: string | undefined, port: number): boolean {
    const name = `${nameOf(port)}=`;
    return (header ?? '')
      .split(/; */)
      .some((pair) => pair.startsWith(name) && isSame(pair.slice(name.length), this.#secret));
  }
}

function nameOf(port: number): string {
  return `multidown-${port}`;
}

/** In a time that does not tell how much of it was right. */
function isSame(given: string, wanted: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(wanted));
}
