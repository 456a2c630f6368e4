/** A request as the server noted it. */
export interface Entry {
  readonly status: number;
  /** Bytes of the body that the server handed to the system; some of them may never have been read. */
  readonly sent: number;
  /** Content-Length of the answer. */
  readonly promised: number;
  /** From the request's first byte to the answer's last, in seconds. */
  readonly seconds: number;
  readonly connection: string;
  readonly range: string;
}

/** What a run asked of the server. */
export interface Traffic {
  readonly requests: number;
  readonly connections: number;
  /** Of all bodies. */
  readonly sent: number;
  /** Answers that the client cut short. */
  readonly cut: number;
  /** Answers that were left open and not read: little of them was sent, for a long time. */
  readonly unread: number;
  /** Answered 429 or 503: more than the server takes. */
  readonly refused: number;
}

/** What the buffers on the road hold at most, with the narrow door: less was sent only if nothing was read. */
const BUFFERED = 512 * 1024;
const LONG_SECONDS = 0.25;

export function parseLog(text: string): Entry[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [status = '', sent = '', promised = '', seconds = '', connection = '', range = ''] = line.split('\t');
      const number = (field: string) => Number(field) || 0;
      return {
        status: number(status),
        sent: number(sent),
        promised: number(promised),
        seconds: number(seconds),
        connection,
        range,
      };
    });
}

export function trafficOf(entries: readonly Entry[]): Traffic {
  const cut = entries.filter(({ sent, promised }) => sent < promised);
  return {
    requests: entries.length,
    connections: new Set(entries.map(({ connection }) => connection)).size,
    sent: entries.reduce((sum, { sent }) => sum + sent, 0),
    cut: cut.length,
    refused: entries.filter(({ status }) => status === 429 || status === 503).length,
    unread: cut.filter(({ sent, seconds }) => sent < BUFFERED && seconds > LONG_SECONDS).length,
  };
}
