import { honest, type MisbehavingOptions, type Script, type SeenRequest, type Step } from './misbehaving-server.ts';

const steps = { fin: { end: true }, rst: { reset: true }, stall: { wait: null } } as const;

/** What can become of one event on the network: FIN, RST, or nothing more until the client gives up. */
export type WireFault = keyof typeof steps;
export const wireFaults = Object.keys(steps) as readonly WireFault[];

export interface WireTrouble {
  /** Counted from 1. */
  readonly at: number;
  readonly kind: WireFault;
}

/** So many bytes of a head, and of a body, are written at once. */
const HEAD_PIECE = 20;
export const BODY_PIECE = 4_096;

/**
 * An honest server that counts what happens on the network: a connection that
 * is made, each write of an answer, the end of an answer. What has one of the
 * given numbers meets trouble instead.
 */
export class FaultyNetwork {
  /** Events so far. */
  events = 0;
  /** The trouble that was met. */
  readonly met: WireTrouble[] = [];
  readonly #bytes: Uint8Array;
  readonly #connections: number;
  readonly #troubles: readonly WireTrouble[];
  readonly #crowd = Promise.withResolvers<void>();

  /** @param connections so many requests come before the first answer is gone on with: else it might be the only one */
  constructor(bytes: Uint8Array, connections: number, troubles: readonly WireTrouble[]) {
    this.#bytes = bytes;
    this.#connections = connections;
    this.#troubles = troubles;
  }

  readonly onConnection: NonNullable<MisbehavingOptions['onConnection']> = () => this.#happen([]);

  readonly script: Script = (request) => {
    if (request.count >= this.#connections) this.#crowd.resolve();
    return this.#answer(request);
  };

  *#answer(request: SeenRequest): Generator<Step> {
    for (const [index, step] of honest(this.#bytes, request).entries()) {
      if (!('send' in step)) throw new Error('an honest server only sends');
      if (index === 1 && request.count === 1) yield { until: this.#crowd.promise };
      for (const piece of piecesOf(step.send, index === 0 ? HEAD_PIECE : BODY_PIECE)) {
        const isSpoilt = yield* this.#happen([{ send: piece, every: piece.length }]);
        if (isSpoilt) return;
      }
    }
    // What becomes of the connection now concerns the next request.
    yield* this.#happen([]);
  }

  *#happen(usual: readonly Step[]): Generator<Step, boolean> {
    this.events += 1;
    const trouble = this.#troubles.find(({ at }) => at === this.events);
    if (trouble === undefined) {
      yield* usual;
      return false;
    }
    this.met.push(trouble);
    yield steps[trouble.kind];
    return true;
  }
}

function piecesOf(content: string | Uint8Array, size: number): Uint8Array[] {
  const bytes = Buffer.from(content as string, 'latin1');
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  );
}
