import { type Allowance, growSlowly, pushBack } from '../../machines/allowance.ts';
import { FailureError } from '../../machines/failures.ts';
import { CONNECTIONS_MAX } from '../../machines/options.ts';
import { LONGEST_RETRY_AFTER_MS } from '../../machines/retry.ts';

/** Between two looks whether a host that pushed back stands more again, milliseconds. */
const LOOK_MS = 500;

/** What was learnt of a host is forgotten so long after its time, milliseconds. */
const MEMORY_MS = 60_000;

/** So many downloads of one host have a connection at once, each its own; those beyond wait for one that ends. */
const GUESTS_MOST = 256;
/** All downloads together have about so many connections, whatever their hosts: systems count open files. */
const PROCESS_MOST = 512;

/** One download's place at a host. */
interface Guest {
  readonly listener: (connections: number) => void;
  told: number;
}

interface Waiting {
  readonly guest: object;
  readonly go: () => void;
}

/**
 * What one host stands, for all downloads of this process: connections are
 * taken from here and given back, whoever has fewest is served first, and what
 * the host refuses is refused to all.
 */
class HostLimit {
  #allowance: Allowance = { ceiling: CONNECTIONS_MAX, growAt: null, pace: 2_000 };
  readonly #guests = new Map<object, Guest>();
  /** Connections under way, by download. */
  readonly #used = new Map<object, number>();
  #waiting: Waiting[] = [];
  #timer: NodeJS.Timeout | null = null;
  /** It serves nobody, and said until when: monotonic, milliseconds. */
  #notBefore = 0;
  /** Runs while somebody waits for that moment. */
  #rest: NodeJS.Timeout | null = null;

  /** Nobody is here, and what was learnt is of no use any more. */
  get isOver(): boolean {
    const { growAt } = this.#allowance;
    const isFresh = growAt !== null && performance.now() < growAt + MEMORY_MS;
    return this.#guests.size === 0 && this.#inUse === 0 && this.#waiting.length === 0 && !isFresh;
  }

  watch(guest: object, listener: (connections: number) => void): () => void {
    this.#guests.set(guest, { listener, told: 0 });
    this.#grow();
    tellEverywhere();
    return () => {
      this.#guests.delete(guest);
      tellEverywhere();
      this.#lookIfNeeded();
    };
  }

  /** Resolves when there is a connection for the download; rejects when it does not want one any more. */
  async acquire(guest: object, signal: AbortSignal): Promise<() => void> {
    this.#grow();
    if (this.#free > 0 && this.#waiting.length === 0) this.#reserve(guest);
    else await this.#wait(guest, signal);
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      const left = this.#usedBy(guest) - 1;
      if (left > 0) this.#used.set(guest, left);
      else this.#used.delete(guest);
      this.#serve();
      // It has left without having watched: there is more for the others.
      if (left === 0 && !this.#guests.has(guest)) this.tellAll();
    };
  }

  /**
   * The host says "fewer". To be called while the one that was refused still has its connection.
   *
   * @param retryAfterMs what it asked for; 0 for nothing
   */
  pushBack(retryAfterMs: number): void {
    const now = performance.now();
    const wanted = this.#inUse;
    // The one that was refused is counted, and was not served.
    this.#allowance = pushBack(this.#allowance, { served: wanted - 1, wanted, now, retryAfterMs });
    // Whoever is told to come back too late gives up: the next one may hear for itself.
    if (wanted <= 1 && retryAfterMs <= LONGEST_RETRY_AFTER_MS) {
      this.#notBefore = Math.max(this.#notBefore, now + retryAfterMs);
    }
    this.#lookIfNeeded();
    this.tellAll();
  }

  /** Everybody has one connection at least, as long as the host has not said that it stands fewer. */
  get #ceiling(): number {
    const { ceiling, growAt } = this.#allowance;
    return growAt === null ? Math.max(ceiling, Math.min(this.present, GUESTS_MOST)) : ceiling;
  }

  /** Downloads that are here: those under way, and those whose first question is, or waits to be. */
  get present(): number {
    return new Set([...this.#guests.keys(), ...this.#used.keys(), ...this.#waiting.map(({ guest }) => guest)]).size;
  }

  get #inUse(): number {
    let sum = 0;
    for (const used of this.#used.values()) sum += used;
    return sum;
  }

  get #free(): number {
    return performance.now() < this.#notBefore ? 0 : this.#ceiling - this.#inUse;
  }

  #reserve(guest: object): void {
    this.#used.set(guest, this.#usedBy(guest) + 1);
  }

  #usedBy(guest: object): number {
    return this.#used.get(guest) ?? 0;
  }

  #wait(guest: object, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        guest,
        go: () => {
          signal.removeEventListener('abort', leave);
          resolve();
        },
      };
      const leave = () => {
        this.#waiting = this.#waiting.filter((other) => other !== waiting);
        this.tellAll();
        this.#lookIfNeeded();
        reject(new FailureError({ code: 'interrupted', message: 'The request was dropped.' }));
      };
      this.#waiting.push(waiting);
      if (signal.aborted) return leave();
      signal.addEventListener('abort', leave, { once: true });
      // Whoever has many makes room for one that waits; one that is new here may have brought its own.
      this.tellAll();
      this.#serve();
      this.#lookIfNeeded();
    });
  }

  #serve(): void {
    let free = this.#free;
    while (free > 0 && this.#waiting.length > 0) {
      // Whoever has fewest comes first; among equals, who has waited longest.
      const next = this.#waiting.reduce((a, b) => (this.#usedBy(b.guest) < this.#usedBy(a.guest) ? b : a));
      this.#waiting = this.#waiting.filter((other) => other !== next);
      this.#reserve(next.guest);
      next.go();
      free -= 1;
    }
  }

  /** Takes all the steps that are due: nobody may have been here for a while. */
  #grow(): void {
    const now = performance.now();
    for (;;) {
      const { growAt, ceiling } = this.#allowance;
      if (growAt === null || growAt > now || ceiling >= CONNECTIONS_MAX) break;
      this.#allowance = growSlowly(this.#allowance, growAt);
    }
    if (this.#allowance.ceiling >= CONNECTIONS_MAX) this.#allowance = { ...this.#allowance, growAt: null };
    this.tellAll();
    this.#serve();
    this.#lookIfNeeded();
  }

  /** Timers run while somebody is here: what was learnt is kept without one. */
  #lookIfNeeded(): void {
    const grows = this.#allowance.growAt !== null && (this.#guests.size > 0 || this.#waiting.length > 0);
    // It keeps nobody's process alive.
    if (grows) this.#timer ??= setInterval(() => this.#grow(), LOOK_MS).unref();
    else if (this.#timer !== null) {
      clearInterval(this.#timer);
      this.#timer = null;
    }
    if (this.#rest !== null) clearTimeout(this.#rest);
    const rest = this.#notBefore - performance.now();
    // This one keeps it alive: whoever waits has nothing else to live for.
    this.#rest = rest > 0 && this.#waiting.length > 0 ? setTimeout(() => this.#grow(), Math.ceil(rest)) : null;
  }

  /** Tells each download its share, where that has changed. */
  tellAll(everywhere = presentEverywhere()): void {
    const here = this.#ceiling / Math.max(1, this.present);
    const share = Math.max(1, Math.floor(Math.min(here, PROCESS_MOST / Math.max(1, everywhere))));
    for (const guest of this.#guests.values()) {
      if (guest.told === share) continue;
      guest.told = share;
      guest.listener(share);
    }
  }
}

const hosts = new Map<string, HostLimit>();

function presentEverywhere(): number {
  let sum = 0;
  for (const limit of hosts.values()) sum += limit.present;
  return sum;
}

function tellEverywhere(): void {
  const everywhere = presentEverywhere();
  for (const limit of hosts.values()) limit.tellAll(everywhere);
}

/** The limit of a host, shared by the whole process. @param host with its port, as in a URL */
export function limitOf(host: string): HostLimit {
  for (const [name, limit] of hosts) if (limit.isOver) hosts.delete(name);
  const known = hosts.get(host);
  if (known) return known;
  const limit = new HostLimit();
  hosts.set(host, limit);
  return limit;
}

/** Hears one download's share of the host that it is at: what leads it there may lead elsewhere the next time. */
export class HostWatch {
  readonly #guest: object;
  readonly #listener: (connections: number) => void;
  #host: string | null = null;
  #stop: () => void = () => {};

  constructor(guest: object, listener: (connections: number) => void) {
    this.#guest = guest;
    this.#listener = listener;
  }

  /** @param host with its port, as in a URL */
  moveTo(host: string): void {
    if (host === this.#host) return;
    this.leave();
    this.#host = host;
    const stop = limitOf(host).watch(this.#guest, this.#listener);
    // Who was told its share may have left upon it.
    if (this.#host === host) this.#stop = stop;
    else stop();
  }

  leave(): void {
    this.#stop();
    this.#stop = () => {};
    this.#host = null;
  }
}
