import { type LookupAddress, lookup as lookUp } from 'node:dns';
import type { LookupFunction } from 'node:net';

type Asked = PromiseLike<LookupAddress[]>;

/**
 * The addresses of hosts, asked of the system once and kept for as long as
 * they serve: the connections of a download go to the same place, and none of
 * them waits for a name server that its siblings have already asked.
 */
export class Addresses {
  readonly #lookUp: typeof lookUp;
  readonly #known = new Map<string, Asked>();

  constructor(ask: typeof lookUp = lookUp) {
    this.#lookUp = ask;
  }

  /** To be passed to `net.connect` as `lookup`. */
  readonly lookup: LookupFunction = (hostname, options, callback) => {
    const known = this.#known.get(hostname) ?? this.#ask(hostname, options);
    this.#known.set(hostname, known);
    known.then(
      (addresses) => {
        const [first] = addresses;
        if (options.all) callback(null, addresses);
        else callback(null, first?.address ?? '', first?.family);
      },
      (error: NodeJS.ErrnoException) => {
        this.forget(hostname);
        callback(error, options.all ? [] : '');
      },
    );
  };

  /** No connection came about there: the next one asks anew. */
  forget(hostname: string): void {
    this.#known.delete(hostname);
  }

  #ask(hostname: string, options: Parameters<LookupFunction>[1]): Asked {
    return new Promise((resolve, reject) => {
      this.#lookUp(hostname, { ...options, all: true }, (error, addresses) => {
        if (error) reject(error);
        else resolve(addresses);
      });
    });
  }
}
