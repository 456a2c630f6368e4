/**
 * The bench's own road to the server: a TCP proxy in a process of its own, which
 * caps, delays or stalls each accepted connection by a seeded rule. It simulates
 * slow roads; it is not one.
 *
 * Messages in: `{ upstream, rules }` begins a run (rules are dealt from the start
 * again); `{ report: true }` asks for what was carried since. Messages out:
 * `{ port }` once, and `{ connections, bytes }` for each report.
 */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ConnectionRule, type ProxyRules, ruleDealer } from './proxy-rules.ts';

export interface ProxyOrder {
  readonly upstream?: number;
  readonly rules?: ProxyRules;
  readonly report?: true;
}

export interface ProxyReport {
  readonly connections: number;
  /** Carried to clients, heads included. */
  readonly bytes: number;
}

/** How often a capped connection is given its next bytes, in milliseconds. */
const TICK_MS = 10;
const LOOPBACK = '127.0.0.1';

let upstreamPort = 0;
let deal = ruleDealer({});
let carried = { connections: 0, bytes: 0 };

/** Carries the server's answer: late by the latency, no faster than the rate, and to the point of the stall. */
async function carry(from: Socket, to: Socket, rule: ConnectionRule): Promise<void> {
  let left = rule.stallAfter ?? Number.POSITIVE_INFINITY;
  // Time is owed, not slept: a late timer is made up for by the next chunk.
  let due = 0;
  for await (const chunk of from as AsyncIterable<Buffer>) {
    for (const piece of pieces(chunk, rule.rate)) {
      // To stall is to keep both sides open and say nothing, until the client gives the connection up.
      if (left <= 0 && !to.destroyed) await once(to, 'close');
      if (to.destroyed) return;
      left -= piece.length;
      const now = performance.now();
      if (rule.rate !== null) {
        due = Math.max(due, now - TICK_MS) + (piece.length / rule.rate) * 1000;
        if (due > now) await sleep(due - now);
      }
      carried.bytes += piece.length;
      if (!to.write(piece)) await drained(to);
    }
  }
  to.end();
}

/** No more at once than the rate gives in a tick. */
function* pieces(chunk: Buffer, rate: number | null): Iterable<Buffer> {
  const size = rate === null ? chunk.length : Math.max(1024, Math.floor((rate * TICK_MS) / 1000));
  for (let at = 0; at < chunk.length; at += size) yield chunk.subarray(at, at + size);
}

function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const finish = () => {
      socket.off('drain', finish);
      socket.off('close', finish);
      resolve();
    };
    socket.once('drain', finish);
    socket.once('close', finish);
  });
}

function accept(client: Socket): void {
  const rule = deal();
  carried.connections += 1;
  const upstream = connect(upstreamPort, LOOPBACK);
  client.setNoDelay(true);
  upstream.setNoDelay(true);
  client.on('error', () => upstream.destroy());
  upstream.on('error', () => client.destroy());
  client.on('close', () => upstream.destroy());
  client.on('data', (request: Buffer) => {
    setTimeout(() => upstream.write(request), rule.latency);
  });
  carry(upstream, client, rule).catch(() => client.destroy());
}

const server = createServer(accept);
server.listen(0, LOOPBACK, () => {
  const address = server.address();
  process.send?.({ port: typeof address === 'object' ? address?.port : 0 });
});

process.on('message', (order: ProxyOrder) => {
  if (order.report) {
    process.send?.(carried);
    return;
  }
  upstreamPort = order.upstream ?? upstreamPort;
  deal = ruleDealer(order.rules ?? {});
  carried = { connections: 0, bytes: 0 };
});
// The bench is gone: so is the proxy.
process.on('disconnect', () => process.exit());
