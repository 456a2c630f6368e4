import type { Exchange } from './ports.ts';

/**
 * Answers whose head the probe has read and whose body a segment will receive.
 * The machine passes them on by id, so that its context stays plain JSON.
 */
export class OpenExchanges {
  readonly #exchanges = new Map<string, Exchange>();

  keep(exchange: Exchange): string {
    this.#exchanges.set(exchange.id, exchange);
    return exchange.id;
  }

  take(id: string | null): Exchange | null {
    if (id === null) return null;
    const exchange = this.#exchanges.get(id) ?? null;
    this.#exchanges.delete(id);
    return exchange;
  }

  /** No answer is left open and unused. */
  cancelAll(): void {
    for (const exchange of this.#exchanges.values()) exchange.cancel();
    this.#exchanges.clear();
  }
}
