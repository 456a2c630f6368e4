import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ProxyOrder, ProxyReport } from './proxy.ts';
import type { ProxyRules } from './proxy-rules.ts';

/** The running proxy. */
export interface BenchProxy {
  readonly port: number;
  /** Begins a run: the rules are dealt from the start again. */
  begin(upstream: number, rules: ProxyRules): void;
  /** What it has carried since the run began. */
  report(): Promise<ProxyReport>;
  close(): Promise<void>;
}

/** Starts the proxy in a process of its own. */
export async function startProxy(): Promise<BenchProxy> {
  const child = fork(fileURLToPath(new URL('proxy.ts', import.meta.url)), {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const { port } = (await message(child)) as { port: number };
  const order = (sent: ProxyOrder) => child.send(sent);
  return {
    port,
    begin: (upstream, rules) => {
      order({ upstream, rules });
    },
    report: async () => {
      const answer = message(child);
      order({ report: true });
      return (await answer) as ProxyReport;
    },
    close: async () => {
      const ended = once(child, 'exit');
      child.disconnect();
      await ended;
    },
  };
}

async function message(child: ChildProcess): Promise<unknown> {
  const answer: unknown[] = await once(child, 'message');
  return answer[0];
}
