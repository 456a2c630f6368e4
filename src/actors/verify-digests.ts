import { fromPromise, type PromiseActorLogic } from 'xstate';
import type { VerifyDigestsInput, VerifyDigestsOutput } from '../machines/download.io.ts';
import { FailureError } from '../machines/failures.ts';
import type { DigestAlgorithm, PieceDigest } from '../machines/options.ts';
import { type Span, suspects } from '../machines/pieces.ts';
import { changedFailure } from '../machines/response-rules.ts';
import { compareOverlaps } from './compare-overlaps.ts';
import { gatherExpected } from './find-sidecar.ts';
import type { Ports } from './ports.ts';
import type { Turns } from './turns.ts';

/** Compares the file's digests with those asked for or promised; sets the data aside when one does not match. */
export function defineVerifyDigests({
  source,
  storage,
  clock,
  checks,
}: Ports & { readonly checks: Turns }): PromiseActorLogic<VerifyDigestsOutput, VerifyDigestsInput> {
  return fromPromise(async ({ input, signal }) => {
    const { wantsDigest, size, pieces, mayRepair, unproved, entity, timeoutMs } = input;
    const { all, isMissing } = await gatherExpected(input, { source, clock }, signal);
    if (all.length === 0 && unproved.length > 0) {
      const reason = await compareOverlaps({ source, storage, clock, pieces: unproved, entity, timeoutMs, signal });
      if (reason !== null) throw new FailureError(changedFailure(reason));
    }
    const algorithms = new Set<DigestAlgorithm>([...all, ...pieces].map(({ algorithm }) => algorithm));
    if (wantsDigest) algorithms.add('sha256');
    const digests = algorithms.size > 0 ? await digest([...algorithms], { start: 0, end: size }, signal) : {};
    const wrong = all.find(({ algorithm, hex }) => digests[algorithm] !== hex.toLowerCase());
    const isProved = all.length > 0 && !wrong;
    const damaged = isProved ? [] : await findDamage(pieces, digests, signal);
    if (damaged.length > 0 && mayRepair) return { digests: {}, verified: [], isMissing, damaged };
    if (!wrong && damaged.length === 0) {
      return { digests, verified: [...new Set(all.map(({ algorithm }) => algorithm))], isMissing, damaged };
    }
    const path = await storage.reject();
    throw new FailureError({
      code: 'digest-mismatch',
      message: `${wrong ? `The file does not have the ${wrong.algorithm} digest that it should have: it is ${digests[wrong.algorithm]}, not ${wrong.hex}` : 'Parts of the file do not have the digests that the server gives for them, also after they were fetched again'}. Nothing was published; the data was set aside as ${path}.`,
      path,
    });
  });

  function digest(algorithms: readonly DigestAlgorithm[], { start, end }: Span, signal: AbortSignal) {
    return checks.take(signal, () => storage.digest(algorithms, { start, end }, signal));
  }

  async function findDamage(
    pieces: readonly PieceDigest[],
    whole: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<readonly Span[]> {
    const bad: PieceDigest[] = [];
    const good: PieceDigest[] = [];
    for (const piece of pieces) {
      const { algorithm, hex } = piece;
      // Some servers send with every part what is of the whole file.
      if (whole[algorithm] === hex) continue;
      const found = await digest([algorithm], piece, signal);
      (found[algorithm] === hex ? good : bad).push(piece);
    }
    return suspects(bad, good);
  }
}
