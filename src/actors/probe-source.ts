import { fromPromise, type PromiseActorLogic } from 'xstate';
import { digestsOf } from '../machines/digest-fields.ts';
import type { ProbeSourceInput, ProbeSourceOutput, Warning } from '../machines/download.io.ts';
import { type Entity, rangeValidator } from '../machines/entity.ts';
import { toFailure } from '../machines/failures.ts';
import { judgeProbe, type ProbeRequest, type ProbeVerdict } from '../machines/probe-rules.ts';
import { isComplete, overlapsOf } from '../machines/ranges.ts';
import { answerOf } from './answer-of.ts';
import { compareOverlaps } from './compare-overlaps.ts';
import type { OpenExchanges } from './open-exchanges.ts';
import type { Exchange, Ports, ResponseHead } from './ports.ts';

/** A probe asks at most so often: with a range, without If-Range, without a range. */
const MOST_REQUESTS = 3;

/**
 * Asks for the whole file, or for the first range that is missing. The answer
 * tells what the file is, and stays open: its body is the first segment's.
 */
export function defineProbeSource({
  source,
  storage,
  clock,
  exchanges,
}: Ports & {
  exchanges: OpenExchanges;
}): PromiseActorLogic<ProbeSourceOutput, ProbeSourceInput> {
  return fromPromise(async ({ input, signal }) => {
    const { plan, known, isCopy, timeoutMs } = input;
    // An earlier probe's answer that nobody took is of no use any more.
    exchanges.cancelAll();
    const missing = plan.find((range) => !isComplete(range)) ?? null;
    // Nothing is missing: one byte is enough to learn whether the file is the same.
    const from = known === null ? 0 : (missing?.written ?? Math.max(0, (known.size ?? 1) - 1));
    const to = known === null ? null : (missing?.end ?? null);
    const ifRange = known && rangeValidator(known);
    let request: ProbeRequest = {
      from,
      ranged: true,
      conditional: ifRange !== null,
      isComplete: known !== null && missing === null,
    };
    let exchange: Exchange | null = null;
    // At once, also when its answer is kept already and nobody has heard of it yet.
    signal.addEventListener('abort', () => exchange?.cancel(), { once: true });
    try {
      for (let count = 1; ; count += 1) {
        exchange = await source.open(
          {
            from: request.ranged ? request.from : null,
            to: request.ranged ? to : null,
            ifRange: request.conditional ? ifRange : null,
            timeoutMs,
            wantsDigest: true,
          },
          signal,
        );
        signal.throwIfAborted();
        const verdict = judgeProbe(request, answerOf(exchange.head, clock), known);
        if (verdict.kind === 'again' && count < MOST_REQUESTS) {
          exchange.cancel();
          request = verdict.request;
          continue;
        }
        return await conclude(verdict, exchange);
      }
    } catch (error) {
      exchange?.cancel();
      return { kind: 'failed', failure: toFailure(error), jitter: clock.random() };
    }

    async function conclude(verdict: ProbeVerdict, answer: Exchange): Promise<ProbeSourceOutput> {
      switch (verdict.kind) {
        case 'found': {
          // Of a whole file nothing that is here is used.
          if (!isCopy || !verdict.entity.acceptsRanges) return found(verdict.entity, answer, verdict.offset, []);
          if ((await compare()) === null) return found(verdict.entity, answer, verdict.offset, [copied]);
          answer.cancel();
          return { kind: 'data-lost' };
        }
        case 'compare': {
          const difference = await compare();
          if (difference === null) return found(verdict.entity, answer, verdict.offset, [unproved]);
          answer.cancel();
          return { kind: 'changed', reason: difference };
        }
        case 'empty':
          answer.cancel();
          return found(verdict.entity, null, 0, [], answer.head);
        case 'changed':
          answer.cancel();
          return { kind: 'changed', reason: verdict.reason };
        case 'refused':
          answer.cancel();
          return { kind: 'failed', failure: verdict.failure, jitter: clock.random() };
        case 'again':
          answer.cancel();
          return {
            kind: 'failed',
            failure: { code: 'protocol', message: 'The server answered each way of asking with a different excuse.' },
            jitter: clock.random(),
          };
      }
    }

    /** Samples of what is here with the server's. */
    function compare(): Promise<string | null> {
      return compareOverlaps({ source, storage, clock, pieces: overlapsOf(plan), entity: known, timeoutMs, signal });
    }

    function found(
      entity: Entity,
      answer: Exchange | null,
      offset: number,
      warnings: readonly Warning[],
      head: ResponseHead | undefined = answer?.head,
    ): ProbeSourceOutput {
      if (!head) throw new Error('an answer without a head');
      const isNeeded = answer !== null && (known === null || missing !== null || !entity.acceptsRanges);
      if (!isNeeded) answer?.cancel();
      return {
        kind: 'found',
        entity,
        suggestedName: head.suggestedName,
        digests: digestsOf(head.status, head.headers),
        source: {
          url: head.url,
          size: entity.size,
          acceptsRanges: entity.acceptsRanges,
          etag: entity.etag,
          lastModified: entity.lastModified,
          latencyMs: head.latencyMs,
        },
        open: isNeeded ? { exchangeId: exchanges.keep(answer), offset } : null,
        warnings: [...warnings, ...warningsOf(entity, head, known)],
      };
    }
  });
}

const unproved: Warning = {
  code: 'identity-unproved',
  message:
    'The server gives no proof that the file is still the same; samples of what is here agree with it, so the download goes on.',
};

const copied: Warning = {
  code: 'identity-unproved',
  message:
    'What had arrived was copied, or comes out of a backup; samples of it agree with the server, so the download goes on. A checksum would prove it.',
};

function warningsOf(entity: Entity, head: ResponseHead, known: Entity | null): Warning[] {
  const warnings: Warning[] = [];
  if (known !== null && !entity.acceptsRanges) {
    warnings.push({
      code: 'restarted',
      message: 'The server no longer sends parts of files, so the download begins anew.',
    });
  }
  if (!entity.acceptsRanges && entity.size !== 0) {
    warnings.push({
      code: 'single-connection',
      message: 'The server sends whole files only: one connection, and a pause is not possible.',
    });
  }
  // Neither a length nor chunks: the end is where the connection closes (RFC 9112, section 6.3).
  if (entity.size === null && head.headers['transfer-encoding'] === undefined) {
    warnings.push({
      code: 'length-unverified',
      message: 'The server does not say how long the file is, so a break cannot be told from the end.',
    });
  }
  return warnings;
}
